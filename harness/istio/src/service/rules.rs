//! The rules that this module decides by.

use crate::rule::rules;

rules! {}
