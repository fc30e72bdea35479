//! Clusters that exist: scenarios are run in a mesh that somebody else has installed and goes on using.
//!
//! Two promises are kept by construction. A cluster whose context and API server are not both on the
//! allow-list is refused before any request is sent. And every client that leaves this room passes
//! [`guard`], which sends reads and nothing else on, except inside namespaces that were made here for
//! this run. It never installs, upgrades or breaks a mesh, and reads no `~/.kube/config` of itself.
//!
//! Reading order: [`allow`] (which clusters), [`guard`] (which requests), [`claim`] (namespaces of our
//! own, and how they go), [`mod@existing`] (the engine), `environment` (what then stands there).

pub mod allow;
pub mod claim;
mod environment;
pub mod error;
pub mod existing;
pub mod guard;

pub use allow::{Allowed, Context};
pub use error::{Error, Result};
pub use existing::Existing;
