//! Load balancers: an address for each Service of that type, reachable from every network.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use apiserver::{Status, json::json};
use futures::{FutureExt, future::BoxFuture};
use ipnet::Ipv4Net;
use k8s_openapi::api::core::v1::Service;

use super::{Controller, Next, Reconciled};
use crate::{
    cluster::{Api, Change, Key, Tables},
    net::{Host, Net, Place, Scope},
    program::Serve,
};

/// Gives Services their load-balancer addresses.
pub(crate) struct LoadBalancers {
    api: Api,
    net: Net<Arc<dyn Serve>>,
    place: Place,
    range: Ipv4Net,
    given: Mutex<BTreeMap<Key, Host<Arc<dyn Serve>>>>,
}

impl LoadBalancers {
    pub(crate) fn new(api: &Api, net: Net<Arc<dyn Serve>>, place: Place, range: Ipv4Net) -> Self {
        Self {
            api: api.named("service-controller"),
            net,
            place,
            range,
            given: Mutex::default(),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let service = self.api.view().get::<Service>(key);
        let wanted = service.as_deref().filter(|service| is_ours(service));
        let Some(service) = wanted else {
            self.given
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(key);
            if service
                .as_deref()
                .is_some_and(|service| shown(service).is_some())
            {
                self.show(key, None).await?;
            }
            return Ok(Next::Change);
        };
        // Without a free address the Service waits, as it does in production.
        if let Some(address) = self.give(key, service)
            && shown(service) != Some(address)
        {
            self.show(key, Some(address)).await?;
        }
        Ok(Next::Change)
    }

    /// The Service's address: the one it has, the one it shows or asks for, or the first free one.
    fn give(&self, key: &Key, service: &Service) -> Option<Ipv4Addr> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = given.get(key) {
            return Some(host.address());
        }
        let asked = asked(service);
        let free = self.range.hosts().filter(|_| asked.is_none());
        let mut candidates = asked.into_iter().chain(shown(service)).chain(free);
        let host = candidates.find_map(|address| {
            self.net
                .attach(self.place.clone(), Scope::Everywhere, address)
                .ok()
        })?;
        let address = host.address();
        given.insert(key.clone(), host);
        Some(address)
    }

    async fn show(&self, key: &Key, address: Option<Ipv4Addr>) -> Result<(), Status> {
        let ingress = address.map(|ip| json!([{"ip": ip, "ipMode": "VIP"}]));
        let status = json!({"loadBalancer": {"ingress": ingress}});
        self.api
            .patch_status::<Service>(key, status)
            .await
            .map(drop)
    }
}

impl Controller for LoadBalancers {
    fn name(&self) -> &'static str {
        "service-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Service(delta) => vec![delta.key.clone()],
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// Whether this controller is responsible: Services with a class of their own wait for another.
fn is_ours(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    spec.is_some_and(|spec| {
        spec.type_.as_deref() == Some("LoadBalancer") && spec.load_balancer_class.is_none()
    })
}

fn shown(service: &Service) -> Option<Ipv4Addr> {
    let status = service.status.as_ref()?.load_balancer.as_ref()?;
    status
        .ingress
        .as_deref()?
        .first()?
        .ip
        .as_deref()?
        .parse()
        .ok()
}

fn asked(service: &Service) -> Option<Ipv4Addr> {
    service
        .spec
        .as_ref()?
        .load_balancer_ip
        .as_deref()?
        .parse()
        .ok()
}
