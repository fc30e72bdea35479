//! What differs between Istio versions: mechanisms and defaults, as data with a source each.
//!
//! The rules of this crate hold for the newest Istio modelled. Where an older one has another
//! mechanism or another default, that is a fact here, never an outcome of a scenario: a rule is
//! given the fact and still decides by itself. This room never reads a cluster or an image; it
//! knows versions only.
//!
//! Reading order: [`timeline`] (a fact over versions), [`mechanism`] (how something is done),
//! [`flag`] and [`profile`] (what istiod's environment says, and what a compatibility profile
//! changes of it), [`field`] (which fields a version knows), [`support`] (what fits together).

pub mod field;
pub mod flag;
pub mod mechanism;
pub mod profile;
pub mod support;
pub mod timeline;

pub use flag::{Flag, FlagValue};
pub use mechanism::Mechanisms;
pub use support::{NotModelled, check_modelled};
pub use timeline::{Fact, Release, Timeline};
