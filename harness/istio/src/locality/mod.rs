//! In which order endpoints are used: localities, failover, distribution, zone awareness.
//!
//! Reading order: [`place`] and [`label`] (where something is), [`setting`] (which setting of the
//! user applies), then the four ways to apply it: [`failover`], [`failover_priority`],
//! [`zone_aware`], [`distribute`].

pub mod distribute;
pub mod failover;
pub mod failover_priority;
pub mod label;
pub mod place;
pub mod rules;
pub mod setting;
pub mod zone_aware;

pub use place::{LocalityLabel, Place};
pub use setting::LbSetting;

/// Renumbers `keys` so that they start at 0 without a gap; equal keys stay equal and the order
/// stays. Envoy reads a gap as an empty priority.
fn compact(keys: &[u32]) -> Vec<u32> {
    let mut distinct = keys.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |key: &u32| {
        let found = distinct.binary_search(key);
        found.expect("every key is among the distinct ones") as u32
    };
    keys.iter().map(rank).collect()
}
