//! Workloads: who calls and who answers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use world::{ClusterName, Locality, NamespaceName, WorkloadName};

use crate::{
    Topology,
    draft::{App, PlaceDraft, PlacesDraft, ScenarioSpec, ServiceType, WorkloadDraft},
    name::{RevisionName, ServiceAccountName},
    problem::{FieldPath, Findings, Trouble, did_you_mean},
    topology::Role,
};

/// The word for every cluster.
pub(crate) const ALL: &str = "all";
const FIRST_VERSION: &str = "v1";

/// A workload: per cluster and version a Deployment, and a Service and a service account of its
/// name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// Its name: the `app` label of its pods and the name of its Service.
    pub name: WorkloadName,
    /// What its pods run.
    pub runs: Runs,
    /// Its namespace.
    pub namespace: NamespaceName,
    /// Its service account.
    pub service_account: ServiceAccountName,
    /// Whether its pods get a sidecar.
    pub sidecar: Sidecar,
    /// What kind of Service it has.
    pub service: ServiceType,
    /// The port its Service listens on; `None` for a client.
    pub port: Option<u16>,
    /// Where it runs.
    pub places: BTreeMap<ClusterName, Vec<Place>>,
    /// Clusters that have the Service but no pods.
    pub stubs: Vec<ClusterName>,
    /// Further labels of its pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations of its pods.
    pub annotations: BTreeMap<String, String>,
}

/// What pods run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    /// A sample.
    Sample(App),
    /// The user's own objects, applied wherever the workload runs.
    Objects(Vec<Json>),
}

/// Whether pods get a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sidecar {
    /// By injection.
    Injected,
    /// `sidecar.istio.io/inject: "false"`.
    Refused,
}

/// One version in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The `version` label of its pods.
    pub version: String,
    /// How many pods.
    pub replicas: u32,
    /// The locality of the nodes its pods run on; `None` for any.
    pub locality: Option<Locality>,
    /// The revision or tag that injects its sidecars; `None` for the namespace's.
    pub rev: Option<RevisionName>,
}

impl Workload {
    /// Whether it runs in a cluster.
    pub fn runs_in(&self, cluster: &ClusterName) -> bool {
        self.places.contains_key(cluster)
    }

    /// Its versions, in whatever cluster.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.places
            .values()
            .flatten()
            .map(|place| place.version.as_str())
    }

    /// The host names of its Service, from the shortest to the full one.
    pub fn hosts(&self) -> Vec<String> {
        if self.service == ServiceType::None {
            return Vec::new();
        }
        service_hosts(self.name.as_str(), &self.namespace)
    }

    /// Whether a host is one of [`Workload::hosts`].
    pub fn is_called(&self, host: &str) -> bool {
        let rest = host.strip_prefix(self.name.as_str());
        let namespaced = rest.and_then(|rest| rest.strip_prefix('.'));
        let tail = namespaced.and_then(|rest| rest.strip_prefix(self.namespace.as_str()));
        let fits = rest == Some("") || tail.is_some_and(|tail| TAILS.contains(&tail));
        self.service != ServiceType::None && fits
    }
}

/// What may follow the namespace in a Service's name.
const TAILS: [&str; 3] = ["", ".svc", ".svc.cluster.local"];

/// The names under which a Service is known.
pub(crate) fn service_hosts(name: &str, namespace: &NamespaceName) -> Vec<String> {
    let longer = TAILS.map(|tail| format!("{name}.{namespace}{tail}"));
    std::iter::once(name.to_owned()).chain(longer).collect()
}

/// Reads the Kubernetes objects of a file.
pub(crate) type Objects<'a> = &'a dyn Fn(&str) -> Result<Vec<Json>, Trouble>;

pub(crate) fn derive(
    spec: &ScenarioSpec,
    topology: &Topology,
    objects: Objects<'_>,
    path: &FieldPath,
    findings: &mut Findings,
) -> BTreeMap<WorkloadName, Workload> {
    let mut workloads = BTreeMap::new();
    for (name, draft) in &spec.workloads {
        let reader = Reader {
            name,
            draft,
            topology,
            at: path.key("workloads").key(name),
        };
        if let Some(workload) = reader.workload(objects, findings) {
            workloads.insert(name.clone(), workload);
        }
    }
    workloads
}

struct Reader<'a> {
    name: &'a WorkloadName,
    draft: &'a WorkloadDraft,
    topology: &'a Topology,
    at: FieldPath,
}

