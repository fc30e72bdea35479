//! Schemas of custom resources: pruning, defaults, validation.

use anyhow::Result;
use serde_json::{Value, json};

use super::custom_resources::{define, definition, widget};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "custom_schemas":
    unknown_fields_are_pruned,
    unknown_fields_are_kept_where_allowed,
    unknown_fields_are_refused_by_strict_validation,
    defaults_are_filled_in,
    defaults_are_filled_in_below_present_parents_only,
    defaults_are_filled_in_when_read,
    required_fields_are_required,
    types_are_checked,
    minimum_and_maximum_are_checked,
    enumerations_are_checked,
    patterns_are_checked,
    lengths_are_checked,
    item_counts_are_checked,
    formats_are_checked,
    one_of_is_checked,
    map_lists_refuse_doubled_keys,
    map_lists_are_applied_by_key,
    set_lists_refuse_doubled_values,
    int_or_string_takes_both,
    null_is_dropped_unless_nullable,
    expressions_are_evaluated,
    expressions_may_compare_with_the_old_object,
    metadata_is_validated_too,
    updates_are_validated,
    the_root_is_an_object,
    every_property_has_a_type,
    defaults_match_their_type,
    unknown_fields_are_no_part_of_an_apply,
}

/// The path of Widgets whose specification has these properties.
async fn properties(bench: &Bench, properties: Value) -> Result<String> {
    let spec = json!({"type": "object", "properties": properties});
    define(bench, &definition(bench, &spec, &json!({}))).await
}

/// The specification stored for this one.
async fn stored(bench: &Bench, schema: Value, spec: Value) -> Result<Value> {
    let path = properties(bench, schema).await?;
    Ok(bench
        .post(&path, &widget(bench, "a", &spec))
        .await?
        .ok(201)?["spec"]
        .clone())
}

/// The claim that this specification is refused for `field`.
async fn refused(
    bench: &Bench,
    schema: Value,
    spec: Value,
    field: &str,
    reason: &str,
) -> Result<Value> {
    let path = properties(bench, schema).await?;
    bench
        .post(&path, &widget(bench, "a", &spec))
        .await?
        .invalid(field, reason)
}

async fn unknown_fields_are_pruned(bench: &Bench) -> Result<()> {
    let schema = json!({"size": {"type": "integer"}});
    let spec = stored(bench, schema, json!({"size": 1, "junk": 2})).await?;
    spec.has("", json!({"size": 1}))
}

async fn unknown_fields_are_kept_where_allowed(bench: &Bench) -> Result<()> {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let spec = json!({"open": {"junk": {"deep": 1}}});
    stored(bench, json!({"open": open}), spec.clone())
        .await?
        .has("", spec)
}

async fn unknown_fields_are_refused_by_strict_validation(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({})).await?;
    let object = widget(bench, "a", &json!({"junk": 1}));
    let answer = bench
        .post(&format!("{path}?fieldValidation=Strict"), &object)
        .await?;
    let message = "strict decoding error: unknown field \"spec.junk\"";
    answer.refused(400, "BadRequest")?.says("/message", message)
}

async fn defaults_are_filled_in(bench: &Bench) -> Result<()> {
    let schema = json!({
        "color": {"type": "string", "default": "red"},
        "deep": {"type": "object", "default": {}, "properties": {
            "size": {"type": "integer", "default": 3}}},
    });
    let spec = stored(bench, schema, json!({})).await?;
    spec.has("", json!({"color": "red", "deep": {"size": 3}}))
}

async fn defaults_are_filled_in_below_present_parents_only(bench: &Bench) -> Result<()> {
    let deep = json!({"type": "object", "properties": {
        "size": {"type": "integer", "default": 3}}});
    let schema = json!({"absent": deep, "present": deep});
    let spec = stored(bench, schema, json!({"present": {}})).await?;
    spec.has("", json!({"present": {"size": 3}}))
}

async fn defaults_are_filled_in_when_read(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({"size": {"type": "integer"}})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 1})))
        .await?
        .ok(201)?;
    let schema = json!({"type": "object", "properties": {
        "size": {"type": "integer"}, "color": {"type": "string", "default": "red"}}});
    let definition = definition(bench, &schema, &json!({}));
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    let definitions = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
    let patch = json!({"spec": {"versions": definition["spec"]["versions"]}});
    bench.merge(&definitions, &patch).await?.ok(200)?;
    let object = format!("{path}/a");
    let read = async || bench.get(&object).await?.ok(200)?.has("/spec/color", "red");
    bench.eventually(read).await
}

async fn required_fields_are_required(bench: &Bench) -> Result<()> {
    let inner = json!({"type": "object", "required": ["size"],
        "properties": {"size": {"type": "integer"}}});
    let spec = json!({"inner": {}});
    let schema = json!({"inner": inner});
    let status = refused(bench, schema, spec, "spec.inner.size", "FieldValueRequired").await?;
    status.says("/message", "spec.inner.size: Required value")
}

