//! One host in several namespaces: a proxy sees one of them.

use super::rules;
use crate::{Decision, RuleId};

/// A service object that claims a host, as far as the choice needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostOwner<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Whether it is a Kubernetes service (or else of a ServiceEntry).
    pub kubernetes: bool,
}

/// Which of the owners of one host a client namespace sees, as an index; `owners` are those that
/// it imports, in order. `prefers_kubernetes` is off in compatibility with Istio before 1.30.
pub fn pick_owner(
    owners: &[HostOwner<'_>],
    client_namespace: &str,
    prefers_kubernetes: bool,
) -> Option<Decision<usize>> {
    let own = owners
        .iter()
        .position(|owner| owner.namespace == client_namespace);
    let kubernetes = || {
        owners
            .iter()
            .position(|owner| owner.kubernetes && prefers_kubernetes)
    };
    let (index, because): (usize, RuleId) = match own {
        Some(index) => (index, rules::ONE_NAMESPACE_OWN),
        None => match kubernetes() {
            Some(index) if index > 0 => (index, rules::ONE_NAMESPACE_KUBERNETES),
            _ => (0, rules::ONE_NAMESPACE_FIRST),
        },
    };
    (!owners.is_empty()).then(|| Decision::new(index, because))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: HostOwner<'_> = HostOwner {
        namespace: "a",
        kubernetes: false,
    };
    const SERVICE: HostOwner<'_> = HostOwner {
        namespace: "b",
        kubernetes: true,
    };
    const OTHER: HostOwner<'_> = HostOwner {
        namespace: "c",
        kubernetes: true,
    };

    #[test]
    fn the_clients_namespace_wins_then_kubernetes_then_the_first() {
        let pick = |owners: &[HostOwner<'_>], client| pick_owner(owners, client, true).unwrap();
        let all = [ENTRY, SERVICE, OTHER];
        assert_eq!(pick(&all, "c"), Decision::new(2, rules::ONE_NAMESPACE_OWN));
        assert_eq!(pick(&all, "a").value, 0);
        assert_eq!(
            pick(&all, "x"),
            Decision::new(1, rules::ONE_NAMESPACE_KUBERNETES)
        );
        assert_eq!(
            pick(&[OTHER, SERVICE], "x"),
            Decision::new(0, rules::ONE_NAMESPACE_FIRST)
        );
        assert_eq!(
            pick(&[ENTRY], "x"),
            Decision::new(0, rules::ONE_NAMESPACE_FIRST)
        );
    }

    #[test]
    fn older_versions_take_the_first() {
        let first = pick_owner(&[ENTRY, SERVICE], "x", false).unwrap();
        assert_eq!(first, Decision::new(0, rules::ONE_NAMESPACE_FIRST));
    }

    #[test]
    fn without_owners_there_is_none() {
        assert_eq!(pick_owner(&[], "x", true), None);
    }
}
