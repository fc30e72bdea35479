//! From the tables of all clusters to one snapshot.

use std::{collections::BTreeMap, sync::Arc};

use istio::{
    ClusterId,
    kinds::{IstioObject, Kind, KindError, Object, parse, read_by},
    network::{Gateways, NetworkGateway, mesh_networks},
    routing::destination_rule::RuleScope,
    service::mcs::Mcs,
    version::{Flag, mechanism::RemoteTrustDomain},
};
use pki::{Roots, TrustBundles};
use serde_json::Value;

use super::{
    clusters::Clusters,
    environment::Environment,
    joined::{Joined, Parts},
    mesh_config,
    registry::{
        Registry,
        entry::Workload,
        place::{self, View},
    },
    source::table::Tables,
    unmodelled, unread,
};
use crate::{
    refusals::Refusals,
    snapshot::{Config, ControlPlane, Mesh, Snapshot, Trust},
};

/// What istiod has ready for its proxies.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) registries: Vec<Arc<Registry>>,
}

/// Makes snapshots, and keeps what did not change since the last one.
pub(crate) struct Assembler {
    who: String,
    refusals: Refusals,
    plane: Arc<ControlPlane>,
    roots: Roots,
    /// What `mesh` was read from, or could not be read from.
    written: Option<mesh_config::Written>,
    mesh: Option<Arc<Mesh>>,
    read: Option<Read>,
    registries: BTreeMap<ClusterId, Cached>,
    joined: Joined,
    version: u64,
}

/// What the config cluster said at a generation of its configuration.
#[derive(Clone)]
struct Read {
    generation: u64,
    mesh: Arc<Mesh>,
    config: Arc<Config>,
    trust: Arc<Trust>,
}

/// A registry and what it was read from.
struct Cached {
    generation: u64,
    mesh: Arc<Mesh>,
    trust_domain: String,
    registry: Arc<Registry>,
}

impl Assembler {
    pub(crate) fn new(
        who: String,
        environment: &Environment,
        roots: Roots,
        refusals: Refusals,
    ) -> Self {
        Self {
            who,
            refusals,
            plane: Arc::new(environment.control_plane.clone()),
            roots,
            written: None,
            mesh: None,
            read: None,
            registries: BTreeMap::new(),
            joined: Joined::default(),
            version: 0,
        }
    }

    /// A snapshot of what is known now; `None` while there is no mesh configuration that can be
    /// used.
    pub(crate) fn assemble(
        &mut self,
        environment: &Environment,
        clusters: &Clusters,
    ) -> Option<Published> {
        let Read {
            mesh,
            config,
            trust,
            ..
        } = self.read(environment, &clusters.config().tables())?;
        let registries = self.read_registries(clusters, &mesh);
        self.refuse_selected_pods(&config, clusters);
        let workloads = self.workloads(clusters, &config, &mesh);
        let (services, endpoints) = self.joined.join(Parts {
            registries: &registries,
            entries: &config.service_entries,
            workloads: &workloads,
            mesh: &mesh,
            plane: &self.plane,
        });
        self.version += 1;
        let snapshot = Snapshot {
            version: self.version,
            control_plane: Arc::clone(&self.plane),
            services,
            endpoints,
            gateways: Arc::new(self.gateways(&registries, &mesh)),
            trust,
            config,
            mesh,
        };
        Some(Published {
            snapshot: Arc::new(snapshot),
            registries,
        })
    }

    /// What the config cluster says; read again only if something of it is new.
    fn read(&mut self, environment: &Environment, tables: &Tables) -> Option<Read> {
        let generation = tables.generation.configuration;
        let last = self
            .read
            .take()
            .filter(|last| last.generation == generation);
        self.read = match last {
            Some(last) => Some(last),
            None => {
                let mesh = self.read_mesh(environment, tables)?;
                Some(Read {
                    generation,
                    config: Arc::new(self.config(tables, &mesh)),
                    trust: Arc::new(self.trust(&mesh)),
                    mesh,
                })
            }
        };
        self.read.clone()
    }

    fn config(&self, tables: &Tables, mesh: &Mesh) -> Config {
        let objects = self.objects(tables);
        let (config, unreadable) = Config::new(&objects, scope(mesh, &self.plane));
        let refused = unreadable.iter();
        refused.for_each(|error| self.refusals.note(&self.who, error));
        config
    }

    /// The mesh's configuration, read again only if it was written anew; one that became unusable
    /// leaves the last one in force.
    fn read_mesh(&mut self, environment: &Environment, tables: &Tables) -> Option<Arc<Mesh>> {
        let written = mesh_config::written(environment, tables);
        if self.written.as_ref() != Some(&written) {
            match written.read(&self.plane) {
                Ok(mesh) => self.keep_mesh(mesh),
                Err(error) => self.refusals.note(&self.who, error),
            }
            self.written = Some(written);
        }
        self.mesh.clone()
    }

