//! The rules of a control plane, merged per host and namespace.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    kinds::{DestinationRule, MatchLabels, Object},
    routing::{host, short_name::full_host},
    visibility::by_age,
};

/// What of a mesh decides who reads which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleScope<'a> {
    /// The namespace whose rules hold for all.
    pub root_namespace: &'a str,
    /// The domain in which short hosts are completed.
    pub domain: &'a str,
    /// To whom rules are exported that do not say it (`defaultDestinationRuleExportTo`).
    pub default_export_to: &'a [String],
}

/// One or several rules of one host and namespace, as clients read them.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedRule {
    /// The namespace of the rules.
    pub namespace: String,
    /// The names of the rules it was made of; the first one gives it its own.
    pub from: Vec<String>,
    /// What they say together.
    pub spec: DestinationRule,
    /// To whom it is exported; empty is the mesh's default.
    pub export_to: BTreeSet<String>,
}

/// The rules of one namespace, by host.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ByHost(BTreeMap<String, Vec<MergedRule>>);

/// The rules of a control plane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestinationRules {
    pub(super) root_namespace: String,
    pub(super) own: BTreeMap<String, ByHost>,
    pub(super) exported: BTreeMap<String, ByHost>,
    pub(super) root_private: ByHost,
}

const EVERYBODY: &str = "*";
const OWN: &str = ".";

impl MergedRule {
    fn new(rule: &Object<DestinationRule>, host: String, export_to: BTreeSet<String>) -> Self {
        Self {
            namespace: rule.metadata.namespace.clone(),
            from: vec![rule.metadata.name.clone()],
            spec: DestinationRule {
                host,
                ..rule.spec.clone()
            },
            export_to,
        }
    }

    /// Its name: that of the first rule it was made of.
    pub fn name(&self) -> &str {
        self.from.first().map_or("", String::as_str)
    }

    /// The client workloads it is for; `None` is all.
    pub fn selector(&self) -> Option<&MatchLabels> {
        self.spec.workload_selector.as_ref()
    }

    pub(super) fn is_exported_to(&self, client: &str) -> bool {
        let listed = &self.export_to;
        listed.is_empty() || listed.contains(EVERYBODY) || listed.contains(client)
    }

    /// Takes a later rule in: its policy if there is none yet, and its subsets of new names.
    fn absorb(&mut self, rule: &Object<DestinationRule>) {
        self.from.push(rule.metadata.name.clone());
        let merged = &mut self.spec;
        merged.traffic_policy = merged
            .traffic_policy
            .take()
            .or_else(|| rule.spec.traffic_policy.clone());
        for subset in &rule.spec.subsets {
            if merged.subsets.iter().all(|known| known.name != subset.name) {
                merged.subsets.push(subset.clone());
            }
        }
    }
}

impl ByHost {
    /// The rules of the most specific host for `needle`.
    pub(super) fn find(&self, needle: &str) -> &[MergedRule] {
        if let Some(rules) = self.0.get(needle) {
            return rules;
        }
        // '+' follows '*', so this range is every host with a leading wildcard.
        let wildcards = self.0.range("*".to_owned().."+".to_owned());
        let best = host::most_specific(wildcards.map(|(host, _)| host.as_str()), needle).value;
        best.and_then(|host| self.0.get(host))
            .map_or(&[], Vec::as_slice)
    }

    /// Adds a rule: merged into earlier ones where that is possible, on its own where it is not.
    fn add(&mut self, rule: &Object<DestinationRule>, host: &str, export_to: &BTreeSet<String>) {
        let known = self.0.entry(host.to_owned()).or_default();
        let mut stands_alone = true;
        for merged in known.iter_mut() {
            stands_alone = !joins(merged, rule, export_to);
        }
        if stands_alone {
            known.push(MergedRule::new(rule, host.to_owned(), export_to.clone()));
        }
    }
}

