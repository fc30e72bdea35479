//! The container that a node is.

use std::{collections::BTreeMap, net::Ipv4Addr};

use world::ClusterName;

use crate::{
    docker::{Attachment, ContainerSpec, Privilege},
    label::{CLUSTER, KIND_CLUSTER, KIND_ROLE, Labels},
};

/// What kind calls the role of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Runs the Kubernetes control plane.
    ControlPlane,
    /// Runs workloads only.
    Worker,
}

/// One node of a cluster on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodePlan {
    /// The cluster as the topology calls it.
    pub(crate) declared: ClusterName,
    /// The cluster's name on this host.
    pub(crate) cluster: String,
    /// Its place among the nodes; 0 runs the control plane.
    pub(crate) index: usize,
    /// In its mesh network.
    pub(crate) home: Attachment,
    /// On the bridge that all clusters share.
    pub(crate) wan: Attachment,
}

/// Before the image's own entrypoint on hosts where nodes are not privileged: their system mounts
/// come read-only.
const WRITABLE: &str = "mount -o remount,rw /sys; \
    for m in $(awk '$5 ~ \"^/sys/fs/cgroup\" {print $5}' /proc/self/mountinfo); do mount -o remount,rw \"$m\"; done; \
    exec /usr/local/bin/entrypoint /sbin/init";

/// The name of a run's cluster on this host.
pub(crate) fn cluster(run: &str, declared: &ClusterName) -> String {
    format!("{run}-{declared}")
}

/// The volume that is a node's `/var`, if it is copied from a golden one.
pub(crate) fn var(cluster: &str, index: usize) -> String {
    format!("{}-var", name(cluster, index))
}

/// The name of the container, the host and the Kubernetes node alike; as kind counts them.
fn name(cluster: &str, index: usize) -> String {
    match index {
        0 => format!("{cluster}-control-plane"),
        1 => format!("{cluster}-worker"),
        index => format!("{cluster}-worker{index}"),
    }
}

impl NodePlan {
    /// The role that its place gives it.
    pub(crate) fn role(&self) -> Role {
        if self.index == 0 {
            Role::ControlPlane
        } else {
            Role::Worker
        }
    }

    /// The name of the container, the host and the Kubernetes node alike.
    pub(crate) fn name(&self) -> String {
        name(&self.cluster, self.index)
    }

    /// The volume that is its `/var`, if it is copied from a golden one.
    pub(crate) fn var(&self) -> String {
        var(&self.cluster, self.index)
    }

    /// The container.
    pub(crate) fn container(
        &self,
        image: &str,
        privilege: Privilege,
        gateway: Ipv4Addr,
        owner: Labels,
        var: Option<String>,
    ) -> ContainerSpec {
        let control_plane = self.role() == Role::ControlPlane;
        let mut labels = owner;
        labels.insert(CLUSTER.to_owned(), self.declared.to_string());
        labels.insert(KIND_CLUSTER.to_owned(), self.cluster.clone());
        let role = if control_plane {
            "control-plane"
        } else {
            "worker"
        };
        labels.insert(KIND_ROLE.to_owned(), role.to_owned());
        let kubeconfig = (
            "KUBECONFIG".to_owned(),
            "/etc/kubernetes/admin.conf".to_owned(),
        );
        let prelude = || ["/bin/bash", "-c", WRITABLE].map(str::to_owned).to_vec();
        ContainerSpec {
            name: self.name(),
            image: image.to_owned(),
            labels,
            environment: control_plane.then_some(kubeconfig).into_iter().collect(),
            entrypoint: (privilege == Privilege::Node).then(prelude),
            command: None,
            privilege,
            first: self.home.clone(),
            others: vec![self.wan.clone()],
            publish: control_plane.then_some(6443),
            // Without this kind's entrypoint waits six seconds for a resolver that has no upstream.
            hosts: BTreeMap::from([("host.docker.internal".to_owned(), gateway)]),
            var,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(index: usize) -> NodePlan {
        let at = |network: &str, last| Attachment {
            network: network.to_owned(),
            address: Ipv4Addr::new(172, 30, 0, last),
        };
        NodePlan {
            declared: "c1".parse().unwrap(),
            cluster: "c1".to_owned(),
            index,
            home: at("n1", 2),
            wan: at("wan", 3),
        }
    }

    #[test]
    fn nodes_are_named_as_kind_names_them() {
        let names: Vec<_> = (0..4).map(|index| plan(index).name()).collect();
        assert_eq!(
            names,
            ["c1-control-plane", "c1-worker", "c1-worker2", "c1-worker3"]
        );
    }

    #[test]
    fn only_the_control_plane_publishes_its_port_and_has_credentials() {
        let container = |index| {
            plan(index).container(
                "image",
                Privilege::Privileged,
                Ipv4Addr::LOCALHOST,
                Labels::new(),
                None,
            )
        };
        assert_eq!(container(0).publish, Some(6443));
        assert_eq!(container(1).publish, None);
        assert!(container(0).environment.contains_key("KUBECONFIG"));
        assert!(container(1).environment.is_empty());
        assert_eq!(container(1).labels[KIND_ROLE], "worker");
    }

    #[test]
    fn only_a_node_without_privilege_needs_its_mounts_made_writable() {
        let entrypoint = |privilege| {
            plan(0)
                .container("image", privilege, Ipv4Addr::LOCALHOST, Labels::new(), None)
                .entrypoint
        };
        assert!(entrypoint(Privilege::Node).is_some());
        assert!(entrypoint(Privilege::Privileged).is_none());
    }
}
