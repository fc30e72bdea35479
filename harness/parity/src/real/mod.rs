//! A real control plane as child processes on loopback: etcd, kube-apiserver and
//! kube-controller-manager, with certificates, keys and data in a directory of their own.
//!
//! There is no kubelet and no scheduler: pods stay as they were written until a fact writes
//! their status. Everything dies with the [`ControlPlane`].

mod audit;
mod components;
mod control_plane;
mod credentials;
mod etcd;
mod process;
mod webhook;

pub use control_plane::ControlPlane;
