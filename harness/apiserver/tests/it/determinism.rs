//! Equal requests, equal bytes.

use apiserver::{ApiServer, Gvr, Request, User};
use serde_json::json;

use crate::kit::{config, config_map, deployment, pod, run};

/// Everything that a fixed sequence of requests leaves behind.
fn trace() -> String {
    run(async {
        let server = ApiServer::new(config());
        let mut seen = String::new();
        let mut generated = pod("");
        generated["metadata"] = json!({"generateName": "p-", "namespace": "default"});
        let requests = [
            Request::create(
                &Gvr::core("configmaps"),
                config_map("c", json!({"a": "1"})),
                &User::admin(),
            ),
            Request::create(&Gvr::core("pods"), generated.clone(), &User::admin()),
            Request::create(&Gvr::core("pods"), generated, &User::admin()),
            Request::create(
                &Gvr::new("apps", "v1", "deployments"),
                deployment("d"),
                &User::admin(),
            ),
            Request::delete(&Gvr::core("configmaps"), "default", "c", &User::admin()),
        ];
        for request in requests {
            let answer = server.call(request).await.expect("valid");
            seen += &answer.object().expect("an object").to_string();
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        }
        seen
    })
}

#[test]
fn twenty_runs_leave_the_same_bytes() {
    let first = trace();
    assert!((1..20).all(|_| trace() == first));
}

#[test]
fn an_objects_uid_does_not_depend_on_its_neighbours() {
    let uid = |with_neighbour: bool| {
        run(async {
            let server = ApiServer::new(config());
            let maps = Gvr::core("configmaps");
            if with_neighbour {
                let request =
                    Request::create(&maps, config_map("other", json!({})), &User::admin());
                server.call(request).await.expect("valid");
            }
            let request = Request::create(&maps, config_map("c", json!({})), &User::admin());
            let answer = server.call(request).await.expect("valid");
            answer.object().expect("an object")["metadata"]["uid"].clone()
        })
    };
    assert_eq!(uid(false), uid(true));
}
