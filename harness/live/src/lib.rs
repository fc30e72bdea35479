//! Asking real clusters: calls from their pods, and what istiod and the proxies say of themselves.
//!
//! Whoever made the clusters, they are asked through their API servers alone, by commands in pods:
//! curl in the client's, `pilot-discovery request` in istiod's, `pilot-agent request` in the proxy's.
//! So it works from every host that has the cluster's kubeconfig, and needs no way to a pod's address.
//! This room changes nothing in a cluster and judges nothing.
//!
//! Reading order: [`prober`] (calls in batches), `traffic` (calls that go on), `curl` (what curl is
//! told and says), `pick` (what an answer is a sample of), `way` (which way it came), [`mesh`] (the mesh's
//! own view), `istiod` and `proxy` (what the two say), `exec` (commands in pods), [`shell`] (clients that
//! are no pods).

mod curl;
mod exec;
mod istiod;
#[cfg(test)]
mod kit;
pub mod mesh;
mod pick;
pub mod prober;
mod proxy;
pub mod shell;
mod traffic;
mod way;

pub use mesh::LiveMesh;
pub use prober::ExecProber;
pub use shell::Shell;
