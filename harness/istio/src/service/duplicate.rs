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

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(created: i64, name: &str, kind: RegistryKind) -> Claim {
        Claim {
            created,
            name: name.to_owned(),
            kind,
        }
    }

    #[test]
    fn kubernetes_wins_then_age_then_name() {
        use RegistryKind::{Kubernetes, ServiceEntry};
        let old = claim(1, "z", ServiceEntry);
        let claims = [
            claim(2, "b", ServiceEntry),
            claim(2, "a", ServiceEntry),
            old.clone(),
        ];
        assert_eq!(winner(&claims).value, Some(2));
        assert_eq!(winner(&claims[..2]).value, Some(1));
        let service = winner(&[old, claim(9, "s", Kubernetes)]);
        assert_eq!(
            (service.value, service.because),
            (Some(1), rules::KUBERNETES_WINS)
        );
        assert_eq!(winner(&[]).value, None);
    }
}
