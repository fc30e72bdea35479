//! What the claims about proxies are made with: pods on a network, and pushes for them.

#![expect(
    clippy::unwrap_used,
    reason = "what a claim is made with is known to be right"
)]

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use apiserver::Clock;
use futures::{FutureExt, future::BoxFuture};
use istio::{
    ClusterId, NetworkId,
    endpoint::{Client, Endpoint, Health, Index, Labels, select::Scope},
    identity::TrustDomains,
    kinds::{MeshConfig, MeshNetworks, parse, port::Protocol},
    locality::LocalityLabel,
    network::{Gateways, NetworkGateway, NetworkView, split_horizon::ProxyKind},
    routing::RuleScope,
    service::{
        ClusterLocalHosts, Discoverability, IpFamilies, RegistryKind, TrafficDistribution,
        vip::ServiceAddresses,
    },
    tls::InboundPorts,
    version::Mechanisms,
};
use mesh::{
    proxy::{About, Identity, Listeners, Proxy},
    snapshot::{
        Config, ControlPlane, Flags, Mesh, Port, Resolution, Service, Services, Snapshot, Trust,
    },
    xds::{Inbound, Push, Signed},
};
use pki::{Authority, KeyPair, Leaf, Seed, Subject, TrustBundles, TrustDomain, Validity};
use serde_json::Value;
use sim::{
    log::EventLog,
    net::{Flow, Host, Listener, Net, Origin, Part, Place, Redirect, Scope as Reach},
    program::{Channel, HttpRequest, Reply, Request, Seen, Sent, Serve, ServedBy, Trail},
    random,
};
use world::{ClusterName, NetworkName, NodeName};

pub(crate) const HOST: &str = "helloworld.sample.svc.cluster.local";
pub(crate) const VIP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 96, 0, 10), 5000);

/// Where a pod runs: its number is its cluster's and its network's, too.
#[derive(Clone, Copy)]
pub(crate) struct At(pub(crate) u8, pub(crate) u8);

/// An application that says who it is and what headers it got.
struct App(String);

impl Serve for App {
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply> {
        let by = Some(ServedBy {
            cluster: None,
            name: self.0.as_str().into(),
            version: None,
        });
        let reply = match request.sent {
            Sent::Http(http) => Reply::Http {
                status: 200,
                by,
                received: http.headers,
            },
            Sent::Nothing => Reply::Bytes { by },
            _ => Reply::Closed,
        };
        async { reply }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }
}

/// A pod with an application on port 5000 and, perhaps, a proxy.
pub(crate) struct Pod {
    pub(crate) at: At,
    pub(crate) host: Arc<Host<Arc<dyn Serve>>>,
    pub(crate) app: Option<Listener<Arc<dyn Serve>>>,
    pub(crate) proxy: Option<Arc<Proxy>>,
    listeners: Listeners,
    kind: ProxyKind,
    pub(crate) labels: Labels,
}

/// A network, its pods and what their control plane knows.
pub(crate) struct Lab {
    pub(crate) net: Net<Arc<dyn Serve>>,
    clock: Clock,
    log: EventLog,
    pub(crate) authority: Authority,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) gateways: Vec<NetworkGateway>,
    pub(crate) objects: Vec<Value>,
}

impl At {
    pub(crate) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 10, self.0, self.1)
    }

    fn cluster(self) -> String {
        format!("cluster{}", self.0)
    }

    fn network(self) -> String {
        format!("network{}", self.0)
    }

    fn place(self) -> Place {
        Place::Cluster {
            cluster: ClusterName::new(self.cluster()).unwrap(),
            network: NetworkName::new(self.network()).unwrap(),
            part: Part::Node(NodeName::new("node1").unwrap()),
        }
    }

    pub(crate) fn origin(self) -> Origin {
        Origin {
            place: self.place().into(),
            address: self.address(),
        }
    }
}

/// A root of this number.
pub(crate) fn root(number: u64, now: jiff::Timestamp) -> Authority {
    let validity = Validity::of_authority(now);
    Authority::root(&Seed::new(number), &Subject::root(), validity).unwrap()
}

