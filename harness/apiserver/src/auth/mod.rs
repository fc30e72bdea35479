//! Who asks, and what they may do.
//!
//! Reading order: [`user`], [`signer`], [`token`] and [`authn`] (who), [`rbac`] and [`authz`] (what).

mod authn;
mod authz;
pub(crate) mod escalation;
mod rbac;
mod signer;
pub(crate) mod token;
mod user;

pub(crate) use authn::{authenticate, impersonated};
pub(crate) use authz::{authorize, authorize_path};
pub(crate) use rbac::{Attributes, allows, reason};
pub(crate) use signer::Signer;
pub use user::User;
