//! The rules of a policy as Envoy evaluates them, for HTTP or for TCP.

use super::{attribute::Attribute, pattern::Pattern, rules};
use crate::{
    Decision, RuleId,
    identity::{TrustDomains, expand_principals},
    kinds::authorization_policy::{Action, Operation, Rule, Source},
};

/// What is evaluated: requests, or connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Requests on a filter chain that reads HTTP.
    Http,
    /// Connections on one that does not.
    Tcp,
}

/// A demand on one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it is about.
    pub attribute: Attribute,
    /// One of these must fit, if there are any.
    pub any: Vec<Pattern>,
    /// None of these may fit.
    pub none: Vec<Pattern>,
}

/// A rule: one of the sources and one of the operations must hold, each with all of its clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Who calls.
    pub sources: Vec<Vec<Clause>>,
    /// What is called.
    pub operations: Vec<Vec<Clause>>,
}

/// What a rule is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The policy's namespace.
    pub namespace: &'a str,
    /// The policy's action.
    pub action: Action,
    /// What is evaluated.
    pub layer: Layer,
    /// The mesh's trust domains.
    pub trust_domains: &'a TrustDomains,
}

/// A list of wanted and one of unwanted values of an attribute, as they are written.
struct Written<'a> {
    attribute: Attribute,
    values: &'a [String],
    not_values: &'a [String],
}

/// Why a rule or a part of it is left out.
enum Flaw {
    /// The attribute has no meaning on this layer.
    WrongLayer,
    /// A value is malformed.
    Malformed,
}

impl Model {
    /// The rule as it is evaluated; `None` if it is left out, so that it never matches.
    pub fn of(rule: &Rule, reading: Reading<'_>) -> Decision<Option<Self>> {
        match Self::build(rule, reading) {
            Ok((model, because)) => Decision::new(Some(model), because),
            Err(because) => Decision::new(None, because),
        }
    }

    fn build(rule: &Rule, reading: Reading<'_>) -> Result<(Self, RuleId), RuleId> {
        let mut builder = Builder {
            reading,
            because: rules::RULE_WHOLE,
        };
        let (mut about_source, mut about_operation) = (Vec::new(), Vec::new());
        for condition in &rule.when {
            let attribute = Attribute::of_key(&condition.key).ok_or(rules::RULE_INVALID)?;
            let operation = attribute.is_about_the_operation();
            let written = Written::new(attribute, &condition.values, &condition.not_values);
            let list = if operation {
                &mut about_operation
            } else {
                &mut about_source
            };
            list.extend(builder.clause(written)?);
        }
        let sources = rule.from.iter().map(|from| of_source(from.source.as_ref()));
        let operations = rule.to.iter().map(|to| of_operation(to.operation.as_ref()));
        let model = Self {
            sources: builder.all(sources.collect(), &about_source)?,
            operations: builder.all(operations.collect(), &about_operation)?,
        };
        Ok((model, builder.because))
    }

    /// A rule that asks for nothing matches everything.
    pub fn matches_everything(&self) -> bool {
        let free = |lists: &[Vec<Clause>]| lists.iter().any(Vec::is_empty);
        free(&self.sources) && free(&self.operations)
    }
}

impl<'a> Written<'a> {
    fn new(attribute: Attribute, values: &'a [String], not_values: &'a [String]) -> Self {
        Self {
            attribute,
            values,
            not_values,
        }
    }
}

struct Builder<'a> {
    reading: Reading<'a>,
    because: RuleId,
}

