//! Labels and annotations that istiod would act on and that are not modelled, such as those of
//! ambient: whoever judges the run must know of them.

use istio::kinds::{
    Problem,
    annotation::{Carrier, check_annotations, check_labels},
    problem::Fault,
};
use kube::{Resource, ResourceExt};

use super::source::table::{Table, Tables};

/// What is not modelled of a cluster's objects, each with its object.
pub(crate) fn of_cluster(tables: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    of_kind("Pod", Carrier::Pod, &tables.pods, &mut found);
    of_kind("Service", Carrier::Service, &tables.services, &mut found);
    of_kind(
        "Namespace",
        Carrier::Namespace,
        &tables.namespaces,
        &mut found,
    );
    of_kind("Node", Carrier::Node, &tables.nodes, &mut found);
    found
}

fn of_kind<K: Resource>(kind: &str, on: Carrier, table: &Table<K>, found: &mut Vec<String>) {
    for object in table.values() {
        let labels = check_labels(on, object.labels());
        let annotations = check_annotations(on, object.annotations());
        let problems = labels
            .into_iter()
            .chain(annotations)
            .filter(changes_answers);
        found.extend(problems.map(|problem| format!("{kind} {}: {problem}", named(&**object))));
    }
}

/// A key that Istio does not have, or has elsewhere, changes nothing there either.
fn changes_answers(problem: &Problem) -> bool {
    matches!(problem.fault, Fault::Unmodelled | Fault::UnmodelledValue(_))
}

fn named<K: Resource>(object: &K) -> String {
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{}", object.name_any()),
        None => object.name_any(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use k8s_openapi::api::core::v1::Namespace;
    use sim::cluster::Key;

    use super::*;

    fn labelled(key: &str, value: &str) -> Vec<String> {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some("shop".to_owned());
        namespace.metadata.labels = Some(BTreeMap::from([(key.to_owned(), value.to_owned())]));
        let mut tables = Tables::default();
        tables
            .namespaces
            .insert(Key::new("", "shop"), Arc::new(namespace));
        of_cluster(&tables)
    }

    #[test]
    fn ambient_is_told_with_the_namespace_that_asks_for_it() {
        assert_eq!(
            labelled("istio.io/dataplane-mode", "ambient"),
            [
                "Namespace shop: metadata.labels[\"istio.io/dataplane-mode\"]: Istio has the \
              value ambient; isthmus does not model it yet"
            ]
        );
    }

    #[test]
    fn what_is_modelled_or_means_nothing_to_istio_is_not_told() {
        assert!(labelled("istio-injection", "enabled").is_empty());
        assert!(labelled("topology.istio.io/subnet", "s").is_empty());
        assert!(labelled("team", "shop").is_empty());
    }
}
