//! The Docker daemon. This is the only place that knows bollard, whose types follow the newest API;
//! what leaves here are our own small types.
//!
//! Containers and networks are always addressed by id, because old daemons allow two networks of
//! one name, and every list is filtered by label, never by name.

mod connect;
mod container;
mod exec;
mod helper;
mod image;
mod network;
mod plain;
mod pull;
mod volume;

pub(crate) use connect::Docker;
pub(crate) use container::{Attachment, ContainerSpec, Found, Privilege};
pub(crate) use helper::HelperSpec;
pub(crate) use network::NetworkSpec;
pub(crate) use plain::{Joins, PlainSpec};
