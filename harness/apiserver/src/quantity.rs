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
    let (mantissa, scale) = parse(digits)?;
    let as_exponent = suffix.starts_with(['e', 'E']) && suffix.len() > 1;
    Some(decimal(mantissa, exponent - scale, as_exponent))
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
    number.checked_mul(10i128.checked_pow(u32::try_from(exponent + 9).ok()?)?)
}

/// Digits with a point as a whole number and the number of decimals.
fn parse(digits: &str) -> Option<(i128, i32)> {
    let (sign, unsigned) = match digits.as_bytes().first()? {
        b'-' => (-1, &digits[1..]),
        b'+' => (1, &digits[1..]),
        _ => (1, digits),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let plain = !all.is_empty() && all.bytes().all(|b| b.is_ascii_digit());
    let number: i128 = plain.then(|| all.parse().ok())??;
    Some((sign * number, i32::try_from(fraction.len()).ok()?))
}

fn binary(digits: &str, power: usize) -> Option<String> {
    let (mantissa, scale) = parse(digits)?;
    let bytes = mantissa.checked_mul(1024i128.checked_pow(u32::try_from(power).ok()?)?)?;
    let divisor = 10i128.checked_pow(u32::try_from(scale).ok()?)?;
    if bytes % divisor != 0 {
        // Not a whole number of bytes: milli-bytes, as Kubernetes writes it.
        return Some(decimal(bytes, -scale, false));
    }
    let mut value = bytes / divisor;
    let mut power = 0;
    while value != 0 && value % 1024 == 0 && power + 1 < BINARY.len() {
        value /= 1024;
        power += 1;
    }
    Some(format!("{value}{}", BINARY[power]))
}

/// `mantissa · 10^exponent` with the largest suffix that leaves no fraction.
fn decimal(mut mantissa: i128, mut exponent: i32, as_exponent: bool) -> String {
    if mantissa == 0 {
        return "0".to_owned();
    }
    while mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    // Finer than nano is rounded up, as the API documents.
    while exponent < -9 {
        mantissa = mantissa / 10 + i128::from(mantissa % 10 > 0);
        exponent += 1;
    }
    while exponent.rem_euclid(3) != 0 || exponent > 18 {
        mantissa *= 10;
        exponent -= 1;
    }
    if as_exponent {
        return if exponent == 0 {
            mantissa.to_string()
        } else {
            format!("{mantissa}e{exponent}")
        };
    }
    let suffix = DECIMAL
        .iter()
        .find(|(_, e)| *e == exponent)
        .map_or("", |(s, _)| s);
    format!("{mantissa}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::canonical;

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
        ];
        for (written, read) in table {
            assert_eq!(canonical(written).as_deref(), Some(read), "{written}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "abc", "1x", "1.2.3", "--1"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
