//! A virtual machine's part in the mesh.

use std::collections::BTreeMap;

use serde::Serialize;
use world::{ClusterName, NamespaceName, NetworkName, VmName};

use super::{Role, role::Roles};
use crate::{
    draft::{TopologySpec, VmDraft},
    name::ServiceAccountName,
    problem::{FieldPath, Findings, did_you_mean},
};

/// A virtual machine as the mesh sees it: a WorkloadGroup, a Service and an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VmMember {
    /// Its network.
    pub network: NetworkName,
    /// The cluster whose API server holds its WorkloadGroup and whose istiod onboards it.
    pub onboarded_by: ClusterName,
    /// The namespace of its WorkloadGroup and Service; the Service has the VM's name.
    pub namespace: NamespaceName,
    /// Its service account.
    pub service_account: ServiceAccountName,
    /// The port of the service it offers.
    pub port: u16,
}

pub(crate) fn derive(
    spec: &TopologySpec,
    roles: &Roles,
    path: &FieldPath,
    findings: &mut Findings,
) -> BTreeMap<VmName, VmMember> {
    let at = path.key("vms");
    for (name, draft) in &spec.vms {
        check(name, draft, spec, roles, &at.key(name), findings);
    }
    let member = |(name, draft): (&VmName, &VmDraft)| (name.clone(), member(name, draft));
    spec.vms.iter().map(member).collect()
}

fn member(name: &VmName, draft: &VmDraft) -> VmMember {
    let own = || ServiceAccountName::new(name.as_str()).expect("a VM name is a DNS label");
    VmMember {
        network: draft.network.clone(),
        onboarded_by: draft.onboarded_by.clone(),
        namespace: draft.namespace.clone(),
        service_account: draft.service_account.clone().unwrap_or_else(own),
        port: draft.port,
    }
}

fn check(
    name: &VmName,
    draft: &VmDraft,
    spec: &TopologySpec,
    roles: &Roles,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let by = &draft.onboarded_by;
    if !spec.clusters.contains_key(by) {
        let known = spec.clusters.keys().map(ClusterName::as_str);
        findings.value(
            &at.key("onboardedBy"),
            format!("there is no cluster '{by}'"),
            did_you_mean(by.as_str(), known),
        );
    } else if roles.get(by).is_some_and(|role| !can_onboard(role)) {
        findings.value(
            &at.key("onboardedBy"),
            format!("'{by}' holds no Istio configuration, so it cannot onboard '{name}'"),
            "name a primary, or the configuration cluster of an external control plane",
        );
    }
}

fn can_onboard(role: &Role) -> bool {
    match role {
        Role::Primary { .. } | Role::Config { .. } => true,
        Role::Remote { .. } | Role::ExternalControlPlane { .. } | Role::None => false,
    }
}
