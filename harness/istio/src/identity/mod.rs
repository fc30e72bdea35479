//! Who somebody is: SPIFFE identities, trust domains and their aliases, secure naming.
//!
//! [`spiffe`] is the form of an identity; [`trust_domain`] is what a mesh calls itself and which
//! peers a server accepts; [`san`] is which server a client accepts; [`principal`] is what the
//! names in an AuthorizationPolicy stand for.

pub mod principal;
pub mod rules;
pub mod san;
pub mod spiffe;
pub mod trust_domain;

pub use principal::{expand_principals, pins_trust_domain};
pub use san::{expand_sans, server_is_named};
pub use spiffe::{IdentityError, SpiffeId, workload_identity};
pub use trust_domain::{TrustDomains, peer_is_accepted};
