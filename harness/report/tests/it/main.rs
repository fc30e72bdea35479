//! What a finished run looks like to people and machines.

mod json;
mod junit;
mod support;
mod text;
