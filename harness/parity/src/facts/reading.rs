//! How values are read: what a type cannot hold is refused, and what can be written in more than one
//! way is kept in one.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{config_map, deployment, event, pod, secret, service, stateful_set};

facts! { "reading":
    refuses_an_integer_beyond_32_bits,
    takes_an_integer_of_64_bits_where_there_is_room,
    refuses_a_port_beyond_32_bits,
    refuses_a_time_that_is_none,
    keeps_times_in_utc_without_fractions,
    keeps_times_of_leases_to_the_microsecond,
    refuses_times_of_leases_without_microseconds,
    keeps_bytes_in_one_line,
    refuses_what_is_not_base64,
    makes_an_empty_text_of_a_null_in_a_list,
    makes_an_empty_text_of_a_null_in_a_map,
    keeps_quantities_in_their_canonical_form,
    caps_too_many_bytes,
    takes_templates_of_claims_for_claims,
}

async fn refuses_an_integer_beyond_32_bits(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 0);
    object["spec"]["replicas"] = (1_i64 << 31).into();
    refused(
        bench,
        "deployments",
        &object,
        "cannot unmarshal number 2147483648 into Go",
    )
    .await
}

async fn takes_an_integer_of_64_bits_where_there_is_room(bench: &Bench) -> Result<()> {
    let mut object = pod("a");
    object["spec"]["terminationGracePeriodSeconds"] = (1_i64 << 31).into();
    let created = bench.post("pods", &object).await?.ok(201)?;
    created.has("/spec/terminationGracePeriodSeconds", 1_i64 << 31)
}

async fn refuses_a_port_beyond_32_bits(bench: &Bench) -> Result<()> {
    let mut object = service("a");
    object["spec"]["ports"][0]["targetPort"] = (1_i64 << 32).into();
    refused(
        bench,
        "services",
        &object,
        "cannot unmarshal number 4294967296 into Go",
    )
    .await
}

async fn refuses_a_time_that_is_none(bench: &Bench) -> Result<()> {
    let mut object = event("a", bench.namespace());
    object["firstTimestamp"] = "2026-02-30T00:00:00Z".into();
    refused(bench, "events", &object, "parsing time").await
}

async fn keeps_times_in_utc_without_fractions(bench: &Bench) -> Result<()> {
    let mut object = event("a", bench.namespace());
    object["firstTimestamp"] = "2026-01-01T02:00:00.75+02:00".into();
    let created = bench.post("events", &object).await?.ok(201)?;
    created.has("/firstTimestamp", "2026-01-01T00:00:00Z")
}

/// Leases tell times to the microsecond.
fn lease(renewed: &str) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"},
        "spec": {"holderIdentity": "b", "renewTime": renewed}})
}

async fn keeps_times_of_leases_to_the_microsecond(bench: &Bench) -> Result<()> {
    let object = lease("2026-01-01T02:00:00.000001+02:00");
    let created = bench.post("leases", &object).await?.ok(201)?;
    created.has("/spec/renewTime", "2026-01-01T00:00:00.000001Z")
}

async fn refuses_times_of_leases_without_microseconds(bench: &Bench) -> Result<()> {
    let object = lease("2026-01-01T00:00:00Z");
    refused(bench, "leases", &object, "parsing time").await
}

async fn keeps_bytes_in_one_line(bench: &Bench) -> Result<()> {
    let mut object = secret("a");
    object["data"]["key"] = "dmFs\ndWU=\n".into();
    let created = bench.post("secrets", &object).await?.ok(201)?;
    created.has("/data/key", "dmFsdWU=")
}

async fn refuses_what_is_not_base64(bench: &Bench) -> Result<()> {
    let mut object = secret("a");
    object["data"]["key"] = "dmF-".into();
    refused(
        bench,
        "secrets",
        &object,
        "illegal base64 data at input byte 3",
    )
    .await
}

async fn makes_an_empty_text_of_a_null_in_a_list(bench: &Bench) -> Result<()> {
    let mut object = pod("a");
    object["spec"]["containers"][0]["args"] = json!(["b", null]);
    let created = bench.post("pods", &object).await?.ok(201)?;
    created.has("/spec/containers/0/args", json!(["b", ""]))
}

async fn makes_an_empty_text_of_a_null_in_a_map(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["data"]["key"] = Value::Null;
    let created = bench.post("configmaps", &object).await?.ok(201)?;
    created.has("/data", json!({"key": ""}))
}

async fn keeps_quantities_in_their_canonical_form(bench: &Bench) -> Result<()> {
    let limits = json!({"cpu": "0.1", "memory": "1024Mi", "ephemeral-storage": "15e8"});
    let read = json!({"cpu": "100m", "memory": "1Gi", "ephemeral-storage": "1500e6"});
    limited(bench, &limits).await?.has("", read)
}

async fn caps_too_many_bytes(bench: &Bench) -> Result<()> {
    let read = json!({"memory": "9223372036854775807"});
    limited(bench, &json!({"memory": "16Ei"}))
        .await?
        .has("", read)
}

/// The limits of a pod as they are kept.
async fn limited(bench: &Bench, limits: &Value) -> Result<Value> {
    let mut object = pod("a");
    object["spec"]["containers"][0]["resources"] = json!({"limits": limits});
    let created = bench.post("pods", &object).await?.ok(201)?;
    Ok(created["spec"]["containers"][0]["resources"]["limits"].clone())
}

async fn takes_templates_of_claims_for_claims(bench: &Bench) -> Result<()> {
    let mut object = stateful_set("a", 0);
    object["spec"]["volumeClaimTemplates"] = json!([{
        "apiVersion": "example.com/v1", "kind": "Odd", "metadata": {"name": "b"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }]);
    let created = bench.post("statefulsets", &object).await?.ok(201)?;
    created.has("/spec/volumeClaimTemplates/0/apiVersion", "v1")?;
    created.has("/spec/volumeClaimTemplates/0/kind", "PersistentVolumeClaim")
}

async fn refused(bench: &Bench, resource: &str, object: &Value, why: &str) -> Result<()> {
    let answer = bench.post(resource, object).await?;
    answer.refused(400, "BadRequest")?.says("/message", why)
}
