//! Where the simulated server is knowingly unlike the real one.

/// A fact that holds on a real server and not on the simulated one.
pub struct Difference {
    /// The fact's name, `area::claim`.
    pub fact: &'static str,
    /// Why it is accepted.
    pub reason: &'static str,
}

/// All known differences: things that the simulation does not model and refuses or leaves out by
/// name. One that no longer differs is an error, so this list cannot rot.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        fact: "apply::reads_yaml",
        reason: YAML,
    },
    Difference {
        fact: "apply_refusals::broken_yaml_is_400",
        reason: YAML,
    },
    Difference {
        fact: "create::reads_yaml",
        reason: YAML,
    },
    Difference {
        fact: "read::yaml_is_a_representation",
        reason: "YAML answers are refused (406): every client in the process reads JSON",
    },
    Difference {
        fact: "custom_schemas::expressions_are_evaluated",
        reason: EXPRESSIONS,
    },
    Difference {
        fact: "custom_schemas::expressions_may_compare_with_the_old_object",
        reason: EXPRESSIONS,
    },
    Difference {
        fact: "webhooks::match_conditions_decide_by_expression",
        reason: "CEL is not modelled: a webhook with matchConditions is refused by name (501)",
    },
    Difference {
        fact: "authorization::a_rules_review_lists_the_rules",
        reason: "SelfSubjectRulesReview is refused by name (501): only `kubectl auth can-i --list` \
                 asks it",
    },
    Difference {
        fact: "defaults_networking::persistent_volume_claims",
        reason: "PersistentVolumeClaims are refused by name (501): there is no storage",
    },
    Difference {
        fact: "defaults_workloads::cron_jobs",
        reason: "CronJobs are refused by name (501): no manifest of a mesh has one",
    },
    Difference {
        fact: "pods::have_no_logs_before_they_have_a_node",
        reason: "pods/log is the kubelet's and refused by name (501) where no kubelet is",
    },
    Difference {
        fact: "read::tables_are_made_for_kubectl",
        reason: "Tables are for people's eyes: the server falls back to JSON, which clients that \
                 ask for Tables accept too",
    },
];

const YAML: &str = "YAML bodies are refused by name (501): every client in the process sends JSON";

const EXPRESSIONS: &str = "CEL is not modelled: x-kubernetes-validations are kept, not evaluated";

/// The accepted difference of this fact, if there is one.
#[must_use]
pub fn accepted(fact: &str) -> Option<&'static Difference> {
    DIFFERENCES
        .iter()
        .find(|difference| difference.fact == fact)
}
