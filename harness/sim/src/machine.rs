//! Machines outside every cluster.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{App, Error, Machine, Result};
use futures::{FutureExt, future::BoxFuture};
use world::{Capability, Locality, Vm, VmName};

use crate::{
    cluster::Ground,
    net::{Host, Listener, Origin, Place, Scope},
    program::{MachineStart, Process, Serve, ServedBy, sample::SaysWhoItIs},
};

/// A machine. Clones are the same machine.
#[derive(Clone)]
pub struct SimMachine {
    name: VmName,
    locality: Locality,
    ground: Ground,
    host: Arc<Host<Arc<dyn Serve>>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    apps: BTreeMap<u16, Listener<Arc<dyn Serve>>>,
    agent: Option<Box<dyn Process>>,
}

impl SimMachine {
    pub(crate) fn attach(ground: &Ground, name: &VmName, vm: &Vm) -> Result<Self> {
        let place = Place::Vm {
            vm: name.clone(),
            network: vm.network.clone(),
        };
        let scope = Scope::Network(vm.network.clone());
        let host = ground.net.attach(place, scope, vm.address);
        let host = host.map_err(|error| Error::Substrate {
            why: format!("VM {name}: {error}"),
        })?;
        Ok(Self {
            name: name.clone(),
            locality: vm.locality.clone(),
            ground: ground.clone(),
            host: Arc::new(host),
            state: Arc::default(),
        })
    }

    /// Who it is to the network.
    pub fn origin(&self) -> Origin {
        Origin {
            place: Arc::clone(self.host.place()),
            address: self.host.address(),
        }
    }

    /// A file that was written to it.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.lock().files.get(path).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an agent is started with: the files as they are now.
    fn start(&self) -> MachineStart {
        MachineStart {
            name: self.name.clone(),
            locality: self.locality.clone(),
            files: self.lock().files.clone(),
            host: Arc::clone(&self.host),
            net: self.ground.net.clone(),
            clock: self.ground.clock.clone(),
            seed: self.ground.seed,
            log: self.ground.log.clone(),
        }
    }

    /// Ends the agent if one runs.
    async fn end_agent(&self) {
        let agent = self.lock().agent.take();
        if let Some(agent) = agent {
            agent.stop().await;
        }
    }

    fn open(&self, app: &App) -> Result<()> {
        // The same program started anew gives its port up first.
        self.lock().apps.remove(&app.port);
        let by = ServedBy {
            cluster: None,
            name: self.name.as_str().into(),
            version: Some(app.version.as_str().into()),
        };
        let listener = self.host.listen(app.port, Arc::new(SaysWhoItIs { by }));
        let listener = listener.map_err(|error| Error::Machinery {
            doing: format!("starting an application on VM {}", self.name),
            source: Box::new(error),
        })?;
        self.lock().apps.insert(app.port, listener);
        Ok(())
    }
}

impl Machine for SimMachine {
    fn address(&self) -> Ipv4Addr {
        self.host.address()
    }

    fn write(&self, files: BTreeMap<String, Vec<u8>>) -> BoxFuture<'_, Result<()>> {
        self.lock().files.extend(files);
        async { Ok(()) }.boxed()
    }

    fn start_agent(&self) -> BoxFuture<'_, Result<()>> {
        async {
            self.end_agent().await;
            let agent = self.ground.images.agent(self.start());
            let agent = agent.ok_or(Error::NotCapable(Capability::Istio))?;
            self.lock().agent = Some(agent);
            Ok(())
        }
        .boxed()
    }

    fn stop_agent(&self) -> BoxFuture<'_, Result<()>> {
        async {
            self.end_agent().await;
            Ok(())
        }
        .boxed()
    }

    fn start_app(&self, app: App) -> BoxFuture<'_, Result<()>> {
        async move { self.open(&app) }.boxed()
    }
}
