//! What PeerAuthentications ask of a workload, and what clients read from them.

use std::collections::{BTreeMap, BTreeSet};

use super::{ServerMode, ServerModes, rules};
use crate::{
    Decision, RuleId,
    kinds::{Object, PeerAuthentication, selector::Labels},
    visibility::by_age,
};

/// The policies of a control plane, by namespace, the oldest first; of those without a selector
/// each namespace keeps only the oldest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeerAuthentications {
    root_namespace: String,
    by_namespace: BTreeMap<String, Vec<Object<PeerAuthentication>>>,
    /// The mesh's mode, which clients know even of namespaces they do not read.
    mesh_mode: Option<ServerMode>,
}

impl PeerAuthentications {
    /// Puts the policies of a control plane in order.
    pub fn new<'a>(
        policies: impl IntoIterator<Item = &'a Object<PeerAuthentication>>,
        root_namespace: &str,
    ) -> Self {
        let mut sorted: Vec<_> = policies.into_iter().collect();
        sorted.sort_by(|a, b| by_age(&a.metadata, &b.metadata));
        let mut by_namespace: BTreeMap<String, Vec<Object<PeerAuthentication>>> = BTreeMap::new();
        for policy in sorted {
            let known = by_namespace
                .entry(policy.metadata.namespace.clone())
                .or_default();
            if has_selector(policy) || known.iter().all(has_selector) {
                known.push(policy.clone());
            }
        }
        let mesh = by_namespace
            .get(root_namespace)
            .and_then(|known| for_all(known));
        // Unlike in a namespace, an unset mode of the mesh is permissive for clients.
        let mesh_mode = mesh.map(|policy| mode_of(policy).unwrap_or(ServerMode::Permissive));
        Self {
            root_namespace: root_namespace.to_owned(),
            by_namespace,
            mesh_mode,
        }
    }

    /// The policies that concern a workload: of its namespace, then of the root namespace.
    pub fn for_workload(
        &self,
        namespace: &str,
        labels: &Labels,
    ) -> Decision<Vec<&Object<PeerAuthentication>>> {
        let mut namespaces = vec![namespace];
        if namespace != self.root_namespace {
            namespaces.push(&self.root_namespace);
        }
        let policies = namespaces
            .into_iter()
            .filter_map(|name| self.by_namespace.get(name));
        let selected = policies.flatten().filter(|policy| selects(policy, labels));
        Decision::new(selected.collect(), rules::PA_SELECT)
    }

    /// What a workload asks for on each of its ports.
    pub fn modes_of(&self, namespace: &str, labels: &Labels) -> Decision<ServerModes> {
        compose(
            &self.root_namespace,
            &self.for_workload(namespace, labels).value,
        )
    }

    /// The mode that clients read for a whole namespace; `None` if neither it nor the mesh has a
    /// policy.
    pub fn namespace_mode(&self, namespace: &str) -> Option<ServerMode> {
        let own = (namespace != self.root_namespace)
            .then(|| {
                self.by_namespace
                    .get(namespace)
                    .and_then(|known| for_all(known))
            })
            .flatten();
        match own {
            Some(policy) => mode_of(policy)
                .or(self.mesh_mode)
                .or(Some(ServerMode::Permissive)),
            None => self.mesh_mode,
        }
    }

    /// The mode of the mesh, as clients read it; `None` if it has no policy.
    pub fn mesh_mode(&self) -> Option<ServerMode> {
        self.mesh_mode
    }

    /// The namespaces whose policies are known.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.by_namespace.keys().map(String::as_str)
    }

    /// The policies that a client reads which imports services of these namespaces; the root
    /// namespace is always among them.
    pub fn scoped_to(&self, namespaces: &BTreeSet<String>) -> Decision<Self> {
        let read = |name: &String| *name == self.root_namespace || namespaces.contains(name);
        let known = self.by_namespace.iter().filter(|(name, _)| read(name));
        let scoped = Self {
            by_namespace: known
                .map(|(name, known)| (name.clone(), known.clone()))
                .collect(),
            root_namespace: self.root_namespace.clone(),
            mesh_mode: self.mesh_mode,
        };
        Decision::new(scoped, rules::PA_SCOPE)
    }
}

