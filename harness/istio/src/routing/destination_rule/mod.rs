//! Which DestinationRule a client reads for a service, and what it says for a subset and port.
//!
//! [`index`] merges the rules of a control plane once; [`lookup`] finds those that concern a
//! client namespace and host and picks the one for a workload; [`policy`] is what the rule says
//! for a subset and a port, over the mesh's default.

pub mod index;
pub mod lookup;
pub mod policy;

pub use index::{DestinationRules, MergedRule, RuleScope};
pub use policy::{effective_policy, with_mesh_default};
