//! Values written in place: JSON with expressions in it.
//!
//! The syntax is that of `serde_json::json!`, but what comes of it are values of this room at once,
//! and a [`Value`] among the expressions is shared and not copied.

use std::ops::Deref;

use serde::Serialize;

use super::Value;

// A value that is one token, as brackets and `null` are, is matched before it is taken for an expression,
// behind which its tokens cannot be seen any more.
#[doc(hidden)]
#[macro_export]
macro_rules! __json {
    (@entries [$($done:tt)*]) => { $crate::json::Map::from(::std::vec![$($done)*]) };
    (@entries [$($done:tt)*] $key:tt : $value:tt $(, $($rest:tt)*)?) => {
        $crate::__json!(@entries [$($done)* ($key.into(), $crate::__json!($value)),] $($($rest)*)?)
    };
    (@entries [$($done:tt)*] $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::__json!(@entries [$($done)* ($key.into(), $crate::__json!($value)),] $($($rest)*)?)
    };
    (@items [$($done:tt)*]) => { ::std::vec![$($done)*] };
    (@items [$($done:tt)*] $value:tt $(, $($rest:tt)*)?) => {
        $crate::__json!(@items [$($done)* $crate::__json!($value),] $($($rest)*)?)
    };
    (@items [$($done:tt)*] $value:expr $(, $($rest:tt)*)?) => {
        $crate::__json!(@items [$($done)* $crate::__json!($value),] $($($rest)*)?)
    };
    (null) => { $crate::json::Value::Null };
    ([$($items:tt)*]) => {
        $crate::json::Value::Array(::std::sync::Arc::new($crate::__json!(@items [] $($items)*)))
    };
    ({}) => { $crate::json::Value::Object($crate::json::Map::new()) };
    ({$($entries:tt)+}) => {
        $crate::json::Value::Object($crate::__json!(@entries [] $($entries)+))
    };
    ($value:expr) => { $crate::json::literal::Expression::of(&$value).value() };
}

/// A value from JSON with expressions in it. A key is a literal, the name of a constant, or an
/// expression in parentheses.
#[doc(inline)]
pub use crate::__json as json;

/// An expression that is to become a value. Methods of its own come before those of what it derefs to:
/// that is how values are told from whatever else serialises.
#[derive(Debug)]
#[doc(hidden)]
pub struct Expression<T>(Serialized<T>);

/// Whatever serialises.
#[derive(Debug)]
#[doc(hidden)]
pub struct Serialized<T>(T);

impl<T> Expression<T> {
    /// An expression.
    pub fn of(expression: T) -> Self {
        Self(Serialized(expression))
    }
}

impl Expression<&Value> {
    /// The same value, shared.
    pub fn value(&self) -> Value {
        Value::clone(self.0.0)
    }
}

impl<T> Deref for Expression<T> {
    type Target = Serialized<T>;

    fn deref(&self) -> &Serialized<T> {
        &self.0
    }
}

impl<T: Serialize + ?Sized> Serialized<&T> {
    /// The value of it.
    pub fn value(&self) -> Value {
        Value::of(self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::json;

    #[test]
    fn what_is_written_is_what_serde_json_reads() {
        const KEY: &str = "key";
        let (some, list) = (Some("b"), [1_u8, 2]);
        let ours = json!({
            "a": null, KEY: [null, {}, [], true, some, {"n": -1}], ("c"): list.len(),
            "d": {"e": list, "f": format!("{KEY}s")}, "g": Option::<u8>::None, "h": [list[0] + 1],
        });
        let theirs = serde_json::json!({
            "a": null, KEY: [null, {}, [], true, some, {"n": -1}], ("c"): list.len(),
            "d": {"e": list, "f": format!("{KEY}s")}, "g": Option::<u8>::None, "h": [list[0] + 1],
        });
        assert_eq!(ours, theirs);
        assert_eq!(json!(null), serde_json::json!(null));
        assert_eq!(json!("a"), serde_json::json!("a"));
    }

    #[test]
    fn a_value_in_it_is_shared() {
        let inner = json!({"a": 1});
        let (entry, item) = (json!({"in": inner}), json!([inner]));
        assert!(entry["in"].is_same(&inner) && item[0].is_same(&inner));
    }

    proptest! {
        #[test]
        fn the_last_of_equal_keys_counts(first: u8, last: u8) {
            prop_assert_eq!(json!({"a": first, "a": last}), json!({"a": last}));
        }
    }
}
