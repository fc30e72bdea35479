//! Containers: created, started, paused, inspected, removed.

use std::{collections::BTreeMap, net::Ipv4Addr};

use bollard::{
    models::{
        ContainerCreateBody, ContainerSummary, DeviceMapping, EndpointIpamConfig, EndpointSettings,
        HostConfig, HostConfigCgroupnsModeEnum, NetworkConnectRequest, NetworkingConfig,
        PortBinding, RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters::{
        CreateContainerOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
        LogsOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
    },
};
use futures::StreamExt as _;

use super::connect::{Docker, is_absent, met};
use crate::{Result, label::Labels};

/// What a container is made of; the rest is as kind makes its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerSpec {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) labels: Labels,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Option<Vec<String>>,
    pub(crate) privilege: Privilege,
    /// The network it is created with; others are attached before it starts.
    pub(crate) first: Attachment,
    pub(crate) others: Vec<Attachment>,
    /// A TCP port that is published on the host's loopback, on a port of the daemon's choice.
    pub(crate) publish: Option<u16>,
    /// Names it resolves without asking anybody.
    pub(crate) hosts: BTreeMap<String, Ipv4Addr>,
    /// The volume that is its `/var`; without one Docker makes one from what the image holds there.
    pub(crate) var: Option<String>,
}

/// What a container may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// Everything, as kind's nodes.
    Privileged,
    /// Every capability but the ones this host lacks; devices and mounts of a node, where
    /// privileged containers cannot start.
    Node,
}

/// A network a container is attached to, with its address there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) network: String,
    pub(crate) address: Ipv4Addr,
}

/// A container that was found by label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) running: bool,
}

impl Docker {
    /// Creates a container and attaches its networks; returns its id.
    pub(crate) async fn create(&self, spec: &ContainerSpec) -> Result<String> {
        let doing = format!("create container {}", spec.name);
        let options = CreateContainerOptionsBuilder::new()
            .name(&spec.name)
            .build();
        let created = self
            .api
            .create_container(Some(options), body(spec))
            .await
            .map_err(met(doing))?;
        for attachment in &spec.others {
            self.attach(&created.id, attachment).await?;
        }
        Ok(created.id)
    }

    /// Starts a container.
    pub(crate) async fn start(&self, id: &str) -> Result<()> {
        self.api
            .start_container(id, None::<StartContainerOptions>)
            .await
            .map_err(met(format!("start container {id}")))
    }

    /// Freezes every process of a container.
    pub(crate) async fn pause(&self, id: &str) -> Result<()> {
        self.api
            .pause_container(id)
            .await
            .map_err(met(format!("pause container {id}")))
    }

    /// Thaws a container.
    pub(crate) async fn unpause(&self, id: &str) -> Result<()> {
        self.api
            .unpause_container(id)
            .await
            .map_err(met(format!("unpause container {id}")))
    }

    /// Kills a container without asking it.
    pub(crate) async fn kill(&self, id: &str) -> Result<()> {
        let options = None::<bollard::query_parameters::KillContainerOptions>;
        self.api
            .kill_container(id, options)
            .await
            .map_err(met(format!("kill container {id}")))
    }

    /// Removes a container with its anonymous volumes; one that is gone already is fine.
    pub(crate) async fn remove(&self, id: &str) -> Result<()> {
        let options = RemoveContainerOptionsBuilder::new()
            .force(true)
            .v(true)
            .build();
        match self.api.remove_container(id, Some(options)).await {
            Err(error) if !is_absent(&error) => Err(met(format!("remove container {id}"))(error)),
            _ => Ok(()),
        }
    }

    /// Attaches a container to a network at a fixed address.
    pub(crate) async fn attach(&self, id: &str, to: &Attachment) -> Result<()> {
        let request = NetworkConnectRequest {
            container: id.to_owned(),
            endpoint_config: Some(endpoint(to)),
        };
        let doing = format!("attach container {id} to network {}", to.network);
        self.api
            .connect_network(&to.network, request)
            .await
            .map_err(met(doing))
    }

    /// The host's port on which a container's port is published.
    pub(crate) async fn published(&self, id: &str, port: u16) -> Result<Option<u16>> {
        let doing = format!("inspect container {id}");
        let seen = self
            .api
            .inspect_container(id, None::<InspectContainerOptions>)
            .await
            .map_err(met(doing))?;
        let ports = seen
            .network_settings
            .and_then(|settings| settings.ports)
            .unwrap_or_default();
        let bindings = ports
            .get(&format!("{port}/tcp"))
            .cloned()
            .flatten()
            .unwrap_or_default();
        Ok(bindings
            .first()
            .and_then(|binding| binding.host_port.as_ref()?.parse().ok()))
    }

