//! Whether a request is let in: AuthorizationPolicy.

pub mod rules;
