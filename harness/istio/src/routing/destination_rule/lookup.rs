//! Which rule a client reads for a host.

use super::{DestinationRules, MergedRule};
use crate::{Decision, kinds::selector::Labels, routing::rules};

impl DestinationRules {
    /// The rules for a host, as a client namespace sees them: of the first namespace that has any
    /// for it, those of its most specific host. There are several where some are for certain
    /// workloads or exported to others; [`DestinationRules::for_workload`] picks one.
    pub fn candidates(
        &self,
        client_namespace: &str,
        service_namespace: &str,
        host: &str,
    ) -> Decision<Vec<&MergedRule>> {
        let own = self.own_candidates(client_namespace, host);
        if !own.value.is_empty() {
            return own;
        }
        let steps = [
            (service_namespace, rules::DR_SERVICE_NAMESPACE),
            (self.root_namespace.as_str(), rules::DR_ROOT_NAMESPACE),
        ];
        for (namespace, because) in steps {
            let exported = self.exported_candidates(namespace, client_namespace, host);
            if !exported.is_empty() {
                return Decision::new(exported, because);
            }
        }
        Decision::new(Vec::new(), rules::DR_NONE)
    }

    /// The rule that a client workload reads for a host; `None` if there is none.
    pub fn for_workload(
        &self,
        client: (&str, &Labels),
        service_namespace: &str,
        host: &str,
    ) -> Decision<Option<&MergedRule>> {
        let (namespace, labels) = client;
        let found = self.candidates(namespace, service_namespace, host);
        let selects = |rule: &&&MergedRule| {
            let selector = rule.selector();
            rule.namespace == namespace && selector.is_some_and(|s| s.selects(labels))
        };
        if let Some(rule) = found.value.iter().find(selects) {
            return Decision::new(Some(rule), rules::DR_WORKLOAD);
        }
        let for_all = found.value.iter().rfind(|rule| rule.selector().is_none());
        match (for_all, found.value.len()) {
            (Some(rule), 1) => Decision::new(Some(rule), found.because),
            (Some(rule), _) => Decision::new(Some(rule), rules::DR_CATCH_ALL),
            (None, _) => Decision::new(None, rules::DR_NONE),
        }
    }

    /// The rules for a host as the namespace that they are in sees them.
    pub fn of_namespace(&self, namespace: &str, host: &str) -> &[MergedRule] {
        self.own
            .get(namespace)
            .map_or(&[][..], |own| own.find(host))
    }

    /// The rules for a host that a namespace exports, to whomever.
    pub fn exported_by(&self, namespace: &str, host: &str) -> &[MergedRule] {
        self.exported
            .get(namespace)
            .map_or(&[][..], |exported| exported.find(host))
    }

    fn own_candidates(&self, client: &str, host: &str) -> Decision<Vec<&MergedRule>> {
        if client == self.root_namespace {
            let private = self.root_private.find(host).iter().collect();
            return Decision::new(private, rules::DR_ROOT_PRIVATE);
        }
        let own = self.of_namespace(client, host).iter().collect();
        Decision::new(own, rules::DR_CLIENT_NAMESPACE)
    }