/// What the policies that concern a workload ask for together. Of several at one level the oldest
/// counts; of equal age the first in the list.
pub fn compose(
    root_namespace: &str,
    policies: &[&Object<PeerAuthentication>],
) -> Decision<ServerModes> {
    let in_root = |policy: &Object<_>| policy.metadata.namespace == root_namespace;
    let mesh = oldest(policies, |p| in_root(p) && !has_selector(p));
    let namespace = oldest(policies, |p| !in_root(p) && !has_selector(p));
    let workload = oldest(policies, |p| !in_root(p) && has_selector(p));
    let levels = [
        (workload, rules::PA_WORKLOAD),
        (namespace, rules::PA_NAMESPACE),
        (mesh, rules::PA_MESH),
    ];
    let says = |(policy, because): &(Option<&Object<PeerAuthentication>>, RuleId)| {
        Some((mode_of((*policy)?)?, because.clone()))
    };
    let default = (ServerMode::Permissive, rules::PA_DEFAULT);
    let (mode, because) = levels.iter().find_map(says).unwrap_or(default);
    let per_port = workload.map_or_else(BTreeMap::new, |policy| port_modes(policy, mode));
    Decision::new(ServerModes { mode, per_port }, because)
}

fn port_modes(
    policy: &Object<PeerAuthentication>,
    inherited: ServerMode,
) -> BTreeMap<u16, ServerMode> {
    let written = policy.spec.port_level_mtls.iter();
    let mode = |written| ServerMode::written(written).unwrap_or(inherited);
    written
        .map(|(port, mtls)| (*port, mode(mtls.mode)))
        .collect()
}

fn oldest<'a>(
    policies: &[&'a Object<PeerAuthentication>],
    level: impl Fn(&Object<PeerAuthentication>) -> bool,
) -> Option<&'a Object<PeerAuthentication>> {
    let at_level = policies.iter().copied().filter(|policy| level(policy));
    at_level.min_by_key(|policy| policy.metadata.creation_timestamp)
}

fn for_all(policies: &[Object<PeerAuthentication>]) -> Option<&Object<PeerAuthentication>> {
    policies.iter().find(|policy| !has_selector(policy))
}

/// A selector without labels is none.
fn has_selector(policy: &Object<PeerAuthentication>) -> bool {
    let selector = policy.spec.selector.as_ref();
    selector.is_some_and(|selector| !selector.match_labels.is_empty())
}

fn selects(policy: &Object<PeerAuthentication>, labels: &Labels) -> bool {
    let selector = policy.spec.selector.as_ref();
    selector.is_none_or(|selector| selector.selects(labels))
}

