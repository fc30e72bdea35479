//! In which order endpoints are used: localities, failover, distribution, zone awareness.

pub mod rules;
