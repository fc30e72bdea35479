//! The ports on which a proxy listens at the moment.

use std::{collections::BTreeMap, sync::Arc};

use istio::network::split_horizon::ProxyKind;
use sim::{
    net::{Host, Listener, PortTaken},
    program::Serve,
};

use super::{core::Proxy, edge, gateway, inbound, outbound};

/// Open ports. Dropping them closes them.
#[derive(Default)]
pub struct Listeners {
    open: BTreeMap<u16, (u16, Listener<Arc<dyn Serve>>)>,
}

impl Listeners {
    /// Opens what the proxy's last push asks for and closes what it does not ask for any more.
    /// Without a push there is nothing to open.
    ///
    /// # Errors
    /// [`PortTaken`] if something else of the pod listens on such a port; the others are open.
    pub fn follow(
        &mut self,
        proxy: &Arc<Proxy>,
        host: &Host<Arc<dyn Serve>>,
    ) -> Result<(), PortTaken> {
        let wanted = wanted(proxy);
        self.open
            .retain(|port, (number, _)| wanted.get(port).is_some_and(|w| w.number == *number));
        let mut failed = Ok(());
        for (port, want) in wanted {
            if self.open.contains_key(&port) {
                continue;
            }
            match host.listen(port, want.server) {
                Ok(listener) => drop(self.open.insert(port, (want.number, listener))),
                Err(taken) => failed = Err(taken),
            }
        }
        failed
    }
}

/// What is to be behind a port.
struct Want {
    number: u16,
    server: Arc<dyn Serve>,
}

/// What listens where, by port.
fn wanted(proxy: &Arc<Proxy>) -> BTreeMap<u16, Want> {
    let Some(view) = proxy.view() else {
        return BTreeMap::new();
    };
    match view.push.client.kind {
        ProxyKind::Sidecar => BTreeMap::from([
            sidecar(
                outbound::PORT,
                Arc::new(outbound::Outbound(Arc::clone(proxy))),
            ),
            sidecar(inbound::PORT, Arc::new(inbound::Inbound(Arc::clone(proxy)))),
        ]),
        ProxyKind::Router | ProxyKind::Waypoint => {
            let own = proxy.about.origin.address.to_string();
            let ports = edge::ports(&view, &own);
            ports
                .into_iter()
                .map(|(number, port)| router(proxy, number, port))
                .collect()
        }
    }
}

fn sidecar(port: u16, server: Arc<dyn Serve>) -> (u16, Want) {
    let number = port;
    (port, Want { number, server })
}

fn router(proxy: &Arc<Proxy>, number: u16, port: u16) -> (u16, Want) {
    let server = Arc::new(gateway::Port {
        proxy: Arc::clone(proxy),
        number,
    });
    (port, Want { number, server })
}