impl Builder<'_> {
    /// Each written list with the conditions that hold for all of them; without any list the
    /// conditions stand alone.
    fn all(
        &mut self,
        written: Vec<Vec<Written<'_>>>,
        conditions: &[Clause],
    ) -> Result<Vec<Vec<Clause>>, RuleId> {
        if written.is_empty() {
            return Ok(vec![conditions.to_vec()]);
        }
        let mut lists = Vec::new();
        for list in written {
            let mut clauses = Vec::new();
            for one in list {
                clauses.extend(self.clause(one)?);
            }
            clauses.extend_from_slice(conditions);
            lists.push(clauses);
        }
        Ok(lists)
    }

    /// The clause for what is written; none if nothing is, or if what is written is dropped.
    fn clause(&mut self, written: Written<'_>) -> Result<Option<Clause>, RuleId> {
        let (any, none) = (
            self.expanded(&written, written.values),
            self.expanded(&written, written.not_values),
        );
        if any.is_empty() && none.is_empty() {
            return Ok(None);
        }
        let clause = Clause {
            any: self.patterns(&written.attribute, &any)?,
            none: self.patterns(&written.attribute, &none)?,
            attribute: written.attribute,
        };
        let empty = clause.any.is_empty() && clause.none.is_empty();
        Ok((!empty).then_some(clause))
    }

    fn expanded(&self, written: &Written<'_>, values: &[String]) -> Vec<String> {
        let mesh = self.reading.trust_domains;
        match written.attribute {
            Attribute::SourcePrincipal => expand_principals(values, mesh).value,
            Attribute::SourceTrustDomain => mesh.expand_domains(values).value,
            _ => values.to_vec(),
        }
    }

    fn patterns(
        &mut self,
        attribute: &Attribute,
        values: &[String],
    ) -> Result<Vec<Pattern>, RuleId> {
        let mut patterns = Vec::new();
        for value in values {
            match self.pattern(attribute, value) {
                Ok(pattern) => patterns.push(pattern),
                Err(flaw) => self.leave_out(&flaw)?,
            }
        }
        Ok(patterns)
    }

    fn pattern(&self, attribute: &Attribute, value: &str) -> Result<Pattern, Flaw> {
        if attribute.is_http() && self.reading.layer == Layer::Tcp {
            return Err(Flaw::WrongLayer);
        }
        Pattern::of(attribute, value, self.reading.namespace).ok_or(Flaw::Malformed)
    }

    /// Leaves a value out, or with ALLOW the whole rule, so that never more is let in than meant.
    fn leave_out(&mut self, flaw: &Flaw) -> Result<(), RuleId> {
        let because = match (flaw, self.reading.action) {
            (Flaw::WrongLayer, Action::Allow) => return Err(rules::TCP_ALLOW_DROPPED),
            (Flaw::Malformed, Action::Allow) => return Err(rules::RULE_INVALID),
            (Flaw::WrongLayer, _) => rules::TCP_FIELD_DROPPED,
            (Flaw::Malformed, _) => rules::RULE_INVALID,
        };
        self.because = because;
        Ok(())
    }
}

fn of_source(source: Option<&Source>) -> Vec<Written<'_>> {
    let Some(s) = source else { return Vec::new() };
    let token = || Attribute::Token("request.auth.principal".to_owned());
    vec![
        Written::new(Attribute::SourcePrincipal, &s.principals, &s.not_principals),
        Written::new(token(), &s.request_principals, &s.not_request_principals),
        Written::new(
            Attribute::SourceServiceAccount,
            &s.service_accounts,
            &s.not_service_accounts,
        ),
        Written::new(
            Attribute::SourceTrustDomain,
            &s.trust_domains,
            &s.not_trust_domains,
        ),
        Written::new(Attribute::SourceNamespace, &s.namespaces, &s.not_namespaces),
        Written::new(
            Attribute::RemoteIp,
            &s.remote_ip_blocks,
            &s.not_remote_ip_blocks,
        ),
        Written::new(Attribute::SourceIp, &s.ip_blocks, &s.not_ip_blocks),
    ]
}

