//! What is asked of the server.

use crate::{auth::User, json::Value, resource::Gvr, store::Key};

/// One request, as it is after authentication and routing.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// On which resource.
    pub gvr: Gvr,
    /// Below an object: `status`, `scale`, `token`, …
    pub subresource: Option<String>,
    /// The namespace; `None` for cluster-scoped resources and for all namespaces.
    pub namespace: Option<String>,
    /// The object; `None` for collections.
    pub name: Option<String>,
    /// The object or patch; null if there is none.
    pub body: Value,
    /// The query.
    pub options: Options,
    /// Who asks.
    pub user: User,
}

/// What to do with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read a collection.
    List,
    /// Follow a collection.
    Watch,
    /// Create an object.
    Create,
    /// Replace an object.
    Update,
    /// Change parts of an object.
    Patch(PatchKind),
    /// Delete an object.
    Delete,
    /// Delete a collection.
    DeleteCollection,
}

/// The form of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// A merge that knows the keys of lists; built-in kinds only.
    StrategicMerge,
    /// Server-side apply.
    Apply,
}

impl Verb {
    /// The verb as RBAC and discovery spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch(_) => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }
}

/// The query of a request. Absent values mean what they mean to Kubernetes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `labelSelector`.
    pub label_selector: Option<String>,
    /// `fieldSelector`.
    pub field_selector: Option<String>,
    /// `resourceVersion`.
    pub resource_version: Option<String>,
    /// `resourceVersionMatch`.
    pub resource_version_match: Option<String>,
    /// `limit`: the size of a page.
    pub limit: Option<usize>,
    /// `continue`: where the next page starts.
    pub continue_token: Option<String>,
    /// `timeoutSeconds` of a watch.
    pub timeout_seconds: Option<u64>,
    /// `allowWatchBookmarks`.
    pub allow_watch_bookmarks: bool,
    /// `sendInitialEvents`.
    pub send_initial_events: Option<bool>,
    /// `fieldManager`.
    pub field_manager: Option<String>,
    /// `force` of an apply.
    pub force: bool,
    /// `dryRun=All`.
    pub dry_run: bool,
    /// `fieldValidation`: what happens to unknown fields.
    pub field_validation: FieldValidation,
}

/// What happens to fields that the schema does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped.
    Ignore,
    /// They are dropped with a warning each.
    #[default]
    Warn,
    /// They are refused.
    Strict,
}

impl Request {
    fn new(verb: Verb, gvr: &Gvr, user: &User) -> Self {
        Self {
            verb,
            gvr: gvr.clone(),
            subresource: None,
            namespace: None,
            name: None,
            body: Value::Null,
            options: Options::default(),
            user: user.clone(),
        }
    }

    /// The object that the request is about; its name is empty if it names none.
    pub(crate) fn key(&self) -> Key {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        Key::new(namespace, self.name.as_deref().unwrap_or_default())
    }

    /// Reads one object.
    #[must_use]
    pub fn get(gvr: &Gvr, namespace: &str, name: &str, user: &User) -> Self {
        Self::new(Verb::Get, gvr, user)
            .within(namespace)
            .named(name)
    }

    /// Reads a collection; an empty namespace means all of them.
    #[must_use]
    pub fn list(gvr: &Gvr, namespace: &str, user: &User) -> Self {
        Self::new(Verb::List, gvr, user).within(namespace)
    }

    /// Follows a collection; an empty namespace means all of them.
    #[must_use]
    pub fn watch(gvr: &Gvr, namespace: &str, user: &User) -> Self {
        Self::new(Verb::Watch, gvr, user).within(namespace)
    }

    /// Creates an object in the namespace that it names.
    #[must_use]
    pub fn create(gvr: &Gvr, object: impl Into<Value>, user: &User) -> Self {
        let object = object.into();
        let namespace = crate::object::namespace(&object).to_owned();
        Self {
            body: object,
            ..Self::new(Verb::Create, gvr, user).within(&namespace)
        }
    }

    /// Replaces the object of the same name.
    #[must_use]
    pub fn update(gvr: &Gvr, object: impl Into<Value>, user: &User) -> Self {
        let object = object.into();
        let key = crate::object::key(&object);
        let request = Self::new(Verb::Update, gvr, user)
            .within(&key.namespace)
            .named(&key.name);
        Self {
            body: object,
            ..request
        }
    }

    /// Changes parts of an object.
    #[must_use]
    pub fn patch(
        kind: PatchKind,
        gvr: &Gvr,
        namespace: &str,
        name: &str,
        patch: impl Into<Value>,
        user: &User,
    ) -> Self {
        Self {
            body: patch.into(),
            ..Self::new(Verb::Patch(kind), gvr, user)
                .within(namespace)
                .named(name)
        }
    }

    /// Deletes an object.
    #[must_use]
    pub fn delete(gvr: &Gvr, namespace: &str, name: &str, user: &User) -> Self {
        Self::new(Verb::Delete, gvr, user)
            .within(namespace)
            .named(name)
    }

    /// The same on a sub-resource.
    #[must_use]
    pub fn at(self, subresource: &str) -> Self {
        Self {
            subresource: Some(subresource.to_owned()),
            ..self
        }
    }

    /// The same with another query.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    fn within(self, namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()).filter(|n| !n.is_empty()),
            ..self
        }
    }

    fn named(self, name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..self
        }
    }
}
