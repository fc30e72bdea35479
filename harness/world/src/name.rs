//! Names of things: one type each, so that a cluster can never be taken for a network.
//!
//! Every name is a DNS label (RFC 1123), because each ends up in a Kubernetes object name, a
//! label value or a host name. A name is told to many and changed by nobody: clones share the text.

use std::{fmt, str::FromStr, sync::Arc};

/// The longest name: names are prefixed on real engines and must stay within 63 characters there.
pub const MAX_NAME: usize = 40;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("a {what} name must not be empty")]
    Empty {
        /// The kind of name.
        what: &'static str,
    },
    /// Longer than [`MAX_NAME`].
    #[error("the {what} name has {length} characters; use at most {MAX_NAME}")]
    TooLong {
        /// The kind of name.
        what: &'static str,
        /// How many characters were written.
        length: usize,
    },
    /// A character that a DNS label cannot hold, or one in the wrong place.
    #[error(
        "'{text}' is not a {what} name: use lower-case letters, digits and '-', \
         starting and ending with a letter or digit"
    )]
    NotALabel {
        /// The kind of name.
        what: &'static str,
        /// What was written.
        text: String,
    },
}

fn check(what: &'static str, text: &str) -> Result<(), NameError> {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (None, _) | (_, None) => Err(NameError::Empty { what }),
        _ if bytes.len() > MAX_NAME => Err(NameError::TooLong {
            what,
            length: bytes.len(),
        }),
        (Some(&first), Some(&last))
            if alnum(first) && alnum(last) && bytes.iter().all(|&b| alnum(b) || b == b'-') =>
        {
            Ok(())
        }
        _ => Err(NameError::NotALabel {
            what,
            text: text.to_owned(),
        }),
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a name.
            ///
            /// # Errors
            /// If `text` is not a DNS label of at most [`MAX_NAME`] characters.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                check($what, &text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_NAME,
                    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                })
            }
        }
    )*};
}

names! {
    /// A Kubernetes cluster, and Istio's cluster ID.
    ClusterName = "cluster";
    /// A network: workloads in one reach each other by address.
    NetworkName = "network";
    /// A mesh: one trust domain under one administration.
    MeshName = "mesh";
    /// A Kubernetes namespace.
    NamespaceName = "namespace";
    /// A node of a cluster.
    NodeName = "node";
    /// A virtual machine outside every cluster.
    VmName = "VM";
    /// A workload: a Deployment or StatefulSet and its Service.
    WorkloadName = "workload";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_label() {
        for good in ["a", "cluster1", "us-east-1", "1a"] {
            assert!(ClusterName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", "a b"] {
            assert!(ClusterName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_has_at_most_forty_characters() {
        assert!(NetworkName::new("n".repeat(MAX_NAME)).is_ok());
        assert_eq!(
            NetworkName::new("n".repeat(MAX_NAME + 1)),
            Err(NameError::TooLong {
                what: "network",
                length: MAX_NAME + 1
            })
        );
    }
}
