//! Durations as Istio reads them: Go's notation, such as `1s`, `0.5s`, `1h30m` or `100ms`.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A length of time written in Go's notation; never negative, at a nanosecond's precision.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct IstioDuration(Duration);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a duration: write a number with a unit (h, m, s, ms, us, ns), such as 1s")]
pub struct DurationError {
    /// What was written.
    pub text: String,
}

/// Nanoseconds of each unit; `m` comes after `ms`, so that the longer name is tried first.
const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3600 * 1_000_000_000),
];

impl IstioDuration {
    /// The same length as the standard library's type.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for IstioDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for IstioDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let wrong = || DurationError {
            text: text.to_owned(),
        };
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let mut rest = text;
        let mut total = Duration::ZERO;
        while !rest.is_empty() {
            let (part, tail) = leading_part(rest).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = tail;
        }
        if text.is_empty() {
            return Err(wrong());
        }
        Ok(Self(total))
    }
}

/// Splits `1.5h20m` into an hour and a half, and `20m`.
fn leading_part(text: &str) -> Option<(Duration, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, tail) = text.split_at(digits);
    let (unit, nanos) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
    Some((scaled(number, *nanos)?, &tail[unit.len()..]))
}

/// A decimal number of units, without the rounding of floating point.
fn scaled(number: &str, unit: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nanos = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        nanos = nanos.checked_add(place * u64::from(digit.to_digit(10)?))?;
    }
    Some(Duration::from_nanos(nanos))
}

impl TryFrom<String> for IstioDuration {
    type Error = DurationError;
    fn try_from(text: String) -> Result<Self, DurationError> {
        text.parse()
    }
}

impl From<IstioDuration> for String {
    fn from(duration: IstioDuration) -> String {
        duration.to_string()
    }
}

impl fmt::Display for IstioDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 {
            return write!(f, "{seconds}s");
        }
        let fraction = format!("{nanos:09}");
        write!(f, "{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> u128 {
        text.parse::<IstioDuration>().unwrap().get().as_millis()
    }

    #[test]
    fn a_duration_is_read_in_go_notation() {
        assert_eq!(millis("1s"), 1_000);
        assert_eq!(millis("0.5s"), 500);
        assert_eq!(millis(".5s"), 500);
        assert_eq!(millis("1h30m"), 5_400_000);
        assert_eq!(millis("100ms"), 100);
        assert_eq!(millis("1.5h20m0.25s"), 6_600_250);
        assert_eq!(millis("2000us"), 2);
        assert_eq!(millis("3000µs"), 3);
        assert_eq!(millis("0"), 0);
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in [
            "",
            "1",
            "s",
            ".s",
            "1.2.3s",
            "-1s",
            "1 s",
            "1d",
            "99999999999999h",
        ] {
            assert!(text.parse::<IstioDuration>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_in_seconds() {
        let shown = |text: &str| text.parse::<IstioDuration>().unwrap().to_string();
        assert_eq!(shown("1m"), "60s");
        assert_eq!(shown("1500ms"), "1.5s");
        assert_eq!(shown("1ns"), "0.000000001s");
    }
}
