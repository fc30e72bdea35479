//! Custom resource definitions: the resources they add and the shapes of their objects.

use std::{collections::BTreeMap, sync::Arc};

use super::{List, ListKind, Node, Object, Scalar, builtin};
use crate::{
    json::{Text, Value},
    object::{at, list, text},
    resource::{Custom, Gvr, Origin, Resource, ScalePaths, Subresource},
};

/// A structural schema, as its definition wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Structural {
    pub(crate) schema: Value,
    /// Whether unknown fields are kept everywhere (`spec.preserveUnknownFields`).
    pub(crate) preserve_unknown: bool,
    /// Whether any field has a default.
    pub(crate) has_defaults: bool,
}

const VERBS: [&str; 8] = [
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

/// The resources that a definition serves, one per served version.
pub(crate) fn resources(definition: &Value) -> Vec<Resource> {
    let versions = list(definition, &["spec", "versions"]);
    let served = versions.iter().filter(|version| version["served"] == true);
    served
        .map(|version| resource(definition, version))
        .collect()
}

fn resource(definition: &Value, version: &Value) -> Resource {
    let names = &definition["spec"]["names"];
    let group = text(definition, &["spec", "group"]);
    let schema = at(version, &["schema", "openAPIV3Schema"]);
    let gvr = Gvr::new(group, text(version, &["name"]), text(names, &["plural"]));
    Resource {
        table: gvr.table(),
        gvr,
        kind: text(names, &["kind"]).to_owned(),
        list_kind: text(names, &["listKind"]).to_owned(),
        singular: text(names, &["singular"]).to_owned(),
        namespaced: definition["spec"]["scope"] == "Namespaced",
        verbs: VERBS.map(str::to_owned).to_vec(),
        short_names: texts(list(names, &["shortNames"])),
        categories: texts(list(names, &["categories"])),
        subresources: subresources(definition, version),
        shape: root_shape(schema),
        origin: Origin::Custom(Arc::new(custom(definition, version, schema))),
    }
}

fn texts<T: for<'a> From<&'a str>, L: FromIterator<T>>(values: &[Value]) -> L {
    let texts = values.iter().filter_map(Value::as_str);
    texts.map(T::from).collect()
}

fn custom(definition: &Value, version: &Value, schema: Option<&Value>) -> Custom {
    let versions = list(definition, &["spec", "versions"]).iter();
    let storage = versions.clone().find(|v| v["storage"] == true);
    let selectable = list(version, &["selectableFields"]).iter();
    Custom {
        schema: schema.map(|schema| Structural {
            schema: schema.clone(),
            preserve_unknown: definition["spec"]["preserveUnknownFields"] == true,
            has_defaults: schema.to_string().contains("\"default\":"),
        }),
        storage_version: storage
            .map(|v| text(v, &["name"]))
            .unwrap_or_default()
            .to_owned(),
        selectable: selectable
            .map(|s| text(s, &["jsonPath"]).trim_start_matches('.').to_owned())
            .collect(),
        scale: at(version, &["subresources", "scale"]).map(scale_paths),
    }
}

fn scale_paths(scale: &Value) -> ScalePaths {
    let path = |field: &str| -> Vec<String> {
        let steps = text(scale, &[field])
            .split('.')
            .filter(|step| !step.is_empty());
        steps.map(str::to_owned).collect()
    };
    ScalePaths {
        spec_replicas: path("specReplicasPath"),
        status_replicas: path("statusReplicasPath"),
        selector: Some(path("labelSelectorPath")).filter(|path| !path.is_empty()),
    }
}

fn subresources(definition: &Value, version: &Value) -> BTreeMap<String, Subresource> {
    let declared = at(version, &["subresources"])
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let one = |name: &str| {
        let (group, version, kind) = match name {
            "scale" => ("autoscaling", "v1", "Scale"),
            _ => (
                text(definition, &["spec", "group"]),
                text(version, &["name"]),
                text(definition, &["spec", "names", "kind"]),
            ),
        };
        Subresource {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            verbs: ["get", "patch", "update"].map(str::to_owned).to_vec(),
        }
    };
    declared
        .map(|(name, _)| (name.to_string(), one(name)))
        .collect()
}

/// The shape of the whole object: the metadata is Kubernetes' own whatever the schema says.
fn root_shape(schema: Option<&Value>) -> Node {
    let mut object = match schema.map(node) {
        Some(Node::Object { object, .. }) => Object::clone(&object),
        _ => Object {
            others: Some(Node::Any),
            ..Object::default()
        },
    };
    for field in ["apiVersion", "kind"] {
        object
            .fields
            .insert(Text::new_static(field), Node::Scalar(Scalar::Text));
    }
    object
        .fields
        .insert(Text::new_static("metadata"), builtin::object_meta());
    Node::Object {
        object: Arc::new(object),
        atomic: false,
    }
}

fn node(schema: &Value) -> Node {
    if schema["x-kubernetes-int-or-string"] == true {
        return Node::Scalar(Scalar::IntOrString);
    }
    match text(schema, &["type"]) {
        "object" => object_node(schema),
        "array" => list_node(schema),
        "string" => Node::Scalar(Scalar::Text),
        "integer" => Node::Scalar(Scalar::Int64),
        "number" => Node::Scalar(Scalar::Number),
        "boolean" => Node::Scalar(Scalar::Boolean),
        _ => Node::Any,
    }
}

fn object_node(schema: &Value) -> Node {
    let atomic = schema["x-kubernetes-map-type"] == "atomic";
    if let Some(values) = at(schema, &["additionalProperties"]).filter(|values| values.is_object())
    {
        return Node::Map {
            value: Arc::new(node(values)),
            atomic,
        };
    }
    let properties = at(schema, &["properties"]).and_then(Value::as_object);
    let preserve = schema["x-kubernetes-preserve-unknown-fields"] == true
        || schema["additionalProperties"] == true;
    if properties.is_none() && preserve && !atomic {
        return Node::Any;
    }
    let properties = properties.into_iter().flatten();
    let defaults = properties.clone().filter_map(|(name, property)| {
        at(property, &["default"]).map(|value| (name.clone(), value.clone()))
    });
    let object = Object {
        fields: properties
            .clone()
            .map(|(name, property)| (name.clone(), node(property)))
            .collect(),
        others: preserve.then_some(Node::Any),
        defaults: defaults.collect(),
        ..Object::default()
    };
    Node::Object {
        object: Arc::new(object),
        atomic,
    }
}

fn list_node(schema: &Value) -> Node {
    let kind = match text(schema, &["x-kubernetes-list-type"]) {
        "set" => ListKind::Set,
        "map" => ListKind::Map {
            keys: texts(list(schema, &["x-kubernetes-list-map-keys"])),
        },
        _ => ListKind::Atomic,
    };
    Node::List(Arc::new(List {
        item: node(&schema["items"]),
        kind,
        patch: None,
    }))
}
