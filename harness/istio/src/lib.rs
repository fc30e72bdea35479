//! Istio's rules: what istiod computes for a proxy and what Envoy does with it.
//!
//! Every rule is a pure function of its arguments, and every answer is a [`Decision`]: the value
//! and the [`RuleId`] of the rule that made it, so that a report only has to render. There is no
//! clock, no randomness of its own, no Kubernetes client and no runtime in this room; it never
//! knows what a scenario expects. The rules hold for the newest Istio modelled; what differs in
//! older versions are facts in [`version`].
//!
//! Reading order, along the way of one request:
//! [`decision`] and [`rule`] (the form of an answer), [`id`] (what things are called);
//! [`remote`] (which clusters a control plane knows), [`service`] and [`visibility`] (which
//! service a client sees), [`dns`] (whether it gets an address), [`routing`] (which rules of the
//! user apply); [`endpoint`] (who may answer: the pipeline that puts the next two together),
//! [`network`] (over which gateway), [`locality`] (in which order); [`envoy`] (which one is picked);
//! [`tls`], [`identity`], [`auth`] and [`authz`] (under which identity, and whether it is let in);
//! [`injection`] (whether there is a sidecar at all). [`kinds`] are the objects users write. [`election`] is
//! no part of a request's way, so its answers are plain: which istiod writes roots into a cluster.

pub mod auth;
pub mod authz;
pub mod decision;
pub mod dns;
pub mod election;
pub mod endpoint;
pub mod envoy;
pub mod id;
pub mod identity;
pub mod injection;
pub mod kinds;
pub mod locality;
pub mod network;
pub mod remote;
pub mod routing;
pub mod rule;
pub mod service;
pub mod tls;
pub mod version;
pub mod visibility;

pub use decision::Decision;
pub use id::{ClusterId, NetworkId};
pub use rule::Rule;
pub use world::RuleId;
