//! Remote secrets.

use std::collections::BTreeMap;

use istio::{
    id::ClusterId,
    remote::{Registries, SecretKey},
};
use serde::Deserialize;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    config_cluster: ClusterId,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    op: Verb,
    secret: String,
    data: BTreeMap<ClusterId, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Create,
    Update,
    Delete,
}

/// The namespace of secrets that are named without one.
const SYSTEM: &str = "istio-system";

pub(crate) fn remote_secret(case: &mut Case<'_>) -> Result<(), String> {
    let input: Input = case.input()?;
    let mut registries = Registries::new(input.config_cluster, SYSTEM);
    for operation in input.operations {
        apply(&mut registries, operation);
    }
    let known = registries.known().into_iter();
    let known: BTreeMap<String, u64> = known.map(|(id, n)| (id.to_string(), n)).collect();
    case.came_out("registries", known);
    Ok(())
}

fn apply(registries: &mut Registries, operation: Operation) {
    let (namespace, name) = operation
        .secret
        .split_once('/')
        .unwrap_or((SYSTEM, &operation.secret));
    let secret = SecretKey {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let data = operation.data.into_iter();
    let data = data
        .map(|(id, kubeconfig)| (id, kubeconfig.into_bytes()))
        .collect();
    let _changes = match operation.op {
        Verb::Create | Verb::Update => registries.put(&secret, &data),
        Verb::Delete => registries.delete(&secret),
    };
}
