//! From the tables of all clusters to one snapshot.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use istio::{
    ClusterId,
    endpoint::{Endpoint, Index},
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
    mesh_config,
    registry::{
        Registry,
        allocate::Allocated,
        entry::{self, Terms, Workload},
        merge,
        place::{self, View},
    },
    source::table::Tables,
    unmodelled, unread,
};
use crate::{
    refusals::Refusals,
    snapshot::{Config, ControlPlane, Mesh, Service, Services, Snapshot, Trust},
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
    mesh: Option<Arc<Mesh>>,
    registries: BTreeMap<ClusterId, Cached>,
    index: Index,
    /// Every host that the index was ever told of.
    hosts: BTreeSet<Arc<str>>,
    version: u64,
}

/// A registry and what it was read from.
struct Cached {
    generation: u64,
    mesh: Arc<Mesh>,
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
            mesh: None,
            registries: BTreeMap::new(),
            index: Index::default(),
            hosts: BTreeSet::new(),
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
        let mesh = self.read_mesh(environment, &clusters.config().tables())?;
        let objects = self.objects(&clusters.config().tables());
        let (config, unreadable) = Config::new(&objects, scope(&mesh, &self.plane));
        let refused = unreadable.iter();
        refused.for_each(|error| self.refusals.note(&self.who, error));
        let registries = self.read_registries(clusters, &mesh);
        self.refuse_selected_pods(&config, clusters);
        let workloads = self.workloads(clusters, &config, &mesh);
        let services = self.services(&registries, &config, &workloads, &mesh);
        self.version += 1;
        let snapshot = Snapshot {
            version: self.version,
            control_plane: Arc::clone(&self.plane),
            services: Arc::new(Services::new(services)),
            endpoints: Arc::new(self.index.clone()),
            gateways: Arc::new(self.gateways(&registries, &mesh)),
            trust: Arc::new(self.trust(&mesh)),
            config: Arc::new(config),
            mesh,
        };
        Some(Published {
            snapshot: Arc::new(snapshot),
            registries,
        })
    }

    /// The mesh's configuration; one that became unusable leaves the last one in force.
    fn read_mesh(&mut self, environment: &Environment, tables: &Tables) -> Option<Arc<Mesh>> {
        match mesh_config::read(environment, tables) {
            Ok(mesh) => {
                let same = self.mesh.as_ref();
                let same = same
                    .filter(|last| last.config == mesh.config && last.networks == mesh.networks);
                self.mesh = Some(same.cloned().unwrap_or_else(|| Arc::new(mesh)));
            }
            Err(error) => self.refusals.note(&self.who, error),
        }
        self.mesh.clone()
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
            self.index.forget(&id);
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
        if let Some(cached) = self.registries.get(id)
            && cached.generation == tables.generation
            && Arc::ptr_eq(&cached.mesh, mesh)
        {
            return Arc::clone(&cached.registry);
        }
        for what in unmodelled::of_cluster(tables) {
            self.refusals
                .note(&self.who, format_args!("{what} (in {id})"));
        }
        let trust_domain = self.trust_domain_of(id, tables, mesh);
        let flags = &self.plane.flags;
        let view = View {
            cluster: id,
            networks: &mesh.networks,
            system_namespace: &self.plane.namespace,
            domain: &self.plane.domain,
            trust_domain: &trust_domain,
            mcs: Mcs {
                service_discovery: flags.is_on(Flag::McsServiceDiscovery),
                cluster_local: flags.is_on(Flag::McsClusterLocal),
            },
            draining: true,
            mechanisms: &self.plane.mechanisms,
            selectors: &mesh.config.discovery_selectors,
        };
        let registry = Arc::new(Registry::read(tables, &view));
        let cached = Cached {
            generation: tables.generation,
            mesh: Arc::clone(mesh),
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

    /// All services, after their endpoints have been taken into the index.
    fn services(
        &mut self,
        registries: &[Arc<Registry>],
        config: &Config,
        workloads: &[Workload],
        mesh: &Mesh,
    ) -> Vec<Service> {
        let config_cluster = self.plane.cluster.clone();
        let plane = Arc::clone(&self.plane);
        let terms = Terms {
            mesh,
            mechanisms: &plane.mechanisms,
        };
        let mut found: BTreeMap<Arc<str>, BTreeMap<ClusterId, Vec<Endpoint>>> = BTreeMap::new();
        for registry in registries {
            for (host, endpoints) in &registry.endpoints {
                let mut endpoints = endpoints.clone();
                if registry.cluster == config_cluster {
                    let (service, targets) = (&registry.services[host], &registry.targets[host]);
                    endpoints.extend(entry::of_service(service, targets, workloads, terms));
                }
                let of_host = found.entry(Arc::clone(host)).or_default();
                of_host.insert(registry.cluster.clone(), endpoints);
            }
        }
        for object in &config.service_entries {
            let endpoints = entry::endpoints(object, workloads, &config_cluster, terms);
            for host in &object.spec.hosts {
                let of_host = found.entry(host.as_str().into()).or_default();
                let of_cluster = of_host.entry(config_cluster.clone()).or_default();
                of_cluster.extend(endpoints.clone());
            }
        }
        self.take_in(found);
        let mut services = merge::services(registries, &self.index, mesh);
        let entries = &config.service_entries;
        let allocated = Allocated::to(entries);
        let of = |one| entry::services(one, &config_cluster, &allocated, mesh);
        services.extend(entries.iter().flat_map(of));
        services
    }

    /// Brings the index up to date; a host or cluster that nothing names any more has no endpoints.
    fn take_in(&mut self, mut found: BTreeMap<Arc<str>, BTreeMap<ClusterId, Vec<Endpoint>>>) {
        for host in std::mem::take(&mut self.hosts) {
            let known = self
                .index
                .of(&host)
                .map(|known| Arc::clone(&known.endpoints));
            let shards = found.entry(host).or_default();
            for endpoint in known.iter().flat_map(|endpoints| endpoints.iter()) {
                shards.entry(endpoint.cluster.clone()).or_default();
            }
        }
        for (host, shards) in found {
            self.index.update_many(&host, shards);
            self.hosts.insert(host);
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
