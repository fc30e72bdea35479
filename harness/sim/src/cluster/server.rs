//! A cluster's API server: whom it knows, whom it asks, and where it is reached.

use std::sync::Arc;

use apiserver::{ApiServer, Authenticator, Config, Handlers, User};
use pki::{Authority, KeyPair};
use rand::RngExt;

use super::{View, proxy::KubeProxy, site::Site, webhook::Webhooks};
use crate::{
    net::{Origin, Part},
    remote::{self, ApiPort},
};

/// What a cluster signs with and what its administrator shows.
pub(super) struct Credentials {
    pub(super) authority: Authority,
    pub(super) admin_token: String,
    key: KeyPair,
}

impl Credentials {
    /// # Errors
    /// If the authority cannot be signed.
    pub(super) fn of(site: Site<'_>) -> Result<Self, engine::Error> {
        let seed = site.ground.seed;
        let keys = pki::Seed::new(seed.0).of(&format!("{}/kubernetes", site.name));
        let mut draws = seed.stream(format_args!("{} admin", site.name));
        Ok(Self {
            authority: remote::authority(&keys, &site.ground.clock).map_err(signing)?,
            admin_token: format!("admin-{:016x}", draws.random::<u64>()),
            key: KeyPair::from_seed(&keys.of("serving")),
        })
    }
}

/// Knows the administrator's token.
struct Admin {
    token: String,
}

impl Authenticator for Admin {
    fn token(&self, token: &str) -> Option<User> {
        (token == self.token).then(User::admin)
    }

    /// Nobody has a client certificate here.
    fn certificate(&self, _: &[Vec<u8>]) -> Option<User> {
        None
    }
}

/// Starts the API server; `view` shows it to kube-proxy and to the way to webhooks.
pub(super) fn start(site: Site<'_>, credentials: &Credentials, view: &View) -> ApiServer {
    let ground = site.ground;
    let nodes = site.plan.nodes.iter().map(|node| node.address).collect();
    let proxy = KubeProxy::new(view.clone(), ground.seed, nodes);
    let net = &ground.net;
    net.set_service_proxy(site.name.clone(), Arc::new(proxy));
    let config = Config {
        service_cidr: site.plan.services,
        cluster_ca: Some(credentials.authority.roots().to_pem()),
        ..Config::new(site.name.as_str(), ground.seed.0, ground.clock.clone())
    };
    ApiServer::with_handlers(config, handlers(site, credentials, view))
}

fn handlers(site: Site<'_>, credentials: &Credentials, view: &View) -> Handlers {
    let webhooks = Webhooks {
        net: site.ground.net.clone(),
        view: view.clone(),
        from: Origin {
            place: site.place(Part::ControlPlane).into(),
            address: site.plan.api_server,
        },
        clock: site.ground.clock.clone(),
    };
    let admin = Admin {
        token: credentials.admin_token.clone(),
    };
    Handlers {
        webhooks: Some(Arc::new(webhooks)),
        authenticator: Some(Arc::new(admin)),
        ..Handlers::default()
    }
}

/// What answers at the API server's address.
///
/// # Errors
/// If its certificate cannot be signed.
pub(super) fn port(
    site: Site<'_>,
    credentials: &Credentials,
    server: &ApiServer,
) -> Result<ApiPort, engine::Error> {
    let port = ApiPort::new(
        server.clone(),
        &credentials.authority,
        &credentials.key,
        site.plan.api_server,
        &site.ground.clock,
    );
    port.map_err(signing)
}

fn signing(source: pki::PkiError) -> engine::Error {
    engine::Error::Machinery {
        doing: "signing an API server's certificate".to_owned(),
        source: Box::new(source),
    }
}
