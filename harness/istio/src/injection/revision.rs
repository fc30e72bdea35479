//! Which revision's webhook gets a pod.
//!
//! The charts write the selectors such that at most one webhook matches: two would inject twice.

use super::{INJECT, LEGACY_INJECTION, REVISION, rules};
use crate::{Decision, RuleId, kinds::selector::Labels};

/// The name of the revision that was installed without one, and of the tag that stands for it.
pub const DEFAULT_REVISION: &str = "default";

/// The label by which Kubernetes names every namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Namespaces that injection by default leaves alone.
const NEVER_BY_DEFAULT: &[&str] = &[
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

/// The revisions (and revision tags) whose webhooks are installed in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisions<'a> {
    /// Their names.
    pub installed: &'a [String],
    /// Whether the default one also takes pods without any label.
    pub namespaces_by_default: bool,
}

/// The revision whose webhook gets a pod with these labels in a namespace with those; `None` if
/// none does.
pub fn revision_for<'a>(
    revisions: &Revisions<'a>,
    namespace: &Labels,
    pod: &'a Labels,
) -> Decision<Option<&'a str>> {
    if pod.get(INJECT).is_some_and(|word| word == "false") {
        return Decision::new(None, rules::POD_OPTED_OUT);
    }
    let (wanted, because) = wanted(revisions, namespace, pod);
    let mut installed = revisions.installed.iter().map(String::as_str);
    match installed.find(|name| Some(*name) == wanted) {
        Some(name) => Decision::new(Some(name), because),
        None if wanted.is_none() => Decision::new(None, because),
        None => Decision::new(None, rules::NO_WEBHOOK),
    }
}

fn wanted<'a>(
    revisions: &Revisions<'_>,
    namespace: &'a Labels,
    pod: &'a Labels,
) -> (Option<&'a str>, RuleId) {
    if let Some(word) = namespace.get(LEGACY_INJECTION) {
        let enabled = word == "enabled";
        return (enabled.then_some(DEFAULT_REVISION), rules::LEGACY_NAMESPACE);
    }
    if let Some(revision) = namespace.get(REVISION) {
        return (Some(revision), rules::REVISION_NAMESPACE);
    }
    if let Some(revision) = pod.get(REVISION) {
        return (Some(revision), rules::REVISION_POD);
    }
    match pod.get(INJECT).map(String::as_str) {
        Some("true") => (Some(DEFAULT_REVISION), rules::DEFAULT_POD),
        None if revisions.namespaces_by_default && !is_kubernetes_own(namespace) => {
            (Some(DEFAULT_REVISION), rules::BY_DEFAULT)
        }
        _ => (None, rules::NO_WEBHOOK),
    }
}

fn is_kubernetes_own(namespace: &Labels) -> bool {
    let name = namespace.get(NAMESPACE_NAME);
    name.is_some_and(|name| NEVER_BY_DEFAULT.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn chosen(
        by_default: bool,
        namespace: &[(&str, &str)],
        pod: &[(&str, &str)],
    ) -> Option<String> {
        let installed = ["default".to_owned(), "blue".to_owned()];
        let revisions = Revisions {
            installed: &installed,
            namespaces_by_default: by_default,
        };
        let pod = labels(pod);
        let decision = revision_for(&revisions, &labels(namespace), &pod);
        decision.value.map(str::to_owned)
    }

    #[test]
    fn the_legacy_label_hides_every_revision_label() {
        let legacy = [(LEGACY_INJECTION, "enabled"), (REVISION, "blue")];
        assert_eq!(
            chosen(false, &legacy, &[(REVISION, "blue")]).as_deref(),
            Some("default")
        );
        assert_eq!(
            chosen(
                true,
                &[(LEGACY_INJECTION, "disabled"), (REVISION, "blue")],
                &[]
            ),
            None
        );
    }

    #[test]
    fn the_namespace_beats_the_pod_and_the_pod_beats_the_default() {
        let blue = [(REVISION, "blue")];
        assert_eq!(
            chosen(false, &blue, &[(REVISION, "default")]).as_deref(),
            Some("blue")
        );
        assert_eq!(
            chosen(false, &[], &[(INJECT, "true"), blue[0]]).as_deref(),
            Some("blue")
        );
        assert_eq!(
            chosen(false, &[], &[(INJECT, "true")]).as_deref(),
            Some("default")
        );
    }

    #[test]
    fn a_revision_that_is_not_installed_injects_nothing() {
        assert_eq!(chosen(true, &[(REVISION, "green")], &[]), None);
        assert_eq!(chosen(true, &[], &[(REVISION, "green")]), None);
    }

    #[test]
    fn a_pod_that_opted_out_is_left_alone_everywhere() {
        for namespace in [&[(LEGACY_INJECTION, "enabled")], &[(REVISION, "blue")]] {
            assert_eq!(chosen(true, namespace, &[(INJECT, "false")]), None);
        }
    }

    #[test]
    fn injection_by_default_takes_unlabelled_pods_outside_kubernetes_own_namespaces() {
        assert_eq!(chosen(true, &[], &[]).as_deref(), Some("default"));
        assert_eq!(chosen(false, &[], &[]), None);
        assert_eq!(chosen(true, &[(NAMESPACE_NAME, "kube-system")], &[]), None);
        assert_eq!(
            chosen(true, &[(NAMESPACE_NAME, "shop")], &[]).as_deref(),
            Some("default")
        );
        assert_eq!(chosen(true, &[], &[(INJECT, "maybe")]), None);
    }

    #[test]
    fn the_reason_is_the_label_that_decided() {
        let installed = ["default".to_owned()];
        let revisions = Revisions {
            installed: &installed,
            namespaces_by_default: false,
        };
        let pod = labels(&[]);
        let because =
            |namespace: &[(&str, &str)]| revision_for(&revisions, &labels(namespace), &pod).because;
        assert_eq!(
            because(&[(LEGACY_INJECTION, "disabled")]),
            rules::LEGACY_NAMESPACE
        );
        assert_eq!(because(&[(REVISION, "default")]), rules::REVISION_NAMESPACE);
        assert_eq!(because(&[(REVISION, "green")]), rules::NO_WEBHOOK);
    }
}
