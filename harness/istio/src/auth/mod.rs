//! Who may fetch configuration and certificates, and when certificates are renewed.

pub mod rotation;
pub mod rules;
pub mod workload;

pub use rotation::{CertificateLife, RotationOptions, renewal_delay};
pub use workload::{AuthFailure, Credentials, KnownClusters, TokenClaims, authenticate, reviewer};