/// Merges `rule` into `merged` where it belongs there; true if it need not stand on its own, too.
///
/// A rule for all that is merged into one for certain workloads stands on its own only if it is
/// exported more widely: with equal `exportTo` Istio gives it to those workloads alone.
fn joins(
    merged: &mut MergedRule,
    rule: &Object<DestinationRule>,
    export_to: &BTreeSet<String>,
) -> bool {
    let equal = *export_to == merged.export_to;
    let wider = !merged.export_to.is_empty() && export_to.is_superset(&merged.export_to);
    if !equal && !wider {
        return false;
    }
    let kin = match (merged.selector(), rule.spec.workload_selector.as_ref()) {
        (Some(a), Some(b)) if a.match_labels != b.match_labels => return false,
        (Some(_), Some(_)) | (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    merged.absorb(rule);
    equal || kin
}

impl DestinationRules {
    /// Merges the rules of a control plane, the oldest first.
    pub fn new<'a>(
        rules: impl IntoIterator<Item = &'a Object<DestinationRule>>,
        scope: RuleScope<'_>,
    ) -> Self {
        let mut index = Self {
            root_namespace: scope.root_namespace.to_owned(),
            ..Self::default()
        };
        let mut sorted: Vec<_> = rules.into_iter().collect();
        sorted.sort_by(|a, b| in_order(a, b));
        for rule in sorted {
            index.add(rule, scope);
        }
        index
    }

    fn add(&mut self, rule: &Object<DestinationRule>, scope: RuleScope<'_>) {
        let namespace = &rule.metadata.namespace;
        let export_to = export_to(&rule.spec);
        let host = full_host(&rule.spec.host, namespace, scope.domain).value;
        if is_for_own(&export_to, namespace) {
            let own = self.own.entry(namespace.clone()).or_default();
            own.add(rule, &host, &export_to);
        }
        if !is_private(&export_to, namespace, scope.default_export_to) {
            let exported = self.exported.entry(namespace.clone()).or_default();
            exported.add(rule, &host, &export_to);
        } else if *namespace == self.root_namespace {
            self.root_private.add(rule, &host, &export_to);
        }
    }
}

/// Rules with a workloadSelector first, so that those without can be merged into them.
fn in_order(a: &Object<DestinationRule>, b: &Object<DestinationRule>) -> Ordering {
    let for_all = |rule: &Object<DestinationRule>| rule.spec.workload_selector.is_none();
    for_all(a)
        .cmp(&for_all(b))
        .then_with(|| by_age(&a.metadata, &b.metadata))
}

/// A rule for certain workloads is never exported.
fn export_to(rule: &DestinationRule) -> BTreeSet<String> {
    match rule.workload_selector {
        Some(_) => BTreeSet::from([OWN.to_owned()]),
        None => rule.export_to.iter().cloned().collect(),
    }
}

fn is_for_own(export_to: &BTreeSet<String>, namespace: &str) -> bool {
    export_to.is_empty()
        || [EVERYBODY, OWN, namespace]
            .iter()
            .any(|to| export_to.contains(*to))
}

fn is_private(export_to: &BTreeSet<String>, namespace: &str, default: &[String]) -> bool {
    match export_to.len() {
        0 => default.iter().any(|to| to == OWN),
        1 => export_to.contains(OWN) || export_to.contains(namespace),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kinds::{Metadata, Subset, TrafficPolicy};

    pub(in super::super) fn rule(
        name: &str,
        export_to: &[&str],
        subsets: &[&str],
    ) -> Object<DestinationRule> {
        let subset = |name: &&str| Subset {
            name: (*name).to_owned(),
            ..Subset::default()
        };
        Object {
            metadata: Metadata {
                namespace: "shop".to_owned(),
                name: name.to_owned(),
                ..Metadata::default()
            },
            spec: DestinationRule {
                host: "cart".to_owned(),
                traffic_policy: None,
                subsets: subsets.iter().map(subset).collect(),
                export_to: export_to.iter().map(|to| (*to).to_owned()).collect(),
                workload_selector: None,
            },
        }
    }

    pub(in super::super) fn selecting(
        mut rule: Object<DestinationRule>,
        app: &str,
    ) -> Object<DestinationRule> {
        let labels = BTreeMap::from([("app".to_owned(), app.to_owned())]);
        rule.spec.workload_selector = Some(MatchLabels {
            match_labels: labels,
        });
        rule
    }

    pub(in super::super) const SCOPE: RuleScope<'_> = RuleScope {
        root_namespace: "istio-system",
        domain: "cluster.local",
        default_export_to: &[],
    };

    const HOST: &str = "cart.shop.svc.cluster.local";

    fn from(rules: &[MergedRule]) -> Vec<Vec<&str>> {
        rules
            .iter()
            .map(|r| r.from.iter().map(String::as_str).collect())
            .collect()
    }

    #[test]
    fn rules_of_equal_export_are_one_with_the_union_of_their_subsets() {
        let mut second = rule("b", &[], &["v2", "v1"]);
        second.spec.subsets[1]
            .labels
            .insert("late".to_owned(), "yes".to_owned());
        let all = [rule("a", &[], &["v1"]), second];
        let index = DestinationRules::new(&all, SCOPE);
        let merged = index.own["shop"].find(HOST);
        assert_eq!(from(merged), [["a", "b"]]);
        let subsets: Vec<_> = merged[0]
            .spec
            .subsets
            .iter()
            .map(|s| s.name.as_str())
            .collect();
        assert_eq!(subsets, ["v1", "v2"]);
        assert!(
            merged[0].spec.subsets[0].labels.is_empty(),
            "the first definition counts"
        );
    }

    #[test]
    fn the_first_policy_counts_whole() {
        let policy = |tls: bool| TrafficPolicy {
            tls: tls.then(|| serde_json::from_str("{\"mode\":\"SIMPLE\"}").unwrap()),
            ..TrafficPolicy::default()
        };
        let mut all = [
            rule("a", &[], &[]),
            rule("b", &[], &[]),
            rule("c", &[], &[]),
        ];
        all[1].spec.traffic_policy = Some(policy(false));
        all[2].spec.traffic_policy = Some(policy(true));
        let index = DestinationRules::new(&all, SCOPE);
        assert_eq!(
            index.own["shop"].find(HOST)[0].spec.traffic_policy,
            Some(policy(false))
        );
    }

    #[test]
    fn a_wider_export_is_merged_into_the_narrower_one_and_a_different_one_stands_alone() {
        let all = [
            rule("a", &["x"], &["v1"]),
            rule("b", &["x", "y"], &["v2"]),
            rule("c", &["z"], &[]),
        ];
        let index = DestinationRules::new(&all, SCOPE);
        assert_eq!(
            from(index.exported["shop"].find(HOST)),
            [vec!["a", "b"], vec!["c"]]
        );
    }

    #[test]
    fn rules_for_workloads_take_in_those_for_all_but_not_each_other() {
        let all = [
            rule("all", &[".", "x"], &["v1"]),
            selecting(rule("web", &[".", "x"], &[]), "web"),
            selecting(rule("api", &["*"], &[]), "api"),
            selecting(rule("web-too", &[], &[]), "web"),
        ];
        let index = DestinationRules::new(&all, SCOPE);
        let own = from(index.own["shop"].find(HOST));
        assert_eq!(
            own,
            [
                vec!["api", "all"],
                vec!["web", "web-too", "all"],
                vec!["all"]
            ]
        );
        assert_eq!(from(index.exported["shop"].find(HOST)), [["all"]]);
    }

    #[test]
    fn an_older_rule_comes_first() {
        let at = |mut rule: Object<DestinationRule>, day: u8| {
            rule.metadata.creation_timestamp =
                Some(format!("2026-01-0{day}T00:00:00Z").parse().unwrap());
            rule
        };
        let all = [at(rule("a", &[], &[]), 2), at(rule("b", &[], &[]), 1)];
        let index = DestinationRules::new(&all, SCOPE);
        assert_eq!(index.own["shop"].find(HOST)[0].name(), "b");
    }

    #[test]
    fn the_meshs_default_may_keep_rules_private() {
        let private = [".".to_owned()];
        let scope = RuleScope {
            default_export_to: &private,
            root_namespace: "shop",
            ..SCOPE
        };
        let index = DestinationRules::new(&[rule("a", &[], &[]), rule("b", &["*"], &[])], scope);
        assert_eq!(from(index.root_private.find(HOST)), [["a"]]);
        assert_eq!(from(index.exported["shop"].find(HOST)), [["b"]]);
    }

    #[test]
    fn an_exact_host_beats_a_wildcard_and_a_longer_wildcard_a_shorter_one() {
        let on = |name: &str, host: &str| {
            let mut rule = rule(name, &[], &[]);
            rule.spec.host = host.to_owned();
            rule
        };
        let all = [
            on("any", "*"),
            on("local", "*.local"),
            on("exact", "cart"),
            on("shop", "*.svc.cluster.local"),
        ];
        let index = DestinationRules::new(&all, SCOPE);
        let found = |host| from(index.own["shop"].find(host));
        assert_eq!(found(HOST), [["exact"]]);
        assert_eq!(found("pay.shop.svc.cluster.local"), [["shop"]]);
        assert_eq!(found("a.local"), [["local"]]);
        assert_eq!(found("example.org"), [["any"]]);
    }
}
