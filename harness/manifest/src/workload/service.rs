//! The Service of a workload: in a client's cluster it is what makes the name resolve, even without
//! pods there.

use scenario::{
    draft::{App, ServiceType},
    scenario::Workload,
};
use serde_json::json;

use super::sample::{CLIENT_PORT, HELLOWORLD_PORT};
use crate::Object;

pub(super) fn service(workload: &Workload, app: App) -> Object {
    let name = workload.name.as_str();
    let target = match app {
        App::Helloworld => HELLOWORLD_PORT,
        App::Sleep => CLIENT_PORT,
    };
    let port = workload.port.unwrap_or(target);
    let mut spec = json!({
        "ports": [{"name": "http", "port": port, "targetPort": target}],
        "selector": {"app": name},
    });
    if workload.service == ServiceType::Headless {
        spec["clusterIP"] = json!("None");
    }
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": workload.namespace.as_str(),
            "labels": {"app": name, "service": name},
        },
        "spec": spec,
    }))
}
