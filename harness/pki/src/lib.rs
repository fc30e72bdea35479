//! The certificates of a mesh: roots, intermediates and leaves, made from a seed and a clock, and the
//! verification of what others made.
//!
//! Same seed and same clock give the same bytes: keys are derived from the seed, signatures are
//! deterministic (RFC 6979), serial numbers follow from what is signed. Every key is ECDSA P-256,
//! which istiod, Envoy, Kubernetes and rustls accept alike; istiod also reads Ed25519, but Envoy
//! offers no such certificate, so one kind serves the simulator and real clusters.
//!
//! This room never reads a clock, a file or a random source, and never decides who may do what: it
//! says who somebody is, or why that cannot be told.
//!
//! Reading order: [`seed`] and [`validity`] (what everything is made from), [`identity`] (who),
//! [`key`] (with `block`: as text), [`leaf`] (what is asked of an authority), [`authority`] (who signs), [`cacerts`] (an
//! authority as istiod reads it), [`roots`], [`verify`], `judged` and `signature` (who is believed, and
//! for how long), `remembered` and `derived` (what need not be made twice), [`error`].

pub mod authority;
mod block;
pub mod cacerts;
pub mod chain;
mod derived;
pub mod error;
pub mod identity;
mod judged;
pub mod key;
pub mod leaf;
mod remembered;
pub mod roots;
pub mod seed;
mod signature;
pub mod validity;
pub mod verify;

pub use authority::{Authority, Subject};
pub use cacerts::CaCerts;
pub use chain::{Chain, Credential};
pub use error::{PkiError, VerifyError};
pub use identity::{SpiffeId, TrustDomain};
pub use key::KeyPair;
pub use leaf::Leaf;
pub use roots::{Roots, TrustBundles};
pub use seed::Seed;
pub use validity::Validity;
pub use verify::ClientName;
