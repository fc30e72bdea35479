//! Which way answers came: past the hosts at which the client's own proxy counted requests meanwhile.
//!
//! The proxy is asked beside the calls, by the same command, because its administration listens on the
//! host that both share. A way is told only where one host alone can have led to the pod that answered.
//!
//! Reading order: [`counted`] (what the proxy counted), [`Ways`] (who stands behind the hosts).

pub(crate) mod counted;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use engine::Error;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::{Api, Client as Kube, api::ListParams};
use world::{Answer, Client, ClusterName, Hop, Observation, Outcome, Place, Sentence};

use crate::proxy::CROSS_NETWORK;

/// Who stands behind the addresses that proxies call. Addresses of gateways and pods do not change
/// hands within a trial, so each is asked for once.
#[derive(Default)]
pub(crate) struct Ways {
    gateways: Mutex<BTreeMap<String, Option<(ClusterName, String)>>>,
    pods: Mutex<BTreeMap<(ClusterName, String), Option<String>>>,
}

impl Ways {
    /// Adds the way to every answer of which it is known.
    ///
    /// # Errors
    /// If an API server does not say who stands behind an address.
    pub(crate) async fn tell(
        &self,
        clusters: &BTreeMap<ClusterName, Kube>,
        used: &BTreeSet<String>,
        observations: &mut [Observation],
    ) -> engine::Result<()> {
        let mut gateways = BTreeMap::new();
        for address in used {
            if let Some(gateway) = self.gateway(clusters, address).await? {
                gateways.insert(address.clone(), gateway);
            }
        }
        for observation in observations {
            let Outcome::Answered(answer) = &observation.outcome else {
                continue;
            };
            let port = observation.call.to.port;
            let pod = self.pod(clusters, answer).await?;
            let pod = pod.map(|address| format!("{address}:{port}"));
            let hop = hop(
                &observation.call.from,
                answer,
                pod.as_deref(),
                used,
                &gateways,
            );
            observation.hops.extend(hop);
        }
        Ok(())
    }

    /// The gateway behind an address, if it is one.
    async fn gateway(
        &self,
        clusters: &BTreeMap<ClusterName, Kube>,
        address: &str,
    ) -> engine::Result<Option<(ClusterName, String)>> {
        let Some(ip) = address.strip_suffix(&format!(":{CROSS_NETWORK}")) else {
            return Ok(None);
        };
        if let Some(known) = locked(&self.gateways).get(address) {
            return Ok(known.clone());
        }
        let mut found = None;
        for (cluster, client) in clusters {
            let services: Api<Service> = Api::all(client.clone());
            let listed = services.list(&ListParams::default()).await;
            let listed = listed.map_err(|error| failed(cluster, error))?;
            let own = listed.items.into_iter().find(|service| has(service, ip));
            let name = own.and_then(|service| service.metadata.name);
            found = found.or(name.map(|name| (cluster.clone(), name)));
        }
        locked(&self.gateways).insert(address.to_owned(), found.clone());
        Ok(found)
    }

    /// The address of the pod that answered.
    async fn pod(
        &self,
        clusters: &BTreeMap<ClusterName, Kube>,
        answer: &Answer,
    ) -> engine::Result<Option<String>> {
        let (Some(cluster), Some(pod)) = (&answer.cluster, &answer.pod) else {
            return Ok(None);
        };
        let Some(client) = clusters.get(cluster) else {
            return Ok(None);
        };
        let key = (cluster.clone(), pod.to_string());
        if let Some(known) = locked(&self.pods).get(&key) {
            return Ok(known.clone());
        }
        let pods: Api<Pod> = Api::all(client.clone());
        let named = ListParams::default().fields(&format!("metadata.name={pod}"));
        let found = pods.list(&named).await;
        let found = found.map_err(|error| failed(cluster, error))?.items;
        let address = found.into_iter().find_map(|pod| pod.status?.pod_ip);
        locked(&self.pods).insert(key, address.clone());
        Ok(address)
    }
}

/// The station between a client's proxy and the pod that answered, if only one can have been it.
fn hop(
    from: &Client,
    answer: &Answer,
    pod: Option<&str>,
    used: &BTreeSet<String>,
    gateways: &BTreeMap<String, (ClusterName, String)>,
) -> Option<Hop> {
    let (cluster, pod) = (answer.cluster.as_ref()?, pod?);
    let leads = |(_, (to, _)): &(&String, &(ClusterName, String))| to == cluster;
    let mut leading = gateways.iter().filter(leads);
    let proxy = format!("the proxy of {from}");
    match (used.contains(pod), leading.next(), leading.next()) {
        (true, None, _) => Some(Hop {
            at: Place::Cluster {
                cluster: cluster.clone(),
                who: proxy.as_str().into(),
            },
            decided: Sentence::new(format!(
                "{proxy} sent requests to {pod}, the pod that answered"
            )),
            because: None,
            in_vain: false,
        }),
        (false, Some((address, (_, name))), None) => Some(Hop {
            at: Place::Gateway {
                cluster: cluster.clone(),
                name: name.as_str().into(),
            },
            decided: Sentence::new(format!(
                "{proxy} sent requests to {address}, the gateway {name} of {cluster}"
            )),
            because: None,
            in_vain: false,
        }),
        (true, Some(_), _) | (false, Some(_), Some(_)) | (false, None, _) => None,
    }
}

fn has(service: &Service, ip: &str) -> bool {
    let status = service.status.as_ref();
    let balancer = status.and_then(|status| status.load_balancer.as_ref());
    let mut ingress = balancer
        .and_then(|one| one.ingress.as_ref())
        .into_iter()
        .flatten();
    ingress.any(|one| one.ip.as_deref() == Some(ip))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(cluster: &ClusterName, source: kube::Error) -> Error {
    Error::Machinery {
        doing: format!("ask {cluster} who stands behind an address"),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(used: &[&str]) -> Option<Place> {
        let answer = Answer {
            cluster: Some("cluster2".parse().unwrap()),
            ..Answer::default()
        };
        let used: BTreeSet<String> = used.iter().map(|host| (*host).to_owned()).collect();
        let gateway = |host: &String| {
            let gateway = ("cluster2".parse().unwrap(), "eastwest".to_owned());
            host.ends_with(":15443").then(|| (host.clone(), gateway))
        };
        let gateways = used.iter().filter_map(gateway).collect();
        let pod = Some("10.20.0.3:5000");
        hop(&Client::Outside, &answer, pod, &used, &gateways).map(|hop| hop.at)
    }

    #[test]
    fn the_only_host_that_leads_to_the_pod_is_the_way() {
        let gateway = Place::Gateway {
            cluster: "cluster2".parse().unwrap(),
            name: "eastwest".into(),
        };
        assert_eq!(told(&["10.10.0.7:5000", "172.24.0.5:15443"]), Some(gateway));
        let direct = told(&["10.10.0.7:5000", "10.20.0.3:5000"]);
        assert!(matches!(direct, Some(Place::Cluster { .. })));
    }

    #[test]
    fn where_two_hosts_lead_to_the_pod_the_way_is_not_known() {
        assert_eq!(told(&["10.20.0.3:5000", "172.24.0.5:15443"]), None);
        assert_eq!(told(&["172.24.0.5:15443", "172.24.0.6:15443"]), None);
        assert_eq!(told(&["10.10.0.7:5000"]), None);
    }
}
