//! Identities: SPIFFE names, trust domains and their aliases, secure naming.

pub mod rules;
