//! Who signs what: a root per name, an intermediate per cluster, and exchanged trust bundles.

use std::collections::{BTreeMap, BTreeSet};

use pki::{Authority, Roots, Subject, Validity};
use serde_json::{Value, json};
use world::ClusterName;

use crate::{Facts, ManifestError, Object, site::Site};

/// The authority that an istiod here becomes: an intermediate of its cluster's root.
pub(crate) fn authority(site: &Site<'_>, facts: &Facts) -> Result<Authority, ManifestError> {
    let cluster = site.cluster;
    let root = site.topology.member(cluster).map(|member| &member.root);
    let root = root.expect("a site is a member");
    let make = || {
        let validity = Validity::of_authority(facts.now());
        let seed = facts.seed().of(&format!("intermediate/{cluster}"));
        self::root(root.as_str(), facts)?.intermediate(
            &seed,
            &Subject::intermediate(cluster.as_str()),
            validity,
        )
    };
    make().map_err(|source| ManifestError::Certificates {
        cluster: cluster.clone(),
        source,
    })
}

/// The root of a name: clusters with equal names trust each other.
fn root(name: &str, facts: &Facts) -> Result<Authority, pki::PkiError> {
    let seed = facts.seed().of(&format!("root/{name}"));
    Authority::root(&seed, &Subject::root(), Validity::of_authority(facts.now()))
}

/// The Secret that an istiod reads its authority from; it must exist before istiod first starts.
pub(crate) fn cacerts(site: &Site<'_>, facts: &Facts) -> Result<Object, ManifestError> {
    let files = authority(site, facts)?.cacerts();
    let data: BTreeMap<&str, &str> = files.files().into_iter().collect();
    Ok(Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cacerts", "namespace": site.namespace()},
        "stringData": data,
        "type": "Opaque",
    })))
}

/// Values by which a mesh believes the identities of those it trusts: their roots, each for its
/// own trust domain only.
pub(crate) fn federation(site: &Site<'_>, facts: &Facts) -> Result<Value, ManifestError> {
    let mut bundles = Vec::new();
    for mesh in &site.mesh().trusts {
        let Some(trusted) = site.topology.meshes().get(mesh) else {
            continue;
        };
        let members = site.topology.members().values();
        let names: BTreeSet<&str> = members
            .filter(|member| member.mesh.as_ref() == Some(mesh))
            .map(|member| member.root.as_str())
            .collect();
        bundles.push(json!({
            "pem": bundle(&names, site.cluster, facts)?.to_pem(),
            "trustDomains": [&trusted.trust_domain],
        }));
    }
    if bundles.is_empty() {
        return Ok(json!({}));
    }
    Ok(json!({
        "meshConfig": {"caCertificates": bundles},
        "pilot": {"env": {"ISTIO_MULTIROOT_MESH": "true"}},
    }))
}

fn bundle(
    names: &BTreeSet<&str>,
    cluster: &ClusterName,
    facts: &Facts,
) -> Result<Roots, ManifestError> {
    names.iter().try_fold(Roots::default(), |roots, name| {
        let root = root(name, facts).map_err(|source| ManifestError::Certificates {
            cluster: cluster.clone(),
            source,
        })?;
        Ok(roots.union(root.roots()))
    })
}
