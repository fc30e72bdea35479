//! How often something happens: `20/s` or `6/m`.

use std::{fmt, str::FromStr, time::Duration};

use super::TermError;

/// So many times per second or minute; never zero, at most 10,000 per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    count: u32,
    per: Per,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Second,
    Minute,
}

impl Rate {
    /// So many per second.
    ///
    /// # Panics
    /// If `count` is zero.
    pub const fn per_second(count: u32) -> Self {
        assert!(count > 0, "a rate is never zero");
        Self {
            count,
            per: Per::Second,
        }
    }

    /// The time between two of them.
    pub fn interval(self) -> Duration {
        let per = match self.per {
            Per::Second => Duration::from_secs(1),
            Per::Minute => Duration::from_secs(60),
        };
        per / self.count
    }
}

impl FromStr for Rate {
    type Err = TermError;
    fn from_str(text: &str) -> Result<Self, TermError> {
        let error = || Self::error(text);
        let (count, per) = text.split_once('/').ok_or_else(error)?;
        let per = match per {
            "s" => Per::Second,
            "m" => Per::Minute,
            _ => return Err(error()),
        };
        let digits = count.bytes().all(|b| b.is_ascii_digit());
        match count.parse() {
            Ok(count @ 1..=10_000) if digits => Ok(Self { count, per }),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Per::Second => "s",
            Per::Minute => "m",
        };
        write!(f, "{}/{per}", self.count)
    }
}

term!(Rate, "a rate", "20/s or 6/m", "^[1-9][0-9]{0,4}/[sm]$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_per_second_or_minute() {
        let interval = |text: &str| text.parse::<Rate>().unwrap().interval();
        assert_eq!(interval("20/s"), Duration::from_millis(50));
        assert_eq!(interval("6/m"), Duration::from_secs(10));
        for text in ["0/s", "20", "20/h", "+2/s", "20000/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
