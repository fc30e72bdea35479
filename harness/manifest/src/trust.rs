//! Who signs what: a root per name, an intermediate per cluster, and exchanged trust bundles.

use std::collections::{BTreeMap, BTreeSet};

use pki::{Authority, PkiError, Roots, Subject, Validity};
use scenario::{draft::RootPhase, name::RootName};
use serde_json::{Value, json};
use world::ClusterName;

use crate::{Facts, ManifestError, Object, site::Site};

/// The root whose name an istiod's cluster bears.
fn root_of<'a>(site: &Site<'a>) -> &'a RootName {
    let member = site.topology.member(site.cluster);
    &member.expect("a site is a member").root
}

/// The authority that an istiod of a cluster becomes: an intermediate of a root.
fn authority(
    cluster: &ClusterName,
    root: &RootName,
    facts: &Facts,
) -> Result<Authority, ManifestError> {
    lasting(cluster, root, Validity::of_authority(facts.now()), facts)
}

/// The same for as long as `validity` says.
fn lasting(
    cluster: &ClusterName,
    root: &RootName,
    validity: Validity,
    facts: &Facts,
) -> Result<Authority, ManifestError> {
    let make = || {
        let seed = facts.seed().of(&format!("intermediate/{root}/{cluster}"));
        let subject = Subject::intermediate(cluster.as_str());
        self::root(root.as_str(), facts)?.intermediate(&seed, &subject, validity)
    };
    make().map_err(|source| failed(cluster, source))
}

fn failed(cluster: &ClusterName, source: PkiError) -> ManifestError {
    ManifestError::Certificates {
        cluster: cluster.clone(),
        source,
    }
}

/// The root of a name: clusters with equal names trust each other.
fn root(name: &str, facts: &Facts) -> Result<Authority, PkiError> {
    let seed = facts.seed().of(&format!("root/{name}"));
    Authority::root(&seed, &Subject::root(), Validity::of_authority(facts.now()))
}

/// The Secret that an istiod reads its authority from; it must exist before istiod first starts.
pub(crate) fn cacerts(site: &Site<'_>, facts: &Facts) -> Result<Object, ManifestError> {
    Ok(secret(
        site,
        &authority(site.cluster, root_of(site), facts)?,
    ))
}

/// The same Secret in a phase of an exchange of roots. Only when every workload believes both roots
/// may the new one sign, and only when every certificate is signed by it may the old one go.
pub(crate) fn rotated(
    site: &Site<'_>,
    to: &RootName,
    phase: RootPhase,
    facts: &Facts,
) -> Result<Object, ManifestError> {
    let old = authority(site.cluster, root_of(site), facts)?;
    let new = authority(site.cluster, to, facts)?;
    let both = old.roots().union(new.roots());
    Ok(secret(
        site,
        &match phase {
            RootPhase::TrustBoth => old.trusting(&both),
            RootPhase::SignNew => new.trusting(&both),
            RootPhase::DropOld => new,
        },
    ))
}

/// The same Secret with an authority that ends with `validity`: nothing that it signs is believed
/// after that.
pub(crate) fn ending(
    site: &Site<'_>,
    validity: Validity,
    facts: &Facts,
) -> Result<Object, ManifestError> {
    let authority = lasting(site.cluster, root_of(site), validity, facts)?;
    Ok(secret(site, &authority))
}

fn secret(site: &Site<'_>, authority: &Authority) -> Object {
    let files = authority.cacerts();
    let data: BTreeMap<&str, &str> = files.files().into_iter().collect();
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cacerts", "namespace": site.namespace()},
        "stringData": data,
        "type": "Opaque",
    }))
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
        let root = root(name, facts).map_err(|source| failed(cluster, source))?;
        Ok(roots.union(root.roots()))
    })
}
