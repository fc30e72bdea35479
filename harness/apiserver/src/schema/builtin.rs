//! The shapes of built-in kinds, from the facts in `facts/types.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

use litemap::LiteMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{List, ListKind, ListPatch, Node, Object, Scalar};
use crate::json::{Text, Value};

static TYPES: LazyLock<BTreeMap<&'static str, Arc<Object>>> = LazyLock::new(load);

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

/// A name as the facts have it: they last as long as the process, so nothing of them is copied.
type Name = &'static str;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", bound = "'de: 'static")]
struct TypeFact {
    fields: BTreeMap<Name, NodeFact>,
    #[serde(default)]
    atomic: bool,
    #[serde(default)]
    fill: BTreeMap<Name, Value>,
    #[serde(default)]
    nulls: Vec<Name>,
    #[serde(default)]
    required: Vec<Name>,
    #[serde(default)]
    omit: BTreeSet<Name>,
    #[serde(default)]
    defaults: BTreeMap<Name, Value>,
}

enum NodeFact {
    Leaf(Leaf),
    Ref {
        target: Name,
        atomic: bool,
    },
    Map {
        map: Box<NodeFact>,
        atomic: bool,
    },
    List {
        list: Box<NodeFact>,
        kind: Option<Name>,
        keys: BTreeSet<Name>,
        merge: Option<Name>,
    },
}

/// A node that is no leaf, as it is written: of `ref`, `map` and `list` there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "'de: 'static")]
struct BranchFact {
    #[serde(rename = "ref")]
    target: Option<Name>,
    map: Option<Box<NodeFact>>,
    list: Option<Box<NodeFact>>,
    #[serde(default)]
    atomic: bool,
    #[serde(rename = "as")]
    kind: Option<Name>,
    #[serde(default)]
    keys: BTreeSet<Name>,
    merge: Option<Name>,
}

/// Leaves are words and everything else is a map, which says itself what comes: an untagged enum
/// would keep every node to try it twice, and those within it again.
impl<'de: 'static> Deserialize<'de> for NodeFact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de: 'static> Visitor<'de> for NodeVisitor {
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

fn load() -> BTreeMap<Name, Arc<Object>> {
    let facts = serde_json::from_str(include_str!("../../facts/types.json"));
    let mut types = Types {
        facts: facts.expect("the facts are well-formed"),
        done: BTreeMap::new(),
    };
    while let Some((name, fact)) = types.facts.pop_first() {
        types.resolve(name, fact);
    }
    let done = types.done.into_iter();
    done.map(|(name, (object, _))| (name, object)).collect()
}

/// Types on their way from what is written of them to what they are.
struct Types {
    facts: BTreeMap<Name, TypeFact>,
    /// Each with whether it changes hands as a whole wherever it stands.
    done: BTreeMap<Name, (Arc<Object>, bool)>,
}

impl Types {
    /// The facts hold no recursive type: `JSONSchemaProps`, the only one, is kept as raw JSON.
    fn get(&mut self, name: Name) -> (Arc<Object>, bool) {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let fact = self.facts.remove(name);
        self.resolve(name, fact.expect("every reference has its type"))
    }

    fn resolve(&mut self, name: Name, fact: TypeFact) -> (Arc<Object>, bool) {
        let fields = fact.fields.into_iter();
        let fields = fields.map(|(field, node)| (Text::new_static(field), self.node(node)));
        let object = Object {
            fields: fields.collect(),
            others: None,
            fill: by_name(fact.fill),
            nulls: names(fact.nulls),
            required: names(fact.required),
            omit: names(fact.omit),
            defaults: by_name(fact.defaults),
        };
        let done = (Arc::new(object), fact.atomic);
        self.done.insert(name, done.clone());
        done
    }

    fn node(&mut self, fact: NodeFact) -> Node {
        match fact {
            NodeFact::Leaf(leaf) => leaf.node(),
            NodeFact::Ref { target, atomic } => {
                let (object, whole) = self.get(target);
                let atomic = atomic || whole;
                Node::Object { object, atomic }
            }
            NodeFact::Map { map, atomic } => Node::Map {
                value: Arc::new(self.node(*map)),
                atomic,
            },
            NodeFact::List {
                list,
                kind,
                keys,
                merge,
            } => Node::List(Arc::new(List {
                item: self.node(*list),
                kind: list_kind(kind, keys),
                patch: merge.map(list_patch),
            })),
        }
    }
}

fn names<T: FromIterator<Text>>(names: impl IntoIterator<Item = Name>) -> T {
    names.into_iter().map(Text::new_static).collect()
}

fn by_name(values: BTreeMap<Name, Value>) -> LiteMap<Text, Value> {
    let values = values.into_iter();
    let values = values.map(|(name, value)| (Text::new_static(name), value));
    values.collect()
}

fn list_kind(kind: Option<Name>, keys: BTreeSet<Name>) -> ListKind {
    match kind {
        Some("set") => ListKind::Set,
        Some("map") => ListKind::Map { keys: names(keys) },
        _ => ListKind::Atomic,
    }
}

fn list_patch(key: Name) -> ListPatch {
    match key {
        "" => ListPatch::Set,
        key => ListPatch::Key(key.to_owned()),
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
