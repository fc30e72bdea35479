//! The objects users write, as typed structs that refuse what isthmus does not model, by name.
//!
//! [`parse()`] turns the JSON of an object into an [`IstioObject`], or says everything that is wrong
//! with it at once: a field that Istio does not have (with the nearest one it has), a field that
//! Istio has and isthmus does not model, a value of the wrong type, a missing field. Nothing is
//! dropped in silence and nothing is approximated. This room decides nothing: what the fields
//! mean is decided by the modules that take these structs.
//!
//! A few fields are taken in although no rule reads them, because nothing that isthmus shows
//! depends on them (an access log's format, a route's name); their documentation says so.
//!
//! Reading order: [`kind`] (which kinds there are), [`object`] (metadata and spec), [`mod@parse`] and
//! [`problem`] (how an object is read or refused), [`shape`] (the fields Istio has, as data), then
//! the kinds themselves, [`mesh_config`] and [`install_values`], and [`annotation`] for what is
//! written on pods, Services, namespaces and nodes.

pub mod annotation;
pub mod authorization_policy;
pub mod connection_pool;
pub mod destination_rule;
pub mod duration;
pub mod fault;
pub mod gateway;
pub mod gateway_values;
pub mod http_match;
pub mod install_values;
pub mod kind;
pub mod load_balancer;
pub mod locality_lb;
pub mod mesh_config;
pub mod mesh_networks;
pub mod object;
pub mod outlier_detection;
pub mod parse;
pub mod peer_authentication;
pub mod port;
pub mod problem;
pub mod proxy_config;
mod proxy_metadata;
pub mod retry;
pub mod selector;
pub mod service_entry;
pub mod shape;
pub mod sidecar;
pub mod string_match;
pub mod tls_settings;
pub mod traffic_policy;
mod validity;
pub mod virtual_service;
pub mod workload_entry;
pub mod workload_group;

pub use authorization_policy::AuthorizationPolicy;
pub use connection_pool::ConnectionPoolSettings;
pub use destination_rule::{DestinationRule, Subset};
pub use duration::IstioDuration;
pub use gateway::Gateway;
pub use gateway_values::GatewayValues;
pub use install_values::InstallValues;
pub use kind::Kind;
pub use load_balancer::LoadBalancerSettings;
pub use locality_lb::{LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting};
pub use mesh_config::MeshConfig;
pub use mesh_networks::MeshNetworks;
pub use object::{IstioObject, Metadata, Object};
pub use outlier_detection::OutlierDetection;
pub use parse::{
    message_read_by, parse, parse_gateway_values, parse_install_values, parse_mesh_config,
    parse_mesh_networks, parse_proxy_config, read_by,
};
pub use peer_authentication::PeerAuthentication;
pub use problem::{KindError, Problem};
pub use proxy_config::ProxyConfig;
pub use retry::HttpRetry;
pub use selector::{LabelSelector, MatchLabels, WorkloadSelector};
pub use service_entry::ServiceEntry;
pub use sidecar::Sidecar;
pub use string_match::StringMatch;
pub use tls_settings::ClientTlsSettings;
pub use traffic_policy::TrafficPolicy;
pub use virtual_service::VirtualService;
pub use workload_entry::WorkloadEntry;
pub use workload_group::WorkloadGroup;
