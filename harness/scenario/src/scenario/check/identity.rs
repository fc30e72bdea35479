//! Identities: what a server sees of a client that uses mutual TLS.

use world::{Client, ClusterName, PeerIdentity};

use super::{CheckKind, read::Reader};
use crate::{
    draft::MtlsDraft,
    problem::{FieldPath, Findings},
    scenario::{call, workload::Sidecar},
};

impl Reader<'_> {
    pub(super) fn mtls(
        &self,
        draft: &MtlsDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let calls = call::read(&draft.call, self.scope, at, findings)?;
        let mut peers = Vec::new();
        for client in &calls.from {
            match &draft.peer {
                Some(peer) => peers.push(PeerIdentity(peer.as_str().into())),
                None => peers.extend(self.identity(client, &at.key("from"), findings)),
            }
        }
        Some(CheckKind::Mtls { calls, peers })
    }

    /// The identity a client has by its namespace, service account and mesh.
    fn identity(
        &self,
        client: &Client,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<PeerIdentity> {
        let identity = match client {
            Client::Pod {
                cluster, workload, ..
            } => {
                let workload = &self.scope.workloads[workload];
                let account = workload.service_account.as_str();
                self.spiffe(cluster, workload.namespace.as_str(), account)
                    .filter(|_| workload.sidecar == Sidecar::Injected)
            }
            Client::Vm(vm) => {
                let vm = &self.scope.topology.vms()[vm];
                let account = vm.service_account.as_str();
                self.spiffe(&vm.onboarded_by, vm.namespace.as_str(), account)
            }
            Client::Outside => None,
        };
        if identity.is_none() {
            findings.value(
                at,
                format!("{client} has no identity of its own in a mesh"),
                "choose a client with a sidecar, or write the 'peer' that the server sees",
            );
        }
        identity
    }

    /// The identity of a service account in the mesh of a cluster.
    fn spiffe(
        &self,
        cluster: &ClusterName,
        namespace: &str,
        account: &str,
    ) -> Option<PeerIdentity> {
        let domain = &self.scope.topology.mesh_of(cluster)?.trust_domain;
        let id = format!("spiffe://{domain}/ns/{namespace}/sa/{account}");
        Some(PeerIdentity(id.into()))
    }
}
