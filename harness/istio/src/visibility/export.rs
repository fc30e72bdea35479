//! To whom an object is exported.
//!
//! Namespaces are names without a cluster: what is visible to a namespace is visible to it in
//! every cluster.

use std::collections::BTreeSet;

use super::rules;
use crate::{Decision, RuleId};

const EVERYBODY: &str = "*";
const OWN: &str = ".";
const NOBODY: &str = "~";

/// An `exportTo` list in effect: the object's own, or the mesh's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportTo(BTreeSet<String>);

impl ExportTo {
    /// The list in effect for an object that writes `written` in a mesh with this default; an
    /// empty list means that nothing was written, and nothing at all means everybody.
    pub fn effective(written: &[String], mesh_default: &[String]) -> Self {
        let listed = [written, mesh_default]
            .into_iter()
            .find(|list| !list.is_empty());
        let everybody = || BTreeSet::from([EVERYBODY.to_owned()]);
        Self(listed.map_or_else(everybody, |list| list.iter().cloned().collect()))
    }

    /// Whether everybody sees the object.
    pub fn is_public(&self) -> bool {
        self.0.contains(EVERYBODY)
    }

    /// Whether a client namespace sees an object that lives in `namespace`.
    pub fn shows(&self, namespace: &str, client: &str) -> Decision<bool> {
        let (visible, because) = self.judge(namespace, client);
        Decision::new(visible, because)
    }

    /// Whether the object is exported to `client` by its namespace's own right: by `.`, or by its
    /// own name.
    pub(super) fn is_private_to(&self, namespace: &str, client: &str) -> bool {
        namespace == client && (self.0.contains(OWN) || self.0.contains(namespace))
    }

    fn judge(&self, namespace: &str, client: &str) -> (bool, RuleId) {
        if self.is_public() {
            return (true, rules::PUBLIC);
        }
        if self.0.contains(NOBODY) {
            return (false, rules::HIDDEN);
        }
        if self.0.contains(OWN) && namespace == client {
            return (true, rules::OWN_NAMESPACE);
        }
        match self.0.contains(client) {
            true => (true, rules::NAMED_NAMESPACE),
            false => (false, rules::NOT_EXPORTED),
        }
    }
}

/// Whether a service of `namespace` with this `exportTo` is visible to a client namespace.
pub fn is_visible(
    export_to: &[String],
    mesh_default: &[String],
    namespace: &str,
    client: &str,
) -> Decision<bool> {
    ExportTo::effective(export_to, mesh_default).shows(namespace, client)
}

/// The services a client namespace sees: those exported to it by name first, then the public
/// ones, each in the order given. A service is its namespace, its `exportTo` and itself.
pub fn visible_services<T>(
    services: impl IntoIterator<Item = (String, Vec<String>, T)>,
    mesh_default: &[String],
    client: &str,
) -> Vec<Decision<T>> {
    let (mut named, mut public) = (Vec::new(), Vec::new());
    for (namespace, export_to, service) in services {
        let shown = is_visible(&export_to, mesh_default, &namespace, client);
        let list = match shown.because == rules::PUBLIC {
            true => &mut public,
            false => &mut named,
        };
        if shown.value {
            list.push(Decision::new(service, shown.because));
        }
    }
    named.append(&mut public);
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn shown(words: &[&str], client: &str) -> Decision<bool> {
        is_visible(&list(words), &[], "shop", client)
    }

    #[test]
    fn each_word_shows_to_whom_it_says() {
        assert_eq!(shown(&["*"], "any"), Decision::new(true, rules::PUBLIC));
        assert_eq!(
            shown(&["."], "shop"),
            Decision::new(true, rules::OWN_NAMESPACE)
        );
        assert_eq!(
            shown(&["."], "any"),
            Decision::new(false, rules::NOT_EXPORTED)
        );
        assert_eq!(
            shown(&["any"], "any"),
            Decision::new(true, rules::NAMED_NAMESPACE)
        );
        assert_eq!(
            shown(&["other"], "any"),
            Decision::new(false, rules::NOT_EXPORTED)
        );
        assert_eq!(
            shown(&["shop"], "shop"),
            Decision::new(true, rules::NAMED_NAMESPACE)
        );
    }

    #[test]
    fn nobody_beats_names_and_everybody_beats_nobody() {
        assert_eq!(
            shown(&["~", ".", "any"], "any"),
            Decision::new(false, rules::HIDDEN)
        );
        assert_eq!(
            shown(&["~", "."], "shop"),
            Decision::new(false, rules::HIDDEN)
        );
        assert!(shown(&["~", "*"], "any").value);
    }

    #[test]
    fn an_empty_list_is_the_meshs_default_and_no_default_is_everybody() {
        assert!(shown(&[], "any").value);
        assert!(!is_visible(&[], &list(&["."]), "shop", "any").value);
        assert!(is_visible(&[], &list(&[".", "any"]), "shop", "any").value);
        assert!(!is_visible(&list(&["."]), &list(&["*"]), "shop", "any").value);
    }

    #[test]
    fn services_exported_by_name_come_before_public_ones() {
        let services = [
            ("a".to_owned(), list(&[]), 1),
            ("b".to_owned(), list(&["client"]), 2),
            ("c".to_owned(), list(&["."]), 3),
            ("d".to_owned(), list(&["*"]), 4),
        ];
        let seen = visible_services(services, &[], "client");
        assert_eq!(seen.iter().map(|d| d.value).collect::<Vec<_>>(), [2, 1, 4]);
        assert_eq!(seen[0].because, rules::NAMED_NAMESPACE);
    }
}
