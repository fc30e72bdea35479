//! What the user's rules make of a request: hosts, routes, subsets, policies, retries.
//!
//! Reading order: [`host`] and [`short_name`] (which rule is for which host), [`cluster_name`]
//! (what a destination is called), [`virtual_service`] (where a request goes), [`outbound`] (what
//! nobody knows), [`destination_rule`] (policies and subsets), [`retry`], [`gateway_server`] (which
//! hosts a gateway serves), [`passthrough`] (an east-west gateway), [`failure`] (what a client sees of what goes wrong).

pub mod cluster_name;
pub mod destination_rule;
pub mod failure;
pub mod gateway_server;
pub mod host;
pub mod outbound;
pub mod passthrough;
pub mod retry;
pub mod rules;
pub mod short_name;
pub mod virtual_service;

pub use cluster_name::{ClusterKey, Direction};
pub use destination_rule::{DestinationRules, MergedRule, RuleScope};
pub use outbound::{Unknown, unknown_destination};
pub use passthrough::{GatewayService, Passthrough};
pub use retry::RetryPolicy;
