//! The register of rules: every [`RuleId`] that a decision can name, with its summary and source.
//!
//! A module declares its rules in one table with the `rules!` macro and adds that table to
//! [`TABLES`]. A rule outside the register cannot be written, because only the macro makes ids.

use crate::RuleId;

/// One rule of Istio or Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name, `area/rule`.
    pub id: &'static str,
    /// What it decides, in one line.
    pub summary: &'static str,
    /// Where that is written: a path in Istio's repository, or Envoy's documentation.
    pub source: &'static str,
}

impl Rule {
    /// The name as decisions carry it.
    pub fn rule_id(&self) -> RuleId {
        RuleId::new(self.id)
    }
}

/// Declares the rules of a module: constants to name in decisions, and their table `RULES`.
macro_rules! rules {
    ($($name:ident = $id:literal, $summary:literal, $source:literal;)*) => {
        $(
            #[doc = $summary]
            #[doc = concat!("\n\nSource: ", $source)]
            pub const $name: $crate::RuleId = $crate::RuleId::new($id);
        )*

        /// The rules of this module.
        pub const RULES: &[$crate::Rule] = &[
            $($crate::Rule { id: $id, summary: $summary, source: $source },)*
        ];
    };
}
pub(crate) use rules;

/// The tables of all modules, in the order of their names.
const TABLES: &[&[Rule]] = &[
    crate::auth::rules::RULES,
    crate::authz::rules::RULES,
    crate::dns::rules::RULES,
    crate::endpoint::rules::RULES,
    crate::envoy::rules::RULES,
    crate::identity::rules::RULES,
    crate::injection::rules::RULES,
    crate::locality::rules::RULES,
    crate::network::rules::RULES,
    crate::remote::rules::RULES,
    crate::routing::rules::RULES,
    crate::service::rules::RULES,
    crate::tls::rules::RULES,
    crate::visibility::rules::RULES,
];

/// Every rule there is.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().copied().flatten()
}

/// The rule of that name, or `None` if no module declares it.
pub fn find(id: &RuleId) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_rules_share_a_name() {
        let mut seen = BTreeSet::new();
        for rule in all() {
            assert!(seen.insert(rule.id), "{} is declared twice", rule.id);
        }
    }

    #[test]
    fn a_rule_is_found_by_its_id_alone() {
        for rule in all() {
            assert_eq!(find(&rule.rule_id()), Some(rule));
        }
        assert_eq!(find(&RuleId::new("nobody/knows-it")), None);
    }

    #[test]
    fn a_rule_says_what_it_decides_and_where_that_is_written() {
        for rule in all() {
            assert!(rule.id.split('/').count() == 2, "{}", rule.id);
            assert!(
                !rule.summary.is_empty() && !rule.source.is_empty(),
                "{}",
                rule.id
            );
        }
    }
}
