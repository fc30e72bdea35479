//! The objects users write, as typed structs that refuse unknown fields by name.
