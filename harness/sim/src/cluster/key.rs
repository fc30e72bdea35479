//! The name of an object within its kind.

use std::fmt;

use apiserver::json::Text;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Namespace and name; the namespace is empty for objects of the whole cluster. Tables, queues and
/// controllers each keep a copy, which is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The namespace.
    pub namespace: Text,
    /// The name.
    pub name: Text,
}

impl Key {
    /// Names an object.
    pub fn new(namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The name of the object with this metadata.
    pub fn of(meta: &ObjectMeta) -> Self {
        let text = |field: &Option<String>| field.as_deref().map(Text::new).unwrap_or_default();
        Self::new(text(&meta.namespace), text(&meta.name))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}
