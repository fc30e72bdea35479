//! What every document starts with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::DocumentName;

/// The version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first version; it may still change between releases of isthmus.
    #[serde(rename = "isthmus/v1alpha1")]
    V1Alpha1,
}

/// What a document is called and how it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The name by which it is listed and referred to: a DNS label.
    pub name: DocumentName,
    /// Labels to select by, for example `area: failover`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What it is about, in a sentence.
    #[serde(default)]
    pub description: String,
}