impl Lab {
    pub(crate) fn new() -> Self {
        let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap());
        Self {
            net: Net::new(random::Seed(7), Vec::new()),
            authority: root(1, clock.now()),
            log: EventLog::new(),
            clock,
            endpoints: Vec::new(),
            gateways: Vec::new(),
            objects: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// A pod whose proxy, if it has one, is certified by `authority`.
    pub(crate) fn pod(&self, at: At, proxied: Option<(ProxyKind, &Authority)>) -> Pod {
        let reach = Reach::Network(NetworkName::new(at.network()).unwrap());
        let host = Arc::new(self.net.attach(at.place(), reach, at.address()).unwrap());
        let name = format!("pod{}-{}", at.0, at.1);
        let app: Arc<dyn Serve> = Arc::new(App(name.clone()));
        let kind = proxied.map_or(ProxyKind::Sidecar, |(kind, _)| kind);
        if proxied.is_some() && kind == ProxyKind::Sidecar {
            host.redirect(Redirect {
                inbound: 15006,
                inbound_except: Vec::new(),
                outbound: 15001,
            });
        }
        let proxy = proxied.map(|(_, authority)| {
            let proxy = Proxy::new(self.about(at, &name));
            proxy.identify(self.certified(&name, authority));
            Arc::new(proxy)
        });
        Pod {
            app: Some(host.listen(5000, app).unwrap()),
            host,
            proxy,
            at,
            listeners: Listeners::default(),
            kind,
            labels: Labels::new(),
        }
    }

    /// A sidecar's pod that is an endpoint of the service.
    pub(crate) fn server(&mut self, at: At) -> Pod {
        let authority = self.authority.clone();
        self.endpoints.push(endpoint(at, true));
        self.pod(at, Some((ProxyKind::Sidecar, &authority)))
    }

    /// An east-west gateway into the network of `at`, reachable from everywhere.
    pub(crate) fn gateway(&mut self, at: At) -> (Pod, Vec<Host<Arc<dyn Serve>>>) {
        let authority = self.authority.clone();
        let mut pod = self.pod(at, Some((ProxyKind::Router, &authority)));
        pod.labels = Labels::from([("istio".to_owned(), "eastwestgateway".to_owned())]);
        let balancer = self
            .net
            .attach(at.place(), Reach::Everywhere, public(at))
            .unwrap();
        self.net.set_service_proxy(
            ClusterName::new(at.cluster()).unwrap(),
            Arc::new(Forward(public(at), at.address())),
        );
        self.gateways.push(NetworkGateway {
            address: public(at).to_string().into(),
            port: 15443,
            hbone_port: 0,
            network: at.network().as_str().into(),
            cluster: at.cluster().as_str().into(),
        });
        (pod, vec![balancer])
    }

    fn about(&self, at: At, name: &str) -> About {
        About {
            at: world::Place::Cluster {
                cluster: ClusterName::new(at.cluster()).unwrap(),
                who: name.into(),
            },
            name: name.to_owned(),
            namespace: "sample".to_owned(),
            captures_dns: false,
            origin: at.origin(),
            net: self.net.clone(),
            clock: self.clock.clone(),
            seed: random::Seed(7),
            log: self.log.clone(),
        }
    }

    fn certified(&self, name: &str, authority: &Authority) -> Identity {
        let id = "spiffe://cluster.local/ns/sample/sa/default"
            .parse()
            .unwrap();
        let key = KeyPair::from_seed(&Seed::new(2).of(name));
        let validity = Validity::of_workload(self.now());
        let credential = authority
            .issue(&Leaf::Workload(id), &key, validity)
            .unwrap();
        Identity::new(Signed {
            chain: credential.chain,
            roots: authority.roots().to_pem(),
        })
        .unwrap()
    }

    /// Tells every proxy what is known now.
    pub(crate) fn push<'a>(&self, pods: impl IntoIterator<Item = &'a mut Pod>) {
        let snapshot = Arc::new(self.snapshot());
        for pod in pods {
            let Some(proxy) = &pod.proxy else { continue };
            let ports = BTreeMap::from([(5000, Protocol::Http)]);
            proxy.configure(Arc::new(Push {
                snapshot: Arc::clone(&snapshot),
                client: client(pod),
                inbound: Inbound {
                    ports: InboundPorts {
                        services: ports,
                        ingress: None,
                    },
                    hosts: Vec::new(),
                },
            }));
            pod.listeners.follow(proxy, &pod.host).unwrap();
        }
    }

    fn snapshot(&self) -> Snapshot {
        let version: world::Version = "1.30.3".parse().unwrap();
        let scope = RuleScope {
            root_namespace: "istio-system",
            domain: "cluster.local",
            default_export_to: &[],
        };
        let objects: Vec<_> = self.objects.iter().map(|o| parse(o).unwrap()).collect();
        let (config, unreadable) = Config::new(&objects, scope);
        assert!(unreadable.is_empty());
        let mut index = Index::default();
        for at in self.endpoints.iter().map(|e| e.cluster.clone()) {
            let of = self.endpoints.iter().filter(|e| e.cluster == at).cloned();
            index.update(HOST, &at, of.collect());
        }
        Snapshot {
            version: 1,
            control_plane: Arc::new(ControlPlane {
                mechanisms: Mechanisms::at(&version),
                flags: Flags::new(&version, []).unwrap(),
                version,
                revision: String::new(),
                cluster: "cluster1".into(),
                namespace: "istio-system".to_owned(),
                domain: "cluster.local".to_owned(),
            }),
            mesh: Arc::new(Mesh {
                config: MeshConfig::default(),
                networks: MeshNetworks::default(),
                root_namespace: "istio-system".to_owned(),
                domains: TrustDomains::only("cluster.local"),
                cluster_local: ClusterLocalHosts::new(&[], "cluster.local", "istiod"),
            }),
            services: Arc::new(Services::new([service()])),
            endpoints: Arc::new(index),
            gateways: Arc::new(Gateways::new(self.gateways.clone())),
            config: Arc::new(config),
            trust: Arc::new(Trust {
                bundles: TrustBundles::new(
                    TrustDomain::cluster_local(),
                    self.authority.roots().clone(),
                ),
                accepted: vec!["cluster.local".to_owned()],
            }),
        }
    }

