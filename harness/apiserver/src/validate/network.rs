//! EndpointSlices.

use super::{container::protocol, field::FieldError};
use crate::{
    json::Value,
    object::{list, text},
};

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
            errors.extend(wrong_address(slice, address, &path, j));
        }
    }
    errors.extend(ports(slice));
    errors
}

fn wrong_address(slice: &Value, address: &Value, path: &str, i: usize) -> Option<FieldError> {
    if text(slice, &["addressType"]) != "IPv4" {
        return None;
    }
    match address
        .as_str()
        .unwrap_or_default()
        .parse::<std::net::Ipv4Addr>()
    {
        Err(_) => Some(FieldError::invalid(
            path,
            address,
            "must be an IPv4 address",
        )),
        Ok(ip) if ip.is_loopback() => {
            let why = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
            Some(FieldError::invalid(format!("{path}[{i}]"), address, why))
        }
        Ok(_) => None,
    }
}

fn ports(slice: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for (i, port) in list(slice, &["ports"]).iter().enumerate() {
        let path = format!("ports[{i}]");
        if !names.insert(text(port, &["name"])) {
            errors.push(FieldError::duplicate(format!("{path}.name"), &port["name"]));
        }
        errors.extend(protocol(port, &path));
    }
    errors
}
