//! What fits through a link: `100Mbit`, `1Gbit`.

use std::{fmt, str::FromStr};

use super::TermError;

/// Bits per second, as `tc` writes them; never zero.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Bandwidth(u64);

const UNITS: [(&str, u64); 3] = [
    ("Gbit", 1_000_000_000),
    ("Mbit", 1_000_000),
    ("kbit", 1_000),
];

impl Bandwidth {
    /// Bits per second.
    pub const fn bits_per_second(self) -> u64 {
        self.0
    }
}

impl FromStr for Bandwidth {
    type Err = TermError;
    fn from_str(text: &str) -> Result<Self, TermError> {
        let error = || Self::error(text);
        let read = |(unit, factor): &(&str, u64)| {
            let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
            (number > 0).then(|| u64::from(number) * factor)
        };
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(error());
        }
        UNITS.iter().find_map(read).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = UNITS
            .into_iter()
            .find(|(_, factor)| self.0.is_multiple_of(*factor))
            .expect("parsed as a multiple of a unit");
        write!(f, "{}{unit}", self.0 / factor)
    }
}

term!(
    Bandwidth,
    "a bandwidth",
    "100Mbit or 1Gbit",
    "^[1-9][0-9]{0,8}(kbit|Mbit|Gbit)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandwidth_is_bits_per_second() {
        let bits = |text: &str| text.parse::<Bandwidth>().map(Bandwidth::bits_per_second);
        assert_eq!(bits("100Mbit"), Ok(100_000_000));
        assert_eq!(
            "2000Mbit".parse::<Bandwidth>().unwrap().to_string(),
            "2Gbit"
        );
        for text in ["100", "0Mbit", "Mbit", "100MB", "-1Mbit", "+1Mbit"] {
            assert!(text.parse::<Bandwidth>().is_err(), "{text}");
        }
    }
}
