//! The verdict on a request.

use super::{
    attribute::Attribute,
    model::{Clause, Layer, Model, Reading},
    request::RequestFacts,
    rules,
    select::Selected,
};
use crate::{
    Decision,
    identity::TrustDomains,
    kinds::{AuthorizationPolicy, Object, authorization_policy::Action},
};

/// The annotation that keeps a policy from being enforced.
const DRY_RUN: &str = "istio.io/dry-run";

/// Whether a request is let in, and by which policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is let in. If not, HTTP is answered with 403 and TCP is closed.
    pub allowed: bool,
    /// The policy that matched, as `namespace/name`.
    pub policy: Option<String>,
}

/// Why requests to a workload cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthzError {
    /// Somebody outside the mesh would be asked.
    #[error("AuthorizationPolicy {policy}: action CUSTOM is not modelled; use ALLOW or DENY")]
    Custom {
        /// The policy as `namespace/name`.
        policy: String,
    },
    /// A filter of Envoy that isthmus does not know would be asked.
    #[error("AuthorizationPolicy {policy}: the condition '{key}' is not modelled; remove it")]
    EnvoyFilter {
        /// The policy as `namespace/name`.
        policy: String,
        /// The condition's key.
        key: String,
    },
}

/// A policy with its rules as they are evaluated.
#[derive(Debug, Clone, PartialEq)]
struct Compiled {
    name: String,
    rules: Vec<Model>,
}

/// The policies of a workload as one of its filter chains enforces them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enforcer {
    deny: Vec<Compiled>,
    allow: Vec<Compiled>,
}

impl Enforcer {
    /// Reads the policies that concern a workload, for requests or for connections.
    ///
    /// # Errors
    /// If a policy would ask somebody whom isthmus does not model.
    pub fn new(
        selected: &Selected<'_>,
        layer: Layer,
        mesh: &TrustDomains,
    ) -> Result<Self, AuthzError> {
        if let Some(policy) = selected.custom.first() {
            return Err(AuthzError::Custom {
                policy: name_of(policy),
            });
        }
        let compile = |policies: &[&Object<AuthorizationPolicy>]| {
            let enforced = policies.iter().filter(|policy| !is_dry_run(policy));
            enforced
                .map(|policy| compiled(policy, layer, mesh))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            deny: compile(&selected.deny)?,
            allow: compile(&selected.allow)?,
        })
    }

    /// Whether a request is let in.
    pub fn judge(&self, request: &RequestFacts<'_>) -> Decision<Verdict> {
        let matching = |policies: &[Compiled]| {
            let hit = policies
                .iter()
                .find(|policy| policy.rules.iter().any(|rule| request.matches(rule)));
            hit.map(|policy| policy.name.clone())
        };
        let verdict = |allowed, policy| Verdict { allowed, policy };
        if let Some(policy) = matching(&self.deny) {
            return Decision::new(verdict(false, Some(policy)), rules::DENY_MATCHED);
        }
        if self.allow.is_empty() {
            return Decision::new(verdict(true, None), rules::NO_POLICY);
        }
        match matching(&self.allow) {
            Some(policy) => Decision::new(verdict(true, Some(policy)), rules::ALLOW_MATCHED),
            None => Decision::new(verdict(false, None), rules::ALLOW_UNMATCHED),
        }
    }
}

fn compiled(
    policy: &Object<AuthorizationPolicy>,
    layer: Layer,
    mesh: &TrustDomains,
) -> Result<Compiled, AuthzError> {
    let reading = Reading {
        namespace: &policy.metadata.namespace,
        action: policy.spec.action,
        layer,
        trust_domains: mesh,
    };
    let rules: Vec<Model> = policy
        .spec
        .rules
        .iter()
        .filter_map(|rule| Model::of(rule, reading).value)
        .collect();
    match rules.iter().find_map(unmodelled) {
        Some(key) => Err(AuthzError::EnvoyFilter {
            policy: name_of(policy),
            key,
        }),
        None => Ok(Compiled {
            name: name_of(policy),
            rules,
        }),
    }
}

fn unmodelled(model: &Model) -> Option<String> {
    let clauses = model.operations.iter().flatten();
    clauses
        .into_iter()
        .find_map(|Clause { attribute, .. }| match attribute {
            Attribute::EnvoyFilter(key) => Some(key.clone()),
            _ => None,
        })
}

fn name_of(policy: &Object<AuthorizationPolicy>) -> String {
    format!("{}/{}", policy.metadata.namespace, policy.metadata.name)
}

/// Whether a policy is only tried out. CUSTOM policies ask all the same.
fn is_dry_run(policy: &Object<AuthorizationPolicy>) -> bool {
    let annotated = policy.metadata.annotations.get(DRY_RUN);
    policy.spec.action != Action::Custom && annotated.is_some_and(|word| is_true(word))
}

/// What Go's `strconv.ParseBool` takes for true.
fn is_true(word: &str) -> bool {
    matches!(word, "1" | "t" | "T" | "TRUE" | "true" | "True")
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
