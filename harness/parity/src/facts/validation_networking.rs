//! Refusals of Services and EndpointSlices: which field, and why.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::fact::facts;

facts! { "validation_networking":
    services_need_ports,
    several_ports_need_names,
    ports_have_different_names,
    ports_have_different_numbers,
    ports_are_not_zero,
    ports_end_at_65535,
    ports_know_three_protocols,
    target_ports_are_named_as_services,
    services_know_four_types,
    external_services_need_a_name,
    services_know_two_affinities,
    service_addresses_are_addresses,
    service_selectors_are_labels,
    slices_need_an_address_type,
    slices_know_three_address_types,
    slices_hold_addresses_of_their_type,
    endpoints_need_an_address,
    endpoints_are_not_on_loopback,
    slice_ports_have_different_names,
    service_names_start_with_a_letter,
    slices_keep_their_address_type,
    slices_may_be_empty,
}

/// The claim that a Service whose specification has these fields is refused for `field`.
async fn service(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let mut object = crate::object::service("a");
    for (key, value) in fields.as_object().into_iter().flatten() {
        object["spec"][key] = value.clone();
    }
    bench
        .post("services", &object)
        .await?
        .invalid(field, reason)
        .map(drop)
}

fn empty_slice() -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": [], "ports": []})
}

/// The same about an EndpointSlice with these fields.
async fn slice(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let mut object = empty_slice();
    object["endpoints"] = json!([{"addresses": ["10.0.0.1"]}]);
    for (key, value) in fields.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    bench
        .post("endpointslices", &object)
        .await?
        .invalid(field, reason)
        .map(drop)
}

async fn services_need_ports(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": []}),
        "spec.ports",
        "FieldValueRequired",
    )
    .await
}

async fn several_ports_need_names(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 80}, {"port": 81}]}),
        "spec.ports[1].name",
        "FieldValueRequired",
    )
    .await
}

async fn ports_have_different_names(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "a"}]}),
        "spec.ports[1].name",
        "FieldValueDuplicate",
    )
    .await
}

async fn ports_have_different_numbers(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]}),
        "spec.ports[1]",
        "FieldValueDuplicate",
    )
    .await
}

async fn ports_are_not_zero(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 0}]}),
        "spec.ports[0].port",
        "FieldValueInvalid",
    )
    .await
}

async fn ports_end_at_65535(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 65536}]}),
        "spec.ports[0].port",
        "FieldValueInvalid",
    )
    .await
}

async fn ports_know_three_protocols(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 80, "protocol": "ICMP"}]}),
        "spec.ports[0].protocol",
        "FieldValueNotSupported",
    )
    .await
}

async fn target_ports_are_named_as_services(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"ports": [{"port": 80, "targetPort": "Not_IANA"}]}),
        "spec.ports[0].targetPort",
        "FieldValueInvalid",
    )
    .await
}

async fn services_know_four_types(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"type": "Balancer"}),
        "spec.type",
        "FieldValueNotSupported",
    )
    .await
}

async fn external_services_need_a_name(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"type": "ExternalName"}),
        "spec.externalName",
        "FieldValueRequired",
    )
    .await
}

async fn services_know_two_affinities(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"sessionAffinity": "Cookie"}),
        "spec.sessionAffinity",
        "FieldValueNotSupported",
    )
    .await
}

async fn service_addresses_are_addresses(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"clusterIP": "nonsense"}),
        "spec.clusterIPs[0]",
        "FieldValueInvalid",
    )
    .await
}

async fn service_selectors_are_labels(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"selector": {"bad key": "a"}}),
        "spec.selector",
        "FieldValueInvalid",
    )
    .await
}

async fn slices_need_an_address_type(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"addressType": null}),
        "addressType",
        "FieldValueRequired",
    )
    .await
}

async fn slices_know_three_address_types(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"addressType": "IPv5"}),
        "addressType",
        "FieldValueNotSupported",
    )
    .await
}

async fn slices_hold_addresses_of_their_type(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"endpoints": [{"addresses": ["2001:db8::1"]}]}),
        "endpoints[0].addresses",
        "FieldValueInvalid",
    )
    .await
}

async fn endpoints_need_an_address(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"endpoints": [{"addresses": []}]}),
        "endpoints[0].addresses",
        "FieldValueRequired",
    )
    .await
}

async fn endpoints_are_not_on_loopback(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"endpoints": [{"addresses": ["127.0.0.1"]}]}),
        "endpoints[0].addresses[0]",
        "FieldValueInvalid",
    )
    .await
}

async fn slice_ports_have_different_names(bench: &Bench) -> Result<()> {
    slice(
        bench,
        json!({"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]}),
        "ports[1].name",
        "FieldValueDuplicate",
    )
    .await
}

async fn service_names_start_with_a_letter(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("services", &crate::object::service("1a"))
        .await?;
    answer
        .invalid("metadata.name", "FieldValueInvalid")
        .map(drop)
}

async fn slices_keep_their_address_type(bench: &Bench) -> Result<()> {
    bench
        .post("endpointslices", &empty_slice())
        .await?
        .ok(201)?;
    let answer = bench
        .merge("endpointslices/a", &json!({"addressType": "IPv6"}))
        .await?;
    answer.invalid("addressType", "FieldValueInvalid").map(drop)
}

async fn slices_may_be_empty(bench: &Bench) -> Result<()> {
    bench
        .post("endpointslices", &empty_slice())
        .await?
        .ok(201)
        .map(drop)
}
