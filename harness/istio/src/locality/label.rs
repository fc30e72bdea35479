//! Where a pod is: its own label, or the labels of its node.

use std::collections::BTreeMap;

use crate::{
    Decision,
    locality::{LocalityLabel, rules},
    version::Mechanisms,
};

/// The label on a pod, a WorkloadEntry or a proxy that states its locality.
pub const LOCALITY: &str = "topology.istio.io/locality";
/// The label that [`LOCALITY`] replaced; still read, and before 1.29 the only one.
pub const LEGACY_LOCALITY: &str = "istio-locality";

/// Node labels of one part, in the order in which they are looked at.
const REGION: [&str; 2] = [
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/region",
];
const ZONE: [&str; 2] = [
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
];
const SUBZONE: [&str; 1] = ["topology.istio.io/subzone"];

/// The value of a locality label. Kubernetes labels cannot hold slashes, so dots stand for them
/// unless the value has a slash after all.
pub fn from_label(value: &str) -> String {
    match value.contains('/') {
        true => value.to_owned(),
        false => value.replace('.', "/"),
    }
}

/// The value of the locality label among `labels`, raw.
pub fn label_value<'a>(
    labels: &'a BTreeMap<String, String>,
    mechanisms: &Mechanisms,
) -> Option<&'a str> {
    let newer = labels.get(LOCALITY);
    let newer = newer.filter(|_| mechanisms.reads_locality_label.value);
    let found = newer.or_else(|| labels.get(LEGACY_LOCALITY));
    found.map(String::as_str).filter(|value| !value.is_empty())
}

/// The locality of a pod with these labels on a node with those; `None` is a node the control
/// plane does not know.
pub fn of_pod(
    pod_labels: &BTreeMap<String, String>,
    node_labels: Option<&BTreeMap<String, String>>,
    mechanisms: &Mechanisms,
) -> Decision<LocalityLabel> {
    if let Some(value) = label_value(pod_labels, mechanisms) {
        let label = from_label(value);
        return Decision::new(label.as_str().into(), rules::POD_LABEL);
    }
    let Some(node) = node_labels else {
        return Decision::new(LocalityLabel::default(), rules::UNKNOWN);
    };
    let part = |names: &[&str]| {
        let found = names.iter().find_map(|name| node.get(*name));
        found.map(String::as_str).unwrap_or_default()
    };
    let (region, zone, subzone) = (part(&REGION), part(&ZONE), part(&SUBZONE));
    if region.is_empty() && zone.is_empty() && subzone.is_empty() {
        return Decision::new(LocalityLabel::default(), rules::UNKNOWN);
    }
    let label = format!("{region}/{zone}/{subzone}");
    Decision::new(label.as_str().into(), rules::NODE_LABELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn of_pod(
        pod: &BTreeMap<String, String>,
        node: Option<&BTreeMap<String, String>>,
    ) -> Decision<LocalityLabel> {
        super::of_pod(pod, node, &Mechanisms::newest())
    }

    #[test]
    fn before_1_29_the_new_label_was_not_read() {
        let older = Mechanisms::at(&"1.28.4".parse().unwrap());
        let both = labels(&[(LOCALITY, "a.b"), (LEGACY_LOCALITY, "c")]);
        let of = |pod: &BTreeMap<String, String>| super::of_pod(pod, None, &older).value;
        assert_eq!(of(&both).as_str(), "c");
        assert_eq!(of(&labels(&[(LOCALITY, "a.b")])).as_str(), "");
    }

    #[test]
    fn the_pod_s_label_wins_over_its_node_and_the_new_label_over_the_old() {
        let node = labels(&[("topology.kubernetes.io/region", "n")]);
        let of = |pod: &[(&str, &str)]| of_pod(&labels(pod), Some(&node)).value.to_string();
        assert_eq!(of(&[(LOCALITY, "a.b"), (LEGACY_LOCALITY, "c")]), "a/b");
        assert_eq!(of(&[(LEGACY_LOCALITY, "c/d.e")]), "c/d.e");
        assert_eq!(of(&[(LOCALITY, "")]), "n//");
        assert_eq!(of(&[]), "n//");
    }

    #[test]
    fn the_newer_node_labels_win() {
        let node = labels(&[
            ("topology.kubernetes.io/region", "new"),
            ("failure-domain.beta.kubernetes.io/region", "old"),
            ("failure-domain.beta.kubernetes.io/zone", "z"),
        ]);
        assert_eq!(
            of_pod(&labels(&[]), Some(&node)).value.to_string(),
            "new/z/"
        );
        let plain = of_pod(&labels(&[]), Some(&labels(&[("other", "x")])));
        assert_eq!((plain.value.as_str(), plain.because), ("", rules::UNKNOWN));
        assert_eq!(of_pod(&labels(&[]), None).because, rules::UNKNOWN);
    }
}
