//! Topologies of the catalogue, each in its smallest form.

use scenario::{Topology, draft::TopologyDraft};

/// A name and a specification.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) spec: &'static str,
}

/// T2: one network, the remote is configured by the primary.
pub(crate) const SHARED_PRIMARY: Case = Case {
    name: "single-network-shared-primary",
    spec: "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network1, controlPlane: cluster1}
",
};

/// T4: two networks, a primary in each.
pub(crate) const MULTI_PRIMARY: Case = Case {
    name: "multi-network-multi-primary",
    spec: "
  meshes: {mesh1: {mtls: STRICT}}
  networks: {network1: {}, network2: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network2}
",
};

/// T5: two networks, the remote joins through the primary's gateway.
pub(crate) const PRIMARY_REMOTE: Case = Case {
    name: "multi-network-primary-remote",
    spec: "
  networks: {network1: {}, network2: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network2, controlPlane: cluster1}
",
};

/// T6: istiod outside of both data clusters.
pub(crate) const EXTERNAL: Case = Case {
    name: "external-control-plane",
    spec: "
  networks: {network1: {}, network2: {}, network3: {}}
  clusters:
    external: {network: network3}
    config: {network: network1, controlPlane: external, configCluster: config}
    remote: {network: network2, controlPlane: external, configCluster: config}
",
};

/// T7: two control planes that stand in for each other, and a remote of both.
pub(crate) const SHARED_SOURCES: Case = Case {
    name: "shared-sources",
    spec: "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, controlPlane: [cluster1, cluster2]}
    cluster2: {network: network1, controlPlane: [cluster2, cluster1]}
    cluster3: {network: network1, controlPlane: [cluster1, cluster2]}
",
};

/// T8: a virtual machine on the cluster's network.
pub(crate) const VM: Case = Case {
    name: "vm-single-network",
    spec: "
  networks: {network1: {}}
  clusters: {cluster1: {network: network1}}
  vms: {legacy: {network: network1, onboardedBy: cluster1}}
",
};

/// T9: a virtual machine on another network.
pub(crate) const VM_ELSEWHERE: Case = Case {
    name: "vm-multi-network",
    spec: "
  networks: {network1: {}, network2: {}}
  clusters: {cluster1: {network: network1}}
  vms: {legacy: {network: network2, onboardedBy: cluster1}}
",
};

/// T12: two meshes that exchanged their trust bundles.
pub(crate) const FEDERATION: Case = Case {
    name: "federation",
    spec: "
  meshes:
    east: {trustDomain: east.example, trusts: [west]}
    west: {trustDomain: west.example, trusts: [east]}
  networks: {network1: {}, network2: {}}
  clusters:
    cluster1: {network: network1, mesh: east}
    cluster2: {network: network2, mesh: west}
",
};

/// U1: two revisions side by side, and a tag on one of them.
pub(crate) const REVISIONS: Case = Case {
    name: "revisions",
    spec: "
  networks: {network1: {}}
  clusters:
    cluster1:
      network: network1
      revisions: {canary: 1.30.3, stable: 1.29.6}
      tags: {default: stable, prod: stable}
    cluster2: {network: network1, controlPlane: cluster1, version: 1.27.0}
",
};

/// Every case.
pub(crate) const ALL: [Case; 9] = [
    SHARED_PRIMARY,
    MULTI_PRIMARY,
    PRIMARY_REMOTE,
    EXTERNAL,
    SHARED_SOURCES,
    VM,
    VM_ELSEWHERE,
    FEDERATION,
    REVISIONS,
];

impl Case {
    /// The topology.
    pub(crate) fn topology(&self) -> Topology {
        let text = format!(
            "apiVersion: isthmus/v1alpha1\nkind: Topology\nmetadata: {{name: {}}}\n\
             spec:\n  istio: {{version: 1.30.3}}\n{}",
            self.name, self.spec
        );
        let draft: TopologyDraft = serde_yaml::from_str(&text).unwrap();
        Topology::from_draft(&draft)
            .unwrap_or_else(|findings| panic!("{}: {findings:?}", self.name))
    }
}
