//! What the server answers when it does not refuse.

use std::sync::Arc;

use crate::{
    json::{Value, json},
    typed::Object,
    watch::Watch,
};

/// A success.
#[derive(Debug)]
pub enum Response {
    /// One object, or a `Status` of success.
    Object {
        /// The HTTP status code: 200, or 201 for a creation.
        code: u16,
        /// The object.
        object: Arc<Object>,
        /// What the user should know, one sentence each.
        warnings: Vec<String>,
    },
    /// A collection.
    List(List),
    /// A collection that goes on being told about.
    Watch(Box<Watch>),
    /// What a handler of the engine answers on a sub-resource: a log, for example.
    Text(String),
}

/// A collection at one revision.
#[derive(Debug, Clone)]
pub struct List {
    /// The `apiVersion` of the list.
    pub api_version: String,
    /// The kind of the list, such as `PodList`.
    pub kind: String,
    /// The revision from which a watch sees everything that follows.
    pub resource_version: String,
    /// Where the next page starts; `None` on the last one.
    pub continue_token: Option<String>,
    /// How many objects are beyond this page; `None` where a selector makes that unknown.
    pub remaining: Option<usize>,
    /// Whether the kind is built in: items on the wire then leave out their kind and version.
    pub typed: bool,
    /// The objects, ordered by namespace and name.
    pub items: Vec<Arc<Object>>,
}

impl Response {
    pub(crate) fn ok(object: Arc<Object>) -> Self {
        Self::Object {
            code: 200,
            object,
            warnings: Vec::new(),
        }
    }

    /// The object of an answer that has one.
    #[must_use]
    pub fn object(&self) -> Option<&Arc<Object>> {
        match self {
            Response::Object { object, .. } => Some(object),
            Response::List(_) | Response::Watch(_) | Response::Text(_) => None,
        }
    }

    /// The watch of an answer that is one.
    #[must_use]
    pub fn into_watch(self) -> Option<Watch> {
        match self {
            Response::Watch(watch) => Some(*watch),
            Response::Object { .. } | Response::List(_) | Response::Text(_) => None,
        }
    }

    /// The object of an answer that is one.
    #[must_use]
    pub fn into_object(self) -> Option<Arc<Object>> {
        match self {
            Response::Object { object, .. } => Some(object),
            Response::List(_) | Response::Watch(_) | Response::Text(_) => None,
        }
    }

    /// The collection of an answer that is one.
    #[must_use]
    pub fn into_list(self) -> Option<List> {
        match self {
            Response::List(list) => Some(list),
            Response::Object { .. } | Response::Watch(_) | Response::Text(_) => None,
        }
    }
}

impl List {
    /// The metadata of the list as it is sent.
    #[must_use]
    pub fn metadata(&self) -> Value {
        let mut metadata = json!({"resourceVersion": self.resource_version});
        if let Some(token) = &self.continue_token {
            metadata["continue"] = token.as_str().into();
        }
        if let Some(remaining) = self.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        metadata
    }
}
