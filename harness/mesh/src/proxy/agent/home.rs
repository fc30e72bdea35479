//! Where an agent lives: in a container of a pod, or on a machine outside every cluster. Both give
//! it an address, names, roots and a token, in different ways.

use std::{net::Ipv4Addr, sync::Arc};

use apiserver::Clock;
use istio::network::split_horizon::ProxyKind;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sim::{
    log::EventLog,
    net::{
        Host, Net, Origin,
        dns::{NoAddress, Resolver},
    },
    program::{Kubelet, MachineStart, Serve, Start},
    random::Seed,
};
use world::{ClusterName, Place};

use super::{discovery::Trouble, files};

/// The ConfigMap in which istiod leaves its roots in every namespace, and its file.
const ROOTS: (&str, &str) = ("istio-ca-root-cert", "root-cert.pem");

/// What surrounds an agent.
#[derive(Clone)]
pub(super) enum Home {
    Pod(Box<InPod>),
    Machine(Box<MachineStart>),
}

/// What an agent keeps of its start. With the pod's specification every proxy would hold tens of
/// kilobytes that it has read already.
#[derive(Clone)]
pub(super) struct InPod {
    pub(super) cluster: ClusterName,
    pub(super) meta: ObjectMeta,
    host: Arc<Host<Arc<dyn Serve>>>,
    kubelet: Kubelet,
    net: Net<Arc<dyn Serve>>,
    clock: Clock,
    seed: Seed,
    log: EventLog,
}

impl InPod {
    fn new(start: &Start) -> Self {
        Self {
            cluster: start.cluster.clone(),
            meta: start.pod.metadata.clone(),
            host: Arc::clone(&start.host),
            kubelet: start.kubelet.clone(),
            net: start.net.clone(),
            clock: start.clock.clone(),
            seed: start.seed,
            log: start.log.clone(),
        }
    }
}

impl Home {
    /// The home of an agent that is started in a pod.
    pub(super) fn in_pod(start: &Start) -> Self {
        Self::Pod(Box::new(InPod::new(start)))
    }

    /// The address of the pod or machine.
    pub(super) fn host(&self) -> &Arc<Host<Arc<dyn Serve>>> {
        match self {
            Self::Pod(start) => &start.host,
            Self::Machine(start) => &start.host,
        }
    }

    pub(super) fn net(&self) -> &Net<Arc<dyn Serve>> {
        match self {
            Self::Pod(start) => &start.net,
            Self::Machine(start) => &start.net,
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        match self {
            Self::Pod(start) => &start.clock,
            Self::Machine(start) => &start.clock,
        }
    }

    pub(super) fn seed(&self) -> Seed {
        match self {
            Self::Pod(start) => start.seed,
            Self::Machine(start) => start.seed,
        }
    }

    pub(super) fn log(&self) -> &EventLog {
        match self {
            Self::Pod(start) => &start.log,
            Self::Machine(start) => &start.log,
        }
    }

    /// Who it is to the network when it opens a connection.
    pub(super) fn origin(&self) -> Origin {
        let host = self.host();
        Origin {
            place: Arc::clone(host.place()),
            address: host.address(),
        }
    }

    /// Its proxy's place, as reports name it: the pods of a gateway are one place to whoever
    /// passes it.
    pub(super) fn place(&self, kind: ProxyKind) -> Place {
        let start = match self {
            Self::Pod(start) => start,
            Self::Machine(start) => return Place::Vm(start.name.clone()),
        };
        let (cluster, meta) = (start.cluster.clone(), &start.meta);
        let app = meta.labels.as_ref().and_then(|labels| labels.get("app"));
        if let (ProxyKind::Router, Some(name)) = (kind, app) {
            let name = name.as_str().into();
            return Place::Gateway { cluster, name };
        }
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let pod = meta.name.as_deref().unwrap_or_default();
        let who = format!("proxy of pod {namespace}/{pod}").into();
        Place::Cluster { cluster, who }
    }

    /// The address of a name: by the cluster's DNS, or by the machine's file of hosts.
    pub(super) fn resolve(&self, host: &str) -> Result<Ipv4Addr, NoAddress> {
        match self {
            Self::Pod(start) => start.kubelet.resolve(host),
            Self::Machine(start) => host
                .parse()
                .ok()
                .or_else(|| files::host(&start.files, host))
                .ok_or_else(|| NoAddress {
                    host: host.to_owned(),
                    asked: Resolver::plain().candidates(host).collect(),
                }),
        }
    }

    /// The certificates by which istiod is verified, as PEM.
    pub(super) async fn roots(&self) -> Result<String, Trouble> {
        let file = match self {
            Self::Pod(start) => {
                let files = start.kubelet.config_map(ROOTS.0).await;
                files.and_then(|mut files| files.remove(ROOTS.1))
            }
            Self::Machine(start) => start.files.get(files::ROOT).cloned(),
        };
        let text = file.ok_or(Trouble::NoRoots)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The token that istiod is shown: of the pod's account, or the one that was written down.
    pub(super) async fn token(&self) -> Result<String, Trouble> {
        match self {
            Self::Pod(start) => {
                let token = start.kubelet.token(Some("istio-ca")).await;
                token.map_err(|status| Trouble::Token(status.message.clone()))
            }
            Self::Machine(start) => {
                let missing = || Trouble::Token(format!("{} is not there", files::TOKEN));
                let token = start.files.get(files::TOKEN).ok_or_else(missing)?;
                Ok(String::from_utf8_lossy(token).trim().to_owned())
            }
        }
    }
}
