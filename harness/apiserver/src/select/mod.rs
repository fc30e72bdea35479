//! Label and field selectors: parsed once, then asked about each object.

mod field;
mod label;

pub(crate) use field::FieldSelector;
pub(crate) use label::LabelSelector;

use crate::{
    json::Value,
    object,
    resource::Resource,
    status::Status,
    store::{Key, Span},
};

/// What a list or watch is limited to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) namespace: Option<String>,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

impl Selection {
    /// Parses what a request carries.
    ///
    /// # Errors
    /// 400 for a malformed selector or for a field that the resource cannot be selected by.
    pub(crate) fn parse(
        resource: &Resource,
        namespace: Option<&str>,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Self, Status> {
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            labels: LabelSelector::parse(labels.unwrap_or_default())?,
            fields: FieldSelector::parse(resource, fields.unwrap_or_default())?,
        })
    }

    /// The part of a table in which everything selected stands.
    pub(crate) fn span(&self) -> Span<'_> {
        Span {
            namespace: self.namespace.as_deref(),
            after: None,
        }
    }

    /// Whether an object of this name is in the part of the table that is looked at.
    pub(crate) fn reaches(&self, key: &Key) -> bool {
        self.span().reaches(key)
    }

    /// Whether no selector leaves anything out of that part.
    pub(crate) fn selects_all(&self) -> bool {
        self.labels == LabelSelector::default() && self.fields == FieldSelector::default()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.namespace
            .as_deref()
            .is_none_or(|n| object::namespace(object) == n)
            && self.labels.matches(&object["metadata"]["labels"])
            && self.fields.matches(object)
    }
}
