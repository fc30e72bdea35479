//! What Envoy does with the endpoints it was sent: load, panic, host picks, ejection.

pub mod rules;
