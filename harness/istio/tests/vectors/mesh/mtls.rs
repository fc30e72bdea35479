//! Whether a client counts an endpoint as mutual TLS, and what that lets it see.

use std::collections::BTreeMap;

use istio::{
    endpoint::{
        Labels,
        mtls::{self, MtlsFacts},
        select::Purpose,
    },
    kinds::{
        DestinationRule, MatchLabels, Metadata, Object, PeerAuthentication, Subset, TrafficPolicy,
        peer_authentication::MutualTls,
        port::PortSelector,
        tls_settings::{ClientTlsMode, ClientTlsSettings},
        traffic_policy::PortTrafficPolicy,
    },
    routing::host,
    tls::{PeerAuthentications, ServerMode, mode_of_rule},
    version::mechanism::SubsetTls,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::horizon::{Scene, Topology};
use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    root_namespace: String,
    topology: String,
    workload: Workload,
    service: Service,
    subset: String,
    peer_authentications: Vec<Policy>,
    destination_rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workload {
    namespace: String,
    labels: Labels,
    tls_capable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    host: String,
    port: u16,
    workload_port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    namespace: String,
    selector: Option<Labels>,
    mode: Option<String>,
    port_level: BTreeMap<u16, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(rename = "namespace")]
    _namespace: String,
    host: String,
    tls: Option<ClientTlsMode>,
    port_level_tls: BTreeMap<u16, ClientTlsMode>,
    subsets: BTreeMap<String, SubsetOf>,
    /// Anything else the rule says.
    #[serde(rename = "other_policy", default)]
    _other_policy: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubsetOf {
    labels: Labels,
    tls: Option<ClientTlsMode>,
    #[serde(default)]
    port_level_tls: BTreeMap<u16, ClientTlsMode>,
    /// Anything else the subset says; it shows that a policy without TLS settings is passed over.
    #[serde(rename = "other_policy", default)]
    _other_policy: Value,
}

pub(crate) fn cross_network_mtls(case: &mut Case<'_>) -> Result<(), String> {
    let input: Input = case.input()?;
    let policies = input
        .peer_authentications
        .iter()
        .map(object)
        .collect::<Result<Vec<_>, _>>()?;
    let policies = PeerAuthentications::new(&policies, &input.root_namespace);
    let Workload {
        namespace,
        labels,
        tls_capable,
    } = &input.workload;
    let server = policies
        .modes_of(namespace, labels)
        .value
        .on(input.service.workload_port);
    let rules: BTreeMap<&str, DestinationRule> = input
        .destination_rules
        .iter()
        .map(|rule| (rule.host.as_str(), rule.into()))
        .collect();
    let rule = host::most_specific(rules.keys().copied(), &input.service.host);
    let rule = rule.value.map(|host| &rules[host]);
    let mode = mode_of_rule(rule, &input.subset, input.service.port, SubsetTls::RuleWide).value;
    let by_mtls = mtls::reached_by_mtls(MtlsFacts {
        rule_is_istio_mutual: mode.map(|mode| mode == ClientTlsMode::IstioMutual),
        capable: *tls_capable,
        disabled_by_server: server == ServerMode::Disable,
    });
    case.came_out("client_sends_mtls", by_mtls.value);
    let subset = rule.and_then(|rule| {
        rule.subsets
            .iter()
            .find(|subset| subset.name == input.subset)
    });
    let mut scene = scene(case, &input, by_mtls.value)?;
    scene.subset = subset
        .map(|subset| subset.labels.clone())
        .unwrap_or_default();
    totals(case, &mut scene, "outbound_total_weight", Purpose::Outbound)?;
    totals(
        case,
        &mut scene,
        "sni_dnat_total_weight",
        Purpose::PassThrough,
    )
}

/// The shared topology, every endpoint of it being the workload.
fn scene(case: &Case<'_>, input: &Input, by_mtls: bool) -> Result<Scene, String> {
    if input.topology != "T1" {
        return Err(format!("unknown topology '{}'", input.topology));
    }
    let topology: Topology = case.fixture("reference_topology_T1")?;
    let mut scene = Scene::in_locality("");
    topology.set_up(&mut scene, Some(by_mtls));
    for endpoint in &mut scene.endpoints {
        endpoint.labels = input.workload.labels.clone().into();
    }
    Ok(scene)
}

/// Compares the weight that clients in the named networks and clusters see.
fn totals(
    case: &mut Case<'_>,
    scene: &mut Scene,
    key: &str,
    purpose: Purpose,
) -> Result<(), String> {
    let Some(expected) = case.expected_as::<BTreeMap<String, Value>>(key)? else {
        return Ok(());
    };
    scene.purpose = purpose;
    for (client, weight) in expected {
        let (network, cluster) = client
            .split_once('/')
            .ok_or("a client is network/cluster")?;
        scene.client.network = network.into();
        scene.client.cluster = cluster.into();
        let total = Scene::total(&scene.select(None, false));
        case.same(&format!("{key} of {client}"), &weight, &json!(total));
    }
    Ok(())
}

fn object(policy: &Policy) -> Result<Object<PeerAuthentication>, String> {
    let mode =
        |text: &str| MutualTls::deserialize(json!({ "mode": text })).map_err(|e| e.to_string());
    let per_port = policy.port_level.iter();
    let per_port = per_port.map(|(port, text)| Ok::<_, String>((*port, mode(text)?)));
    let spec = PeerAuthentication {
        selector: policy
            .selector
            .clone()
            .map(|match_labels| MatchLabels { match_labels }),
        mtls: policy.mode.as_deref().map(mode).transpose()?,
        port_level_mtls: per_port.collect::<Result<_, _>>()?,
    };
    let metadata = Metadata {
        namespace: policy.namespace.clone(),
        ..Metadata::default()
    };
    Ok(Object { metadata, spec })
}

impl From<&Rule> for DestinationRule {
    fn from(rule: &Rule) -> Self {
        let subset = |(name, subset): (&String, &SubsetOf)| Subset {
            name: name.clone(),
            labels: subset.labels.clone(),
            traffic_policy: Some(policy(subset.tls, &subset.port_level_tls)),
        };
        Self {
            host: rule.host.clone(),
            traffic_policy: Some(policy(rule.tls, &rule.port_level_tls)),
            subsets: rule.subsets.iter().map(subset).collect(),
            export_to: Vec::new(),
            workload_selector: None,
        }
    }
}

fn policy(mode: Option<ClientTlsMode>, ports: &BTreeMap<u16, ClientTlsMode>) -> TrafficPolicy {
    let of_port = |(&number, &mode): (&u16, &ClientTlsMode)| PortTrafficPolicy {
        port: Some(PortSelector { number }),
        tls: Some(settings(mode)),
        ..PortTrafficPolicy::default()
    };
    TrafficPolicy {
        tls: mode.map(settings),
        port_level_settings: ports.iter().map(of_port).collect(),
        ..TrafficPolicy::default()
    }
}

fn settings(mode: ClientTlsMode) -> ClientTlsSettings {
    let written = json!({ "mode": mode });
    ClientTlsSettings::deserialize(written).expect("a mode alone is a setting")
}
