//! Networks: created with explicit ranges, found by label, removed by id.

use std::collections::BTreeMap;

use bollard::{
    models::{Ipam, IpamConfig, Network, NetworkCreateRequest},
    query_parameters::ListNetworksOptionsBuilder,
};
use ipnet::Ipv4Net;

use super::connect::{Docker, is_absent, met};
use crate::{Result, label::Labels};

/// A network that was found by label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundNetwork {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    /// Its first range; `None` if it has no IPv4 range.
    pub(crate) range: Option<Ipv4Net>,
}

/// A bridge to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkSpec {
    pub(crate) name: String,
    pub(crate) range: Ipv4Net,
    /// The part of it from which the daemon serves whoever names no address.
    pub(crate) dynamic: Option<Ipv4Net>,
    pub(crate) labels: Labels,
}

impl Docker {
    /// Creates a bridge whose gateway is the first address of its range; returns its id.
    pub(crate) async fn create_network(&self, spec: &NetworkSpec) -> Result<String> {
        let gateway = spec.range.hosts().next().map(|address| address.to_string());
        let config = IpamConfig {
            subnet: Some(spec.range.to_string()),
            gateway,
            ip_range: spec.dynamic.map(|range| range.to_string()),
            ..IpamConfig::default()
        };
        let request = NetworkCreateRequest {
            name: spec.name.clone(),
            driver: Some("bridge".to_owned()),
            ipam: Some(Ipam {
                config: Some(vec![config]),
                ..Ipam::default()
            }),
            labels: Some(spec.labels.clone().into_iter().collect()),
            ..NetworkCreateRequest::default()
        };
        let doing = format!("create network {} with {}", spec.name, spec.range);
        Ok(self
            .api
            .create_network(request)
            .await
            .map_err(met(doing))?
            .id)
    }

    /// Removes a network; one that is gone already is fine.
    pub(crate) async fn remove_network(&self, id: &str) -> Result<()> {
        match self.api.remove_network(id).await {
            Err(error) if !is_absent(&error) => Err(met(format!("remove network {id}"))(error)),
            _ => Ok(()),
        }
    }

    /// All networks that carry every label given.
    pub(crate) async fn networks(&self, labels: &[String]) -> Result<Vec<FoundNetwork>> {
        let found = self.list_networks(labels).await?;
        let mut found: Vec<_> = found.into_iter().filter_map(found_network).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Every IPv4 range that a network of this daemon uses.
    pub(crate) async fn used_ranges(&self) -> Result<Vec<Ipv4Net>> {
        let configs = self
            .list_networks(&[])
            .await?
            .into_iter()
            .filter_map(|network| network.ipam?.config);
        let ranges = configs
            .flatten()
            .filter_map(|config| config.subnet?.parse().ok());
        Ok(ranges.collect())
    }

    async fn list_networks(&self, labels: &[String]) -> Result<Vec<Network>> {
        let filters = BTreeMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListNetworksOptionsBuilder::new()
            .filters(&filters.into_iter().collect())
            .build();
        self.api
            .list_networks(Some(options))
            .await
            .map_err(met("list networks"))
    }
}

fn found_network(network: Network) -> Option<FoundNetwork> {
    let configs = network.ipam.and_then(|ipam| ipam.config);
    let ranges = configs.unwrap_or_default().into_iter();
    Some(FoundNetwork {
        id: network.id?,
        name: network.name?,
        labels: network.labels.unwrap_or_default().into_iter().collect(),
        range: ranges
            .filter_map(|config| config.subnet?.parse().ok())
            .next(),
    })
}
