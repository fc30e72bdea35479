//! Who of several istiods writes `istio-ca-root-cert` into the namespaces of a cluster. Source:
//! pilot/pkg/leaderelection (`istio-namespace-controller-election`).

use std::time::Duration;

/// How often an istiod that does not lead tries again. Source: a quarter of the 30 seconds that a
/// lock lasts.
const RETRY: Duration = Duration::from_millis(7500);

/// By how much of itself that is stretched at most. Source: `JitterFactor` of client-go.
const JITTER: f64 = 1.2;

/// How a candidate stands to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The revision of the istiod.
    pub revision: String,
    /// Whether that is the cluster's default.
    pub is_default: bool,
    /// Whether the istiod runs elsewhere.
    pub is_remote: bool,
}

impl Claim {
    /// Whether it takes the lead from whoever has it. Source: `LocationPrioritizedComparison`.
    pub fn beats(&self, leader: &Self) -> bool {
        let same = self.revision == leader.revision;
        (!same && self.is_default) || (same && !self.is_remote && leader.is_remote)
    }
}

/// How long a candidate that does not lead waits until it tries again: `share`, from 0 to 1, is what it
/// draws of the possible delay.
pub fn retry_after(share: f64) -> Duration {
    RETRY.mul_f64(1.0 + JITTER * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(revision: &str, is_default: bool, is_remote: bool) -> Claim {
        Claim {
            revision: revision.to_owned(),
            is_default,
            is_remote,
        }
    }

    #[test]
    fn the_default_revision_takes_the_lead_from_others_alone() {
        let (default, other) = (claim("1-30", true, false), claim("1-29", false, false));
        assert!(default.beats(&other));
        assert!(!other.beats(&default));
        assert!(!default.beats(&default));
    }

    #[test]
    fn the_cluster_s_own_istiod_goes_before_one_of_its_revision_from_elsewhere() {
        let (near, far) = (
            claim("default", false, false),
            claim("default", false, true),
        );
        assert!(near.beats(&far));
        assert!(!far.beats(&near));
        assert!(!claim("1-30", false, false).beats(&far));
    }

    #[test]
    fn it_is_tried_again_after_7_5_to_16_5_seconds() {
        assert_eq!(retry_after(0.0), Duration::from_millis(7_500));
        assert_eq!(retry_after(1.0), Duration::from_millis(16_500));
    }
}
