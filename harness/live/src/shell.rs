//! Where calls are made from that come from no pod.

use futures::future::BoxFuture;
use world::Client;

/// Machines, and clients outside every cluster, for whoever has a way to them.
pub trait Shell: Send + Sync {
    /// Runs a shell script where `client` is and returns what it wrote.
    ///
    /// # Errors
    /// [`engine::Error::NotCapable`] or [`engine::Error::NoVm`] if there is no such client, or what
    /// the machinery met.
    fn run<'a>(
        &'a self,
        client: &'a Client,
        script: &'a str,
    ) -> BoxFuture<'a, engine::Result<String>>;
}