    /// All containers, running or not, that carry every label given as `key` or `key=value`.
    pub(crate) async fn containers(&self, labels: &[String]) -> Result<Vec<Found>> {
        let filters = BTreeMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&filters.into_iter().collect())
            .build();
        let found = self
            .api
            .list_containers(Some(options))
            .await
            .map_err(met("list containers"))?;
        let mut found: Vec<Found> = found.into_iter().filter_map(found_container).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Follows a container's log until a line holds one of `phrases`, or it ends.
    pub(crate) async fn logged(&self, id: &str, phrases: &[&str]) -> Result<()> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .follow(true)
            .build();
        let mut stream = self.api.logs(id, Some(options));
        let mut seen = String::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(met(format!("follow the log of container {id}")))?;
            seen.push_str(&String::from_utf8_lossy(&chunk.into_bytes()));
            if phrases.iter().any(|phrase| seen.contains(phrase)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The last lines of a container's log, without colours.
    pub(crate) async fn log_tail(&self, id: &str, lines: usize) -> Result<String> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let mut stream = self.api.logs(id, Some(options));
        let mut text = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(met(format!("read the log of container {id}")))?;
            text.extend_from_slice(&chunk.into_bytes());
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn found_container(summary: ContainerSummary) -> Option<Found> {
    let name = summary.names?.first()?.trim_start_matches('/').to_owned();
    let running = summary
        .state
        .is_some_and(|state| state.to_string() == "running");
    let labels = summary.labels.unwrap_or_default().into_iter().collect();
    Some(Found {
        id: summary.id?,
        name,
        labels,
        running,
    })
}

pub(super) fn endpoint(at: &Attachment) -> EndpointSettings {
    EndpointSettings {
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: Some(at.address.to_string()),
            ..EndpointIpamConfig::default()
        }),
        ..EndpointSettings::default()
    }
}

fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let environment = spec
        .environment
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let networks = [(spec.first.network.clone(), endpoint(&spec.first))];
    ContainerCreateBody {
        hostname: Some(spec.name.clone()),
        image: Some(spec.image.clone()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        env: Some(environment.collect()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.command.clone(),
        // A terminal makes systemd's boot log readable.
        tty: Some(true),
        volumes: spec.var.is_none().then(|| vec!["/var".to_owned()]),
        exposed_ports: spec.publish.map(|port| vec![format!("{port}/tcp")]),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(networks.into_iter().collect()),
        }),
        host_config: Some(host_config(spec)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(spec: &ContainerSpec) -> HostConfig {
    let bindings = spec.publish.map(|port| {
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: None,
        };
        [(format!("{port}/tcp"), Some(vec![binding]))]
            .into_iter()
            .collect()
    });
    let common = HostConfig {
        network_mode: Some(spec.first.network.clone()),
        port_bindings: bindings,
        extra_hosts: Some(
            spec.hosts
                .iter()
                .map(|(name, at)| format!("{name}:{at}"))
                .collect(),
        ),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::ON_FAILURE),
            maximum_retry_count: Some(1),
        }),
        // A daemon-wide tini at PID 1 would make systemd give up.
        init: Some(false),
        ..HostConfig::default()
    };
    let mut host = spec.privilege.apply(common);
    if let (Some(var), Some(binds)) = (&spec.var, &mut host.binds) {
        binds.push(format!("{var}:/var"));
    }
    host
}

impl Privilege {
    fn apply(self, common: HostConfig) -> HostConfig {
        match self {
            Self::Privileged => HostConfig {
                privileged: Some(true),
                ..node_host(common, &[])
            },
            Self::Node => HostConfig {
                cap_add: Some(vec!["ALL".to_owned()]),
                cap_drop: Some(vec!["SYS_RESOURCE".to_owned()]),
                device_cgroup_rules: Some(vec!["a *:* rwm".to_owned()]),
                devices: Some(vec![DeviceMapping {
                    path_on_host: Some("/dev/kmsg".to_owned()),
                    path_in_container: Some("/dev/kmsg".to_owned()),
                    cgroup_permissions: Some("rwm".to_owned()),
                }]),
                ..node_host(common, &["systempaths=unconfined"])
            },
        }
    }
}

fn node_host(common: HostConfig, security: &[&str]) -> HostConfig {
    let security = ["seccomp=unconfined", "apparmor=unconfined"]
        .iter()
        .chain(security);
    HostConfig {
        security_opt: Some(security.map(|&option| option.to_owned()).collect()),
        tmpfs: Some(
            ["/tmp", "/run"]
                .map(|path| (path.to_owned(), String::new()))
                .into_iter()
                .collect(),
        ),
        // A bind, not a mount: with a mount a host without modules refuses to create.
        binds: Some(vec!["/lib/modules:/lib/modules:ro".to_owned()]),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        ..common
    }
}
