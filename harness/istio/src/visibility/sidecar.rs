//! Which Sidecar resource applies to a proxy.

use std::cmp::Ordering;

use super::{by_age, rules};
use crate::{
    Decision, RuleId,
    kinds::{Object, Sidecar, selector::Labels},
};

/// What kind of proxy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// A proxy beside a workload.
    Sidecar,
    /// A gateway.
    Router,
}

/// What of a proxy decides what it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyScope<'a> {
    /// Its kind.
    pub kind: ProxyKind,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its workload's labels.
    pub labels: &'a Labels,
}

/// The Sidecar resource that applies to a proxy; `None` means that it imports everything.
pub fn select_sidecar<'a>(
    sidecars: &'a [Object<Sidecar>],
    root_namespace: &str,
    proxy: ProxyScope<'_>,
) -> Decision<Option<&'a Object<Sidecar>>> {
    if proxy.kind == ProxyKind::Router {
        return Decision::new(None, rules::SIDECAR_GATEWAY);
    }
    let own = oldest(sidecars, proxy.namespace, |s| {
        selects_workload(s, proxy.labels)
    });
    let namespace = || oldest(sidecars, proxy.namespace, has_no_selector);
    let root = || oldest(sidecars, root_namespace, has_no_selector);
    let (sidecar, because): (_, RuleId) = match own {
        Some(sidecar) => (Some(sidecar), rules::SIDECAR_WORKLOAD),
        None => match (namespace(), root()) {
            (Some(sidecar), _) => (Some(sidecar), rules::SIDECAR_NAMESPACE),
            (None, Some(sidecar)) => (Some(sidecar), rules::SIDECAR_ROOT),
            (None, None) => (None, rules::SIDECAR_NONE),
        },
    };
    Decision::new(sidecar, because)
}

fn oldest<'a>(
    sidecars: &'a [Object<Sidecar>],
    namespace: &str,
    applies: impl Fn(&Sidecar) -> bool,
) -> Option<&'a Object<Sidecar>> {
    let order = |a: &&Object<Sidecar>, b: &&Object<Sidecar>| -> Ordering {
        by_age(&a.metadata, &b.metadata)
    };
    let here = sidecars
        .iter()
        .filter(|s| s.metadata.namespace == namespace);
    here.filter(|s| applies(&s.spec)).min_by(order)
}

fn selects_workload(sidecar: &Sidecar, labels: &Labels) -> bool {
    let selector = sidecar.workload_selector.as_ref();
    selector.is_some_and(|selector| selector.selects(labels))
}

fn has_no_selector(sidecar: &Sidecar) -> bool {
    sidecar.workload_selector.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Metadata, WorkloadSelector};

    fn sidecar(namespace: &str, name: &str, app: Option<&str>) -> Object<Sidecar> {
        let selector = app.map(|app| WorkloadSelector {
            labels: Labels::from([("app".to_owned(), app.to_owned())]),
        });
        Object {
            metadata: Metadata {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                ..Metadata::default()
            },
            spec: Sidecar {
                workload_selector: selector,
                ..Sidecar::default()
            },
        }
    }

    fn chosen(all: &[Object<Sidecar>], namespace: &str, app: &str) -> (Option<String>, RuleId) {
        let labels = Labels::from([("app".to_owned(), app.to_owned())]);
        let proxy = ProxyScope {
            kind: ProxyKind::Sidecar,
            namespace,
            labels: &labels,
        };
        let decision = select_sidecar(all, "root", proxy);
        (
            decision.value.map(|s| s.metadata.name.clone()),
            decision.because,
        )
    }

    #[test]
    fn the_narrowest_sidecar_applies() {
        let all = [
            sidecar("root", "mesh", None),
            sidecar("shop", "all", None),
            sidecar("shop", "cart", Some("cart")),
            sidecar("root", "only-edge", Some("edge")),
        ];
        assert_eq!(
            chosen(&all, "shop", "cart"),
            (Some("cart".to_owned()), rules::SIDECAR_WORKLOAD)
        );
        assert_eq!(
            chosen(&all, "shop", "pay"),
            (Some("all".to_owned()), rules::SIDECAR_NAMESPACE)
        );
        assert_eq!(
            chosen(&all, "bank", "edge"),
            (Some("mesh".to_owned()), rules::SIDECAR_ROOT)
        );
        assert_eq!(
            chosen(&all[1..], "bank", "edge"),
            (None, rules::SIDECAR_NONE)
        );
    }

    #[test]
    fn the_oldest_of_equals_applies() {
        let mut old = sidecar("shop", "z", None);
        old.metadata.creation_timestamp = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let mut new = sidecar("shop", "a", None);
        new.metadata.creation_timestamp = Some("2026-01-02T00:00:00Z".parse().unwrap());
        assert_eq!(chosen(&[new, old], "shop", "cart").0.as_deref(), Some("z"));
    }

    #[test]
    fn a_gateway_reads_none() {
        let all = [sidecar("shop", "all", None)];
        let labels = Labels::new();
        let proxy = ProxyScope {
            kind: ProxyKind::Router,
            namespace: "shop",
            labels: &labels,
        };
        assert_eq!(
            select_sidecar(&all, "root", proxy),
            Decision::new(None, rules::SIDECAR_GATEWAY)
        );
    }
}
