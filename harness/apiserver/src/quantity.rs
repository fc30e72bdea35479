//! Quantities such as `1.5Gi`: read exactly, written in canonical form.

/// The binary suffixes, by powers of 1024.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// The decimal suffixes and their powers of ten.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// The canonical form, in which Kubernetes writes a quantity back; `None` if it is not one.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)))
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    if let Some(power) = BINARY
        .iter()
        .position(|s| *s == suffix)
        .filter(|power| *power > 0)
    {
        return binary(digits, power);
    }
    let exponent = match DECIMAL.iter().find(|(s, _)| *s == suffix) {
        Some((_, exponent)) => *exponent,
        None => suffix.strip_prefix(['e', 'E'])?.parse().ok()?,
    };
    let mut number = parse(digits)?;
    number.exponent += i64::from(exponent);
    let as_exponent = suffix.starts_with(['e', 'E']) && suffix.len() > 1;
    number.decimal(as_exponent)
}

/// How two quantities compare; `None` if one of them is none.
pub(crate) fn compare(a: &str, b: &str) -> Option<std::cmp::Ordering> {
    nano(a).zip(nano(b)).map(|(a, b)| a.cmp(&b))
}

/// A canonical quantity in billionths.
fn nano(text: &str) -> Option<i128> {
    let text = canonical(text)?;
    let end = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let number: i128 = digits.parse().ok()?;
    if let Some(power) = BINARY
        .iter()
        .position(|s| *s == suffix)
        .filter(|power| *power > 0)
    {
        return number
            .checked_mul(1024i128.checked_pow(u32::try_from(power).ok()?)?)?
            .checked_mul(1_000_000_000);
    }
    let exponent = match DECIMAL.iter().find(|(s, _)| *s == suffix) {
        Some((_, exponent)) => *exponent,
        None => suffix.strip_prefix('e')?.parse().ok()?,
    };
    let billionths = u32::try_from(exponent.checked_add(9)?).ok()?;
    number.checked_mul(10i128.checked_pow(billionths)?)
}

/// `mantissa · 10^exponent`.
#[derive(Clone, Copy)]
struct Number {
    mantissa: i128,
    exponent: i64,
}

/// Digits with a point.
fn parse(digits: &str) -> Option<Number> {
    let (sign, unsigned) = match digits.as_bytes().first()? {
        b'-' => (-1, &digits[1..]),
        b'+' => (1, &digits[1..]),
        _ => (1, digits),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let plain = !all.is_empty() && all.bytes().all(|b| b.is_ascii_digit());
    let number: i128 = plain.then(|| all.parse().ok())??;
    Some(Number {
        mantissa: sign * number,
        exponent: -i64::try_from(fraction.len()).ok()?,
    })
}

/// Bytes are capped at what 63 bits hold, as Kubernetes caps them.
fn binary(digits: &str, power: usize) -> Option<String> {
    let Number { mantissa, exponent } = parse(digits)?;
    let factor = 1024i128.checked_pow(u32::try_from(power).ok()?)?;
    let bytes = mantissa.checked_mul(factor)?;
    let divisor = 10i128.checked_pow(u32::try_from(-exponent).ok()?)?;
    if bytes % divisor != 0 {
        // Not a whole number of bytes: milli-bytes, as Kubernetes writes it.
        let mantissa = bytes;
        return Number { mantissa, exponent }.decimal(false);
    }
    let most = i128::from(i64::MAX);
    let mut value = (bytes / divisor).clamp(-most, most);
    let mut power = 0;
    while value != 0 && value % 1024 == 0 && power + 1 < BINARY.len() {
        value /= 1024;
        power += 1;
    }
    Some(format!("{value}{}", BINARY[power]))
}

impl Number {
    /// With the largest suffix that leaves no fraction; `None` if it is too great for any. (Kubernetes
    /// takes 1000E and reads it as 1.)
    fn decimal(self, as_exponent: bool) -> Option<String> {
        let Number { mantissa, exponent } = self.in_billionths().in_thousands(as_exponent)?;
        if mantissa == 0 || exponent == 0 {
            return Some(mantissa.to_string());
        }
        if as_exponent {
            return Some(format!("{mantissa}e{exponent}"));
        }
        let mut suffixes = DECIMAL.iter();
        let (suffix, _) = suffixes.find(|(_, e)| i64::from(*e) == exponent)?;
        Some(format!("{mantissa}{suffix}"))
    }

    /// Finer than billionths is rounded away from zero, as the API documents.
    fn in_billionths(self) -> Self {
        let finer = u32::try_from(-9 - self.exponent).unwrap_or(0);
        let mantissa = match 10i128.checked_pow(finer) {
            Some(divisor) => {
                let rest = self.mantissa % divisor;
                self.mantissa / divisor + rest.signum()
            }
            None => self.mantissa.signum(),
        };
        let exponent = self.exponent.max(-9);
        Self { mantissa, exponent }
    }

    /// Without zeros at its end but for those that make its exponent a suffix's.
    fn in_thousands(mut self, as_exponent: bool) -> Option<Self> {
        while self.mantissa != 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.exponent += 1;
        }
        let multiple = self.exponent - self.exponent.rem_euclid(3);
        let exponent = if as_exponent {
            multiple
        } else {
            multiple.min(18)
        };
        let zeros = u32::try_from(self.exponent - exponent).ok()?;
        let mantissa = self.mantissa.checked_mul(10i128.checked_pow(zeros)?)?;
        Some(Self { mantissa, exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_canonically() {
        let table = [
            ("1.5", "1500m"),
            ("1.5Gi", "1536Mi"),
            ("1024Mi", "1Gi"),
            ("1000m", "1"),
            ("0.1", "100m"),
            ("2000", "2k"),
            ("100e3", "100e3"),
            ("128Mi", "128Mi"),
            ("0", "0"),
            ("0.0001m", "100n"),
            ("-1.5", "-1500m"),
            ("+1.", "1"),
            (".5", "500m"),
            ("15e2", "1500"),
            ("12e-1", "1200e-3"),
            ("1e300", "1e300"),
            ("9223372036854775808", "9223372036854775808"),
            ("0.5Ki", "512"),
            ("0.1Ki", "102400m"),
            ("0.000001Ki", "1024u"),
        ];
        for (written, read) in table {
            assert_eq!(canonical(written).as_deref(), Some(read), "{written}");
        }
    }

    /// Seen of `ParseQuantity` of `k8s.io/apimachinery` 0.34.
    #[test]
    fn what_is_too_fine_is_rounded_up_and_too_many_bytes_are_capped() {
        let table = [
            ("1e-10", "1e-9"),
            ("0.0000000001", "1n"),
            ("1.0000000001", "1000000001n"),
            ("-0.0000000011", "-2n"),
            ("1e-300", "1e-9"),
            ("16Ei", "9223372036854775807"),
            ("-16Ei", "-9223372036854775807"),
        ];
        for (written, read) in table {
            assert_eq!(canonical(written).as_deref(), Some(read), "{written}");
        }
    }

    #[test]
    fn what_no_suffix_is_great_enough_for_is_refused() {
        let more = "9".repeat(40);
        for text in [more.as_str(), &format!("{more}E"), "1e99999999999"] {
            assert_eq!(canonical(text), None, "{text}");
        }
        assert!(canonical("1e2147483647").is_some());
        assert_eq!(compare("1e2147483647", "1"), None);
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "abc", "1x", "1.2.3", "--1"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
