//! Containers that are no nodes: machines, what runs on them, clients outside every cluster.

use std::collections::BTreeMap;

use bollard::{
    models::{ContainerCreateBody, HostConfig, NetworkingConfig},
    query_parameters::CreateContainerOptionsBuilder,
};

use super::{
    connect::{Docker, met},
    container::{Attachment, endpoint},
};
use crate::{Result, label::Labels};

/// What such a container is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainSpec {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) labels: Labels,
    pub(crate) environment: BTreeMap<String, String>,
    /// What it runs in place of what its image says.
    pub(crate) command: Option<Vec<String>>,
    pub(crate) joins: Joins,
    /// Capabilities that it has beside Docker's usual ones, as root; whoever its image says, with none,
    /// if left out.
    pub(crate) as_root_with: Option<&'static [&'static str]>,
}

/// Which network a container is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Joins {
    /// A bridge, at an address of its own.
    Bridge(Attachment),
    /// That of another container, by id: they share addresses and ports.
    Container(String),
}

impl Docker {
    /// Creates and starts a container; returns its id.
    pub(crate) async fn start_plain(&self, spec: &PlainSpec) -> Result<String> {
        let options = CreateContainerOptionsBuilder::new()
            .name(&spec.name)
            .build();
        let created = self.api.create_container(Some(options), body(spec)).await;
        let doing = format!("create container {}", spec.name);
        let id = created.map_err(met(doing))?.id;
        self.start(&id).await?;
        Ok(id)
    }
}

fn body(spec: &PlainSpec) -> ContainerCreateBody {
    let environment = spec
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let (mode, endpoints, hostname) = match &spec.joins {
        Joins::Bridge(at) => (
            at.network.clone(),
            Some([(at.network.clone(), endpoint(at))].into_iter().collect()),
            Some(spec.name.clone()),
        ),
        // Who shares another's network shares its name there.
        Joins::Container(id) => (format!("container:{id}"), None, None),
    };
    let added = spec.as_root_with;
    let added = added.map(|names| names.iter().map(|&name| name.to_owned()).collect());
    ContainerCreateBody {
        hostname,
        user: spec.as_root_with.map(|_| "0".to_owned()),
        image: Some(spec.image.clone()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        env: Some(environment.collect()),
        entrypoint: spec.command.is_some().then(Vec::new),
        cmd: spec.command.clone(),
        networking_config: endpoints.map(|endpoints_config| NetworkingConfig {
            endpoints_config: Some(endpoints_config),
        }),
        host_config: Some(HostConfig {
            network_mode: Some(mode),
            // A shell as the first process would wait for nobody's children.
            init: Some(spec.command.is_some()),
            cap_add: added,
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}