    /// Another text may mean the same, and then nothing that was read by it is read again.
    fn keep_mesh(&mut self, mesh: Mesh) {
        let same = |last: &Arc<Mesh>| last.config == mesh.config && last.networks == mesh.networks;
        if !self.mesh.as_ref().is_some_and(same) {
            self.mesh = Some(Arc::new(mesh));
        }
    }

    /// The objects of Istio's kinds; what is not modelled is refused by its path.
    fn objects(&self, tables: &Tables) -> Vec<IstioObject> {
        let all = tables.istio.values().flat_map(BTreeMap::values);
        let readable = |object| read_by(&self.plane.version, object).and_then(|()| parse(object));
        let read = all.filter_map(|object| match readable(object) {
            Ok(read) => {
                let unread = unread::of(&read);
                unread
                    .iter()
                    .for_each(|what| self.refusals.note(&self.who, what));
                Some(read)
            }
            Err(error) => {
                self.refuse(&error);
                None
            }
        });
        read.collect()
    }

    fn refuse(&self, error: &KindError) {
        self.refusals.note(&self.who, error);
    }

    fn refuse_selected_pods(&self, config: &Config, clusters: &Clusters) {
        let selecting = config.service_entries.iter();
        for entry in selecting.filter(|entry| entry.spec.workload_selector.is_some()) {
            for (_, source) in clusters.known() {
                let told = unmodelled::selected_pod(entry, &source.tables());
                told.iter()
                    .for_each(|what| self.refusals.note(&self.who, what));
            }
        }
    }

    fn read_registries(&mut self, clusters: &Clusters, mesh: &Arc<Mesh>) -> Vec<Arc<Registry>> {
        let known = clusters.known();
        let gone: Vec<ClusterId> = self
            .registries
            .keys()
            .filter(|id| !known.iter().any(|(known, _)| known == *id))
            .cloned()
            .collect();
        for id in gone {
            self.registries.remove(&id);
        }
        let read = known
            .into_iter()
            .map(|(id, source)| self.read_registry(&id, &source.tables(), mesh));
        read.collect()
    }

    fn read_registry(
        &mut self,
        id: &ClusterId,
        tables: &Tables,
        mesh: &Arc<Mesh>,
    ) -> Arc<Registry> {
        let trust_domain = self.trust_domain_of(id, tables, mesh);
        let cached = self.registries.get(id).filter(|cached| {
            cached.trust_domain == trust_domain && Arc::ptr_eq(&cached.mesh, mesh)
        });
        if let Some(cached) = cached
            && cached.generation == tables.generation.population
        {
            return Arc::clone(&cached.registry);
        }
        for what in &tables.unmodelled {
            self.refusals
                .note(&self.who, format_args!("{what} (in {id})"));
        }
        let view = view(&self.plane, id, &trust_domain, mesh);
        let before = cached.map(|cached| &*cached.registry);
        let registry = Arc::new(Registry::read(tables, &view, before));
        let cached = Cached {
            generation: tables.generation.population,
            mesh: Arc::clone(mesh),
            trust_domain,
            registry: Arc::clone(&registry),
        };
        self.registries.insert(id.clone(), cached);
        registry
    }

    /// Which trust domain the pods of a cluster are expected to have.
    fn trust_domain_of(&self, id: &ClusterId, tables: &Tables, mesh: &Mesh) -> String {
        let own = mesh.domains.own.clone();
        if *id == self.plane.cluster {
            return own;
        }
        let theirs = || mesh_config::trust_domain(tables, &self.plane);
        match self.plane.mechanisms.remote_trust_domain.value {
            RemoteTrustDomain::Own => own,
            RemoteTrustDomain::RemoteOrNone => theirs().unwrap_or_default(),
            RemoteTrustDomain::RemoteOrOwn => theirs().unwrap_or(own),
        }
    }

    /// WorkloadEntries of the config cluster, and of the others if they count.
    fn workloads(&self, clusters: &Clusters, config: &Config, mesh: &Mesh) -> Vec<Workload> {
        let across = self.plane.flags.is_on(Flag::CrossClusterWorkloadEntry);
        let mut workloads = Vec::new();
        for (id, source) in clusters.known() {
            let tables = source.tables();
            let own = id == self.plane.cluster;
            let parsed = tables.istio.get(Kind::WorkloadEntry.name());
            for (key, object) in parsed.into_iter().flatten() {
                let same = |entry: &&Object<_>| {
                    entry.metadata.name == key.name && entry.metadata.namespace == key.namespace
                };
                let entry = match own {
                    true => config.workload_entries.iter().find(same).cloned(),
                    false if across => self.entry(object),
                    false => None,
                };
                workloads.extend(
                    entry.map(|entry| workload(&id, entry, object, &tables, mesh, &self.plane)),
                );
            }
        }
        workloads
    }

