//! The JSON schemas of the language, generated from the [drafts](crate::draft) with every default
//! and doc text; an editor that knows them helps while typing.

use schemars::{Schema, generate::SchemaSettings};

use crate::draft::{ScenarioDraft, TopologyDraft};

/// The schema of a topology file.
pub fn topology() -> Schema {
    generate::<TopologyDraft>("topology")
}

/// The schema of a scenario file.
pub fn scenario() -> Schema {
    generate::<ScenarioDraft>("scenario")
}

fn generate<T: schemars::JsonSchema>(name: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    let id = format!("https://isthmus-mesh.github.io/schemas/v1alpha1/{name}.json");
    schema.insert("$id".to_owned(), id.into());
    schema
}
