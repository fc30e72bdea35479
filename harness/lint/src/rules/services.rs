//! Equal names are one service.

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "inconsistent-service",
    severity: Severity::Warning,
    summary: "A Service of one name is of another type elsewhere; istiod merges them by the oldest one's.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let services: Vec<&Object> = unit.of_kind("Service").collect();
    for (i, service) in services.iter().enumerate() {
        let mut others = services[..i].iter();
        let other = others.find(|other| other.is_twin_of(service) && sort(other) != sort(service));
        if let Some(other) = other {
            notes.add(
                &service.at.key("spec"),
                format!(
                    "it is {} here and {} in {}",
                    sort(service),
                    sort(other),
                    other.cluster_word()
                ),
                "make it the same in every cluster, or give it another name",
            );
        }
    }
}

/// What clients notice of a Service's type.
fn sort(service: &Object) -> &'static str {
    match (service.text("/spec/type"), service.text("/spec/clusterIP")) {
        ("ExternalName", _) => "an external name",
        (_, "None") => "headless",
        (_, _) => "one with an address",
    }
}