    fn entry(&self, object: &Value) -> Option<Object<istio::kinds::WorkloadEntry>> {
        match parse(object) {
            Ok(IstioObject::WorkloadEntry(entry)) => Some(entry),
            Ok(_) => None,
            Err(error) => {
                self.refuse(&error);
                None
            }
        }
    }

    fn gateways(&self, registries: &[Arc<Registry>], mesh: &Mesh) -> Gateways {
        let listed = mesh_networks::listed_addresses(&mesh.networks).value;
        let of_services = registries
            .iter()
            .flat_map(|registry| registry.gateways.clone());
        let is_address = |gateway: &NetworkGateway| {
            let resolved = gateway.address.parse::<std::net::IpAddr>().is_ok();
            if !resolved {
                let name = &gateway.address;
                let what = format_args!("gateway '{name}' by host name: give it an address");
                self.refusals.note(&self.who, what);
            }
            resolved
        };
        Gateways::new(listed.into_iter().chain(of_services).filter(is_address))
    }

    fn trust(&self, mesh: &Mesh) -> Trust {
        let own = mesh
            .domains
            .own
            .parse()
            .unwrap_or_else(|_| pki::TrustDomain::cluster_local());
        let mut bundles = TrustBundles::default();
        let flags = &self.plane.flags;
        let mut more: &[_] = &[];
        // Only a mesh of several roots pushes roots at all; else a proxy learns of another root
        // with its next certificate. Source: pilot/pkg/bootstrap/server.go, workloadTrustBundle.
        if flags.is_on(Flag::MultirootMesh) {
            bundles.trust(own, &self.roots);
            more = mesh.config.ca_certificates.as_slice();
        }
        for certificate in more {
            let Ok(roots) = Roots::from_pem(&certificate.pem) else {
                self.refusals
                    .note(&self.who, "MeshConfig.caCertificates without a certificate");
                continue;
            };
            let listed = certificate
                .trust_domains
                .iter()
                .filter_map(|d| d.parse().ok());
            listed.for_each(|domain| bundles.trust(domain, &roots));
        }
        let listed: Vec<Vec<String>> = more.iter().map(|c| c.trust_domains.clone()).collect();
        let accepted = match flags.is_on(Flag::SkipValidateTrustDomain) {
            true => Vec::new(),
            false => mesh.domains.accepted_of_peers(&listed).value,
        };
        Trust { bundles, accepted }
    }
}

/// How a cluster's objects are read.
fn view<'a>(
    plane: &'a ControlPlane,
    cluster: &'a ClusterId,
    trust_domain: &'a str,
    mesh: &'a Mesh,
) -> View<'a> {
    View {
        cluster,
        networks: &mesh.networks,
        system_namespace: &plane.namespace,
        domain: &plane.domain,
        trust_domain,
        mcs: Mcs {
            service_discovery: plane.flags.is_on(Flag::McsServiceDiscovery),
            cluster_local: plane.flags.is_on(Flag::McsClusterLocal),
        },
        draining: true,
        mechanisms: &plane.mechanisms,
        selectors: &mesh.config.discovery_selectors,
    }
}

fn scope<'a>(mesh: &'a Mesh, plane: &'a ControlPlane) -> RuleScope<'a> {
    RuleScope {
        root_namespace: &mesh.root_namespace,
        domain: &plane.domain,
        default_export_to: &mesh.config.default_destination_rule_export_to,
    }
}

fn workload(
    id: &ClusterId,
    entry: Object<istio::kinds::WorkloadEntry>,
    object: &Value,
    tables: &Tables,
    mesh: &Mesh,
    plane: &ControlPlane,
) -> Workload {
    let view = View {
        cluster: id,
        networks: &mesh.networks,
        system_namespace: &plane.namespace,
        domain: &plane.domain,
        trust_domain: &mesh.domains.own,
        mcs: Mcs::default(),
        draining: true,
        mechanisms: &plane.mechanisms,
        selectors: &[],
    };
    let conditions = object["status"]["conditions"].as_array();
    let healthy = conditions
        .into_iter()
        .flatten()
        .find(|c| c["type"] == "Healthy");
    Workload {
        cluster: id.clone(),
        registry_network: place::network(None, &entry.spec.address, tables, &view).value,
        healthy: healthy.map(|condition| condition["status"] == "True"),
        entry,
    }
}