async fn types_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"size": {"type": "integer"}});
    let spec = json!({"size": "x"});
    let status = refused(bench, schema, spec, "spec.size", "FieldValueTypeInvalid").await?;
    let message = "spec.size: Invalid value: \"string\": spec.size in body must be of type \
                   integer: \"string\"";
    status.says("/message", message)
}

async fn minimum_and_maximum_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"size": {"type": "integer", "minimum": 1, "maximum": 5}});
    let spec = json!({"size": 9});
    let status = refused(bench, schema, spec, "spec.size", "FieldValueInvalid").await?;
    let message =
        "spec.size: Invalid value: 9: spec.size in body should be less than or equal to 5";
    status.says("/message", message)
}

async fn enumerations_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"color": {"type": "string", "enum": ["red", "blue"]}});
    let spec = json!({"color": "green"});
    let status = refused(bench, schema, spec, "spec.color", "FieldValueNotSupported").await?;
    let message = "spec.color: Unsupported value: \"green\": supported values: \"red\", \"blue\"";
    status.says("/message", message)
}

async fn patterns_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"name": {"type": "string", "pattern": "^a+$"}});
    let spec = json!({"name": "b"});
    let status = refused(bench, schema, spec, "spec.name", "FieldValueInvalid").await?;
    status.says("/message", "spec.name in body should match '^a+$'")
}

async fn lengths_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"name": {"type": "string", "maxLength": 3}});
    let spec = json!({"name": "abcd"});
    let status = refused(bench, schema, spec, "spec.name", "FieldValueTooLong").await?;
    status.says(
        "/message",
        "spec.name: Too long: may not be more than 3 bytes",
    )
}

async fn item_counts_are_checked(bench: &Bench) -> Result<()> {
    let list = json!({"type": "array", "maxItems": 2, "items": {"type": "string"}});
    let spec = json!({"list": ["a", "b", "c"]});
    let schema = json!({"list": list});
    let status = refused(bench, schema, spec, "spec.list", "FieldValueTooMany").await?;
    status.says(
        "/message",
        "spec.list: Too many: 3: must have at most 2 items",
    )
}

async fn formats_are_checked(bench: &Bench) -> Result<()> {
    let schema = json!({"at": {"type": "string", "format": "date-time"}});
    let spec = json!({"at": "yesterday"});
    let status = refused(bench, schema, spec, "spec.at", "FieldValueTypeInvalid").await?;
    status.says("/message", "spec.at in body must be of type date-time")
}

async fn one_of_is_checked(bench: &Bench) -> Result<()> {
    let choice = json!({"type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
    let spec = json!({"choice": {"a": "1", "b": "2"}});
    let schema = json!({"choice": choice});
    let status = refused(bench, schema, spec, "<nil>", "FieldValueInvalid").await?;
    status.says("/message", "must validate one and only one schema (oneOf)")
}

/// A list of `{name, value}` with `name` as its key.
fn map_list() -> Value {
    let properties = json!({"name": {"type": "string"}, "value": {"type": "string"}});
    let item = json!({"type": "object", "required": ["name"], "properties": properties});
    json!({"list": {"type": "array", "items": item, "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"]}})
}

async fn map_lists_refuse_doubled_keys(bench: &Bench) -> Result<()> {
    let spec = json!({"list": [{"name": "a"}, {"name": "a"}]});
    refused(
        bench,
        map_list(),
        spec,
        "spec.list[1]",
        "FieldValueDuplicate",
    )
    .await
    .map(drop)
}

async fn map_lists_are_applied_by_key(bench: &Bench) -> Result<()> {
    let path = properties(bench, map_list()).await?;
    for (manager, name) in [("me", "a"), ("you", "b")] {
        let object = widget(bench, "w", &json!({"list": [{"name": name, "value": "1"}]}));
        let answer = bench
            .apply(&format!("{path}/w?fieldManager={manager}"), &object)
            .await?;
        anyhow::ensure!(answer.code < 300, "refused: {}", answer.body);
    }
    let list = json!([{"name": "a", "value": "1"}, {"name": "b", "value": "1"}]);
    bench
        .get(&format!("{path}/w"))
        .await?
        .ok(200)?
        .has("/spec/list", list)
}

async fn set_lists_refuse_doubled_values(bench: &Bench) -> Result<()> {
    let list = json!({"type": "array", "items": {"type": "string"},
        "x-kubernetes-list-type": "set"});
    let spec = json!({"list": ["a", "a"]});
    let schema = json!({"list": list});
    refused(bench, schema, spec, "spec.list[1]", "FieldValueDuplicate")
        .await
        .map(drop)
}

async fn int_or_string_takes_both(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({"port": {"x-kubernetes-int-or-string": true}})).await?;
    for (name, port) in [("a", json!(80)), ("b", json!("http"))] {
        let object = widget(bench, name, &json!({"port": port}));
        bench
            .post(&path, &object)
            .await?
            .ok(201)?
            .has("/spec/port", port)?;
    }
    let object = widget(bench, "c", &json!({"port": true}));
    bench
        .post(&path, &object)
        .await?
        .refused(422, "Invalid")
        .map(drop)
}

