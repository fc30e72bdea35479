//! How the language behaves towards files: the catalogue, bad input, mutations and schemas.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod bad_input;
mod catalogue;
mod meaning;
mod mutation;
mod schema;
mod support;
