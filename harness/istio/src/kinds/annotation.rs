//! Labels and annotations of Istio on pods, Services, namespaces, nodes and Istio's own objects.
//!
//! Keys in other domains than Istio's are nobody's business here. A key in Istio's domain that
//! Istio does not have is a slip; one that Istio has and isthmus does not model is refused.

mod catalogue;

use std::{collections::BTreeMap, sync::LazyLock};

use super::problem::{Fault, Problem};
use catalogue::{KEYS, Key, Treatment};

/// What carries a label or annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// A pod, or the template of one.
    Pod,
    /// A Kubernetes Service.
    Service,
    /// A namespace.
    Namespace,
    /// A node.
    Node,
    /// A Secret with a kubeconfig of another cluster.
    Secret,
    /// A WorkloadEntry or WorkloadGroup.
    Workload,
    /// Any other object of Istio's kinds.
    Config,
}

/// Which of the two a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A label.
    Label,
    /// An annotation.
    Annotation,
}

/// Everything that is wrong with the labels of an object.
pub fn check_labels(on: Carrier, labels: &BTreeMap<String, String>) -> Vec<Problem> {
    check(on, Form::Label, labels)
}

/// Everything that is wrong with the annotations of an object.
pub fn check_annotations(on: Carrier, annotations: &BTreeMap<String, String>) -> Vec<Problem> {
    check(on, Form::Annotation, annotations)
}

fn check(on: Carrier, form: Form, pairs: &BTreeMap<String, String>) -> Vec<Problem> {
    let of_istio = pairs.iter().filter(|(key, _)| is_istios(key));
    let faults = of_istio.filter_map(|(key, value)| Some((key, fault(on, form, key, value)?)));
    faults
        .map(|(key, fault)| Problem {
            path: path(form, key),
            fault,
        })
        .collect()
}

fn is_istios(key: &str) -> bool {
    /// Istio's keys outside its domain, which are few: every key of every object is looked for here.
    static ELSEWHERE: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let names = KEYS.iter().map(|known| known.name);
        names.filter(|name| !is_in_domain(name)).collect()
    });
    is_in_domain(key) || ELSEWHERE.contains(&key)
}

fn is_in_domain(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    domain == "istio.io" || domain.ends_with(".istio.io")
}

fn fault(on: Carrier, form: Form, key: &str, value: &str) -> Option<Fault> {
    let here = |known: &&Key| known.name == key && known.form == form && known.on.contains(&on);
    let Some(known) = KEYS.iter().find(here) else {
        return Some(misplaced(on, form, key));
    };
    match known.treatment {
        Treatment::Read | Treatment::Inert => None,
        Treatment::ReadIf(values) if values.contains(&value) => None,
        Treatment::ReadIf(_) => Some(Fault::UnmodelledValue(value.to_owned())),
        Treatment::Unmodelled => Some(Fault::Unmodelled),
    }
}

/// A key that means nothing here may mean something elsewhere.
fn misplaced(on: Carrier, form: Form, key: &str) -> Fault {
    match KEYS.iter().find(|known| known.name == key) {
        Some(known) if known.form != form => {
            Fault::Invalid(format!("Istio reads this as {}", known.form.called()))
        }
        Some(known) => {
            let places: Vec<&str> = known.on.iter().map(|place| place.called()).collect();
            Fault::Invalid(format!(
                "Istio reads this on a {}, not on a {}",
                places.join(" or a "),
                on.called()
            ))
        }
        None => Fault::Unknown { nearest: None },
    }
}

fn path(form: Form, key: &str) -> String {
    match form {
        Form::Label => format!("metadata.labels[{key:?}]"),
        Form::Annotation => format!("metadata.annotations[{key:?}]"),
    }
}

impl Form {
    const fn called(self) -> &'static str {
        match self {
            Self::Label => "a label",
            Self::Annotation => "an annotation",
        }
    }
}

impl Carrier {
    const fn called(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Service => "Service",
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::Secret => "Secret",
            Self::Workload => "WorkloadEntry or WorkloadGroup",
            Self::Config => "object of Istio's",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(on: Carrier, form: Form, key: &str, value: &str) -> Vec<String> {
        let pairs = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let problems = match form {
            Form::Label => check_labels(on, &pairs),
            Form::Annotation => check_annotations(on, &pairs),
        };
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_rules_read_and_what_is_foreign_is_taken() {
        let network = "topology.istio.io/network";
        assert!(told(Carrier::Pod, Form::Label, network, "network1").is_empty());
        assert!(told(Carrier::Pod, Form::Label, "app.kubernetes.io/name", "a").is_empty());
        assert!(told(Carrier::Pod, Form::Label, "istio.io/dataplane-mode", "none").is_empty());
    }

    #[test]
    fn ambient_is_refused_by_name() {
        assert_eq!(
            told(
                Carrier::Namespace,
                Form::Label,
                "istio.io/dataplane-mode",
                "ambient"
            ),
            [
                "metadata.labels[\"istio.io/dataplane-mode\"]: Istio has the value ambient; \
              isthmus does not model it yet"
            ]
        );
        let waypoint = told(Carrier::Service, Form::Label, "istio.io/use-waypoint", "w");
        assert_eq!(waypoint.len(), 1);
        assert!(
            waypoint[0].ends_with("does not model it yet"),
            "{waypoint:?}"
        );
    }

    #[test]
    fn a_key_in_the_wrong_place_is_told() {
        let export = "networking.istio.io/exportTo";
        assert_eq!(
            told(Carrier::Service, Form::Label, export, "."),
            [
                "metadata.labels[\"networking.istio.io/exportTo\"]: Istio reads this as an annotation"
            ]
        );
        assert_eq!(
            told(Carrier::Pod, Form::Annotation, export, "."),
            [
                "metadata.annotations[\"networking.istio.io/exportTo\"]: Istio reads this on a \
              Service, not on a pod"
            ]
        );
    }

    #[test]
    fn a_key_that_istio_does_not_have_is_told() {
        let told = told(Carrier::Pod, Form::Label, "topology.istio.io/subnet", "s");
        assert_eq!(
            told,
            ["metadata.labels[\"topology.istio.io/subnet\"]: Istio has no such field"]
        );
    }
}