    /// One call of an application in `pod` over a connection of its own.
    pub(crate) async fn call(&self, pod: &Pod) -> (Reply, Seen) {
        self.call_to(pod.at.origin(), VIP).await
    }

    /// One call to an address.
    pub(crate) async fn call_to(&self, from: Origin, to: SocketAddrV4) -> (Reply, Seen) {
        let conn = self.net.connect(&from, to).await.unwrap();
        let trail = Trail::default();
        let request = HttpRequest {
            method: "GET".into(),
            authority: "helloworld.sample:5000".into(),
            path: "/hello".into(),
            headers: BTreeMap::new(),
        };
        let asked = Channel::over(conn)
            .ask_along(Sent::Http(request), &trail)
            .await;
        (asked.unwrap_or(Reply::Closed), trail.take())
    }
}

/// A load balancer's address is translated to its pod.
struct Forward(Ipv4Addr, Ipv4Addr);

impl sim::net::ServiceProxy for Forward {
    fn translate(&self, to: SocketAddrV4, _: &Flow) -> sim::net::Translation {
        match *to.ip() == self.0 {
            true => sim::net::Translation::Endpoint(SocketAddrV4::new(self.1, to.port())),
            false => sim::net::Translation::NotAService,
        }
    }
}

/// The status of an answer; `None` if the connection was closed instead.
pub(crate) fn status(reply: &Reply) -> Option<u16> {
    match reply {
        Reply::Http { status, .. } => Some(*status),
        _ => None,
    }
}

/// Who answered.
pub(crate) fn who(reply: &Reply) -> String {
    match reply {
        Reply::Http { by: Some(by), .. } => by.name.to_string(),
        other => format!("{other:?}"),
    }
}

fn public(at: At) -> Ipv4Addr {
    Ipv4Addr::new(172, 18, at.0, at.1)
}

fn client(pod: &Pod) -> Client {
    Client {
        kind: pod.kind,
        cluster: pod.at.cluster().as_str().into(),
        network: pod.at.network().as_str().into(),
        locality: locality(pod.at),
        labels: Arc::new(pod.labels.clone()),
        node: "node1".into(),
        families: IpFamilies::V4,
        view: match pod.kind {
            ProxyKind::Router => NetworkView::new([pod.at.network().as_str().into()]),
            _ => NetworkView::new([]),
        },
    }
}

fn locality(at: At) -> LocalityLabel {
    format!("region{}/zone1", at.0).as_str().into()
}

pub(crate) fn endpoint(at: At, mtls_capable: bool) -> Endpoint {
    Endpoint {
        address: at.address().to_string().into(),
        port: 5000,
        port_name: "http".into(),
        cluster: ClusterId::from(at.cluster()),
        network: NetworkId::from(at.network()),
        locality: locality(at),
        labels: Arc::new(Labels::new()),
        namespace: "sample".into(),
        service_account: "default".into(),
        mtls_capable,
        weight: 1,
        health: Health::Ready,
        node: "node1".into(),
        discoverability: Discoverability::Everywhere,
    }
}

fn service() -> Service {
    Service {
        host: HOST.into(),
        name: "helloworld".to_owned(),
        namespace: "sample".to_owned(),
        kind: RegistryKind::Kubernetes,
        defined_by: "cluster1".into(),
        created: None,
        ports: vec![Port {
            number: 5000,
            name: "http".into(),
            protocol: Protocol::Http,
        }],
        resolution: Resolution::ClientSide,
        mesh_external: false,
        addresses: ServiceAddresses {
            default: Some(VIP.ip().to_string()),
            ..ServiceAddresses::default()
        },
        export_to: Vec::new(),
        service_accounts: vec!["spiffe://cluster.local/ns/sample/sa/default".to_owned()],
        scope: Scope::default(),
        distribution: TrafficDistribution::Any,
        publish_not_ready: false,
        clusters: vec!["cluster1".into()],
        labels: BTreeMap::new(),
    }
}
