//! EndpointSlices.

use serde_json::Value;

use super::{container::protocol, field::FieldError};
use crate::object::{list, text};

/// Checks an EndpointSlice.
pub(super) fn endpoint_slice(slice: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let kinds = ["FQDN", "IPv4", "IPv6"];
    match text(slice, &["addressType"]) {
        "" => errors.push(FieldError::required("addressType", "")),
        known if kinds.contains(&known) => {}
        other => errors.push(FieldError::not_supported(
            "addressType",
            &other.into(),
            &kinds,
        )),
    }
    for (i, endpoint) in list(slice, &["endpoints"]).iter().enumerate() {
        let path = format!("endpoints[{i}].addresses");
        let addresses = list(endpoint, &["addresses"]);
        if addresses.is_empty() {
            errors.push(FieldError::required(
                path.clone(),
                "must contain at least 1 address",
            ));
        }
        for (j, address) in addresses.iter().enumerate() {
            let good = address
                .as_str()
                .is_some_and(|a| a.parse::<std::net::Ipv4Addr>().is_ok());
            if text(slice, &["addressType"]) == "IPv4" && !good {
                let why = "must be a valid IPv4 address";
                errors.push(FieldError::invalid(format!("{path}[{j}]"), address, why));
            }
        }
    }
    let ports = list(slice, &["ports"]).iter().enumerate();
    errors.extend(ports.filter_map(|(i, port)| protocol(port, &format!("ports[{i}]"))));
    errors
}
