//! Creating, reading, changing, listing.

use apiserver::json::Value;
use apiserver::{ApiServer, Gvr, List, Options, PatchKind, Request, Status, User, Verb};
use serde_json::json;

use crate::kit::{config_map, deployment, pod, run, server};

async fn create(server: &ApiServer, gvr: &Gvr, object: impl Into<Value>) -> Result<Value, Status> {
    let answer = server
        .call(Request::create(gvr, object, &User::admin()))
        .await?;
    Ok(Value::clone(
        answer.object().expect("a creation answers with the object"),
    ))
}

#[test]
fn a_deployment_gets_the_defaults_of_kubernetes() {
    run(async {
        let gvr = Gvr::new("apps", "v1", "deployments");
        let made = create(&server(), &gvr, deployment("web"))
            .await
            .expect("valid");
        assert_eq!(made["spec"]["replicas"], 1);
        assert_eq!(made["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
        assert_eq!(made["metadata"]["generation"], 1);
        let template = &made["spec"]["template"]["spec"];
        assert_eq!(template["containers"][0]["imagePullPolicy"], "IfNotPresent");
        assert_eq!(template["terminationGracePeriodSeconds"], 30);
        assert_eq!(template["containers"][0]["resources"], json!({}));
    });
}

#[test]
fn an_invalid_pod_is_refused_with_every_cause() {
    run(async {
        let mut wrong = pod("Bad_Name");
        wrong["spec"]["containers"] = json!([{"name": "a"}, {"name": "a", "image": "x"}]);
        let status = create(&server(), &Gvr::core("pods"), wrong)
            .await
            .expect_err("invalid");
        assert_eq!((status.code, status.reason), (422, "Invalid"));
        let details = status.details.expect("details");
        let fields: Vec<&str> = details.causes.iter().map(|c| c.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "metadata.name",
                "spec.containers[0].image",
                "spec.containers[1].name"
            ]
        );
    });
}

#[test]
fn a_write_to_an_old_version_conflicts() {
    run(async {
        let server = server();
        let maps = Gvr::core("configmaps");
        let first = create(&server, &maps, config_map("c", json!({"a": "1"})))
            .await
            .expect("valid");
        let mut second = first.clone();
        second["data"]["a"] = "2".into();
        server
            .call(Request::update(&maps, second, &User::admin()))
            .await
            .expect("newest version");
        let mut late = first;
        late["data"]["a"] = "3".into();
        let status = server
            .call(Request::update(&maps, late, &User::admin()))
            .await
            .expect_err("old");
        assert_eq!(status.code, 409);
        assert_eq!(
            status.message,
            "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again"
        );
    });
}

async fn list(server: &ApiServer, request: Request) -> List {
    let answer = server.call(request).await.expect("a page");
    answer.into_list().expect("a list")
}

#[test]
fn pages_show_one_revision() {
    run(async {
        let server = server();
        let maps = Gvr::core("configmaps");
        for i in 0..5 {
            create(&server, &maps, config_map(&format!("c{i}"), json!({})))
                .await
                .expect("valid");
        }
        let page = |token: Option<String>| {
            let options = Options {
                limit: Some(2),
                continue_token: token,
                ..Options::default()
            };
            Request::list(&maps, "default", &User::admin()).with(options)
        };
        let first = list(&server, page(None)).await;
        assert_eq!(first.remaining, Some(3));
        create(&server, &maps, config_map("c9", json!({})))
            .await
            .expect("valid");
        let mut names: Vec<String> = Vec::new();
        let mut token = first.continue_token.clone();
        while let Some(next) = token {
            let list = list(&server, page(Some(next))).await;
            names.extend(list.items.iter().map(|i| i["metadata"]["name"].to_string()));
            token = list.continue_token;
        }
        assert_eq!(names, ["\"c2\"", "\"c3\"", "\"c4\""]);
    });
}

#[test]
fn a_strategic_patch_merges_containers_by_name() {
    run(async {
        let server = server();
        let gvr = Gvr::new("apps", "v1", "deployments");
        create(&server, &gvr, deployment("web"))
            .await
            .expect("valid");
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "side", "image": "side:1"}, {"name": "app", "image": "app:2"}]}}}});
        let request = Request::patch(
            PatchKind::StrategicMerge,
            &gvr,
            "default",
            "web",
            patch,
            &User::admin(),
        );
        let answer = server.call(request).await.expect("a patch");
        let object = answer.object().expect("an object");
        let containers = object["spec"]["template"]["spec"]["containers"]
            .as_array()
            .expect("a list");
        let images: Vec<&Value> = containers.iter().map(|c| &c["image"]).collect();
        assert_eq!(images, ["app:2", "side:1"]);
        assert_eq!(object["metadata"]["generation"], 2);
    });
}

