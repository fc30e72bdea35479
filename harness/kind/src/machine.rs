//! Machines outside every cluster: containers on a mesh network that no node knows of. They reach load
//! balancers as everybody does, over the bridge that all share.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use engine::{App, Machine};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use world::{Capability, Substrate, VmName};

use crate::{
    Error, Images, Result, agent,
    bridge::{Bridges, Layout},
    docker::{Attachment, Docker, HelperSpec, Joins, PlainSpec},
    join,
    label::{Labels, VM},
};

/// A machine that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachinePlan {
    /// What the topology calls it.
    name: VmName,
    /// Its container.
    container: String,
    at: Attachment,
    /// Where it stands on the shared bridge, from which load balancers are reached.
    wan: Attachment,
    /// Commands that set its routes.
    routes: String,
}

/// The machines of a run.
#[derive(Clone)]
pub(crate) struct Machines {
    docker: Docker,
    labels: Labels,
    /// What answers on them.
    sample: Option<String>,
    /// An image with the tools that set routes, which a machine need not have.
    tools: String,
    /// Whether their image has Istio's agent.
    agent: bool,
    all: BTreeMap<VmName, Standing>,
}

/// A machine that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) id: String,
    pub(crate) container: String,
    pub(crate) address: Ipv4Addr,
    /// Its address on the shared bridge.
    pub(crate) wan: Ipv4Addr,
}

/// The machines of a substrate, each on the bridge of its network.
pub(crate) fn plans(
    substrate: &Substrate,
    bridges: &Bridges,
    layout: &Layout,
    run: &str,
) -> Vec<MachinePlan> {
    let vms = substrate.vms.iter().enumerate();
    vms.map(|(place, (name, vm))| MachinePlan {
        name: name.clone(),
        container: format!("{run}-vm-{name}"),
        at: bridges.networks[&vm.network].machine(place),
        wan: bridges.wan.machine(place),
        routes: join::script(&join::routes_of_machine(substrate, &vm.network), layout),
    })
    .collect()
}

impl Machines {
    /// None yet. `images` says what answers on them, and whose tools set their routes; `agent`, whether
    /// their image has Istio's.
    pub(crate) fn none(docker: Docker, labels: Labels, images: &Images, agent: bool) -> Self {
        Self {
            docker,
            labels,
            sample: images.sample.clone(),
            tools: images.node.clone(),
            agent,
            all: BTreeMap::new(),
        }
    }

    /// Starts every machine. All requests are seen through, as those of nodes.
    pub(crate) async fn start(mut self, plans: &[MachinePlan], image: &str) -> Result<Self> {
        let starts = plans.iter().map(|plan| self.one(plan, image));
        let started = futures::future::join_all(starts).await;
        let started: Result<Vec<_>> = started.into_iter().collect();
        self.all = started?.into_iter().collect();
        Ok(self)
    }

    async fn one(&self, plan: &MachinePlan, image: &str) -> Result<(VmName, Standing)> {
        let mut labels = self.labels.clone();
        labels.insert(VM.to_owned(), plan.name.to_string());
        let spec = PlainSpec {
            name: plan.container.clone(),
            image: image.to_owned(),
            labels,
            environment: BTreeMap::new(),
            command: Some(["sleep", "infinity"].map(str::to_owned).to_vec()),
            joins: Joins::Bridge(plan.at.clone()),
            as_root_with: self.agent.then_some(&agent::PRIVILEGES),
        };
        let id = self.docker.start_plain(&spec).await?;
        self.docker.attach(&id, &plan.wan).await?;
        self.route(plan, &id).await?;
        Ok((plan.name.clone(), plan.standing(id)))
    }

    /// Sets the routes of a machine from beside it; they are gone when it stops.
    async fn route(&self, plan: &MachinePlan, id: &str) -> Result<()> {
        let spec = HelperSpec {
            image: &self.tools,
            script: &plan.routes,
            arguments: Vec::new(),
            binds: Vec::new(),
            labels: self.labels.clone(),
            beside: Some(id.to_owned()),
        };
        let helper = self.docker.helper(spec).await?;
        let ended = self.docker.ended(&helper).await;
        self.docker.remove(&helper).await?;
        ended
    }

