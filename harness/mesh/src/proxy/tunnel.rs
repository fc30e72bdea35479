//! Connections whose content a proxy does not read: one host for the whole connection.

use std::{
    net::SocketAddrV4,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use istio::{
    endpoint::select::Purpose,
    envoy::outlier::Event,
    routing::{
        ClusterKey,
        failure::{ProxyCause, Speaks, WireCause},
    },
};
use sim::program::{Reply, Sent, Trail};

use super::{
    core::Proxy,
    pick::{address_of, said},
    told::told,
    upstream::{Dial, Upstream},
    view::View,
};

/// The far end of a connection, opened by the first thing that is sent.
#[derive(Default)]
pub(super) struct Tunnel(Mutex<Option<Arc<Upstream>>>);

/// Why there is no far end.
pub(super) enum Dead {
    Own(ProxyCause),
    Wire(WireCause),
}

/// The cluster at the far end.
pub(super) struct Far<'a> {
    pub(super) proxy: &'a Arc<Proxy>,
    pub(super) view: &'a Arc<View>,
    pub(super) purpose: Purpose,
    pub(super) key: &'a ClusterKey,
    /// Where the client meant to go.
    pub(super) to: SocketAddrV4,
}

impl Tunnel {
    /// The far end, if it is open already.
    pub(super) fn far_end(&self) -> Option<Arc<Upstream>> {
        self.lock().clone()
    }

    /// Takes `upstream` for the far end and passes something on.
    pub(super) async fn open(&self, upstream: Upstream, sent: Sent, trail: &Trail) -> Reply {
        let upstream = Arc::new(upstream);
        *self.lock() = Some(Arc::clone(&upstream));
        carried(&upstream, sent, trail).await
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Upstream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes something on. A far end that breaks closes the near end.
pub(super) async fn carried(upstream: &Upstream, sent: Sent, trail: &Trail) -> Reply {
    let carried = upstream.carry(sent, trail).await;
    carried.unwrap_or(Reply::Closed)
}

impl Far<'_> {
    /// Picks a host and connects to it. Who passes TLS through adds none of its own.
    pub(super) async fn connect(&self, trail: &Trail) -> Result<Upstream, Dead> {
        let now = self.proxy.about.log.elapsed();
        let (purpose, key) = (self.purpose, self.key);
        let cluster = self.proxy.cluster(self.view, purpose, key);
        let cluster = cluster.ok_or(Dead::Own(ProxyCause::NoCluster))?;
        let picked = cluster.with(|cluster| {
            told(trail, self.proxy, self.view, cluster);
            cluster.pick(now, &[], 0)
        });
        let picked = picked.ok_or(Dead::Own(ProxyCause::NoHealthyHost))?;
        said(trail, self.proxy, &picked);
        let to = address_of(&picked, self.to).map_err(Dead::Wire)?;
        let opened = match self.purpose {
            Purpose::PassThrough => Upstream::plain(self.proxy, to).await,
            Purpose::Outbound => {
                Dial {
                    proxy: self.proxy,
                    view: self.view,
                    policy: &picked.policy,
                    to,
                    mtls: picked.kept.host.mtls,
                    speaks: Speaks::Tcp,
                    trail,
                }
                .open()
                .await
            }
        };
        let event = match &opened {
            Ok(_) => Event::Connected,
            Err(WireCause::Unreachable) => Event::TimedOut,
            Err(_) => Event::ConnectFailed,
        };
        let host = picked.kept.address();
        let now = self.proxy.about.log.elapsed();
        cluster.with(|cluster| cluster.observe(now, &host, event));
        opened.map_err(Dead::Wire)
    }
}
