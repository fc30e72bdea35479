//! The cells of a scenario's matrix, each with its own topology.

use std::path::Path;

use serde_json::Value as Json;
use world::Version;

use super::{Files, Library, document, objects};
use crate::{
    Scenario, Topology,
    draft::{Free, IstioDraft, Metadata, ScenarioDraft, TopologyDraft, TopologyRef, TopologySpec},
    name::DocumentName,
    problem::{FieldPath, Findings, did_you_mean},
    scenario::Setting,
};

/// A topology's specification, with where it is written and what it is called.
struct Base {
    metadata: Metadata,
    spec: TopologySpec,
    /// Where findings about it belong in the scenario file.
    at: FieldPath,
    origin: Origin,
    axis: Vec<(String, String)>,
}

#[derive(PartialEq, Eq)]
enum Origin {
    /// In the scenario file itself.
    Inline,
    /// In a file of its own.
    Named,
}

/// Makes every cell; what is wrong is added to `findings`.
pub(super) fn of(
    library: &Library,
    files: &dyn Files,
    base: &Path,
    draft: &ScenarioDraft,
    findings: &mut Findings,
) -> Vec<Scenario> {
    let source = Source {
        library,
        files,
        base,
        draft,
    };
    let read_objects = |file: &str| objects::read(files, base, file);
    let mut scenarios = Vec::new();
    for base in source.bases(findings) {
        for (axis, spec) in versions(draft, &base.spec) {
            let Some(topology) = topology(&base, &spec, findings) else {
                continue;
            };
            let setting = Setting {
                topology,
                cell: base.axis.iter().cloned().chain(axis).collect(),
                objects: &read_objects,
            };
            scenarios.extend(Scenario::from_draft(draft, setting, findings));
        }
    }
    scenarios
}

struct Source<'a> {
    library: &'a Library,
    files: &'a dyn Files,
    base: &'a Path,
    draft: &'a ScenarioDraft,
}