impl Reader<'_> {
    fn workload(&self, objects: Objects<'_>, findings: &mut Findings) -> Option<Workload> {
        self.check_name(findings);
        self.check_stubs(findings);
        let places = self.places(findings);
        let runs = self.runs(objects, findings)?;
        let own = || ServiceAccountName::new(self.name.as_str()).expect("a name is a label");
        Some(Workload {
            name: self.name.clone(),
            port: self.draft.port.or_else(|| default_port(&runs)),
            runs,
            namespace: self.draft.namespace.clone(),
            service_account: self.draft.service_account.clone().unwrap_or_else(own),
            sidecar: if self.draft.inject {
                Sidecar::Injected
            } else {
                Sidecar::Refused
            },
            service: self.draft.service,
            places,
            stubs: self.draft.stub_in.clone(),
            labels: self.draft.labels.clone(),
            annotations: self.draft.annotations.clone(),
        })
    }

    fn check_name(&self, findings: &mut Findings) {
        let gateways = self.topology.gateways().iter();
        let taken = gateways
            .map(|gateway| gateway.name.as_str())
            .chain(["istiod"]);
        if taken.into_iter().any(|taken| taken == self.name.as_str()) {
            findings.key(
                &self.at,
                format!("'{}' is a part of Istio in this topology", self.name),
                "choose another name",
            );
        }
    }

    fn check_stubs(&self, findings: &mut Findings) {
        for (i, cluster) in self.draft.stub_in.iter().enumerate() {
            self.known(cluster, &self.at.key("stubIn").index(i), findings);
        }
    }

    fn runs(&self, objects: Objects<'_>, findings: &mut Findings) -> Option<Runs> {
        let by_name = match self.name.as_str() {
            "sleep" => Some(App::Sleep),
            "helloworld" => Some(App::Helloworld),
            _ => None,
        };
        match (&self.draft.manifests, self.draft.app.or(by_name)) {
            (Some(_), Some(_)) if self.draft.app.is_some() => {
                findings.key(
                    &self.at.key("manifests"),
                    "'manifests' cannot stand beside 'app'",
                    "keep one of them",
                );
                None
            }
            (Some(file), _) => match objects(file) {
                Ok(objects) => Some(Runs::Objects(objects)),
                Err(trouble) => {
                    findings.trouble(&self.at.key("manifests"), trouble);
                    None
                }
            },
            (None, Some(app)) => Some(Runs::Sample(app)),
            (None, None) => {
                findings.key(
                    &self.at,
                    format!("it does not say what '{}' runs", self.name),
                    "add 'app: sleep', 'app: helloworld' or 'manifests: FILE'",
                );
                None
            }
        }
    }

    fn places(&self, findings: &mut Findings) -> BTreeMap<ClusterName, Vec<Place>> {
        let at = self.at.key("in");
        let mut places = BTreeMap::new();
        match &self.draft.places {
            PlacesDraft::Clusters(clusters) => {
                for cluster in self.expand(clusters.as_slice(), &at, findings) {
                    places.insert(cluster, vec![self.place(FIRST_VERSION)]);
                }
            }
            PlacesDraft::ByCluster(drafts) => {
                for (cluster, draft) in drafts {
                    self.known(cluster, &at.key(cluster), findings);
                    places.insert(cluster.clone(), self.placed(draft));
                }
            }
        }
        places
    }

    fn placed(&self, draft: &PlaceDraft) -> Vec<Place> {
        match draft {
            PlaceDraft::Versions(versions) => versions.iter().map(|v| self.place(v)).collect(),
            PlaceDraft::Detailed(details) => {
                let lone = [FIRST_VERSION.to_owned()];
                let versions = match details.versions.as_slice() {
                    [] => &lone,
                    written => written,
                };
                let place = |version: &String| {
                    let usual = self.place(version);
                    Place {
                        replicas: details.replicas.unwrap_or(usual.replicas),
                        locality: details.locality.clone().or(usual.locality),
                        rev: details.rev.clone().or(usual.rev),
                        version: usual.version,
                    }
                };
                versions.iter().map(place).collect()
            }
        }
    }

    fn place(&self, version: &str) -> Place {
        Place {
            version: version.to_owned(),
            replicas: self.draft.replicas,
            locality: self.draft.locality.clone(),
            rev: self.draft.rev.clone(),
        }
    }

    fn expand(
        &self,
        written: &[ClusterName],
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Vec<ClusterName> {
        let everywhere = self.topology.members().iter();
        let all = everywhere.filter(|(_, member)| can_run_pods(&member.role));
        match written {
            [word] if word.as_str() == ALL => all.map(|(name, _)| name.clone()).collect(),
            clusters => {
                for cluster in clusters {
                    self.known(cluster, at, findings);
                }
                clusters.to_vec()
            }
        }
    }

    fn known(&self, cluster: &ClusterName, at: &FieldPath, findings: &mut Findings) {
        let clusters = &self.topology.substrate().clusters;
        if !clusters.contains_key(cluster) {
            findings.value(
                at,
                format!("there is no cluster '{cluster}'"),
                did_you_mean(cluster.as_str(), clusters.keys().map(ClusterName::as_str)),
            );
        }
    }
}

/// `all` means every cluster but those that only run a control plane for others.
fn can_run_pods(role: &Role) -> bool {
    !matches!(role, Role::ExternalControlPlane { .. })
}

fn default_port(runs: &Runs) -> Option<u16> {
    match runs {
        Runs::Sample(App::Helloworld) => Some(5000),
        Runs::Sample(App::Sleep) | Runs::Objects(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(service: ServiceType) -> Workload {
        Workload {
            name: "shop".parse().unwrap(),
            runs: Runs::Sample(App::Helloworld),
            namespace: "web".parse().unwrap(),
            service_account: "shop".parse().unwrap(),
            sidecar: Sidecar::Injected,
            service,
            port: Some(5000),
            places: BTreeMap::new(),
            stubs: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn a_workload_is_called_by_the_hosts_of_its_service_and_by_no_other() {
        let shop = workload(ServiceType::ClusterIp);
        assert_eq!(shop.hosts().len(), 4);
        assert!(shop.hosts().iter().all(|host| shop.is_called(host)));
        for other in [
            "sho",
            "shop2",
            "shop.",
            "shop.we",
            "shop.web.svc.",
            "shop.web2.svc",
            "a.shop",
        ] {
            assert!(!shop.is_called(other), "{other}");
        }
        let without = workload(ServiceType::None);
        assert!(without.hosts().is_empty() && !without.is_called("shop"));
    }
}
