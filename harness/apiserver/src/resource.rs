//! Resources: what a path can name, and how objects of that kind behave.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    json::Text,
    schema::{Node, crd::Structural},
    status::Details,
    store::Table,
};

/// A group, version and resource, as they stand in a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gvr {
    /// The API group; empty for the core group.
    pub group: Text,
    /// The version, such as `v1`.
    pub version: Text,
    /// The plural resource name, such as `pods`.
    pub resource: Text,
}

impl Gvr {
    /// Names a resource; the group is empty for the core group.
    #[must_use]
    pub fn new(group: &str, version: &str, resource: &str) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            resource: resource.into(),
        }
    }

    /// A resource of the core group at `v1`.
    #[must_use]
    pub fn core(resource: &str) -> Self {
        Self::new("", "v1", resource)
    }

    /// Where its objects are stored, whatever the version.
    pub(crate) fn table(&self) -> Table {
        Table::new(&self.group, &self.resource)
    }

    /// The `apiVersion` of its objects.
    #[must_use]
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Whether objects of this `apiVersion` are of its group and version.
    pub(crate) fn is_of(&self, api_version: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.group == group && self.version == version
    }
}

impl fmt::Display for Gvr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.resource)
    }
}

/// One version of a served resource.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) gvr: Gvr,
    pub(crate) table: Table,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) singular: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) subresources: BTreeMap<String, Subresource>,
    pub(crate) shape: Node,
    pub(crate) origin: Origin,
}

/// A path below an object.
#[derive(Debug, Clone)]
pub(crate) struct Subresource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) verbs: Vec<String>,
}

/// Where a resource's rules come from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Builtin,
    /// A `CustomResourceDefinition` in the cluster.
    Custom(Arc<Custom>),
}

/// What a custom resource definition says beyond names.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) schema: Option<Structural>,
    pub(crate) storage_version: String,
    pub(crate) selectable: Vec<String>,
    pub(crate) scale: Option<ScalePaths>,
}

/// Where a custom resource keeps what its scale sub-resource shows.
#[derive(Debug, Clone)]
pub(crate) struct ScalePaths {
    pub(crate) spec_replicas: Vec<String>,
    pub(crate) status_replicas: Vec<String>,
    pub(crate) selector: Option<Vec<String>>,
}

impl Resource {
    pub(crate) fn group(&self) -> &str {
        &self.gvr.group
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.gvr.group == group && self.kind == kind
    }

    pub(crate) fn custom(&self) -> Option<&Custom> {
        match &self.origin {
            Origin::Custom(custom) => Some(custom),
            Origin::Builtin => None,
        }
    }

    pub(crate) fn has_status(&self) -> bool {
        self.subresources.contains_key("status")
    }

    /// `deployments.apps`, or `pods` for the core group.
    pub(crate) fn qualified(&self) -> String {
        qualify(&self.gvr.resource, &self.gvr.group)
    }

    /// `Deployment.apps`, or `Pod` for the core group.
    pub(crate) fn qualified_kind(&self) -> String {
        qualify(&self.kind, &self.gvr.group)
    }

    pub(crate) fn details(&self, name: &str) -> Details {
        Details {
            name: name.to_owned(),
            group: self.gvr.group.to_string(),
            kind: self.gvr.resource.to_string(),
            ..Details::default()
        }
    }

    /// Whether objects can be selected by this field.
    pub(crate) fn selectable(&self, field: &str) -> bool {
        let always = matches!(field, "metadata.name" | "metadata.namespace");
        match (self.group(), self.kind.as_str()) {
            ("", "Node") => matches!(field, "metadata.name" | "spec.unschedulable"),
            ("", "Pod") => always || POD_FIELDS.contains(&field),
            ("", "Event") => always || EVENT_FIELDS.contains(&field),
            ("", "Namespace") => field == "status.phase" || field == "metadata.name",
            ("", "Secret") => always || field == "type",
            ("", "Service") => always || matches!(field, "spec.clusterIP" | "spec.type"),
            ("batch", "Job") => always || field == "status.successful",
            _ => {
                always
                    || self
                        .custom()
                        .is_some_and(|c| c.selectable.iter().any(|s| s == field))
            }
        }
    }
}

fn qualify(name: &str, group: &str) -> String {
    match group {
        "" => name.to_owned(),
        group => format!("{name}.{group}"),
    }
}

const POD_FIELDS: [&str; 8] = [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

const EVENT_FIELDS: [&str; 11] = [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];