    fn exported_candidates(&self, namespace: &str, client: &str, host: &str) -> Vec<&MergedRule> {
        let exported = self.exported.get(namespace);
        let rules = exported.map_or(&[][..], |exported| exported.find(host));
        rules
            .iter()
            .filter(|rule| rule.is_exported_to(client))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::index::tests::{SCOPE, rule, selecting};
    use super::*;
    use crate::kinds::{DestinationRule, Object};

    const HOST: &str = "cart.shop.svc.cluster.local";

    fn of(namespace: &str, mut rule: Object<DestinationRule>) -> Object<DestinationRule> {
        rule.metadata.namespace = namespace.to_owned();
        rule.spec.host = HOST.to_owned();
        rule
    }

    fn found(all: &[Object<DestinationRule>], client: &str) -> (Vec<String>, crate::RuleId) {
        let index = DestinationRules::new(all, SCOPE);
        let decision = index.candidates(client, "shop", HOST);
        (
            decision.value.iter().map(|r| r.name().to_owned()).collect(),
            decision.because,
        )
    }

    #[test]
    fn client_service_and_root_namespaces_are_asked_in_this_order() {
        let all = [
            of("client", rule("mine", &["."], &[])),
            of("shop", rule("theirs", &[], &[])),
            of("istio-system", rule("mesh", &[], &[])),
        ];
        assert_eq!(
            found(&all, "client"),
            (vec!["mine".to_owned()], rules::DR_CLIENT_NAMESPACE)
        );
        assert_eq!(
            found(&all[1..], "client"),
            (vec!["theirs".to_owned()], rules::DR_SERVICE_NAMESPACE)
        );
        assert_eq!(
            found(&all[2..], "client"),
            (vec!["mesh".to_owned()], rules::DR_ROOT_NAMESPACE)
        );
        assert_eq!(found(&[], "client"), (vec![], rules::DR_NONE));
    }

    #[test]
    fn a_client_in_the_root_namespace_reads_its_private_rules_first_and_its_public_ones_last() {
        let public = of("istio-system", rule("public", &[], &[]));
        let private = of("istio-system", rule("private", &["."], &[]));
        let theirs = of("shop", rule("theirs", &[], &[]));
        let all = [public.clone(), private, theirs.clone()];
        assert_eq!(
            found(&all, "istio-system"),
            (vec!["private".to_owned()], rules::DR_ROOT_PRIVATE)
        );
        assert_eq!(found(&[public, theirs], "istio-system").0, ["theirs"]);
    }

    #[test]
    fn a_rule_that_is_not_exported_to_the_client_gives_way_to_the_root_namespace() {
        let all = [
            of("shop", rule("theirs", &["x"], &[])),
            of("istio-system", rule("mesh", &[], &[])),
        ];
        assert_eq!(found(&all, "client").0, ["mesh"]);
        assert_eq!(found(&all, "x").0, ["theirs"]);
    }

    #[test]
    fn a_rule_for_the_workload_beats_one_for_all() {
        let all = [
            of("client", selecting(rule("web", &[], &[]), "web")),
            of("client", rule("all", &["."], &[])),
        ];
        let index = DestinationRules::new(&all, SCOPE);
        let labels = |app: &str| Labels::from([("app".to_owned(), app.to_owned())]);
        let web = labels("web");
        let chosen = index.for_workload(("client", &web), "shop", HOST);
        assert_eq!(chosen.value.map(MergedRule::name), Some("web"));
        assert_eq!(chosen.because, rules::DR_WORKLOAD);
    }

    #[test]
    fn of_several_rules_for_a_workload_the_oldest_counts() {
        let mut late = of("client", selecting(rule("a-late", &[], &[]), "web"));
        let selector = late.spec.workload_selector.as_mut().unwrap();
        selector
            .match_labels
            .insert("tier".to_owned(), "front".to_owned());
        late.metadata.creation_timestamp = Some("2026-01-02T00:00:00Z".parse().unwrap());
        let all = [
            late,
            of("client", selecting(rule("z-early", &[], &[]), "web")),
        ];
        let labels = [("app", "web"), ("tier", "front")];
        let labels = labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let index = DestinationRules::new(&all, SCOPE);
        let chosen = index.for_workload(("client", &labels), "shop", HOST);
        assert_eq!(chosen.value.map(MergedRule::name), Some("z-early"));
    }

    #[test]
    fn other_workloads_read_the_rule_for_all_or_none() {
        let web = of("client", selecting(rule("web", &[], &[]), "web"));
        let all = [web.clone(), of("client", rule("all", &[], &[]))];
        let labels = Labels::new();
        let index = DestinationRules::new(&all, SCOPE);
        let chosen = index.for_workload(("client", &labels), "shop", HOST);
        assert_eq!(chosen.value.map(MergedRule::name), Some("all"));
        assert_eq!(chosen.because, rules::DR_CATCH_ALL);
        let index = DestinationRules::new(&[web], SCOPE);
        assert_eq!(
            index.for_workload(("client", &labels), "shop", HOST),
            Decision::new(None, rules::DR_NONE)
        );
        let only = [of("client", rule("all", &[], &[]))];
        let index = DestinationRules::new(&only, SCOPE);
        assert_eq!(
            index
                .for_workload(("client", &labels), "shop", HOST)
                .because,
            rules::DR_CLIENT_NAMESPACE
        );
    }
}
