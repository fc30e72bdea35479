//! Which rules of the user apply: hosts, destination rules, subsets, retries.

pub mod rules;
