//! What an istiod elsewhere may read.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "reader-without-configmaps",
    severity: Severity::Error,
    summary: "An istiod from 1.29 on reads the mesh ConfigMap of remote clusters, which the reader may not.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let roles = unit.of_kind("ClusterRole");
    for role in roles.filter(|role| role.name().starts_with("istio-reader") && !reads(role)) {
        notes.add(
            &role.at.key("rules"),
            "an istiod elsewhere may not read ConfigMaps here, so that 1.29.0 and 1.29.1 take the trust \
             domain for empty and refuse mutual TLS",
            "apply the reader's ClusterRole of the newer Istio before the newer istiod (istio/istio#59474)",
        );
    }
}

fn reads(role: &Object) -> bool {
    role.list("/rules").iter().any(|rule| {
        let has = |field: &str, word: &str| {
            let words = rule.get(field).and_then(Json::as_array);
            words
                .into_iter()
                .flatten()
                .any(|one| one == word || one == "*")
        };
        has("apiGroups", "")
            && has("resources", "configmaps")
            && has("verbs", "list")
            && has("verbs", "watch")
    })
}
