//! A share in percent: `50`, `0.5` or `0.5%`.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::TermError;

/// A share between 0 and 100 percent, kept in parts per million so that it compares exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    ppm: u32,
}

const PPM_PER_PERCENT: f64 = 10_000.0;

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self { ppm: 0 };

    /// So many whole percent.
    ///
    /// # Panics
    /// If there are more than 100.
    pub const fn whole(percent: u32) -> Self {
        assert!(percent <= 100, "a share is at most 100 percent");
        Self {
            ppm: percent * 10_000,
        }
    }

    /// Parts per million.
    pub const fn ppm(self) -> u32 {
        self.ppm
    }

    /// As a fraction between 0 and 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.ppm) / 1e6
    }

    fn from_number(percent: f64) -> Result<Self, TermError> {
        let ppm = (percent * PPM_PER_PERCENT).round();
        if (0.0..=1e6).contains(&ppm) {
            Ok(Self { ppm: ppm as u32 })
        } else {
            Err(error(&percent.to_string()))
        }
    }
}

fn error(text: &str) -> TermError {
    TermError {
        text: text.to_owned(),
        what: "a share between 0 and 100 percent",
        example: "50 or 0.5%",
    }
}

impl FromStr for Percent {
    type Err = TermError;
    fn from_str(text: &str) -> Result<Self, TermError> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let percent = number.parse().ok().filter(|_| plain);
        Self::from_number(percent.ok_or_else(|| error(text))?)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.ppm) / PPM_PER_PERCENT)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Self::from_number(number),
            Written::Text(text) => text.parse(),
        }
        .map_err(D::Error::custom)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string"],
            "description": "a share between 0 and 100 percent; write it like 50 or 0.5%",
            "pattern": "^[0-9]+(\\.[0-9]+)?%?$",
            "minimum": 0,
            "maximum": 100,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_with_or_without_the_sign() {
        for text in ["0.5%", "0.5"] {
            assert_eq!(text.parse::<Percent>().unwrap().ppm(), 5_000);
        }
        assert_eq!(
            serde_json::from_str::<Percent>("50").unwrap(),
            Percent::whole(50)
        );
        assert_eq!(Percent::whole(50).to_string(), "50%");
    }

    #[test]
    fn a_share_stays_between_nothing_and_all() {
        for text in ["101", "-1", "half", "", "%", "inf", "1e1"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
