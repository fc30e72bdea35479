//! Admission: the webhooks that are configured in the cluster, and the plug-ins that manifests
//! rely on.
//!
//! Reading order: [`review`] (what is asked), [`rules`] (whom), [`call`] (one webhook),
//! [`chain`] (all of them in order), [`service_account`].

mod call;
mod chain;
mod review;
mod rules;
pub(crate) mod service_account;

pub use call::{WebhookCall, WebhookError};
pub(crate) use chain::{mutate, validate};
pub(crate) use review::{Operation, Review};