async fn null_is_dropped_unless_nullable(bench: &Bench) -> Result<()> {
    let schema = json!({
        "plain": {"type": "string", "default": "filled"},
        "nullable": {"type": "string", "nullable": true, "default": "filled"},
    });
    let spec = stored(bench, schema, json!({"plain": null, "nullable": null})).await?;
    spec.has("/plain", "filled")?;
    anyhow::ensure!(
        spec.get("nullable") == Some(&Value::Null),
        "observed {spec}"
    );
    Ok(())
}

/// Widgets whose specification has a `size` under this rule.
async fn ruled(bench: &Bench, rule: &str, message: &str) -> Result<String> {
    let rules = json!([{"rule": rule, "message": message}]);
    let spec = json!({"type": "object", "properties": {"size": {"type": "integer"}},
        "x-kubernetes-validations": rules});
    define(bench, &definition(bench, &spec, &json!({}))).await
}

async fn expressions_are_evaluated(bench: &Bench) -> Result<()> {
    let path = ruled(bench, "self.size < 5", "too big").await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 4})))
        .await?
        .ok(201)?;
    let answer = bench
        .post(&path, &widget(bench, "b", &json!({"size": 5})))
        .await?;
    let status = answer.invalid("spec", "FieldValueInvalid")?;
    status.says("/message", "spec: Invalid value: \"object\": too big")
}

async fn expressions_may_compare_with_the_old_object(bench: &Bench) -> Result<()> {
    let path = ruled(bench, "self.size >= oldSelf.size", "must not shrink").await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 4})))
        .await?
        .ok(201)?;
    let object = format!("{path}/a");
    bench
        .merge(&object, &json!({"spec": {"size": 5}}))
        .await?
        .ok(200)?;
    let answer = bench.merge(&object, &json!({"spec": {"size": 3}})).await?;
    answer.invalid("spec", "FieldValueInvalid").map(drop)
}

async fn metadata_is_validated_too(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({})).await?;
    let answer = bench
        .post(&path, &widget(bench, "Not_DNS", &json!({})))
        .await?;
    answer
        .invalid("metadata.name", "FieldValueInvalid")
        .map(drop)
}

async fn updates_are_validated(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({"size": {"type": "integer", "maximum": 5}})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 1})))
        .await?
        .ok(201)?;
    let answer = bench
        .merge(&format!("{path}/a"), &json!({"spec": {"size": 6}}))
        .await?;
    answer.invalid("spec.size", "FieldValueInvalid").map(drop)
}

/// The claim that a definition of this whole schema is refused for this part of it.
async fn schema_refused(bench: &Bench, schema: Value, field: &str, reason: &str) -> Result<()> {
    let mut object = definition(bench, &json!({"type": "object"}), &json!({}));
    object["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema;
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let field = format!("spec.validation.openAPIV3Schema.{field}");
    bench
        .post(path, &object)
        .await?
        .invalid(&field, reason)
        .map(drop)
}

async fn the_root_is_an_object(bench: &Bench) -> Result<()> {
    schema_refused(
        bench,
        json!({"type": "string"}),
        "type",
        "FieldValueInvalid",
    )
    .await
}

async fn every_property_has_a_type(bench: &Bench) -> Result<()> {
    let schema = json!({"type": "object", "properties": {"a": {}}});
    schema_refused(bench, schema, "properties[a].type", "FieldValueRequired").await
}

async fn defaults_match_their_type(bench: &Bench) -> Result<()> {
    let property = json!({"type": "integer", "default": "x"});
    let schema = json!({"type": "object", "properties": {"a": property}});
    schema_refused(
        bench,
        schema,
        "properties[a].default",
        "FieldValueTypeInvalid",
    )
    .await
}

async fn unknown_fields_are_no_part_of_an_apply(bench: &Bench) -> Result<()> {
    let path = properties(bench, json!({"size": {"type": "integer"}})).await?;
    let object = widget(bench, "a", &json!({"junk": 1}));
    let status = bench
        .apply(&format!("{path}/a?fieldManager=me"), &object)
        .await?
        .ok(500)?;
    status.says("/message", ".spec.junk: field not declared in schema")
}