fn of_operation(operation: Option<&Operation>) -> Vec<Written<'_>> {
    let Some(o) = operation else {
        return Vec::new();
    };
    vec![
        Written::new(Attribute::Host, &o.hosts, &o.not_hosts),
        Written::new(Attribute::Method, &o.methods, &o.not_methods),
        Written::new(Attribute::Path, &o.paths, &o.not_paths),
        Written::new(Attribute::DestinationPort, &o.ports, &o.not_ports),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap()
    }

    fn read(json: &str, action: Action, layer: Layer) -> Decision<Option<Model>> {
        let mesh = TrustDomains {
            own: "east".to_owned(),
            aliases: vec!["west".to_owned()],
        };
        let reading = Reading {
            namespace: "shop",
            action,
            layer,
            trust_domains: &mesh,
        };
        Model::of(&rule(json), reading)
    }

    const MIXED: &str = r#"{"from":[{"source":{"namespaces":["shop"]}}],
        "to":[{"operation":{"methods":["GET"],"ports":["80"]}}]}"#;

    #[test]
    fn an_empty_rule_matches_everything() {
        let model = read("{}", Action::Allow, Layer::Http).value.unwrap();
        assert!(model.matches_everything());
        let model = read(MIXED, Action::Allow, Layer::Http).value.unwrap();
        assert!(!model.matches_everything());
        let half = read(
            r#"{"to":[{"operation":{"ports":["80"]}}]}"#,
            Action::Deny,
            Layer::Tcp,
        );
        assert!(!half.value.unwrap().matches_everything());
    }

    #[test]
    fn on_tcp_a_deny_rule_gets_wider_and_an_allow_rule_is_left_out() {
        let denied = read(MIXED, Action::Deny, Layer::Tcp);
        assert_eq!(denied.because, rules::TCP_FIELD_DROPPED);
        let operations = denied.value.unwrap().operations;
        assert_eq!(operations[0].len(), 1);
        assert_eq!(operations[0][0].attribute, Attribute::DestinationPort);
        let allowed = read(MIXED, Action::Allow, Layer::Tcp);
        assert_eq!(allowed, Decision::new(None, rules::TCP_ALLOW_DROPPED));
    }

    #[test]
    fn conditions_hold_for_every_source_or_operation_they_are_about() {
        let json = r#"{"from":[{"source":{"namespaces":["a"]}},{"source":{"namespaces":["b"]}}],
            "when":[{"key":"source.ip","values":["10.0.0.1"]},{"key":"destination.port","notValues":["80"]}]}"#;
        let model = read(json, Action::Allow, Layer::Tcp).value.unwrap();
        assert_eq!(model.sources.len(), 2);
        assert!(model.sources.iter().all(|clauses| clauses.len() == 2));
        assert_eq!(
            model.operations,
            [[Clause {
                attribute: Attribute::DestinationPort,
                any: vec![],
                none: vec![Pattern::Port(80)],
            }]]
        );
    }

    #[test]
    fn identities_count_in_every_trust_domain_of_the_mesh() {
        let json = r#"{"from":[{"source":{"principals":["west/ns/shop/sa/cart"],"notTrustDomains":["east"]}}]}"#;
        let model = read(json, Action::Allow, Layer::Tcp).value.unwrap();
        let clauses = &model.sources[0];
        let exact = |domain| Pattern::Exact(format!("spiffe://{domain}/ns/shop/sa/cart"));
        assert_eq!(clauses[0].any, [exact("east"), exact("west")]);
        assert_eq!(clauses[1].none.len(), 2);
    }

    #[test]
    fn a_malformed_value_is_left_out_of_deny_and_takes_an_allow_rule_with_it() {
        let json = r#"{"to":[{"operation":{"ports":["80","http"]}}]}"#;
        assert_eq!(
            read(json, Action::Allow, Layer::Tcp),
            Decision::new(None, rules::RULE_INVALID)
        );
        let denied = read(json, Action::Deny, Layer::Tcp);
        assert_eq!(denied.because, rules::RULE_INVALID);
        assert_eq!(
            denied.value.unwrap().operations[0][0].any,
            [Pattern::Port(80)]
        );
    }

    #[test]
    fn an_unknown_attribute_takes_the_rule_with_it_whatever_the_action() {
        let json = r#"{"when":[{"key":"source.user","values":["x"]}]}"#;
        for action in [Action::Allow, Action::Deny, Action::Audit] {
            assert_eq!(
                read(json, action, Layer::Http),
                Decision::new(None, rules::RULE_INVALID)
            );
        }
    }
}
