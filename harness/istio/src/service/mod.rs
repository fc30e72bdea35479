//! Which service object a host stands for: merging over clusters, addresses, scope.
//!
//! Reading order: [`merge`] and [`duplicate`] (which object), [`vip`] (which addresses),
//! [`cluster_local`] and [`mcs`] (how far it reaches), [`registry`] and [`traffic_distribution`].

pub mod cluster_local;
pub mod duplicate;
pub mod mcs;
pub mod merge;
pub mod registry;
pub mod rules;
pub mod traffic_distribution;
pub mod vip;

pub use cluster_local::ClusterLocalHosts;
pub use mcs::Discoverability;
pub use registry::RegistryKind;
pub use traffic_distribution::TrafficDistribution;
pub use vip::IpFamilies;
