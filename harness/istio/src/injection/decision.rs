//! What the injector does with a pod that its webhook was asked about.

use super::{INJECT, rules};
use crate::{
    Decision, RuleId,
    kinds::{LabelSelector, selector::Labels},
};

/// What the injector does with pods that say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectorPolicy {
    /// They get a sidecar.
    Enabled,
    /// They get none.
    Disabled,
    /// The configuration holds another word; nothing is injected.
    Unknown,
}

/// The injector's configuration, as far as it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectorConfig {
    /// For pods that say nothing.
    pub policy: InjectorPolicy,
    /// Pods that get none.
    pub never: Vec<LabelSelector>,
    /// Pods that get one.
    pub always: Vec<LabelSelector>,
}

/// What of a pod the injector looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodFacts<'a> {
    /// The pod's labels.
    pub labels: &'a Labels,
    /// The pod's annotations.
    pub annotations: &'a Labels,
    /// Whether it shares the node's network.
    pub host_network: bool,
}

impl InjectorPolicy {
    /// The policy as the configuration writes it.
    pub fn parse(text: &str) -> Self {
        match text {
            "enabled" => Self::Enabled,
            "disabled" => Self::Disabled,
            _ => Self::Unknown,
        }
    }
}

/// Whether the injector adds a sidecar to a pod.
pub fn injects(config: &InjectorConfig, pod: PodFacts<'_>) -> Decision<bool> {
    if pod.host_network {
        return Decision::new(false, rules::HOST_NETWORK);
    }
    if config.policy == InjectorPolicy::Unknown {
        return Decision::new(false, rules::POLICY_UNKNOWN);
    }
    let (inject, because) = explicit(pod)
        .or_else(|| by_selector(config, pod.labels))
        .unwrap_or((config.policy == InjectorPolicy::Enabled, rules::POLICY));
    Decision::new(inject, because)
}

/// The pod's own word; anything but `true` and `false` counts as none.
fn explicit(pod: PodFacts<'_>) -> Option<(bool, RuleId)> {
    let word = pod
        .labels
        .get(INJECT)
        .or_else(|| pod.annotations.get(INJECT));
    let inject = word?.parse::<bool>().ok()?;
    Some((inject, rules::EXPLICIT))
}

fn by_selector(config: &InjectorConfig, labels: &Labels) -> Option<(bool, RuleId)> {
    let any = |selectors: &[LabelSelector]| {
        let written = selectors.iter().filter(|s| !is_empty(s));
        written.into_iter().any(|s| s.selects(labels))
    };
    if any(&config.never) {
        return Some((false, rules::NEVER_SELECTOR));
    }
    any(&config.always).then_some((true, rules::ALWAYS_SELECTOR))
}

/// A selector without any demand selects nothing here, unlike elsewhere in Kubernetes.
fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.is_empty() && selector.match_expressions.is_empty()
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

    fn selector(pairs: &[(&str, &str)]) -> LabelSelector {
        LabelSelector {
            match_labels: labels(pairs),
            match_expressions: vec![],
        }
    }

    fn config(policy: InjectorPolicy) -> InjectorConfig {
        InjectorConfig {
            policy,
            never: vec![],
            always: vec![],
        }
    }

    fn decided(config: &InjectorConfig, pod: &[(&str, &str)], annotated: &[(&str, &str)]) -> bool {
        let (labels, annotations) = (labels(pod), labels(annotated));
        let pod = PodFacts {
            labels: &labels,
            annotations: &annotations,
            host_network: false,
        };
        injects(config, pod).value
    }

    #[test]
    fn a_pod_on_the_host_network_gets_none_even_if_it_asks() {
        let (asks, none) = (labels(&[(INJECT, "true")]), labels(&[]));
        let pod = PodFacts {
            labels: &asks,
            annotations: &none,
            host_network: true,
        };
        let decision = injects(&config(InjectorPolicy::Enabled), pod);
        assert_eq!(decision, Decision::new(false, rules::HOST_NETWORK));
    }

    #[test]
    fn the_label_beats_the_annotation_and_both_beat_the_policy() {
        let (on, off) = (
            config(InjectorPolicy::Enabled),
            config(InjectorPolicy::Disabled),
        );
        assert!(!decided(&on, &[(INJECT, "false")], &[(INJECT, "true")]));
        assert!(decided(&off, &[(INJECT, "true")], &[(INJECT, "false")]));
        assert!(decided(&off, &[], &[(INJECT, "true")]));
        assert!(!decided(&on, &[], &[(INJECT, "false")]));
    }

    #[test]
    fn any_other_word_counts_as_none_and_still_hides_the_annotation() {
        let off = config(InjectorPolicy::Disabled);
        assert!(!decided(&off, &[(INJECT, "yes")], &[(INJECT, "true")]));
        assert!(decided(
            &config(InjectorPolicy::Enabled),
            &[(INJECT, "")],
            &[]
        ));
    }

    #[test]
    fn never_beats_always_and_an_explicit_word_beats_both() {
        let mut both = config(InjectorPolicy::Disabled);
        both.never = vec![selector(&[("a", "1")])];
        both.always = vec![selector(&[("b", "1")])];
        assert!(!decided(&both, &[("a", "1"), ("b", "1")], &[]));
        assert!(decided(&both, &[("b", "1")], &[]));
        assert!(decided(&both, &[("a", "1"), (INJECT, "true")], &[]));
        assert!(!decided(&both, &[("b", "1"), (INJECT, "false")], &[]));
    }

    #[test]
    fn an_empty_selector_selects_nothing() {
        let mut never = config(InjectorPolicy::Enabled);
        never.never = vec![selector(&[])];
        assert!(decided(&never, &[("a", "1")], &[]));
    }

    #[test]
    fn an_unknown_policy_injects_nothing() {
        let unknown = config(InjectorPolicy::parse("on"));
        assert!(!decided(&unknown, &[(INJECT, "true")], &[]));
        assert_eq!(InjectorPolicy::parse("enabled"), InjectorPolicy::Enabled);
        assert_eq!(InjectorPolicy::parse("disabled"), InjectorPolicy::Disabled);
    }
}
