//! Tokens and roles.

use apiserver::{ApiServer, Gvr, Request, User};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{Api, api::ListParams};
use serde_json::json;

use crate::kit::{run, server};

async fn token(server: &ApiServer) -> String {
    let accounts = Gvr::core("serviceaccounts");
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": "default"}});
    server
        .call(Request::create(&accounts, account, &User::admin()))
        .await
        .expect("an account");
    let mut request = Request::create(
        &accounts,
        json!({"spec": {"expirationSeconds": 600}}),
        &User::admin(),
    )
    .at("token");
    request.namespace = Some("default".to_owned());
    request.name = Some("reader".to_owned());
    let answer = server.call(request).await.expect("a token");
    answer.object().expect("a token request")["status"]["token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

#[test]
fn a_token_allows_what_its_roles_allow_until_it_ends() {
    run(async {
        let server = server();
        let token = token(&server).await;
        let group = "rbac.authorization.k8s.io";
        let role = json!({"metadata": {"name": "r", "namespace": "default"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]});
        let binding = json!({"metadata": {"name": "r", "namespace": "default"},
            "roleRef": {"kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": "default"}]});
        for (resource, object) in [("roles", role), ("rolebindings", binding)] {
            let request = Request::create(&Gvr::new(group, "v1", resource), object, &User::admin());
            server.call(request).await.expect("valid");
        }
        let client = server.client_with_token(&token);
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
        maps.list(&ListParams::default()).await.expect("allowed");
        let refused = Api::<Namespace>::all(client)
            .list(&ListParams::default())
            .await
            .expect_err("not allowed");
        let kube::Error::Api(status) = refused else {
            panic!("an answer of the server: {refused}")
        };
        assert_eq!(
            status.message,
            "namespaces is forbidden: User \"system:serviceaccount:default:reader\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"
        );
        tokio::time::sleep(std::time::Duration::from_secs(601)).await;
        let ended = maps.list(&ListParams::default()).await.expect_err("ended");
        assert!(matches!(ended, kube::Error::Api(status) if status.code == 401));
    });
}

#[test]
fn a_changed_token_is_nobodys() {
    run(async {
        let server = server();
        let token = token(&server).await;
        let forged = token.replacen('.', ".A", 1);
        let maps: Api<ConfigMap> = Api::namespaced(server.client_with_token(&forged), "default");
        let refused = maps.list(&ListParams::default()).await.expect_err("forged");
        assert!(matches!(refused, kube::Error::Api(status) if status.code == 401));
    });
}
