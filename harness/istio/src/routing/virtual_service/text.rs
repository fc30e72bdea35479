//! How a text of a request is compared.

use std::collections::BTreeMap;

use regex::Regex;

use crate::kinds::StringMatch;

/// Why the routes of a virtual service cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// An expression that is none.
    #[error("'{regex}' is not a regular expression in RE2's notation: {why}")]
    Regex {
        /// What is written.
        regex: String,
        /// What is wrong with it.
        why: String,
    },
    /// A subnet that is none.
    #[error("'{text}' is not an address or a range: write 10.0.0.0/8")]
    Subnet {
        /// What is written.
        text: String,
    },
}

/// A comparison with one text, ready to be made.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Any,
    Exact(String),
    Prefix(String),
    Regex(Regex),
}

impl Text {
    pub(super) fn new(written: &StringMatch) -> Result<Self, RouteError> {
        Ok(match written {
            StringMatch::Present => Self::Any,
            StringMatch::Exact(text) => Self::Exact(text.clone()),
            StringMatch::Prefix(text) => Self::Prefix(text.clone()),
            StringMatch::Regex(text) => Self::Regex(whole(text)?),
        })
    }

    pub(super) fn optional(written: Option<&StringMatch>) -> Result<Self, RouteError> {
        written.map_or(Ok(Self::Any), Self::new)
    }

    pub(super) fn named(
        written: &BTreeMap<String, StringMatch>,
    ) -> Result<Vec<(String, Self)>, RouteError> {
        written
            .iter()
            .map(|(name, text)| Ok((name.clone(), Self::new(text)?)))
            .collect()
    }

    pub(super) fn takes(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Without regard to case; expressions see to it themselves.
    pub(super) fn takes_any_case(&self, text: &str) -> bool {
        match self {
            Self::Any | Self::Regex(_) => self.takes(text),
            Self::Exact(exact) => text.eq_ignore_ascii_case(exact),
            Self::Prefix(prefix) => text
                .to_ascii_lowercase()
                .starts_with(&prefix.to_ascii_lowercase()),
        }
    }
}

/// An expression that must fit a text as a whole.
fn whole(regex: &str) -> Result<Regex, RouteError> {
    Regex::new(&format!("^(?:{regex})$")).map_err(|error| RouteError::Regex {
        regex: regex.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text {
        Text::new(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn an_expression_must_fit_as_a_whole() {
        assert!(text(r#"{"regex":"a|bc"}"#).takes("bc"));
        assert!(!text(r#"{"regex":"a|b"}"#).takes("bc"));
    }

    #[test]
    fn case_is_disregarded_except_in_expressions() {
        assert!(text(r#"{"exact":"Ab"}"#).takes_any_case("aB"));
        assert!(text(r#"{"prefix":"Ab"}"#).takes_any_case("aBc"));
        assert!(!text(r#"{"prefix":"Ab"}"#).takes_any_case("bc"));
        assert!(!text(r#"{"regex":"Ab"}"#).takes_any_case("ab"));
        assert!(text("{}").takes_any_case("anything") && text("{}").takes(""));
    }

    #[test]
    fn an_expression_that_is_none_is_refused_by_its_text() {
        let error = Text::new(&StringMatch::Regex("(".to_owned())).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("'(' is not a regular expression"),
            "{error}"
        );
    }
}
