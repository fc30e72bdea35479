//! Proxies: what Envoy and its agent do beside a workload or at the edge of a network.
//!
//! A proxy decides nothing by rules of its own. It looks up what istiod told it, asks `istio` what
//! follows, and carries it out on the simulated network, leaving at every station the rule that
//! decided.
//!
//! Reading order: [`core`] (what a proxy is and knows), [`view`] (one push, as this proxy reads
//! it), [`credential`] (who it is and whom it believes), [`policy`] and [`cluster`] (what it does
//! towards a service, and its choice among hosts, with [`health`]), [`pick`] and [`told`] (what follows from it, and what
//! is said of it), [`upstream`]
//! (a connection to a host), [`route`] (which service is meant), [`http`] and [`tunnel`] (how
//! requests and connections are carried there), then the three that listen: [`outbound`],
//! [`inbound`], [`gateway`] (with [`edge`] and [`chains`], what Gateways ask of it); [`names`] (what it
//! answers where it captures DNS), [`known`] and [`living`] (what is told of proxies outside); last
//! [`agent`], which starts all of it in a container.

pub mod agent;
mod chains;
mod chance;
mod cluster;
pub mod core;
mod credential;
mod edge;
mod evidence;
mod gateway;
mod health;
mod http;
mod inbound;
mod known;
mod listeners;
mod living;
mod names;
mod outbound;
mod pick;
mod policy;
mod route;
mod told;
mod tunnel;
mod upstream;
mod view;

pub use core::{About, Proxy};
pub use credential::Identity;
pub use listeners::Listeners;
pub use living::Living;
