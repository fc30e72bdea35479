//! The stages of one file: text, tree, structure, draft.

use std::{path::Path, sync::OnceLock};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Files;
use crate::{
    draft::{ScenarioDraft, TopologyDraft},
    problem::{FieldPath, Finding, Findings, Problems, Segment, did_you_mean},
    schema,
    structure::{self, Checked, Schema},
    yaml::{self, MAX_DOCUMENT, Node, Position},
};

/// A document of either kind.
pub(super) enum Draft {
    Topology(Box<TopologyDraft>),
    Scenario(Box<ScenarioDraft>),
}

/// A file as far as its draft.
pub(super) struct Read {
    pub(super) node: Node,
    /// What is written, if findings of its structure do not change the meaning of the rest.
    pub(super) draft: Option<Draft>,
    pub(super) findings: Findings,
}

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Topology,
    Scenario,
}

const KINDS: [&str; 2] = ["Scenario", "Topology"];

/// Reads a file as far as its draft.
pub(super) fn read(files: &dyn Files, path: &Path) -> Result<Read, Problems> {
    let node = tree(files, path)?;
    let (draft, findings) = match kind(path, &node)? {
        Kind::Topology => {
            let (draft, findings) = draft(&node, topology_schema());
            (
                draft.map(|draft| Draft::Topology(Box::new(draft))),
                findings,
            )
        }
        Kind::Scenario => {
            let (draft, findings) = draft(&node, scenario_schema());
            (
                draft.map(|draft| Draft::Scenario(Box::new(draft))),
                findings,
            )
        }
    };
    Ok(Read {
        node,
        draft,
        findings,
    })
}

/// Reads a topology file whose structure is sound.
pub(super) fn topology(files: &dyn Files, path: &Path) -> Result<(Node, TopologyDraft), Problems> {
    let Read {
        node,
        draft,
        findings,
    } = read(files, path)?;
    if let Some(problems) = Problems::located(path, &node, findings) {
        return Err(problems);
    }
    match draft {
        Some(Draft::Topology(draft)) => Ok((node, *draft)),
        Some(Draft::Scenario(_)) | None => Err(wrong_kind(path, "Scenario", "Topology")),
    }
}

/// The problem with a file of the other kind.
pub(super) fn wrong_kind(path: &Path, found: &str, wanted: &str) -> Problems {
    let message = format!("this is a {found}, and a {wanted} is wanted");
    Problems::whole_file(path, Position::START, message, "name another file")
}

/// The one document of a file.
fn tree(files: &dyn Files, path: &Path) -> Result<Node, Problems> {
    let text = files
        .read(path, MAX_DOCUMENT)
        .map_err(|error| Problems::unreadable(path, &error))?;
    let mut documents = yaml::parse(&text)
        .map_err(|error| Problems::not_yaml(path, &error))?
        .into_iter();
    let whole =
        |at, message: &str, remedy| Problems::whole_file(path, at, message.to_owned(), remedy);
    match (documents.next(), documents.next()) {
        (Some(node), None) if !node.is_null() => Ok(node),
        (Some(_), Some(second)) => Err(whole(
            second.at,
            "a second document begins here",
            "move it into a file of its own",
        )),
        (Some(_), None) | (None, _) => Err(whole(
            Position::START,
            "the file is empty",
            "begin with 'apiVersion: isthmus/v1alpha1' and a 'kind'; 'isthmus init' writes an example",
        )),
    }
}

fn kind(path: &Path, node: &Node) -> Result<Kind, Problems> {
    let mut findings = Findings::new();
    let at = FieldPath::root().key("kind");
    match node.text("kind") {
        Some("Topology") => return Ok(Kind::Topology),
        Some("Scenario") => return Ok(Kind::Scenario),
        Some(other) => findings.value(
            &at,
            format!("there is no kind '{other}'"),
            did_you_mean(other, KINDS),
        ),
        None => findings.value(
            &at,
            "'kind' is missing",
            "add 'kind: Scenario' or 'kind: Topology'",
        ),
    }
    Err(Problems::located(path, node, findings).expect("one was found"))
}

fn topology_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| structure::compile(&schema::topology()))
}

fn scenario_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| structure::compile(&schema::scenario()))
}

fn draft<T: DeserializeOwned>(node: &Node, schema: &Schema) -> (Option<T>, Findings) {
    let Checked { findings, value } = structure::check(node, schema);
    let mut findings = findings;
    let draft = value.and_then(|value| match from_json(value) {
        Ok(draft) => Some(draft),
        Err(finding) if findings.is_empty() => {
            findings.value(&finding.path, finding.message, finding.remedy);
            None
        }
        // What the walk left out is required, and that was reported.
        Err(_) => None,
    });
    (draft, findings)
}

/// Makes a draft of a value; what no schema can say (a version, a locality) is found here.
pub(super) fn from_json<T: DeserializeOwned>(value: Json) -> Result<T, Finding> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut path = FieldPath::root();
        for segment in error.path() {
            path = match segment {
                serde_path_to_error::Segment::Seq { index } => path.index(*index),
                serde_path_to_error::Segment::Map { key } => path.key(key),
                serde_path_to_error::Segment::Enum { variant } => path.key(variant),
                serde_path_to_error::Segment::Unknown => path,
            };
        }
        let (message, remedy) = explain(&error.into_inner().to_string());
        Finding {
            path,
            part: crate::problem::Part::Value,
            at: None,
            message,
            remedy,
        }
    })
}

/// What serde says, as a message and a remedy. Our own types say both, divided by a semicolon.
fn explain(text: &str) -> (String, String) {
    if text.starts_with("unknown field") {
        let mut words = text.split('`').skip(1).step_by(2);
        let written = words.next().unwrap_or_default();
        let known: Vec<&str> = words.collect();
        let message = format!("there is no field '{written}' here");
        return (message, did_you_mean(written, known));
    }
    match text.split_once("; ") {
        Some((message, remedy)) => (message.to_owned(), remedy.to_owned()),
        None => (
            text.to_owned(),
            "compare it with 'isthmus schema'".to_owned(),
        ),
    }
}

/// A path below another one.
pub(super) fn below(base: &FieldPath, path: &FieldPath) -> FieldPath {
    path.segments()
        .iter()
        .fold(base.clone(), |base, segment| match segment {
            Segment::Key(key) => base.key(key),
            Segment::Index(index) => base.index(*index),
        })
}
