//! A node: a container that boots systemd, containerd and the kubelet.
//!
//! Facts of kind's nodes are kept here (names, labels, options, the order of actions), so that an
//! image made for kind is accepted unchanged and kind's own tools see our clusters.

pub(crate) mod boot;
mod early;
pub(crate) mod kubeadm;
pub(crate) mod kubeconfig;
pub(crate) mod orders;
pub(crate) mod spec;
