//! The shape of objects: one form for built-in kinds and custom resources, so that apply, patch
//! and decoding are written once.

pub(crate) mod builtin;
pub(crate) mod crd;
mod decode;
mod draft;
mod known;
mod leaf;
#[cfg(test)]
mod readable;
mod structural;
mod time;

use std::{collections::BTreeSet, sync::Arc};

use litemap::LiteMap;

use crate::json::{Text, Value};

pub(crate) use decode::{decode, decode_over};
pub(crate) use known::known_only;

/// The shape of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Anything: maps are granular, lists are atomic.
    Any,
    Scalar(Scalar),
    /// A struct. `atomic` when it changes hands as a whole.
    Object {
        object: Arc<Object>,
        atomic: bool,
    },
    Map {
        value: Arc<Node>,
        atomic: bool,
    },
    List(Arc<List>),
}

/// What a leaf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Int32,
    Int64,
    Number,
    Boolean,
    IntOrString,
    Quantity,
    Time,
    MicroTime,
    Bytes,
}

/// The fields of a struct.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) fields: LiteMap<Text, Node>,
    /// What fields outside `fields` look like; `None` when there can be none.
    pub(crate) others: Option<Node>,
    /// Fields that are always written, and what stands for an absent one.
    pub(crate) fill: LiteMap<Text, Value>,
    /// Lists and maps that are written as `null` when absent.
    pub(crate) nulls: Vec<Text>,
    /// Fields without which a typed client cannot read it.
    pub(crate) required: Vec<Text>,
    /// Fields that are not written when they hold their type's zero value.
    pub(crate) omit: BTreeSet<Text>,
    /// Values that stand for absent fields when they are keys of a list.
    pub(crate) defaults: LiteMap<Text, Value>,
}

/// A list and how two of them are merged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) item: Node,
    pub(crate) kind: ListKind,
    /// How a strategic merge patch merges it; `None` when it replaces the list.
    pub(crate) patch: Option<ListPatch>,
}

/// Whose list it is: one owner's, or one owner's per item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListKind {
    Atomic,
    Set,
    /// By the values of these fields, which are in order, so that equal keys read equally.
    Map {
        keys: BTreeSet<Text>,
    },
}

/// How items of two lists are matched by a strategic merge patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListPatch {
    /// By their value.
    Set,
    /// By this field.
    Key(String),
}

impl Node {
    /// The shape of a field or map entry; `Any` for what is not described.
    pub(crate) fn field(&self, name: &str) -> &Node {
        match self {
            Node::Object { object, .. } => object
                .fields
                .get(name)
                .or(object.others.as_ref())
                .unwrap_or(&Node::Any),
            Node::Map { value, .. } => value,
            Node::Any | Node::Scalar(_) | Node::List(_) => &Node::Any,
        }
    }

    /// Whether `name` is a field of a struct rather than a key of a map.
    pub(crate) fn declares(&self, name: &str) -> bool {
        matches!(self, Node::Object { object, .. } if object.fields.contains_key(name))
    }

    /// Whether a map or struct of this shape changes hands as a whole.
    pub(crate) fn is_atomic(&self) -> bool {
        matches!(
            self,
            Node::Object { atomic: true, .. } | Node::Map { atomic: true, .. }
        )
    }

    /// The list's description, for lists.
    pub(crate) fn as_list(&self) -> Option<&List> {
        match self {
            Node::List(list) => Some(list),
            Node::Any | Node::Scalar(_) | Node::Object { .. } | Node::Map { .. } => None,
        }
    }

    /// The struct's description, for structs.
    pub(crate) fn as_object(&self) -> Option<&Object> {
        match self {
            Node::Object { object, .. } => Some(object),
            Node::Any | Node::Scalar(_) | Node::List(_) | Node::Map { .. } => None,
        }
    }
}
