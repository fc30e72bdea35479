//! What Envoy does with the endpoints it was sent: load, panic, host picks, ejection.
//!
//! Reading order: what istiod configures ([`lb_policy`], [`panic`], [`outlier_config`],
//! [`slow_start`]); what Envoy makes of it: [`assignment`] (the hosts it keeps), [`load`] (which
//! priority), [`locality_pick`] (which group), [`host_pick`] over [`schedule`] (which host),
//! [`outlier`] (who is ejected), [`connection`] (what happens to connections).
//!
//! Chance comes from the caller as a [`Draw`].

pub mod assignment;
pub mod connection;
pub mod host_pick;
pub mod lb_policy;
pub mod load;
pub mod locality_pick;
pub mod outlier;
pub mod outlier_config;
pub mod panic;
pub mod rules;
pub mod schedule;
pub mod slow_start;

pub use lb_policy::LbPolicy;
pub use outlier_config::EnvoyOutlier;

/// A source of chance; the caller seeds it by the name of what it decides.
pub trait Draw {
    /// The next number, uniform over all 64 bits.
    fn draw(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Draw for F {
    fn draw(&mut self) -> u64 {
        self()
    }
}
