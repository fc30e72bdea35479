//! Terms: the small texts people write (`30s`, `0.5%`, `20/s`, `100Mbit`), each parsed once into a
//! type that cannot be wrong.

/// Gives a textual term its serde and JSON-schema faces from `FromStr` and `Display`.
macro_rules! term {
    ($name:ident, $what:literal, $example:literal, $pattern:literal) => {
        impl $name {
            /// The error for a text that is no such term.
            fn error(text: &str) -> $crate::term::TermError {
                $crate::term::TermError {
                    text: text.to_owned(),
                    what: $what,
                    example: $example,
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::term::TermError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": concat!($what, "; write it like ", $example),
                    "pattern": $pattern,
                })
            }
        }
    };
}

mod bandwidth;
mod list;
mod percent;
mod period;
mod rate;

pub use bandwidth::Bandwidth;
pub use list::OneOrMany;
pub use percent::Percent;
pub use period::Period;
pub use rate::Rate;

/// Why a term cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}; write it like {example}")]
pub struct TermError {
    /// What was written.
    pub text: String,
    /// What it should have been, with its article.
    pub what: &'static str,
    /// Good examples.
    pub example: &'static str,
}
