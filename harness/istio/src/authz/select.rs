//! Which AuthorizationPolicies concern a workload.

use super::rules;
use crate::{
    Decision,
    kinds::{
        AuthorizationPolicy, Object,
        authorization_policy::{Action, PolicyTargetReference},
        selector::Labels,
    },
    visibility::by_age,
};

/// The label by which a gateway's pods name the Gateway they belong to.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// A workload, as far as policies select it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
}

/// The policies that concern a workload, by what a match means.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selected<'a> {
    /// Somebody else is asked first.
    pub custom: Vec<&'a Object<AuthorizationPolicy>>,
    /// A match refuses.
    pub deny: Vec<&'a Object<AuthorizationPolicy>>,
    /// One must match.
    pub allow: Vec<&'a Object<AuthorizationPolicy>>,
    /// A match is written down.
    pub audit: Vec<&'a Object<AuthorizationPolicy>>,
}

/// The policies that concern a workload: those of the root namespace first, then those of its
/// own, by age within each. Unlike PeerAuthentications, policies of the root namespace are read
/// with a selector, too.
pub fn select<'a>(
    policies: &'a [Object<AuthorizationPolicy>],
    root_namespace: &str,
    workload: Workload<'_>,
) -> Decision<Selected<'a>> {
    let in_root = |p: &Object<_>| p.metadata.namespace == root_namespace;
    let concerns = |p: &&Object<AuthorizationPolicy>| {
        (in_root(p) || p.metadata.namespace == workload.namespace) && applies(p, workload)
    };
    let mut concerned: Vec<_> = policies.iter().filter(concerns).collect();
    concerned.sort_by(|a, b| {
        let root_first = in_root(b).cmp(&in_root(a));
        root_first.then_with(|| by_age(&a.metadata, &b.metadata))
    });
    let mut selected = Selected::default();
    for policy in concerned {
        selected.list_of(policy.spec.action).push(policy);
    }
    Decision::new(selected, rules::SELECT)
}

impl<'a> Selected<'a> {
    fn list_of(&mut self, action: Action) -> &mut Vec<&'a Object<AuthorizationPolicy>> {
        match action {
            Action::Allow => &mut self.allow,
            Action::Deny => &mut self.deny,
            Action::Audit => &mut self.audit,
            Action::Custom => &mut self.custom,
        }
    }
}

fn applies(policy: &Object<AuthorizationPolicy>, workload: Workload<'_>) -> bool {
    let spec = &policy.spec;
    let mut targets = spec.target_ref.iter().chain(&spec.target_refs).peekable();
    if targets.peek().is_some() {
        return targets.any(|target| is_target(target, policy, workload));
    }
    spec.selector
        .as_ref()
        .is_none_or(|selector| selector.selects(workload.labels))
}

/// Whether the workload is the Gateway that a policy is attached to, in the policy's namespace.
fn is_target(
    target: &PolicyTargetReference,
    policy: &Object<AuthorizationPolicy>,
    workload: Workload<'_>,
) -> bool {
    let of_gateway = workload.labels.get(GATEWAY_NAME);
    target.kind == "Gateway"
        && of_gateway == Some(&target.name)
        && policy.metadata.namespace == workload.namespace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{MatchLabels, Metadata};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn policy(namespace: &str, name: &str, action: Action) -> Object<AuthorizationPolicy> {
        Object {
            metadata: Metadata {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                ..Metadata::default()
            },
            spec: AuthorizationPolicy {
                action,
                ..AuthorizationPolicy::default()
            },
        }
    }

    fn names(list: &[&Object<AuthorizationPolicy>]) -> Vec<String> {
        list.iter().map(|p| p.metadata.name.clone()).collect()
    }

    #[test]
    fn the_root_namespace_comes_first_and_other_namespaces_never() {
        let all = [
            policy("shop", "a", Action::Allow),
            policy("istio-system", "z", Action::Allow),
            policy("bank", "b", Action::Allow),
            policy("shop", "d", Action::Deny),
            policy("shop", "u", Action::Audit),
            policy("shop", "c", Action::Custom),
        ];
        let none = labels(&[]);
        let workload = Workload {
            namespace: "shop",
            labels: &none,
        };
        let selected = select(&all, "istio-system", workload).value;
        assert_eq!(names(&selected.allow), ["z", "a"]);
        assert_eq!(names(&selected.deny), ["d"]);
        assert_eq!(
            (names(&selected.audit), names(&selected.custom)),
            (vec!["u".to_owned()], vec!["c".to_owned()])
        );
    }

    #[test]
    fn selectors_count_in_both_namespaces() {
        let selector = Some(MatchLabels {
            match_labels: labels(&[("app", "cart")]),
        });
        let mut all = [
            policy("shop", "a", Action::Deny),
            policy("istio-system", "b", Action::Deny),
        ];
        all.iter_mut()
            .for_each(|p| p.spec.selector = selector.clone());
        let (cart, pay) = (labels(&[("app", "cart")]), labels(&[("app", "pay")]));
        let deny = |labels| {
            let workload = Workload {
                namespace: "shop",
                labels,
            };
            names(&select(&all, "istio-system", workload).value.deny)
        };
        assert_eq!(deny(&cart), ["b", "a"]);
        assert!(deny(&pay).is_empty());
    }

    #[test]
    fn a_policy_attached_to_a_gateway_concerns_its_pods_only() {
        let mut attached = policy("shop", "a", Action::Deny);
        attached.spec.target_ref = Some(PolicyTargetReference {
            group: "gateway.networking.k8s.io".to_owned(),
            kind: "Gateway".to_owned(),
            name: "edge".to_owned(),
            namespace: None,
        });
        let other = PolicyTargetReference {
            kind: "Service".to_owned(),
            ..attached.spec.target_ref.clone().unwrap()
        };
        attached.spec.target_refs = vec![other.clone()];
        let mut to_service = policy("shop", "b", Action::Allow);
        to_service.spec.target_ref = Some(other);
        let all = [attached, to_service];
        let (edge, other, cart) = (
            labels(&[(GATEWAY_NAME, "edge")]),
            labels(&[(GATEWAY_NAME, "west")]),
            labels(&[]),
        );
        let deny = |namespace, labels| {
            select(&all, "shop", Workload { namespace, labels })
                .value
                .deny
                .len()
        };
        assert_eq!(deny("shop", &edge), 1);
        let of_edge = Workload {
            namespace: "shop",
            labels: &edge,
        };
        assert!(select(&all, "shop", of_edge).value.allow.is_empty());
        assert_eq!(
            deny("shop", &other) + deny("shop", &cart) + deny("bank", &edge),
            0
        );
    }
}
