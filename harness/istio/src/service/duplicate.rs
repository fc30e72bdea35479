//! Several objects that claim one host in one namespace.

use crate::{
    Decision,
    service::{RegistryKind, rules},
};

/// An object that claims a host; its order is the order of precedence among equals: age in
/// whole seconds since any fixed moment, then name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Seconds since a moment that is the same for all claims.
    pub created: i64,
    /// The object's name.
    pub name: String,
    /// What kind of object it is.
    pub kind: RegistryKind,
}

/// The index of the claim that represents the host; `None` if there is no claim.
pub fn winner(claims: &[Claim]) -> Decision<Option<usize>> {
    let first_of = |kind: RegistryKind| {
        let of_kind = claims
            .iter()
            .enumerate()
            .filter(|(_, claim)| claim.kind == kind);
        of_kind.min_by_key(|(_, claim)| *claim).map(|(i, _)| i)
    };
    match first_of(RegistryKind::Kubernetes) {
        Some(index) => Decision::new(Some(index), rules::KUBERNETES_WINS),
        None => Decision::new(first_of(RegistryKind::ServiceEntry), rules::OLDEST_WINS),
    }
}
