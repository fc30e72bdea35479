//! Who asks, and what they may do.
//!
//! Reading order: [`user`], [`token`] and [`authn`] (who), [`rbac`] and [`authz`] (what).

mod authn;
mod authz;
pub(crate) mod escalation;
mod rbac;
pub(crate) mod token;
mod user;

pub(crate) use authn::{authenticate, impersonated};
pub(crate) use authz::{authorize, authorize_path};
pub(crate) use rbac::{Attributes, allows, reason};
pub use user::User;
