//! What the Services of one name call a port in different clusters. Endpoints belong to a port by its
//! name: those of a cluster that has another name for it are no endpoints elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use world::ClusterName;

use crate::running::Running;

/// The name of the port in each of the clusters whose Service has that port.
pub(super) async fn in_clusters(
    running: &Running<'_>,
    clusters: &BTreeSet<ClusterName>,
    host: &str,
    port: u16,
) -> BTreeMap<ClusterName, String> {
    let mut workloads = running.scenario.workloads().values();
    let called = workloads.find(|workload| workload.is_called(host));
    let Some(called) = called else {
        return BTreeMap::new();
    };
    let mut names = BTreeMap::new();
    for cluster in clusters {
        let client = running.site.kinds(cluster).client().clone();
        let services: Api<Service> = Api::namespaced(client, called.namespace.as_str());
        // A server that does not answer is what the check has failed for already.
        let found = services.get_opt(called.name.as_str()).await.ok().flatten();
        let name = found.and_then(|service| name(&service, port));
        names.extend(name.map(|name| (cluster.clone(), name)));
    }
    names
}

fn name(service: &Service, number: u16) -> Option<String> {
    let ports = service.spec.as_ref()?.ports.as_ref()?;
    let port = ports.iter().find(|port| port.port == i32::from(number))?;
    Some(port.name.clone().unwrap_or_default())
}

/// How the name in a cluster differs from that in any other.
pub(super) fn differs(
    cluster: &ClusterName,
    names: &BTreeMap<ClusterName, String>,
) -> Option<String> {
    let own = names.get(cluster)?;
    let (other, name) = names.iter().find(|(_, name)| *name != own)?;
    Some(format!(
        "its port is called '{own}' in {cluster} and '{name}' in {other}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: [&str; 2]) -> BTreeMap<ClusterName, String> {
        let clusters = ["cluster1", "cluster2"].map(|name| ClusterName::new(name).unwrap());
        clusters.into_iter().zip(of.map(str::to_owned)).collect()
    }

    #[test]
    fn a_port_of_another_name_is_said_with_both_names() {
        let cluster2 = ClusterName::new("cluster2").unwrap();
        assert_eq!(
            differs(&cluster2, &names(["http", "http-web"])).unwrap(),
            "its port is called 'http-web' in cluster2 and 'http' in cluster1"
        );
        assert_eq!(differs(&cluster2, &names(["http", "http"])), None);
    }
}
