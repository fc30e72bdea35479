//! Whether a pod gets a sidecar, and from which revision.
//!
//! Two questions in this order: [`revision`] says which revision's webhook is asked at all;
//! [`decision`] is what that webhook's injector then does.

pub mod decision;
pub mod revision;
pub mod rules;

pub use decision::{InjectorConfig, InjectorPolicy, PodFacts, injects};
pub use revision::{DEFAULT_REVISION, Revisions, revision_for};

/// The label and annotation by which a pod asks for a sidecar or refuses it.
pub const INJECT: &str = "sidecar.istio.io/inject";

/// The label by which a namespace or pod names a revision.
pub const REVISION: &str = "istio.io/rev";

/// The label by which a namespace opts in to the default revision.
pub const LEGACY_INJECTION: &str = "istio-injection";
