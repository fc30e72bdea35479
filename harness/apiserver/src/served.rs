//! What is served, for controllers that look after every kind alike.

use std::collections::BTreeSet;

use crate::{discovery, resource::Gvr, server::ApiServer};

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
pub(crate) fn preferred(server: &ApiServer) -> Vec<ApiResource> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (group, versions) in discovery::grouped(server) {
        for version in &versions {
            server.read(|state| {
                let resources = state.catalogue.of_version(&group, version);
                let first =
                    resources.filter(|r| seen.insert((group.clone(), r.gvr.resource.clone())));
                found.extend(first.map(|resource| ApiResource {
                    gvr: resource.gvr.clone(),
                    kind: resource.kind.clone(),
                    namespaced: resource.namespaced,
                    verbs: resource.verbs.clone(),
                }));
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Config};

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
