//! The smallest parts of an installation that are rendered together, each with what it needs and
//! what proves that it works.

use scenario::topology::{Mesh, RemoteSecret, Role, SecretPurpose, Topology, VmMember};
use world::{ClusterName, VmName};

use crate::{
    At, Await, Facts, ManifestError, Need, Placed, control_plane, definition, discovery,
    gateway::{self, GatewaySite},
    namespace, policy,
    site::{Part, Site, system_namespace},
    trust, vm,
    workload::{self, Images, Workloads},
};

/// Who makes the objects of Istio's own charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// This room: complete objects, for an engine that models what they mean.
    Objects,
    /// `istioctl manifest generate`, from the IstioOperator objects rendered in their place.
    Operators,
}

/// The label of an IstioOperator that says which istioctl is to read it: charts differ by version.
pub(crate) const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// A part of an installation.
#[derive(Debug, Clone)]
pub(crate) enum Unit<'a> {
    Namespaces(&'a ClusterName),
    CaCerts(Site<'a>),
    Base(&'a ClusterName),
    ControlPlane(Site<'a>),
    Gateway(GatewaySite<'a>),
    ExposedIstiod(GatewaySite<'a>),
    Token(RemoteSecret),
    RemoteSecret(RemoteSecret),
    SharedSources(Site<'a>),
    ExposedServices(&'a ClusterName),
    Policy(&'a ClusterName, &'a Mesh),
    Vm(&'a VmName, &'a VmMember),
    Workloads {
        cluster: &'a ClusterName,
        workloads: &'a Workloads,
        images: &'a Images,
    },
}

impl Unit<'_> {
    /// What has to be known first.
    pub(crate) fn needs(&self, topology: &Topology) -> Vec<Need> {
        match self {
            Self::ControlPlane(site) => site.needs(),
            Self::SharedSources(site) => control_plane::shared_needs(site),
            Self::RemoteSecret(secret) => discovery::needs(topology, secret).to_vec(),
            Self::Namespaces(_)
            | Self::CaCerts(_)
            | Self::Base(_)
            | Self::Gateway(_)
            | Self::ExposedIstiod(_)
            | Self::Token(_)
            | Self::ExposedServices(_)
            | Self::Policy(..)
            | Self::Vm(..)
            | Self::Workloads { .. } => Vec::new(),
        }
    }

    /// Its objects.
    pub(crate) fn render(
        &self,
        topology: &Topology,
        facts: &Facts,
        form: Form,
    ) -> Result<Vec<Placed>, ManifestError> {
        let (cluster, objects) = match self {
            Self::Namespaces(cluster) => (*cluster, namespace::of_istio(topology, cluster)),
            Self::CaCerts(site) => (site.cluster, vec![trust::cacerts(site, facts)?]),
            Self::Base(cluster) => return Ok(base(topology, cluster, form)),
            Self::ControlPlane(site) => match form {
                Form::Objects => (site.cluster, control_plane::objects(site, facts)?),
                Form::Operators => (site.cluster, vec![control_plane::operator(site, facts)?]),
            },
            Self::Gateway(of) => match form {
                Form::Objects => (of.site.cluster, gateway::objects(of)),
                Form::Operators => (of.site.cluster, vec![gateway::operator(of)]),
            },
            Self::ExposedIstiod(of) => {
                let sites = Site::of_cluster(topology, of.site.cluster);
                (of.site.cluster, gateway::expose::istiod(of, &sites))
            }
            Self::Token(secret) => return Ok(vec![discovery::token(topology, secret)]),
            Self::RemoteSecret(secret) => {
                return Ok(vec![discovery::remote_secret(topology, secret, facts)?]);
            }
            Self::SharedSources(site) => (site.cluster, control_plane::other_sources(site, facts)?),
            Self::ExposedServices(cluster) => {
                let namespace = system_namespace(topology, cluster);
                (*cluster, vec![gateway::expose::services(namespace)])
            }
            Self::Policy(cluster, mesh) => {
                let namespace = system_namespace(topology, cluster);
                let policy = policy::peer_authentication(mesh, namespace);
                (*cluster, policy.into_iter().collect())
            }
            Self::Vm(name, vm) => (&vm.onboarded_by, vm::objects(topology, name, vm)),
            Self::Workloads {
                cluster,
                workloads,
                images,
            } => (
                *cluster,
                workload::objects(topology, cluster, workloads, images)?,
            ),
        };
        let placed = |object: crate::Object| object.into_cluster(cluster);
        Ok(objects.into_iter().map(placed).collect())
    }

    /// What proves that it works.
    pub(crate) fn awaits(&self, topology: &Topology) -> Vec<Await> {
        match self {
            Self::ControlPlane(site) => {
                let mut awaits = control_plane::awaits(site);
                if let Part::ExternalIstiod { config } = site.part {
                    let served = Site::of_cluster(topology, config);
                    awaits.extend(served.iter().flat_map(control_plane::reached));
                }
                awaits
            }
            Self::Gateway(of) => gateway::awaits(of).to_vec(),
            Self::Token(secret) => vec![Await::SecretKey {
                secret: discovery::token_at(topology, secret),
                key: "token".to_owned(),
            }],
            Self::RemoteSecret(secret) => watched(topology, secret),
            Self::Workloads {
                cluster, workloads, ..
            } => workload::awaits(cluster, workloads),
            Self::Vm(_, vm) => vec![Await::ConfigMapKey {
                config_map: At::new(
                    &vm.onboarded_by,
                    vm.namespace.as_str(),
                    "istio-ca-root-cert",
                ),
                key: "root-cert.pem".to_owned(),
            }],
            Self::Namespaces(_)
            | Self::CaCerts(_)
            | Self::Base(_)
            | Self::ExposedIstiod(_)
            | Self::SharedSources(_)
            | Self::ExposedServices(_)
            | Self::Policy(..) => Vec::new(),
        }
    }
}

/// Definitions and the account of remote secrets: Istio's base chart.
fn base(topology: &Topology, cluster: &ClusterName, form: Form) -> Vec<Placed> {
    if form == Form::Operators {
        return Vec::new();
    }
    let readers = Site::of_cluster(topology, cluster)
        .into_iter()
        .flat_map(|site| control_plane::reader(&site))
        .map(|object| object.into_cluster(cluster));
    definition::definitions(cluster).chain(readers).collect()
}

/// A remote that is watched for the first time gets its root certificate and webhook CA then. Of a
/// primary there is nothing to see: its own istiod wrote both.
fn watched(topology: &Topology, secret: &RemoteSecret) -> Vec<Await> {
    let of = topology.member(&secret.of);
    let is_remote = of.is_some_and(|member| matches!(member.role, Role::Remote { .. }));
    match secret.purpose {
        SecretPurpose::Discovery if is_remote => Site::of_cluster(topology, &secret.of)
            .iter()
            .flat_map(control_plane::reached)
            .collect(),
        SecretPurpose::Discovery | SecretPurpose::Configuration => Vec::new(),
    }
}
