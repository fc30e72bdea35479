//! Checks of the areas about security, routing, identity and injection.

use crate::case::Check;

/// Area and check, one line each.
pub const CHECKS: &[(&str, Check)] = &[];
