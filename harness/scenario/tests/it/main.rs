//! How the language behaves towards files: the catalogue, bad input, mutations and schemas.

mod bad_input;
mod catalogue;
mod meaning;
mod mutation;
mod schema;
mod support;
