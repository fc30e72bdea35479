//! Versions of Istio and Kubernetes as people write them.

use std::{fmt, str::FromStr};

/// A version such as `1.30.3` or `1.32.0-alpha.1`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Version(semver::Version);

/// A requirement on a version such as `>=1.30.4` or `>=1.29, <1.31`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionReq(semver::VersionReq);

/// Why a text is not a version or a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a version{kind}: {why}; write it like {example}")]
pub struct VersionError {
    text: String,
    kind: &'static str,
    why: String,
    example: &'static str,
}

impl Version {
    /// A release version.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.0.major
    }

    /// The second number: what support windows and skew are counted in.
    pub fn minor(&self) -> u64 {
        self.0.minor
    }

    /// The third number.
    pub fn patch(&self) -> u64 {
        self.0.patch
    }
}

impl VersionReq {
    /// Whether `version` fulfils the requirement. A pre-release counts as its release, because a
    /// build of the coming minor behaves like it.
    pub fn matches(&self, version: &Version) -> bool {
        let Version(v) = version;
        self.0
            .matches(&semver::Version::new(v.major, v.minor, v.patch))
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = |why: String| VersionError {
            text: text.to_owned(),
            kind: "",
            why,
            example: "1.30.3",
        };
        semver::Version::parse(text.strip_prefix('v').unwrap_or(text))
            .map(Self)
            .map_err(|e| error(e.to_string()))
    }
}

impl FromStr for VersionReq {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = |why: String| VersionError {
            text: text.to_owned(),
            kind: " requirement",
            why,
            example: "\">=1.30.4\"",
        };
        semver::VersionReq::parse(text)
            .map(Self)
            .map_err(|e| error(e.to_string()))
    }
}

macro_rules! text {
    ($($name:ident, $schema:literal;)*) => {$(
        impl TryFrom<String> for $name {
            type Error = VersionError;
            fn try_from(text: String) -> Result<Self, VersionError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $schema })
            }
        }
    )*};
}

text! {
    Version, "a version such as 1.30.3";
    VersionReq, "a requirement on a version such as \">=1.30.4\"";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_not_by_letter() {
        let v = |t: &str| t.parse::<Version>().unwrap();
        assert!(v("1.9.0") < v("1.10.0"));
        assert!(v("1.32.0-alpha.1") < v("1.32.0"));
        assert_eq!(v("v1.30.3"), v("1.30.3"));
    }

    #[test]
    fn a_prerelease_counts_as_its_release_in_a_requirement() {
        let req: VersionReq = ">=1.32".parse().unwrap();
        assert!(req.matches(&"1.32.0-alpha.1".parse().unwrap()));
        assert!(!req.matches(&"1.31.9".parse().unwrap()));
    }
}
