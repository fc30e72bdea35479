//! Istio's own objects: what `istioctl manifest generate` makes of an IstioOperator.
//!
//! Istio's charts are in istioctl, and real clusters get what they render, never an imitation. This
//! room runs the istioctl of the version that is asked for and reads what it writes; it reaches no
//! cluster (`manifest generate` needs none) and applies nothing.
//!
//! Reading order: [`Istioctl`] (what is asked), [`binary`] (a program on this host), [`document`] (what
//! it writes), [`error`].

pub mod binary;
pub mod document;
pub mod error;

use futures::future::BoxFuture;
use serde_json::Value;
use world::Version;

pub use binary::Binary;
pub use error::{Error, Result};

/// Makes the objects of Istio's charts.
pub trait Istioctl: Send + Sync {
    /// The objects that Istio `version` makes of an IstioOperator, in the order of its charts.
    ///
    /// # Errors
    /// If there is no istioctl of that version, or it does not take the operator.
    fn generate<'a>(
        &'a self,
        version: &'a Version,
        operator: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<Value>>>;
}
