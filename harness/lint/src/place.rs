//! A place in a file: a document of it and a field of that document.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use scenario::{
    problem::{FieldPath, Part, Segment},
    yaml::{Node, Position},
};

/// A place in a file.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    file: Arc<PathBuf>,
    document: Arc<Node>,
    path: FieldPath,
}

impl Place {
    /// A whole document.
    pub(crate) fn document(file: &Arc<PathBuf>, document: &Arc<Node>) -> Self {
        Self {
            file: Arc::clone(file),
            document: Arc::clone(document),
            path: FieldPath::root(),
        }
    }

    /// The field `key` below this one.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(self.path.key(key))
    }

    /// The field below this one along `keys`.
    pub(crate) fn keys(&self, keys: &[&str]) -> Self {
        let path = keys
            .iter()
            .fold(self.path.clone(), |path, key| path.key(key));
        self.with(path)
    }

    /// The entry `index` of this list.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(self.path.index(index))
    }

    /// Whether the field is written.
    pub(crate) fn is_written(&self) -> bool {
        let mut keys = self.path.segments().iter();
        let field = keys.try_fold(&*self.document, |node, segment| match segment {
            Segment::Key(key) => node.get(key),
            Segment::Index(_) => None,
        });
        field.is_some()
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Where it stands; that of the nearest enclosing field if it is not written.
    pub(crate) fn position(&self) -> Position {
        self.document.position(&self.path, Part::Key)
    }

    pub(crate) fn path(&self) -> String {
        self.path.to_string()
    }

    fn with(&self, path: FieldPath) -> Self {
        Self {
            path,
            ..self.clone()
        }
    }
}