fn mode_of(policy: &Object<PeerAuthentication>) -> Option<ServerMode> {
    ServerMode::written(policy.spec.mtls?.mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{
        MatchLabels, Metadata,
        peer_authentication::{MtlsMode, MutualTls},
    };

    const ROOT: &str = "istio-system";

    fn policy(
        namespace: &str,
        name: &str,
        app: Option<&str>,
        mode: MtlsMode,
    ) -> Object<PeerAuthentication> {
        let labels = |app: &str| Labels::from([("app".to_owned(), app.to_owned())]);
        Object {
            metadata: Metadata {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                ..Metadata::default()
            },
            spec: PeerAuthentication {
                selector: app.map(|app| MatchLabels {
                    match_labels: labels(app),
                }),
                mtls: Some(MutualTls { mode }),
                port_level_mtls: BTreeMap::new(),
            },
        }
    }

    fn aged(mut policy: Object<PeerAuthentication>, day: u8) -> Object<PeerAuthentication> {
        let created = format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
        policy.metadata.creation_timestamp = Some(created);
        policy
    }

    fn modes(policies: &[Object<PeerAuthentication>], namespace: &str) -> Decision<ServerModes> {
        let cart = Labels::from([("app".to_owned(), "cart".to_owned())]);
        PeerAuthentications::new(policies, ROOT).modes_of(namespace, &cart)
    }

    #[test]
    fn the_narrowest_policy_that_says_something_counts() {
        let mesh = policy(ROOT, "m", None, MtlsMode::Strict);
        let namespace = policy("shop", "n", None, MtlsMode::Permissive);
        let workload = policy("shop", "w", Some("cart"), MtlsMode::Disable);
        let mut all = vec![mesh, namespace, workload];
        assert_eq!(modes(&all, "shop").because, rules::PA_WORKLOAD);
        assert_eq!(modes(&all, "shop").value.mode, ServerMode::Disable);
        all[2].spec.mtls = None;
        assert_eq!(modes(&all, "shop").because, rules::PA_NAMESPACE);
        all[1].spec.mtls = Some(MutualTls::default());
        let decision = modes(&all, "shop");
        assert_eq!(
            (decision.value.mode, decision.because),
            (ServerMode::Strict, rules::PA_MESH)
        );
        assert_eq!(modes(&[], "shop").because, rules::PA_DEFAULT);
        assert_eq!(modes(&[], "shop").value.mode, ServerMode::Permissive);
    }

    #[test]
    fn a_selector_in_the_root_namespace_is_not_read() {
        let all = [policy(ROOT, "w", Some("cart"), MtlsMode::Strict)];
        assert_eq!(modes(&all, "shop").value.mode, ServerMode::Permissive);
        assert_eq!(modes(&all, ROOT).value.mode, ServerMode::Permissive);
    }

    #[test]
    fn an_empty_selector_is_none() {
        let mut all = [policy("shop", "n", None, MtlsMode::Strict)];
        all[0].spec.selector = Some(MatchLabels::default());
        assert_eq!(modes(&all, "shop").because, rules::PA_NAMESPACE);
    }

    #[test]
    fn the_oldest_of_a_level_counts() {
        let all = [
            aged(policy("shop", "a", Some("cart"), MtlsMode::Strict), 2),
            aged(policy("shop", "b", Some("cart"), MtlsMode::Disable), 1),
        ];
        assert_eq!(modes(&all, "shop").value.mode, ServerMode::Disable);
        let list: Vec<_> = all.iter().collect();
        assert_eq!(compose(ROOT, &list).value.mode, ServerMode::Disable);
    }

    #[test]
    fn port_levels_need_a_selector_and_inherit_the_result() {
        let ports = BTreeMap::from([
            (
                80,
                MutualTls {
                    mode: MtlsMode::Disable,
                },
            ),
            (
                81,
                MutualTls {
                    mode: MtlsMode::Unset,
                },
            ),
        ]);
        let mut all = vec![policy("shop", "w", Some("cart"), MtlsMode::Strict)];
        all[0].spec.port_level_mtls = ports.clone();
        let settings = modes(&all, "shop").value;
        assert_eq!(settings.on(80), ServerMode::Disable);
        assert_eq!(settings.per_port[&81], ServerMode::Strict);
        assert_eq!(settings.on(82), ServerMode::Strict);
        all[0].spec.selector = None;
        assert!(modes(&all, "shop").value.per_port.is_empty());
    }

    #[test]
    fn clients_read_the_namespaces_mode_or_the_meshs() {
        let all = [
            policy(ROOT, "m", None, MtlsMode::Unset),
            policy("shop", "n", None, MtlsMode::Strict),
            policy("bank", "n", None, MtlsMode::Unset),
            policy("yard", "w", Some("cart"), MtlsMode::Strict),
        ];
        let known = PeerAuthentications::new(&all, ROOT);
        assert_eq!(known.namespace_mode("shop"), Some(ServerMode::Strict));
        assert_eq!(known.namespace_mode("bank"), Some(ServerMode::Permissive));
        assert_eq!(known.namespace_mode("yard"), Some(ServerMode::Permissive));
        assert_eq!(known.namespace_mode(ROOT), Some(ServerMode::Permissive));
        let bare = PeerAuthentications::new(&all[2..], ROOT);
        assert_eq!(bare.namespace_mode("bank"), Some(ServerMode::Permissive));
        assert_eq!(bare.namespace_mode("yard"), None);
        assert_eq!(bare.mesh_mode(), None);
    }

    #[test]
    fn a_scope_keeps_the_namespaces_asked_for_and_the_root() {
        let all = [
            policy(ROOT, "m", None, MtlsMode::Strict),
            policy("shop", "n", None, MtlsMode::Disable),
            policy("bank", "n", None, MtlsMode::Disable),
        ];
        let wanted = BTreeSet::from(["shop".to_owned(), "empty".to_owned()]);
        let scoped = PeerAuthentications::new(&all, ROOT)
            .scoped_to(&wanted)
            .value;
        assert_eq!(scoped.namespaces().collect::<Vec<_>>(), [ROOT, "shop"]);
        assert_eq!(scoped.namespace_mode("shop"), Some(ServerMode::Disable));
        assert_eq!(scoped.namespace_mode("bank"), Some(ServerMode::Strict));
        assert_eq!(scoped.mesh_mode(), Some(ServerMode::Strict));
    }

    #[test]
    fn selection_reads_the_own_namespace_first_and_no_other() {
        let all = [
            policy(ROOT, "m", None, MtlsMode::Strict),
            aged(policy("shop", "late", None, MtlsMode::Strict), 9),
            aged(policy("shop", "early", None, MtlsMode::Strict), 1),
            policy("shop", "other", Some("pay"), MtlsMode::Strict),
            policy("bank", "n", None, MtlsMode::Strict),
        ];
        let cart = Labels::from([("app".to_owned(), "cart".to_owned())]);
        let known = PeerAuthentications::new(&all, ROOT);
        let names = |namespace| -> Vec<String> {
            let selected = known.for_workload(namespace, &cart).value;
            selected.iter().map(|p| p.metadata.name.clone()).collect()
        };
        assert_eq!(names("shop"), ["early", "m"]);
        assert_eq!(names(ROOT), ["m"]);
    }
}
