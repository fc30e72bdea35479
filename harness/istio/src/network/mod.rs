//! Over which gateway a workload is reached: networks, gateways and split horizon.
//!
//! Reading order: [`membership`] (which network something is in), [`view`] (which networks a
//! proxy sees), [`gateway`] (the gateways that are known), found by [`labelled_service`],
//! [`mesh_networks`], [`gateway_resource`] and [`hostname`]; [`split_horizon`] (what stands for an
//! endpoint of another network).

pub mod gateway;
pub mod gateway_resource;
pub mod hostname;
pub mod labelled_service;
pub mod membership;
pub mod mesh_networks;
pub mod rules;
pub mod split_horizon;
pub mod view;

pub use gateway::{Gateways, NetworkGateway};
pub use membership::same_network;
pub use view::NetworkView;
