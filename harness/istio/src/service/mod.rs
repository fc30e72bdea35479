//! Which service object a host stands for: merging over clusters, addresses, scope.

pub mod rules;
