//! Mutual TLS takes two who believe each other.

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "one-way-federation",
    severity: Severity::Error,
    summary: "Mutual TLS between two meshes needs the trust bundle of each in the other.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for (name, mesh) in topology.meshes() {
        for other in &mesh.trusts {
            let back = topology.meshes().get(other);
            if back.is_some_and(|back| !back.trusts.contains(name) && back.root != mesh.root) {
                notes.add(
                    &at.keys(&["meshes", other.as_str(), "trusts"]),
                    format!("{name} trusts {other}, and {other} does not trust {name}"),
                    format!("add {name} to 'trusts' of {other}"),
                );
            }
        }
    }
}
