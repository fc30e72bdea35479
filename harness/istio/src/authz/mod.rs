//! Whether a request is let in by the AuthorizationPolicies of the server's control plane.
//!
//! [`select`] says which policies concern a workload; [`model`] turns their rules into what Envoy
//! evaluates, for HTTP or for TCP, with [`attribute`]s and [`pattern`]s; [`request`] is what is
//! known of a request; [`evaluate`] decides. [`server`] puts it together with what
//! mutual TLS decides before. Policies run in the server's proxy only; an east-west
//! gateway that passes TLS through runs none.

pub mod attribute;
pub mod evaluate;
pub mod model;
pub mod pattern;
pub mod request;
pub mod rules;
pub mod select;
pub mod server;

pub use evaluate::{AuthzError, Enforcer, Verdict};
pub use model::{Layer, Model};
pub use request::{HttpFacts, RequestFacts};
pub use select::{Selected, Workload, select};
pub use server::{Received, Server};
