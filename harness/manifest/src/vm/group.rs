//! The objects of a VM: a WorkloadGroup to register under, an identity and a Service.

use scenario::topology::{Exposure, Topology, VmMember};
use serde_json::{Map, Value, json};
use world::VmName;

use crate::{Object, control_plane::service_account, namespace::namespace};

/// The objects for a VM in the cluster that onboards it.
pub(crate) fn objects(topology: &Topology, name: &VmName, vm: &VmMember) -> Vec<Object> {
    let at = vm.namespace.as_str();
    vec![
        namespace(at, Map::new(), Map::new()),
        service_account(vm.service_account.as_str(), at),
        workload_group(topology, name, vm),
        service(name, vm),
    ]
}

/// What istiod makes a WorkloadEntry from when the VM connects.
fn workload_group(topology: &Topology, name: &VmName, vm: &VmMember) -> Object {
    let mut template = json!({
        "ports": {"http": vm.port},
        "serviceAccount": vm.service_account.as_str(),
    });
    if let Some(network) = network(topology, vm) {
        template["network"] = json!(network);
    }
    Object::rendered(json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "WorkloadGroup",
        "metadata": {"name": name.as_str(), "namespace": vm.namespace.as_str()},
        "spec": {
            "metadata": {"labels": {"app": name.as_str()}},
            "template": template,
        },
    }))
}

/// The network that the VM says it is in. In a mesh on one network it says none, as in Istio's guide.
fn network<'a>(topology: &Topology, vm: &'a VmMember) -> Option<&'a str> {
    let gateway = topology.east_west_gateway(&vm.onboarded_by);
    let spans_networks = gateway.is_some_and(|g| g.exposes.contains(&Exposure::Services));
    let is_elsewhere = topology.network_of(&vm.onboarded_by) != Some(&vm.network);
    (spans_networks || is_elsewhere).then(|| vm.network.as_str())
}

/// Selects the VM's WorkloadEntry as it would pods.
fn service(name: &VmName, vm: &VmMember) -> Object {
    let port: Value = json!({"name": "http", "port": vm.port, "targetPort": vm.port});
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name.as_str(), "namespace": vm.namespace.as_str(),
                     "labels": {"app": name.as_str()}},
        "spec": {"ports": [port], "selector": {"app": name.as_str()}},
    }))
}
