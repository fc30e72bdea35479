//! Reading a leaf as Go reads it: what its type cannot hold is refused, and what can be written in
//! more than one way is kept in Go's. Whatever is read here, a typed client can read.

use std::fmt;

use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

use super::{
    Scalar,
    decode::{Mismatch, mismatch},
    time,
};
use crate::json::Value;

/// Go minds neither the lines of a text in base64 nor the bits that its last letter has too many.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What a leaf is to Go; `None` if that is what it was.
///
/// # Errors
/// If its type cannot hold it.
pub(super) fn read(
    scalar: Scalar,
    value: &Value,
    path: &impl fmt::Display,
) -> Result<Option<Value>, Mismatch> {
    match (scalar, value) {
        (Scalar::Text | Scalar::IntOrString, Value::String(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Number, Value::Number(_)) => Ok(None),
        (Scalar::Time, Value::String(text)) => time::SECONDS.read(text),
        (Scalar::MicroTime, Value::String(text)) => time::MICROSECONDS.read(text),
        (Scalar::Bytes, Value::String(text)) => bytes(text),
        (Scalar::Quantity, Value::String(_) | Value::Number(_)) => quantity(value, path),
        (Scalar::Int32 | Scalar::Int64 | Scalar::IntOrString, Value::Number(_)) => {
            integer(scalar, value, path)
        }
        _ => Err(mismatch(value, path, scalar.go_type())),
    }
}

/// The value that a leaf has when nobody gave it one.
pub(super) fn zero(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Text | Scalar::Bytes => "".into(),
        Scalar::Int32 | Scalar::Int64 | Scalar::Number | Scalar::IntOrString => 0.into(),
        Scalar::Boolean => false.into(),
        Scalar::Quantity => "0".into(),
        // Go writes the zero time as null.
        Scalar::Time | Scalar::MicroTime => Value::Null,
    }
}

/// Go decodes 3.0 into an integer field, and refuses 3.5 and what has too many digits.
fn integer(
    scalar: Scalar,
    value: &Value,
    path: &impl fmt::Display,
) -> Result<Option<Value>, Mismatch> {
    let Some(whole) = whole(value).filter(|whole| scalar.holds(*whole)) else {
        let kind = scalar.go_type();
        return Err(format!(
            "json: cannot unmarshal number {value} into Go struct field {path} of type {kind}"
        ));
    };
    let as_it_is = value.as_i64() == Some(whole);
    Ok((!as_it_is).then(|| whole.into()))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction was seen to be zero"
)]
fn whole(value: &Value) -> Option<i64> {
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() < 9e15;
    let float = || value.as_f64().filter(exact).map(|float| float as i64);
    value.as_i64().or_else(float)
}

fn quantity(value: &Value, path: &impl fmt::Display) -> Result<Option<Value>, Mismatch> {
    let text = match value {
        Value::String(text) => text.to_string(),
        other => other.to_string(),
    };
    let read = crate::quantity::canonical(&text).map(Value::from);
    let read = read.ok_or_else(|| {
        format!("unable to parse quantity's suffix or value at {path}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    })?;
    Ok(Some(read).filter(|read| read != value))
}

/// What stands for some bytes is kept as Go writes it.
fn bytes(text: &str) -> Result<Option<Value>, Mismatch> {
    // Nearly every text is legal, and in one line.
    if STANDARD.decode(text).is_ok() {
        return Ok(None);
    }
    let letters = text.replace(['\r', '\n'], "");
    let read = LENIENT.decode(letters).map_err(|_| {
        let at = first_illegal(text);
        format!("illegal base64 data at input byte {at}")
    })?;
    Ok(Some(STANDARD.encode(read).into()))
}

/// Where a text stops being base64.
fn first_illegal(text: &str) -> usize {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b);
    text.bytes().position(|b| !legal(b)).unwrap_or(text.len())
}

impl Scalar {
    /// Whether an integer is one of the type's.
    fn holds(self, whole: i64) -> bool {
        matches!(self, Scalar::Int64) || i32::try_from(whole).is_ok()
    }

    pub(super) fn go_type(self) -> &'static str {
        match self {
            Scalar::Text => "string",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Number => "float64",
            Scalar::Boolean => "bool",
            Scalar::IntOrString => "intstr.IntOrString",
            Scalar::Quantity => "resource.Quantity",
            Scalar::Time => "v1.Time",
            Scalar::MicroTime => "v1.MicroTime",
            Scalar::Bytes => "[]uint8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(scalar: Scalar, value: impl Into<Value>) -> Result<Value, Mismatch> {
        let value = value.into();
        let read = read(scalar, &value, &"a.b")?;
        Ok(read.unwrap_or(value))
    }

    #[test]
    fn an_integer_fits_its_type() {
        let (most, more) = (i64::from(i32::MAX), i64::from(i32::MAX) + 1);
        for scalar in [Scalar::Int32, Scalar::IntOrString] {
            assert_eq!(read_as(scalar, most).unwrap(), most);
            assert!(read_as(scalar, more).is_err());
        }
        assert_eq!(read_as(Scalar::Int64, more).unwrap(), more);
        let why = read_as(Scalar::Int32, more).unwrap_err();
        assert_eq!(
            why,
            "json: cannot unmarshal number 2147483648 into Go struct field a.b of type int32"
        );
    }

    #[test]
    fn a_whole_float_is_an_integer() {
        assert_eq!(read_as(Scalar::Int32, 3.0).unwrap(), 3);
        assert!(read_as(Scalar::Int32, 3.5).is_err());
        assert!(read_as(Scalar::Int64, 1e300).is_err());
    }

    #[test]
    fn bytes_may_be_written_in_lines_and_are_kept_in_one() {
        assert_eq!(
            read_as(Scalar::Bytes, "aGVs\r\nbG8=\n").unwrap(),
            "aGVsbG8="
        );
        assert_eq!(read_as(Scalar::Bytes, "aGVsbG9=").unwrap(), "aGVsbG8=");
        let why = read_as(Scalar::Bytes, "aGV-").unwrap_err();
        assert_eq!(why, "illegal base64 data at input byte 3");
    }
}