impl Source<'_> {
    /// The topologies of the scenario: its own one, or those of the matrix.
    fn bases(&self, findings: &mut Findings) -> Vec<Base> {
        let spec = FieldPath::root().key("spec");
        let listed = &self.draft.spec.matrix.topology;
        match (&self.draft.spec.topology, listed.as_slice()) {
            (Some(_), [_, ..]) => {
                findings.key(
                    &spec.key("topology"),
                    "'topology' cannot stand beside 'matrix.topology'",
                    "move it into the matrix",
                );
                Vec::new()
            }
            (None, []) => {
                findings.key(
                    &spec,
                    "'topology' is missing",
                    "add 'topology:' with a name, a path or a specification",
                );
                Vec::new()
            }
            (Some(topology), []) => self.single(topology, &spec.key("topology"), findings),
            (None, listed) => self.listed(listed, &spec.key("matrix").key("topology"), findings),
        }
    }

    fn single(&self, topology: &TopologyRef, at: &FieldPath, findings: &mut Findings) -> Vec<Base> {
        let base = match topology {
            TopologyRef::Named(name) => self.named(name, at, findings),
            TopologyRef::Inline(spec) => Some(self.inline(spec, at, findings)),
        };
        base.into_iter().collect()
    }

    fn listed(&self, names: &[String], at: &FieldPath, findings: &mut Findings) -> Vec<Base> {
        let mut bases = Vec::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(mut base) = self.named(name, &at.index(i), findings) {
                base.axis = vec![("topology".to_owned(), base.metadata.name.to_string())];
                bases.push(base);
            }
        }
        bases
    }

    fn inline(&self, spec: &TopologySpec, at: &FieldPath, findings: &mut Findings) -> Base {
        if !self.draft.spec.overrides.is_empty() {
            findings.key(
                &FieldPath::root().key("spec").key("overrides"),
                "'overrides' is for a named topology, and this one is written here",
                "write the fields into 'topology'",
            );
        }
        Base {
            metadata: Metadata {
                name: self.draft.metadata.name.clone(),
                labels: std::collections::BTreeMap::new(),
                description: String::new(),
            },
            spec: spec.clone(),
            at: at.clone(),
            origin: Origin::Inline,
            axis: Vec::new(),
        }
    }

    fn named(&self, name: &str, at: &FieldPath, findings: &mut Findings) -> Option<Base> {
        let draft = if is_path(name) {
            self.at_path(name, at, findings)?
        } else {
            self.on_shelf(name, at, findings)?
        };
        let spec = self.overridden(draft.spec, findings)?;
        Some(Base {
            metadata: draft.metadata,
            spec,
            at: at.clone(),
            origin: Origin::Named,
            axis: Vec::new(),
        })
    }

    fn at_path(
        &self,
        path: &str,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<TopologyDraft> {
        match document::topology(self.files, &self.base.join(path)) {
            Ok((_, draft)) => Some(draft),
            Err(problems) => {
                let first = problems.into_vec().swap_remove(0);
                findings.value(
                    at,
                    format!("'{path}' cannot be used: {}: {}", first.at, first.message),
                    first.remedy,
                );
                None
            }
        }
    }

    fn on_shelf(
        &self,
        name: &str,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<TopologyDraft> {
        let found = self.library.on_shelf(name);
        if found.is_none() {
            let known = self.library.topologies().map(DocumentName::as_str);
            let known: Vec<&str> = known.collect();
            let remedy = match known.as_slice() {
                [] => format!("write a path such as '{name}.yaml'"),
                known => did_you_mean(name, known.iter().copied()),
            };
            findings.value(at, format!("there is no topology '{name}'"), remedy);
        }
        found.cloned()
    }

    fn overridden(&self, spec: TopologySpec, findings: &mut Findings) -> Option<TopologySpec> {
        let overrides = &self.draft.spec.overrides;
        if overrides.is_empty() {
            return Some(spec);
        }
        let Ok(Json::Object(plain)) = serde_json::to_value(&spec) else {
            unreachable!("a specification is a mapping with texts as keys");
        };
        let merged = Free(plain).merged(overrides);
        match document::from_json(Json::Object(merged.0)) {
            Ok(spec) => Some(spec),
            Err(finding) => {
                let at = FieldPath::root().key("spec").key("overrides");
                let at = document::below(&at, &finding.path);
                findings.value(&at, finding.message, finding.remedy);
                None
            }
        }
    }
}

fn is_path(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// One position on the axes of the matrix that are versions, with the specification there.
type Cell = (Vec<(String, String)>, TopologySpec);

fn versions(draft: &ScenarioDraft, spec: &TopologySpec) -> Vec<Cell> {
    let matrix = &draft.spec.matrix;
    let start = vec![(Vec::new(), spec.clone())];
    let with_istio = multiply(start, "istio", &matrix.istio, |spec, version| {
        let values = spec.istio.take().map(|istio| istio.values);
        spec.istio = Some(IstioDraft {
            version: version.clone(),
            values: values.unwrap_or_default(),
        });
    });
    multiply(
        with_istio,
        "kubernetes",
        &matrix.kubernetes,
        |spec, version| {
            for cluster in spec.clusters.values_mut() {
                cluster.kubernetes = Some(version.clone());
            }
        },
    )
}

fn multiply(
    cells: Vec<Cell>,
    axis: &str,
    values: &[Version],
    set: impl Fn(&mut TopologySpec, &Version),
) -> Vec<Cell> {
    if values.is_empty() {
        return cells;
    }
    let mut multiplied = Vec::new();
    for (names, spec) in cells {
        for value in values {
            let mut names = names.clone();
            names.push((axis.to_owned(), value.to_string()));
            let mut spec = spec.clone();
            set(&mut spec, value);
            multiplied.push((names, spec));
        }
    }
    multiplied
}

/// The topology of a cell; findings about one from elsewhere are told where it is named.
fn topology(base: &Base, spec: &TopologySpec, findings: &mut Findings) -> Option<Topology> {
    if base.origin == Origin::Inline {
        return Topology::from_spec(&base.metadata, spec, &base.at, findings);
    }
    let mut found = Findings::new();
    let path = FieldPath::root().key("spec");
    let topology = Topology::from_spec(&base.metadata, spec, &path, &mut found);
    for finding in found.iter() {
        findings.value(
            &base.at,
            format!(
                "in topology '{}': {}: {}",
                base.metadata.name, finding.path, finding.message
            ),
            finding.remedy.clone(),
        );
    }
    topology
}
