//! Networks that are written down for the mesh, beside those that labels tell of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, NetworkId};

/// The networks by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MeshNetworks {
    /// The networks.
    pub networks: BTreeMap<NetworkId, Network>,
}

/// Who is in a network, and how it is entered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Network {
    /// Who is in it.
    pub endpoints: Vec<NetworkEndpoints>,
    /// How it is entered.
    pub gateways: Vec<NetworkGateway>,
}

/// Some endpoints of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkEndpoints {
    /// By address.
    FromCidr(String),
    /// By cluster.
    FromRegistry(ClusterId),
}

/// A way into a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "GatewayDraft", into = "GatewayDraft")]
pub struct NetworkGateway {
    /// Where.
    pub at: GatewayAddress,
    /// On which port.
    pub port: u16,
    /// In which place; empty is unknown.
    pub locality: String,
}

/// Where a network is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayAddress {
    /// At the addresses of a Service, by its full name.
    Service(String),
    /// At an address or name.
    Address(String),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GatewayDraft {
    registry_service_name: Option<String>,
    address: Option<String>,
    port: u16,
    locality: String,
}

impl TryFrom<GatewayDraft> for NetworkGateway {
    type Error = &'static str;

    fn try_from(draft: GatewayDraft) -> Result<Self, Self::Error> {
        let at = match (draft.registry_service_name, draft.address) {
            (Some(service), None) => GatewayAddress::Service(service),
            (None, Some(address)) => GatewayAddress::Address(address),
            _ => return Err("write either registryServiceName or address"),
        };
        Ok(Self {
            at,
            port: draft.port,
            locality: draft.locality,
        })
    }
}

impl From<NetworkGateway> for GatewayDraft {
    fn from(gateway: NetworkGateway) -> Self {
        let (service, address) = match gateway.at {
            GatewayAddress::Service(name) => (Some(name), None),
            GatewayAddress::Address(address) => (None, Some(address)),
        };
        Self {
            registry_service_name: service,
            address,
            port: gateway.port,
            locality: gateway.locality,
        }
    }
}
