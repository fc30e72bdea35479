//! What is served, for controllers that look after every kind alike.

use std::{collections::BTreeSet, sync::Arc};

use crate::{catalogue::Catalogue, discovery, resource::Gvr};

/// A served resource in the version that its group prefers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResource {
    /// Where it is served.
    pub gvr: Gvr,
    /// The kind of its objects.
    pub kind: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// What can be done with it, as discovery spells it.
    pub verbs: Vec<String>,
}

impl ApiResource {
    /// Whether all of these verbs are served.
    #[must_use]
    pub fn allows(&self, verbs: &[&str]) -> bool {
        verbs
            .iter()
            .all(|verb| self.verbs.iter().any(|v| v == verb))
    }
}

/// Every resource once, in the order of discovery.
pub(crate) fn preferred(catalogue: &Catalogue) -> Arc<[ApiResource]> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (group, versions) in discovery::grouped(catalogue) {
        for version in &versions {
            let resources = catalogue.of_version(&group, version);
            let first = resources.filter(|r| seen.insert((group.clone(), r.gvr.resource.clone())));
            found.extend(first.map(|resource| ApiResource {
                gvr: resource.gvr.clone(),
                kind: resource.kind.clone(),
                namespaced: resource.namespaced,
                verbs: resource.verbs.clone(),
            }));
        }
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiServer, Clock, Config};

    #[test]
    fn what_is_served_is_told_anew_when_a_definition_changes_it() {
        let mut catalogue = Catalogue::builtin();
        let before = catalogue.preferred();
        assert!(Arc::ptr_eq(&before, &catalogue.preferred()));
        let definition = crate::json::json!({"spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true}],
        }});
        let things = |all: &[ApiResource]| all.iter().filter(|r| r.kind == "Thing").count();
        catalogue.define(&definition);
        assert_eq!(things(&catalogue.preferred()), 1);
        catalogue.undefine(&definition);
        assert_eq!(catalogue.preferred(), before);
    }

    #[test]
    fn a_resource_of_two_versions_is_told_once() {
        let epoch = "2026-01-01T00:00:00Z".parse().unwrap();
        let server = ApiServer::new(Config::new("a", 1, Clock::starting_at(epoch)));
        let all = server.resources();
        let scalers: Vec<_> = all
            .iter()
            .filter(|one| one.gvr.resource == "horizontalpodautoscalers")
            .collect();
        assert_eq!(scalers.len(), 1);
        assert_eq!(scalers[0].gvr.version, "v2");
        assert!(scalers[0].namespaced && scalers[0].allows(&["list", "watch", "delete"]));
    }
}
