//! Custom resource definitions.

use crate::{
    json::{Value, json},
    object::{map_mut, set_default, text},
};

/// The names that follow from the kind, and no conversion.
pub(super) fn definition(definition: &mut Value) {
    let kind = text(definition, &["spec", "names", "kind"]).to_owned();
    if !definition["spec"].is_object() {
        return;
    }
    let names = map_mut(&mut definition["spec"], "names");
    if !kind.is_empty() {
        set_default(names, "singular", kind.to_lowercase());
        set_default(names, "listKind", format!("{kind}List"));
    }
    set_default(
        map_mut(definition, "spec"),
        "conversion",
        json!({"strategy": "None"}),
    );
}
