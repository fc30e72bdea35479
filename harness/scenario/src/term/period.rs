//! A length of time as people write it: `30s`, `1m30s`, `200ms`, `13h`.

use std::{fmt, str::FromStr, time::Duration};

use super::TermError;

/// A length of time; at most 1,000 days, so that no sum of them overflows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Period(Duration);

const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const LONGEST_MS: u64 = 1_000 * 24 * 3_600_000;

impl Period {
    /// So many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(Duration::from_secs(seconds as u64))
    }

    /// The time as the standard library counts it.
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Period {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        milliseconds(text)
            .filter(|&ms| ms <= LONGEST_MS)
            .map(|ms| Self(Duration::from_millis(ms)))
            .ok_or_else(|| Self::error(text))
    }
}

/// Adds up the parts, each with a unit smaller than the one before.
fn milliseconds(text: &str) -> Option<u64> {
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() || text.is_empty() {
        let (number, unit, tail) = part(rest)?;
        let (_, factor) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = tail;
    }
    Some(total)
}

/// Splits `90s…` into its number, its unit and what follows.
fn part(text: &str) -> Option<(u64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = &text[digits..];
    let end = unit
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(unit.len());
    Some((text[..digits].parse().ok()?, &unit[..end], &unit[end..]))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).expect("at most 1,000 days");
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, factor) in UNITS {
            if rest >= factor {
                write!(f, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

term!(
    Period,
    "a length of time",
    "30s, 1m30s, 200ms or 13h",
    "^([0-9]{1,9}h([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?|[0-9]{1,9}m([0-9]{1,9}s)?([0-9]{1,9}ms)?|[0-9]{1,9}s([0-9]{1,9}ms)?|[0-9]{1,9}ms)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_the_sum_of_its_parts() {
        for (text, ms) in [
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("200ms", 200),
            ("13h", 46_800_000),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.as_duration(), Duration::from_millis(ms));
            assert_eq!(period.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "30",
            "s",
            "3.5s",
            "30s1m",
            "-1s",
            "1d",
            "99999999h",
            "1s1s",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
