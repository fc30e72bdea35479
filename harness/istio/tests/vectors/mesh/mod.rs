//! Checks of the areas about services, networks, localities and endpoints.

use crate::case::Check;

/// Area and check, one line each.
pub const CHECKS: &[(&str, Check)] = &[];
