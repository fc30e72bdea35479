//! How an address range is described in the schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Stands in for [`ipnet::Ipv4Net`] in the schema.
pub(crate) struct Cidr;

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
        json_schema!({
            "type": "string",
            "description": "an IPv4 address range; write it like 10.10.0.0/16",
            "pattern": format!("^({byte}\\.){{3}}{byte}/(3[0-2]|[12]?[0-9])$"),
        })
    }
}
