//! Where something runs: region, zone and subzone, in Istio's order.

use std::{fmt, str::FromStr};

/// A place as `region/zone/subzone`; a missing tail is empty and means "unknown".
///
/// On nodes it is written as `topology.kubernetes.io/region`, `topology.kubernetes.io/zone` and
/// `topology.istio.io/subzone`.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Locality {
    /// The region, for example `us-east`.
    pub region: String,
    /// The zone within the region.
    pub zone: String,
    /// The subzone within the zone, for example a rack.
    pub subzone: String,
}

/// Why a text is not a locality.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a locality: write region, region/zone or region/zone/subzone")]
pub struct LocalityError {
    /// What was written.
    pub text: String,
}

impl Locality {
    /// Whether nothing is known of the place.
    pub fn is_unknown(&self) -> bool {
        self.region.is_empty() && self.zone.is_empty() && self.subzone.is_empty()
    }
}

impl FromStr for Locality {
    type Err = LocalityError;

    fn from_str(text: &str) -> Result<Self, LocalityError> {
        let parts: Vec<&str> = text.split('/').collect();
        let word = |part: &&str| {
            !part.is_empty()
                && part.len() <= 63
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if parts.len() > 3 || !parts.iter().all(word) {
            return Err(LocalityError {
                text: text.to_owned(),
            });
        }
        let part = |i: usize| parts.get(i).copied().unwrap_or_default().to_owned();
        Ok(Self {
            region: part(0),
            zone: part(1),
            subzone: part(2),
        })
    }
}

impl TryFrom<String> for Locality {
    type Error = LocalityError;
    fn try_from(text: String) -> Result<Self, LocalityError> {
        text.parse()
    }
}

impl From<Locality> for String {
    fn from(locality: Locality) -> String {
        locality.to_string()
    }
}

impl fmt::Display for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = format!("{}/{}/{}", self.region, self.zone, self.subzone);
        f.write_str(whole.trim_end_matches('/'))
    }
}

impl schemars::JsonSchema for Locality {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Locality".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "region, region/zone or region/zone/subzone",
            "pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locality_reads_back_as_it_was_written() {
        for text in ["us-east", "us-east/a", "us-east/a/rack1"] {
            assert_eq!(text.parse::<Locality>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_locality_has_one_to_three_words() {
        for text in ["", "/", "a//b", "a/b/c/d", "a/"] {
            assert!(text.parse::<Locality>().is_err(), "{text}");
        }
    }
}
