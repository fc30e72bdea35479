//! AuthorizationPolicies.

use std::collections::BTreeMap;

use istio::{
    authz::{
        self, Layer, Model, Workload,
        attribute::Attribute,
        model::{Clause, Reading},
        pattern::Pattern,
    },
    identity::TrustDomains,
    kinds::{
        AuthorizationPolicy, Object,
        authorization_policy::{Action, Condition, From, Operation, Rule, Source, To},
        selector::Labels,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::objects;
use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Select {
    root_namespace: String,
    workload_namespace: String,
    workload_labels: Labels,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    name: String,
    namespace: String,
    action: Action,
    selector: Option<Labels>,
}

pub(crate) fn select(case: &mut Case<'_>) -> Result<(), String> {
    let input: Select = case.input()?;
    let object = |policy: Policy| Object {
        metadata: objects::metadata(&policy.namespace, &policy.name, 0.0),
        spec: AuthorizationPolicy {
            action: policy.action,
            selector: objects::selector(policy.selector),
            ..AuthorizationPolicy::default()
        },
    };
    let policies: Vec<_> = input.policies.into_iter().map(object).collect();
    let workload = Workload {
        namespace: &input.workload_namespace,
        labels: &input.workload_labels,
    };
    let selected = authz::select(&policies, &input.root_namespace, workload).value;
    case.came_out("CUSTOM", names(&selected.custom));
    case.came_out("DENY", names(&selected.deny));
    case.came_out("ALLOW", names(&selected.allow));
    case.came_out("AUDIT", names(&selected.audit));
    Ok(())
}

fn names(policies: &[&Object<AuthorizationPolicy>]) -> Vec<String> {
    let name = |p: &&Object<_>| format!("{}/{}", p.metadata.namespace, p.metadata.name);
    policies.iter().map(name).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    action: Action,
    rules: Vec<WrittenRule>,
    #[serde(default)]
    trust_domain: String,
    #[serde(default)]
    aliases: Vec<String>,
}

/// A rule with at most one source and one operation, as vectors write it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenRule {
    from: Map<String, Value>,
    to: Map<String, Value>,
    when: BTreeMap<String, Vec<String>>,
}

impl WrittenRule {
    fn rule(self) -> Result<Rule, String> {
        let read = |e: serde_json::Error| format!("rule: {e}");
        let source = (!self.from.is_empty())
            .then(|| serde_json::from_value::<Source>(Value::Object(self.from)))
            .transpose()
            .map_err(read)?;
        let operation = (!self.to.is_empty())
            .then(|| serde_json::from_value::<Operation>(Value::Object(self.to)))
            .transpose()
            .map_err(read)?;
        let condition = |(key, values)| Condition {
            key,
            values,
            not_values: Vec::new(),
        };
        Ok(Rule {
            from: source
                .into_iter()
                .map(|source| From {
                    source: Some(source),
                })
                .collect(),
            to: operation
                .into_iter()
                .map(|operation| To {
                    operation: Some(operation),
                })
                .collect(),
            when: self.when.into_iter().map(condition).collect(),
        })
    }
}

fn models(written: Written, layer: Layer) -> Result<Vec<Option<Model>>, String> {
    let mesh = TrustDomains {
        own: written.trust_domain,
        aliases: written.aliases,
    };
    let reading = Reading {
        namespace: "test",
        action: written.action,
        layer,
        trust_domains: &mesh,
    };
    let rules = written.rules.into_iter().map(WrittenRule::rule);
    rules
        .map(|rule| Ok(Model::of(&rule?, reading).value))
        .collect()
}

pub(crate) fn tcp(case: &mut Case<'_>) -> Result<(), String> {
    let input: Written = case.input()?;
    let action = input.action;
    let models = models(input, Layer::Tcp)?;
    let surviving = models.iter().enumerate();
    let surviving: Map<String, Value> = surviving
        .filter_map(|(place, model)| Some((place.to_string(), shown(model.as_ref()?))))
        .collect();
    let effect = match (action, surviving.is_empty()) {
        (Action::Allow, true) => "deny_all",
        (Action::Allow, false) => "allow_listed_only",
        (Action::Deny, _) => "deny_listed",
        (Action::Audit, _) => "audit_listed",
        (Action::Custom, _) => "custom_listed",
    };
    case.came_out("surviving_rules", surviving);
    case.came_out("effect", effect);
    Ok(())
}

/// What is left of a rule, by the names of the fields it was written in.
fn shown(model: &Model) -> Value {
    let clauses = model.sources.iter().chain(&model.operations).flatten();
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Clause {
        attribute,
        any,
        none,
    } in clauses
    {
        let (field, not_field) = field_of(attribute);
        for (name, patterns) in [(field, any), (not_field, none)] {
            if !patterns.is_empty() {
                fields
                    .entry(name.to_owned())
                    .or_default()
                    .extend(patterns.iter().map(text_of));
            }
        }
    }
    json!(fields)
}

fn field_of(attribute: &Attribute) -> (&str, &str) {
    match attribute {
        Attribute::SourcePrincipal => ("principals", "notPrincipals"),
        Attribute::SourceNamespace => ("namespaces", "notNamespaces"),
        Attribute::SourceServiceAccount => ("serviceAccounts", "notServiceAccounts"),
        Attribute::SourceTrustDomain => ("trustDomains", "notTrustDomains"),
        Attribute::SourceIp => ("ipBlocks", "notIpBlocks"),
        Attribute::RemoteIp => ("remoteIpBlocks", "notRemoteIpBlocks"),
        Attribute::DestinationIp => ("destination.ip", "not destination.ip"),
        Attribute::DestinationPort => ("ports", "notPorts"),
        Attribute::ConnectionSni => ("connection.sni", "not connection.sni"),
        Attribute::Host => ("hosts", "notHosts"),
        Attribute::Path => ("paths", "notPaths"),
        Attribute::Method => ("methods", "notMethods"),
        Attribute::Header(name) | Attribute::Token(name) | Attribute::EnvoyFilter(name) => {
            (name, name)
        }
    }
}

/// A pattern as it was written.
fn text_of(pattern: &Pattern) -> String {
    let plain = |text: &str| text.strip_prefix("spiffe://").unwrap_or(text).to_owned();
    match pattern {
        Pattern::Present => "*".to_owned(),
        Pattern::Exact(text) => plain(text),
        Pattern::Prefix(text) => format!("{}*", plain(text)),
        Pattern::Suffix(text) => format!("*{text}"),
        Pattern::Parts(parts) => namespace_of(parts),
        Pattern::TrustDomain(head, tail) => format!("{head}*{tail}"),
        Pattern::ServiceAccount(namespace, account) => format!("{namespace}/{account}"),
        Pattern::Range(range) => range.to_string(),
        Pattern::Port(port) => port.to_string(),
        Pattern::Path(segments) => format!("{segments:?}"),
    }
}

/// The namespace in the pattern that it was turned into.
fn namespace_of(parts: &[String]) -> String {
    let joined = parts.join("*");
    let namespace = joined
        .strip_prefix("*/ns/")
        .and_then(|rest| rest.strip_suffix("/*"));
    namespace.map_or_else(|| joined.replacen("spiffe://", "", 1), str::to_owned)
}

pub(crate) fn http_shape(case: &mut Case<'_>) -> Result<(), String> {
    let input: Written = case.input()?;
    let action = input.action;
    let models = models(input, Layer::Http)?;
    let left: Vec<&Model> = models.iter().flatten().collect();
    let matches = match left[..] {
        [] => "never",
        _ if left.iter().any(|model| model.matches_everything()) => "always",
        _ => "sometimes",
    };
    let effect = match (action, matches) {
        (Action::Allow, "never") | (Action::Deny, "always") => "deny_all",
        (Action::Allow, "always") => "allow_all",
        (Action::Deny, "never") => "deny_none",
        (Action::Audit | Action::Custom, _) | (_, _) => "some",
    };
    case.came_out("rule_matches", matches);
    case.came_out("effect", effect);
    if case.expects("identity_matchers") {
        identity_matchers(case, &left)?;
    }
    Ok(())
}

/// Each matcher of an identity must be mentioned, in order, whatever the notation around it.
fn identity_matchers(case: &mut Case<'_>, models: &[&Model]) -> Result<(), String> {
    let expected: Vec<Value> = case.expected_as("identity_matchers")?.unwrap_or_default();
    let clauses = models
        .iter()
        .flat_map(|model| model.sources.iter().flatten());
    let patterns: Vec<String> = clauses
        .flat_map(|clause| clause.any.iter().chain(&clause.none))
        .map(matcher)
        .collect();
    case.hold(expected.len() == patterns.len(), || {
        format!("identity_matchers: expected {expected:?}, came out {patterns:?}")
    });
    for (expected, actual) in expected.iter().zip(&patterns) {
        case.hold(expected.to_string().contains(actual.as_str()), || {
            format!("identity_matchers: expected {expected}, came out {actual}")
        });
    }
    Ok(())
}

/// A pattern over identities in Envoy's notation.
fn matcher(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Exact(text) | Pattern::Prefix(text) => text.clone(),
        Pattern::TrustDomain(head, tail) => format!("spiffe://{head}[^/]*{tail}/.*"),
        Pattern::Present => ".+".to_owned(),
        Pattern::Parts(parts) => parts.join(".*"),
        other => format!("{other:?}"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expansion {
    trust_domain: String,
    aliases: Vec<String>,
    sources: Vec<Source>,
}

pub(crate) fn principal_expansion(case: &mut Case<'_>) -> Result<(), String> {
    let input: Expansion = case.input()?;
    let mesh = TrustDomains {
        own: input.trust_domain,
        aliases: input.aliases,
    };
    let reading = Reading {
        namespace: "test",
        action: Action::Allow,
        layer: Layer::Http,
        trust_domains: &mesh,
    };
    let from = input.sources.into_iter().map(|source| From {
        source: Some(source),
    });
    let rule = Rule {
        from: from.collect(),
        ..Rule::default()
    };
    let model = Model::of(&rule, reading)
        .value
        .ok_or("the rule is left out")?;
    let exact: Vec<Vec<&str>> = model
        .sources
        .iter()
        .map(|clauses| exact_identities(clauses))
        .collect();
    case.came_out("exact_identities", exact);
    Ok(())
}

fn exact_identities(clauses: &[Clause]) -> Vec<&str> {
    let principals = clauses
        .iter()
        .filter(|c| c.attribute == Attribute::SourcePrincipal);
    let exact = principals
        .flat_map(|clause| &clause.any)
        .filter_map(|pattern| match pattern {
            Pattern::Exact(text) => Some(text.as_str()),
            _ => None,
        });
    exact.collect()
}
