//! Which endpoints a Service prefers.

use crate::{Decision, RuleId, service::rules};

/// The annotation of a Service or a namespace that states a traffic distribution.
pub const ANNOTATION: &str = "networking.istio.io/traffic-distribution";

/// Which endpoints a Service prefers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrafficDistribution {
    /// No preference.
    #[default]
    Any,
    /// Those in the client's zone; `PreferClose` means the same.
    PreferSameZone,
    /// Those on the client's node.
    PreferSameNode,
}

/// The distribution in effect, from the Service's spec, its annotation and its namespace's.
pub fn effective(
    spec: Option<&str>,
    service_annotation: Option<&str>,
    namespace_annotation: Option<&str>,
) -> Decision<TrafficDistribution> {
    if let Some(value) = spec.and_then(known) {
        return Decision::new(value, rules::DISTRIBUTION_SPEC);
    }
    let annotated = annotation(service_annotation, rules::DISTRIBUTION_SERVICE)
        .or_else(|| annotation(namespace_annotation, rules::DISTRIBUTION_NAMESPACE));
    let nothing = || Decision::new(TrafficDistribution::Any, rules::DISTRIBUTION_DEFAULT);
    annotated.unwrap_or_else(nothing)
}

fn known(value: &str) -> Option<TrafficDistribution> {
    match value {
        "PreferSameZone" | "PreferClose" => Some(TrafficDistribution::PreferSameZone),
        "PreferSameNode" => Some(TrafficDistribution::PreferSameNode),
        _ => None,
    }
}

/// What an annotation says; its case does not matter, and an unknown value still counts as said.
fn annotation(value: Option<&str>, because: RuleId) -> Option<Decision<TrafficDistribution>> {
    let value = value.filter(|text| !text.is_empty())?;
    let same = |name: &&str| name.eq_ignore_ascii_case(value);
    let names = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    let said = names.into_iter().find(same).and_then(known);
    Some(Decision::new(said.unwrap_or_default(), because))
}
