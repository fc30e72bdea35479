//! An object of Istio: its metadata, as far as a rule reads it, and its spec.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    AuthorizationPolicy, DestinationRule, Gateway, Kind, PeerAuthentication, ServiceEntry, Sidecar,
    VirtualService, WorkloadEntry, WorkloadGroup,
};

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<S> {
    /// What it is called, and since when it is there.
    pub metadata: Metadata,
    /// What it says.
    pub spec: S,
}

/// The metadata that rules read. The rest is Kubernetes' and means nothing to Istio.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// Its namespace; empty if the object does not say.
    pub namespace: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// When it was created; unset before an API server has seen it, which sorts first.
    pub creation_timestamp: Option<Timestamp>,
}

/// An object of any kind that is modelled.
#[derive(Debug, Clone, PartialEq)]
pub enum IstioObject {
    /// Who may call a workload.
    AuthorizationPolicy(Object<AuthorizationPolicy>),
    /// What clients do towards a host.
    DestinationRule(Box<Object<DestinationRule>>),
    /// The ports that a proxy at the edge opens.
    Gateway(Object<Gateway>),
    /// Whether a server asks for mutual TLS.
    PeerAuthentication(Object<PeerAuthentication>),
    /// Hosts that Kubernetes does not know.
    ServiceEntry(Object<ServiceEntry>),
    /// What of the mesh a proxy knows.
    Sidecar(Object<Sidecar>),
    /// Where requests go.
    VirtualService(Object<VirtualService>),
    /// One workload outside Kubernetes.
    WorkloadEntry(Object<WorkloadEntry>),
    /// The form of workloads that register themselves.
    WorkloadGroup(Object<WorkloadGroup>),
}

impl IstioObject {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::AuthorizationPolicy(_) => Kind::AuthorizationPolicy,
            Self::DestinationRule(_) => Kind::DestinationRule,
            Self::Gateway(_) => Kind::Gateway,
            Self::PeerAuthentication(_) => Kind::PeerAuthentication,
            Self::ServiceEntry(_) => Kind::ServiceEntry,
            Self::Sidecar(_) => Kind::Sidecar,
            Self::VirtualService(_) => Kind::VirtualService,
            Self::WorkloadEntry(_) => Kind::WorkloadEntry,
            Self::WorkloadGroup(_) => Kind::WorkloadGroup,
        }
    }

    /// Its metadata.
    pub const fn metadata(&self) -> &Metadata {
        match self {
            Self::AuthorizationPolicy(object) => &object.metadata,
            Self::DestinationRule(object) => &object.metadata,
            Self::Gateway(object) => &object.metadata,
            Self::PeerAuthentication(object) => &object.metadata,
            Self::ServiceEntry(object) => &object.metadata,
            Self::Sidecar(object) => &object.metadata,
            Self::VirtualService(object) => &object.metadata,
            Self::WorkloadEntry(object) => &object.metadata,
            Self::WorkloadGroup(object) => &object.metadata,
        }
    }

    /// The object as JSON, at the newest version of its kind.
    pub fn to_json(&self) -> Value {
        let kind = self.kind();
        json!({
            "apiVersion": format!("{}/{}", kind.group(), kind.versions()[0]),
            "kind": kind.name(),
            "metadata": self.metadata(),
            "spec": self.spec(),
        })
    }

    fn spec(&self) -> Value {
        let spec = match self {
            Self::AuthorizationPolicy(object) => serde_json::to_value(&object.spec),
            Self::DestinationRule(object) => serde_json::to_value(&object.spec),
            Self::Gateway(object) => serde_json::to_value(&object.spec),
            Self::PeerAuthentication(object) => serde_json::to_value(&object.spec),
            Self::ServiceEntry(object) => serde_json::to_value(&object.spec),
            Self::Sidecar(object) => serde_json::to_value(&object.spec),
            Self::VirtualService(object) => serde_json::to_value(&object.spec),
            Self::WorkloadEntry(object) => serde_json::to_value(&object.spec),
            Self::WorkloadGroup(object) => serde_json::to_value(&object.spec),
        };
        spec.expect("specs are made of texts, numbers, lists and maps with plain keys")
    }
}
