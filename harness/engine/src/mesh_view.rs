//! How a mesh is asked about itself: what its control planes and its proxies know.

use futures::future::BoxFuture;
use world::{Call, Client, ControlPlane, KnownEndpoints, Why};

use crate::Result;

/// What a mesh says of itself, read from istiod's debug endpoints and the admin ports of proxies,
/// or from a simulator's memory. It reports and judges nothing.
pub trait MeshView: Send + Sync {
    /// Every istiod that runs, ordered by cluster and pod, with the clusters it reads.
    ///
    /// # Errors
    /// What the machinery met.
    fn control_planes(&self) -> BoxFuture<'_, Result<Vec<ControlPlane>>>;

    /// What the proxy of a client knows of the service that the client calls by `host` and `port`.
    ///
    /// # Errors
    /// If there is no such client, or what the machinery met.
    fn endpoints<'a>(
        &'a self,
        seen_by: &'a Client,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<KnownEndpoints>>;

    /// Makes a call and tells why it went as it did.
    ///
    /// # Errors
    /// [`crate::Error::NotCapable`] where only effects can be seen, or what the machinery met.
    fn explain<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Why>>;
}
