//! How a text is compared in routes.

use serde::{Deserialize, Serialize};

/// A comparison with one text. An object without any form asks only whether the text is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub enum StringMatch {
    /// There at all, whatever it is; only meaningful for headers and query parameters.
    Present,
    /// The same text.
    Exact(String),
    /// A text that starts so.
    Prefix(String),
    /// A text that matches as a whole, in RE2's notation.
    Regex(String),
}

/// The object as it is written: at most one of the forms.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Draft {
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
}

impl TryFrom<Draft> for StringMatch {
    type Error = &'static str;

    fn try_from(draft: Draft) -> Result<Self, Self::Error> {
        match (draft.exact, draft.prefix, draft.regex) {
            (None, None, None) => Ok(Self::Present),
            (Some(text), None, None) => Ok(Self::Exact(text)),
            (None, Some(text), None) => Ok(Self::Prefix(text)),
            (None, None, Some(text)) => Ok(Self::Regex(text)),
            _ => Err("more than one of exact, prefix and regex: write one"),
        }
    }
}

impl From<StringMatch> for Draft {
    fn from(form: StringMatch) -> Self {
        let empty = Self::default();
        match form {
            StringMatch::Present => empty,
            StringMatch::Exact(text) => Self {
                exact: Some(text),
                ..empty
            },
            StringMatch::Prefix(text) => Self {
                prefix: Some(text),
                ..empty
            },
            StringMatch::Regex(text) => Self {
                regex: Some(text),
                ..empty
            },
        }
    }
}