    /// Finds the machines of a run that stands, and starts what was stopped.
    pub(crate) async fn find(mut self, plans: &[MachinePlan]) -> Result<Self> {
        let found = self.docker.containers(&[VM.to_owned()]).await?;
        for plan in plans {
            let of_it = found.iter().find(|one| one.name == plan.container);
            let one = of_it.ok_or_else(|| Error::NotThere {
                what: format!("machine {} is gone", plan.name),
            })?;
            self.all
                .insert(plan.name.clone(), plan.standing(one.id.clone()));
        }
        let ours: BTreeSet<&String> = self.all.values().map(|machine| &machine.id).collect();
        let stopped = found
            .iter()
            .filter(|one| !one.running && ours.contains(&one.id));
        try_join_all(stopped.map(|one| self.docker.start(&one.id))).await?;
        let routes = plans
            .iter()
            .zip(self.all.values())
            .map(|(plan, standing)| self.route(plan, &standing.id));
        try_join_all(routes).await?;
        Ok(self)
    }

    /// A machine by its declared name.
    pub(crate) fn get(&self, name: &VmName) -> engine::Result<&Standing> {
        self.all
            .get(name)
            .ok_or_else(|| engine::Error::NoVm(name.clone()))
    }

    /// What can be done with one.
    pub(crate) fn handle(&self, name: &VmName) -> engine::Result<Box<dyn Machine>> {
        Ok(Box::new(Handle {
            docker: self.docker.clone(),
            labels: self.labels.clone(),
            sample: self.sample.clone(),
            agent: self.agent,
            name: name.clone(),
            standing: self.get(name)?.clone(),
        }))
    }
}

impl MachinePlan {
    fn standing(&self, id: String) -> Standing {
        Standing {
            id,
            container: self.container.clone(),
            address: self.at.address,
            wan: self.wan.address,
        }
    }
}

/// One machine.
struct Handle {
    docker: Docker,
    labels: Labels,
    sample: Option<String>,
    agent: bool,
    name: VmName,
    standing: Standing,
}

/// Writes what it reads to a path.
const WRITE: &str = r#"mkdir -p "$(dirname "$0")" && cat > "$0""#;

/// Where names are that no resolver is asked for.
const HOSTS: &str = "/etc/hosts";

/// Adds lines to those that Docker wrote; what was added before gives way.
const ADD_HOSTS: &str = r#"[ -f "$0.docker" ] || cp "$0" "$0.docker"; cat "$0.docker" - > "$0""#;

impl Handle {
    async fn write_all(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
        for (path, content) in files {
            let script = if path == HOSTS { ADD_HOSTS } else { WRITE };
            let command = ["sh", "-c", script, path];
            self.docker
                .must(&self.standing.id, &command, Some(content))
                .await?;
        }
        Ok(())
    }

    /// Where the agent is asked for.
    fn with_agent(&self) -> engine::Result<&Standing> {
        let lacks = engine::Error::NotCapable(Capability::Vms);
        self.agent.then_some(&self.standing).ok_or(lacks)
    }

    /// Starts the sample beside the machine, in its network; one that runs already gives way.
    async fn serve(&self, app: &App) -> Result<()> {
        let image = self.sample.clone().ok_or_else(|| Error::NotThere {
            what: "no image is named for applications of machines".to_owned(),
        })?;
        let name = format!("{}-app", self.standing.container);
        self.docker.remove(&name).await?;
        let environment = [
            ("SERVICE_VERSION", app.version.as_str()),
            ("HOSTNAME", &self.standing.container),
            ("VM_NAME", self.name.as_str()),
            ("PORT", &app.port.to_string()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let spec = PlainSpec {
            name,
            image,
            labels: self.labels.clone(),
            environment: environment.into(),
            command: None,
            joins: Joins::Container(self.standing.id.clone()),
            as_root_with: None,
        };
        self.docker.start_plain(&spec).await.map(drop)
    }
}

impl Machine for Handle {
    fn address(&self) -> Ipv4Addr {
        self.standing.address
    }

    fn write(&self, files: BTreeMap<String, Vec<u8>>) -> BoxFuture<'_, engine::Result<()>> {
        async move { Ok(self.write_all(&files).await?) }.boxed()
    }

    fn start_agent(&self) -> BoxFuture<'_, engine::Result<()>> {
        async {
            let machine = self.with_agent()?;
            Ok(agent::start(&self.docker, &machine.id, machine.address).await?)
        }
        .boxed()
    }

    fn stop_agent(&self) -> BoxFuture<'_, engine::Result<()>> {
        async { Ok(agent::stop(&self.docker, &self.with_agent()?.id).await?) }.boxed()
    }

    fn start_app(&self, app: App) -> BoxFuture<'_, engine::Result<()>> {
        async move { Ok(self.serve(&app).await?) }.boxed()
    }
}
