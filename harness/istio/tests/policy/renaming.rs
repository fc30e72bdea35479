//! Nothing depends on what things are called: renaming everything renames the answer.

use istio::{
    identity::{TrustDomains, expand_principals},
    kinds::{DestinationRule, MatchLabels, Object, PeerAuthentication, selector::Labels},
    routing::{DestinationRules, RuleScope},
    tls::PeerAuthentications,
    visibility::is_visible,
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::objects::{ROOT, destination_rules, export_to, labels, namespace, peer_authentications};

/// What a namespace is called afterwards; words that are not names stay.
fn renamed(name: &str) -> String {
    match name {
        "*" | "." | "~" => name.to_owned(),
        name => format!("n-{name}-n"),
    }
}

/// The service in a host is `cart` in every made-up rule; only its namespace has a new name.
fn renamed_host(host: &str) -> String {
    host.replace(".shop.", &format!(".{}.", renamed("shop")))
}

fn renamed_labels(labels: &Labels) -> Labels {
    labels
        .iter()
        .map(|(key, value)| (format!("x-{key}"), format!("x-{value}")))
        .collect()
}

fn renamed_selector(selector: &Option<MatchLabels>) -> Option<MatchLabels> {
    let rename = |s: &MatchLabels| MatchLabels {
        match_labels: renamed_labels(&s.match_labels),
    };
    selector.as_ref().map(rename)
}

fn renamed_object<S>(object: &Object<S>, spec: S) -> Object<S> {
    let mut metadata = object.metadata.clone();
    metadata.namespace = renamed(&metadata.namespace);
    metadata.name = renamed(&metadata.name);
    Object { metadata, spec }
}

fn renamed_rule(rule: &Object<DestinationRule>) -> Object<DestinationRule> {
    let mut spec = rule.spec.clone();
    spec.host = renamed_host(&spec.host);
    spec.export_to = spec.export_to.iter().map(|to| renamed(to)).collect();
    spec.workload_selector = renamed_selector(&spec.workload_selector);
    renamed_object(rule, spec)
}

fn renamed_policy(policy: &Object<PeerAuthentication>) -> Object<PeerAuthentication> {
    let mut spec = policy.spec.clone();
    spec.selector = renamed_selector(&spec.selector);
    renamed_object(policy, spec)
}

const HOST: &str = "cart.shop.svc.cluster.local";

/// The names of the rules that a client workload's rule was made of, and by which rule.
fn chosen(
    rules: &[Object<DestinationRule>],
    root: &str,
    client: (&str, &Labels),
    service: (&str, &str),
) -> (Vec<String>, istio::RuleId) {
    let scope = RuleScope {
        root_namespace: root,
        domain: "cluster.local",
        default_export_to: &[],
    };
    let index = DestinationRules::new(rules, scope);
    let decision = index.for_workload(client, service.0, service.1);
    let from = decision
        .value
        .map(|rule| rule.from.clone())
        .unwrap_or_default();
    (from, decision.because)
}

proptest! {
    #[test]
    fn renaming_everything_renames_the_destination_rule(
        rules in destination_rules(),
        client in namespace(),
        labels in labels(),
    ) {
        let (from, because) = chosen(&rules, ROOT, (&client, &labels), ("shop", HOST));
        let rules: Vec<_> = rules.iter().map(renamed_rule).collect();
        let client = (&renamed(&client)[..], &renamed_labels(&labels));
        let service = (&renamed("shop")[..], &renamed_host(HOST)[..]);
        let after = chosen(&rules, &renamed(ROOT), client, service);
        let from: Vec<String> = from.iter().map(|name| renamed(name)).collect();
        prop_assert_eq!(after, (from, because));
    }

    #[test]
    fn renaming_everything_asks_for_the_same(
        policies in peer_authentications(),
        namespace in namespace(),
        labels in labels(),
    ) {
        let before = PeerAuthentications::new(&policies, ROOT).modes_of(&namespace, &labels);
        let after: Vec<_> = policies.iter().map(renamed_policy).collect();
        let after = PeerAuthentications::new(&after, &renamed(ROOT))
            .modes_of(&renamed(&namespace), &renamed_labels(&labels));
        prop_assert_eq!(before, after);
    }

    #[test]
    fn renaming_namespaces_shows_to_the_same(
        written in export_to(),
        namespace in namespace(),
        client in namespace(),
    ) {
        let after: Vec<String> = written.iter().map(|to| renamed(to)).collect();
        prop_assert_eq!(
            is_visible(&written, &[], &namespace, &client),
            is_visible(&after, &[], &renamed(&namespace), &renamed(&client))
        );
    }

    #[test]
    fn renaming_trust_domains_renames_the_principals(
        principals in vec(select(&["a/ns/x/sa/y", "b/ns/x/sa/y", "c/ns/x/sa/y", "*/ns/x/sa/y"][..]), 0..4),
        aliases in vec(select(&["b", "d"][..]), 0..2),
    ) {
        let rename = |text: &str| match text.split_once('/') {
            Some(("*", _)) => text.to_owned(),
            Some((domain, rest)) => format!("new-{domain}/{rest}"),
            None => format!("new-{text}"),
        };
        let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let before = TrustDomains { own: "a".to_owned(), aliases: texts(&aliases) };
        let after = TrustDomains {
            own: "new-a".to_owned(),
            aliases: before.aliases.iter().map(|alias| rename(alias)).collect(),
        };
        let written = texts(&principals);
        let new: Vec<String> = written.iter().map(|p| rename(p)).collect();
        let expected: Vec<String> =
            expand_principals(&written, &before).value.iter().map(|p| rename(p)).collect();
        prop_assert_eq!(expand_principals(&new, &after).value, expected);
    }
}
