//! The objects of whole topologies as text, to be read by people and compared by machines.
//! `ISTHMUS_BLESS=1` writes them anew; look at the difference before you commit it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use manifest::{Form, Object};
use serde_json::Value;

use crate::{
    support::Installation,
    topologies::{self, Case},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden")
}

/// Private keys and certificates are the business of room pki; here they would only hide what
/// changed, and keys do not belong into a repository.
fn without_pem(value: &mut Value) {
    match value {
        Value::String(text) => {
            let blocks = text.matches("-----BEGIN ").count();
            if text.starts_with("-----BEGIN ") {
                let label = text["-----BEGIN ".len()..].split("-----").next().unwrap();
                *text = format!("<{blocks} × {label}>");
            } else if text.contains("certificate-authority-data: ") {
                let (before, after) = text.split_once("certificate-authority-data: ").unwrap();
                let rest = after.split_once('\n').unwrap().1;
                *text = format!("{before}certificate-authority-data: <base64>\n{rest}");
            } else if blocks > 0 {
                *text = outside_of_pem(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_pem),
        Value::Object(fields) => fields.values_mut().for_each(without_pem),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn outside_of_pem(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= line.contains("-----BEGIN ");
        if !inside {
            kept += line;
            kept.push('\n');
        }
        inside &= !line.contains("-----END ");
    }
    kept
}

fn document(object: &Object) -> String {
    let mut value = object.value().clone();
    without_pem(&mut value);
    serde_yaml::to_string(&value).unwrap()
}

/// The files of a topology: `<cluster>/<number>-<stage>.yaml`, and its operators beside them.
fn files(case: &Case) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let objects = Installation::of(case);
    let numbers: Vec<&str> = manifest::stages(&objects.topology)
        .iter()
        .map(|stage| stage.name())
        .collect();
    for (stage, placed) in &objects.objects {
        // The same in every cluster; once is enough.
        if placed.object.kind() == "CustomResourceDefinition" {
            continue;
        }
        let number = numbers.iter().position(|name| name == stage).unwrap() + 1;
        let file = format!("{}/{number:02}-{stage}.yaml", placed.cluster);
        let text = files.entry(file).or_default();
        *text += &format!("---\n{}", document(&placed.object));
    }
    for (_, placed) in &Installation::in_form(case, Form::Operators).objects {
        if placed.object.kind() == "IstioOperator" {
            let file = format!("{}/operators.yaml", placed.cluster);
            let text = files.entry(file).or_default();
            *text += &format!("---\n{}", document(&placed.object));
        }
    }
    files
}

fn existing(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for cluster in fs::read_dir(folder).into_iter().flatten() {
        let cluster = cluster.unwrap();
        for file in fs::read_dir(cluster.path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            found.insert(format!("{}/{name}", cluster.file_name().to_string_lossy()));
        }
    }
    found
}

fn bless(folder: &Path, files: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The first line in which a file differs.
fn difference(file: &str, expected: &str, found: &str) -> Option<String> {
    let lines = expected.lines().chain([""]).zip(found.lines().chain([""]));
    let at = lines.enumerate().find(|(_, (a, b))| a != b);
    at.map(|(line, (a, b))| format!("{file}:{}: expected `{a}`, found `{b}`", line + 1))
        .or_else(|| (expected != found).then(|| format!("{file}: one is longer")))
}

#[test]
fn installations_are_as_they_were_looked_at() {
    let mut differences = Vec::new();
    for case in topologies::GOLDEN {
        let folder = root().join(case.name);
        let files = files(&case);
        if std::env::var_os("ISTHMUS_BLESS").is_some() {
            bless(&folder, &files);
        }
        let names: BTreeSet<String> = files.keys().cloned().collect();
        if names != existing(&folder) {
            differences.push(format!("{}: other files than {names:?}", case.name));
        }
        for (file, found) in &files {
            let expected = fs::read_to_string(folder.join(file)).unwrap_or_default();
            differences.extend(difference(
                &format!("{}/{file}", case.name),
                &expected,
                found,
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "run with ISTHMUS_BLESS=1 and look at the difference:\n{}",
        differences.join("\n")
    );
}
