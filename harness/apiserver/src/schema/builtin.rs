//! The shapes of built-in kinds, from the facts in `facts/types.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{List, ListKind, ListPatch, Node, Object, Scalar};
use crate::json::Value;

static TYPES: LazyLock<BTreeMap<String, Arc<Object>>> = LazyLock::new(load);

/// The shape of a built-in type such as `core.v1.Pod`.
pub(crate) fn shape(name: &str) -> Node {
    let object = TYPES
        .get(name)
        .expect("resources name only types of the same facts");
    Node::Object {
        object: Arc::clone(object),
        atomic: false,
    }
}

/// The metadata of every object.
pub(crate) fn object_meta() -> Node {
    shape("meta.v1.ObjectMeta")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TypeFact {
    fields: BTreeMap<String, NodeFact>,
    #[serde(default)]
    atomic: bool,
    #[serde(default)]
    fill: BTreeMap<String, Value>,
    #[serde(default)]
    nulls: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    omit: BTreeSet<String>,
    #[serde(default)]
    defaults: BTreeMap<String, Value>,
}

enum NodeFact {
    Leaf(Leaf),
    Ref {
        target: String,
        atomic: bool,
    },
    Map {
        map: Box<NodeFact>,
        atomic: bool,
    },
    List {
        list: Box<NodeFact>,
        kind: Option<String>,
        keys: BTreeSet<String>,
        merge: Option<String>,
    },
}

/// A node that is no leaf, as it is written: of `ref`, `map` and `list` there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchFact {
    #[serde(rename = "ref")]
    target: Option<String>,
    map: Option<Box<NodeFact>>,
    list: Option<Box<NodeFact>>,
    #[serde(default)]
    atomic: bool,
    #[serde(rename = "as")]
    kind: Option<String>,
    #[serde(default)]
    keys: BTreeSet<String>,
    merge: Option<String>,
}

/// Leaves are words and everything else is a map, which says itself what comes: an untagged enum
/// would keep every node to try it twice, and those within it again.
impl<'de> Deserialize<'de> for NodeFact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = NodeFact;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a leaf or a map with ref, map or list")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<NodeFact, E> {
        Leaf::deserialize(name.into_deserializer()).map(NodeFact::Leaf)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NodeFact, A::Error> {
        let fact = BranchFact::deserialize(MapAccessDeserializer::new(map))?;
        let BranchFact { atomic, .. } = fact;
        match (fact.target, fact.map, fact.list) {
            (Some(target), None, None) => Ok(NodeFact::Ref { target, atomic }),
            (None, Some(map), None) => Ok(NodeFact::Map { map, atomic }),
            (None, None, Some(list)) => Ok(NodeFact::List {
                list,
                kind: fact.kind,
                keys: fact.keys,
                merge: fact.merge,
            }),
            _ => Err(de::Error::custom("one of ref, map and list")),
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Leaf {
    Any,
    String,
    Int32,
    Int64,
    Number,
    Boolean,
    IntOrString,
    Quantity,
    Time,
    Microtime,
    Bytes,
}

fn load() -> BTreeMap<String, Arc<Object>> {
    let facts: BTreeMap<String, TypeFact> =
        serde_json::from_str(include_str!("../../facts/types.json"))
            .expect("the facts are well-formed");
    let mut done = BTreeMap::new();
    for name in facts.keys() {
        resolve(&facts, &mut done, name);
    }
    done
}

/// The facts hold no recursive type: `JSONSchemaProps`, the only one, is kept as raw JSON.
fn resolve(
    facts: &BTreeMap<String, TypeFact>,
    done: &mut BTreeMap<String, Arc<Object>>,
    name: &str,
) -> Arc<Object> {
    if let Some(object) = done.get(name) {
        return Arc::clone(object);
    }
    let fact = facts.get(name).expect("every reference has its type");
    let fields = fact
        .fields
        .iter()
        .map(|(field, node)| (field.clone(), convert(facts, done, node)));
    let object = Arc::new(Object {
        fields: fields.collect(),
        others: None,
        fill: fact.fill.clone(),
        nulls: fact.nulls.clone(),
        required: fact.required.clone(),
        omit: fact.omit.clone(),
        defaults: fact.defaults.clone(),
    });
    done.insert(name.to_owned(), Arc::clone(&object));
    object
}

fn convert(
    facts: &BTreeMap<String, TypeFact>,
    done: &mut BTreeMap<String, Arc<Object>>,
    node: &NodeFact,
) -> Node {
    match node {
        NodeFact::Leaf(leaf) => leaf.node(),
        NodeFact::Ref { target, atomic } => Node::Object {
            object: resolve(facts, done, target),
            atomic: *atomic || facts.get(target).is_some_and(|fact| fact.atomic),
        },
        NodeFact::Map { map, atomic } => Node::Map {
            value: Arc::new(convert(facts, done, map)),
            atomic: *atomic,
        },
        NodeFact::List {
            list,
            kind,
            keys,
            merge,
        } => Node::List(Arc::new(List {
            item: convert(facts, done, list),
            kind: match kind.as_deref() {
                Some("set") => ListKind::Set,
                Some("map") => ListKind::Map { keys: keys.clone() },
                _ => ListKind::Atomic,
            },
            patch: merge.as_ref().map(|key| match key.as_str() {
                "" => ListPatch::Set,
                key => ListPatch::Key(key.to_owned()),
            }),
        })),
    }
}

impl Leaf {
    fn node(self) -> Node {
        Node::Scalar(match self {
            Leaf::Any => return Node::Any,
            Leaf::String => Scalar::Text,
            Leaf::Int32 => Scalar::Int32,
            Leaf::Int64 => Scalar::Int64,
            Leaf::Number => Scalar::Number,
            Leaf::Boolean => Scalar::Boolean,
            Leaf::IntOrString => Scalar::IntOrString,
            Leaf::Quantity => Scalar::Quantity,
            Leaf::Time => Scalar::Time,
            Leaf::Microtime => Scalar::MicroTime,
            Leaf::Bytes => Scalar::Bytes,
        })
    }
}