#[test]
fn a_strategic_patch_of_a_status_that_replaces_all_leaves_the_spec() {
    run(async {
        let server = server();
        let gvr = Gvr::new("apps", "v1", "deployments");
        let made = create(&server, &gvr, deployment("web"));
        let made = made.await.expect("valid");
        let patch = json!({"$patch": "replace", "status": {"replicas": 3},
            "metadata": {"namespace": "default", "name": "web"}});
        let kind = PatchKind::StrategicMerge;
        let request = Request::patch(kind, &gvr, "default", "web", patch, &User::admin());
        let answer = server.call(request.at("status")).await.expect("a patch");
        let object = answer.object().expect("an object");
        assert_eq!(object["spec"], made["spec"]);
        assert_eq!(object["status"]["replicas"], 3);
    });
}

#[test]
fn a_service_gets_one_address_and_keeps_it() {
    run(async {
        let server = server();
        let services = Gvr::core("services");
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
            "spec": {"ports": [{"port": 80}], "type": "LoadBalancer"}});
        let made = create(&server, &services, service.clone())
            .await
            .expect("valid");
        assert_ne!(made["spec"]["clusterIP"], Value::Null);
        assert!(
            made["spec"]["ports"][0]["nodePort"]
                .as_i64()
                .is_some_and(|p| (30_000..=32_767).contains(&p))
        );
        let again = server
            .call(Request::update(&services, service, &User::admin()))
            .await
            .expect("unpinned");
        let again = again.object().expect("an object");
        assert_eq!(again["spec"], made["spec"]);
    });
}

#[test]
fn what_is_not_modelled_is_refused_by_name() {
    run(async {
        let request = Request::list(
            &Gvr::new("networking.k8s.io", "v1", "ingresses"),
            "default",
            &User::admin(),
        );
        let status = server().call(request).await.expect_err("not modelled");
        assert_eq!(status.code, 501);
        assert!(
            status.message.contains("networking.k8s.io/v1 Ingress"),
            "{}",
            status.message
        );
    });
}

#[test]
fn an_unsupported_field_selector_is_a_bad_request() {
    run(async {
        let options = Options {
            field_selector: Some("spec.colour=red".to_owned()),
            ..Options::default()
        };
        let request = Request::list(&Gvr::core("pods"), "", &User::admin()).with(options);
        let status = server().call(request).await.expect_err("unsupported");
        assert_eq!(
            (status.code, status.message.as_str()),
            (400, "field label not supported: spec.colour")
        );
    });
}

#[test]
fn exec_is_refused_by_name_without_a_kubelet() {
    run(async {
        let server = server();
        create(&server, &Gvr::core("pods"), pod("p"))
            .await
            .expect("valid");
        let mut request =
            Request::get(&Gvr::core("pods"), "default", "p", &User::admin()).at("exec");
        request.verb = Verb::Create;
        let status = server.call(request).await.expect_err("no kubelet");
        assert_eq!(
            (status.code, status.message.contains("pods/exec")),
            (501, true)
        );
    });
}
