//! Mutual TLS on both sides: PeerAuthentication, client settings, SNI.

pub mod rules;
