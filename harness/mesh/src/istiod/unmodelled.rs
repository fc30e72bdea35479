//! Labels and annotations that istiod would act on and that are not modelled, such as those of
//! ambient: whoever judges the run must know of them.

use istio::kinds::{
    Object, Problem, ServiceEntry,
    annotation::{Carrier, check_annotations, check_labels},
    problem::Fault,
};
use kube::{Resource, ResourceExt};

use super::source::table::Tables;

/// What is not modelled of an object, each with its name.
pub(crate) fn of<K: Resource>(kind: &str, on: Carrier, object: &K) -> Vec<String> {
    let labels = check_labels(on, object.labels());
    let annotations = check_annotations(on, object.annotations());
    let problems = labels.into_iter().chain(annotations);
    let problems = problems.filter(changes_answers);
    problems
        .map(|problem| format!("{kind} {}: {problem}", named(object)))
        .collect()
}

/// A ServiceEntry that selects a pod: istiod makes endpoints of WorkloadEntries and pods alike
/// (pilot/pkg/serviceregistry/serviceentry), here only of the former.
pub(crate) fn selected_pod(entry: &Object<ServiceEntry>, tables: &Tables) -> Option<String> {
    let selector = entry.spec.workload_selector.as_ref()?;
    let (namespace, name) = (&entry.metadata.namespace, &entry.metadata.name);
    let selected = tables.pods.values().find(|pod| {
        pod.namespace().as_deref() == Some(namespace) && selector.selects(pod.labels())
    })?;
    let pod = selected.name_any();
    Some(format!(
        "ServiceEntry {namespace}/{name}: spec.workloadSelector selects the pod {pod}; isthmus \
         models it for WorkloadEntries only"
    ))
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
        of("Namespace", Carrier::Namespace, &namespace)
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
    fn a_service_entry_that_selects_a_pod_of_its_namespace_is_told() {
        let entry = |namespace: &str| {
            let object = serde_json::json!({
                "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
                "metadata": {"name": "db", "namespace": namespace},
                "spec": {"hosts": ["db.example"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
                    "resolution": "STATIC", "workloadSelector": {"labels": {"app": "db"}}},
            });
            match istio::kinds::parse(&object) {
                Ok(istio::kinds::IstioObject::ServiceEntry(entry)) => entry,
                other => panic!("{other:?}"),
            }
        };
        let mut pod = apiserver::Pod::default();
        pod.metadata.name = Some("db-1".to_owned());
        pod.metadata.namespace = Some("shop".to_owned());
        pod.metadata.labels = Some(BTreeMap::from([("app".to_owned(), "db".to_owned())]));
        let mut tables = Tables::default();
        tables.pods.insert(Key::new("shop", "db-1"), Arc::new(pod));
        let told = selected_pod(&entry("shop"), &tables).unwrap();
        assert!(
            told.contains("shop/db: spec.workloadSelector selects the pod db-1"),
            "{told}"
        );
        assert_eq!(selected_pod(&entry("other"), &tables), None);
    }

    #[test]
    fn what_is_modelled_or_means_nothing_to_istio_is_not_told() {
        assert!(labelled("istio-injection", "enabled").is_empty());
        assert!(labelled("topology.istio.io/subnet", "s").is_empty());
        assert!(labelled("team", "shop").is_empty());
    }
}
