//! Values by which a control plane or a gateway is installed: those of the charts, and the
//! `values` of an IstioOperator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LabelSelector, MeshConfig, mesh_networks::Network};

/// Values of a control plane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InstallValues {
    /// A named set of values below these, such as `remote`.
    pub profile: Option<String>,
    /// The minor version whose defaults hold, such as `1.29`.
    pub compatibility_version: Option<String>,
    /// The revision; unset is the default one.
    pub revision: Option<String>,
    /// More names of the revision.
    pub revision_tags: Vec<String>,
    /// The revision that validates objects.
    pub default_revision: Option<String>,
    /// The mesh's configuration, above what the other values say.
    pub mesh_config: Option<MeshConfig>,
    /// What holds for every component.
    pub global: GlobalValues,
    /// The control plane itself.
    pub pilot: PilotValues,
    /// The control plane of a cluster whose istiod runs elsewhere.
    pub istiod_remote: IstiodRemoteValues,
    /// Which pods get a sidecar.
    pub sidecar_injector_webhook: InjectorValues,
    /// Definitions and validation of Istio's kinds.
    pub base: BaseValues,
    /// Metrics; no rule reads it.
    pub telemetry: Option<Value>,
}

/// What holds for every component.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GlobalValues {
    /// Which mesh it is.
    #[serde(rename = "meshID")]
    pub mesh_id: Option<String>,
    /// Which network the cluster is in.
    pub network: Option<String>,
    /// Which cluster it is.
    pub multi_cluster: MultiClusterValues,
    /// Networks that are written down.
    pub mesh_networks: BTreeMap<String, Network>,
    /// The control plane's namespace; unset is `istio-system`.
    pub istio_namespace: Option<String>,
    /// Whether the control plane serves other clusters.
    pub external_istiod: Option<bool>,
    /// Whether a remote cluster holds the mesh's objects.
    pub config_cluster: Option<bool>,
    /// Where the control plane of a remote cluster is reached.
    pub remote_pilot_address: Option<String>,
    /// Where proxies get certificates; unset is the control plane.
    pub ca_address: Option<String>,
    /// Whether objects are validated.
    pub config_validation: Option<bool>,
    /// Whether istiod leaves webhooks alone.
    pub operator_manage_webhooks: Option<bool>,
    /// Whether the injector has no ConfigMap.
    pub omit_sidecar_injector_config_map: Option<bool>,
    /// Whether the account that other clusters read with gets its rights.
    #[serde(rename = "enableReaderRBAC")]
    pub enable_reader_rbac: Option<bool>,
    /// Where images come from.
    pub hub: Option<String>,
    /// The images' tag, as a text or a number.
    pub tag: Option<Value>,
    /// The images' flavour.
    pub variant: Option<String>,
    /// When images are pulled.
    pub image_pull_policy: Option<String>,
    /// Secrets by which images are pulled.
    pub image_pull_secrets: Vec<String>,
    /// The platform that profiles are for.
    pub platform: Option<String>,
    /// How logs look; no rule reads it.
    pub log_as_json: Option<bool>,
    /// How much is logged; no rule reads it.
    pub logging: Option<Logging>,
    /// The sidecar.
    pub proxy: ProxyValues,
    /// The container that redirects traffic.
    #[serde(rename = "proxy_init")]
    pub proxy_init: ProxyInitValues,
}

/// Which cluster it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MultiClusterValues {
    /// Kept by Istio for old files; it decides nothing.
    pub enabled: Option<bool>,
    /// The cluster's name, as remote secrets must name it; unset is `Kubernetes`.
    pub cluster_name: Option<String>,
}

/// How much is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Logging {
    /// Scopes and levels.
    pub level: Option<String>,
}

/// The sidecar.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyValues {
    /// Whether pods that say nothing get one.
    pub auto_inject: Option<AutoInject>,
    /// The cluster's DNS suffix; unset is `cluster.local`.
    pub cluster_domain: Option<String>,
    /// Ports of the pod that are not captured.
    pub exclude_inbound_ports: Option<String>,
    /// Ports elsewhere that are not captured.
    pub exclude_outbound_ports: Option<String>,
    /// Ranges that are not captured.
    #[serde(rename = "excludeIPRanges")]
    pub exclude_ip_ranges: Option<String>,
    /// Whether the application starts after it.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// Its image.
    pub image: Option<String>,
    /// Ports of the pod that are captured.
    pub include_inbound_ports: Option<String>,
    /// Ranges that are captured.
    #[serde(rename = "includeIPRanges")]
    pub include_ip_ranges: Option<String>,
    /// Ports elsewhere that are captured.
    pub include_outbound_ports: Option<String>,
    /// How much is logged; no rule reads it.
    pub log_level: Option<String>,
    /// How much each part logs; no rule reads it.
    pub component_log_level: Option<String>,
    /// What it asks of the node; no rule reads it.
    pub resources: Option<Value>,
    /// Failures of its probe until it is not ready.
    pub readiness_failure_threshold: Option<u32>,
    /// Seconds before its first probe.
    pub readiness_initial_delay_seconds: Option<u32>,
    /// Seconds between its probes.
    pub readiness_period_seconds: Option<u32>,
    /// Its start-up probe; no rule reads it.
    pub startup_probe: Option<Value>,
    /// Its port for probes; no rule reads it.
    pub status_port: Option<u16>,
    /// Where traces go; no rule reads it.
    pub tracer: Option<String>,
}

/// Whether pods that say nothing get a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AutoInject {
    /// They do.
    Enabled,
    /// They do not.
    Disabled,
}

/// The container that redirects traffic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyInitValues {
    /// Its image.
    pub image: Option<String>,
    /// What it asks of the node; no rule reads it.
    pub resources: Option<Value>,
}

/// The control plane itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PilotValues {
    /// Whether it is installed; unset is yes.
    pub enabled: Option<bool>,
    /// Its environment: the feature flags. Each name must be one that is modelled.
    pub env: BTreeMap<String, Value>,
    /// Whether it has a ConfigMap; unset is yes.
    pub config_map: Option<bool>,
    /// Whether its number of pods follows the load.
    pub autoscale_enabled: Option<bool>,
    /// Fewest pods.
    pub autoscale_min: Option<u32>,
    /// Most pods.
    pub autoscale_max: Option<u32>,
    /// Number of pods.
    pub replica_count: Option<u32>,
    /// Pods that a roll-out may add.
    pub rolling_max_surge: Option<Value>,
    /// Pods that a roll-out may take away.
    pub rolling_max_unavailable: Option<Value>,
    /// What it asks of the node; no rule reads it.
    pub resources: Option<Value>,
    /// Where its image comes from.
    pub hub: Option<String>,
    /// Its image's tag, as a text or a number.
    pub tag: Option<Value>,
    /// Its image.
    pub image: Option<String>,
    /// Its image's flavour.
    pub variant: Option<String>,
    /// How many requests are traced; no rule reads it.
    pub trace_sampling: Option<f64>,
    /// Annotations of its pods.
    pub pod_annotations: BTreeMap<String, String>,
    /// Labels of its pods.
    pub pod_labels: BTreeMap<String, String>,
    /// Nodes it runs on.
    pub node_selector: BTreeMap<String, String>,
    /// Nodes it runs on; no rule reads it.
    pub affinity: Option<Value>,
    /// Nodes it runs on; no rule reads it.
    pub tolerations: Option<Value>,
    /// Nodes it runs on; no rule reads it.
    pub topology_spread_constraints: Option<Value>,
    /// Whether traffic is redirected by a plugin in place of a container.
    pub cni: CniUsage,
}

/// Whether traffic is redirected by a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CniUsage {
    /// It is.
    pub enabled: Option<bool>,
}

/// The control plane of a cluster whose istiod runs elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IstiodRemoteValues {
    /// Whether there is one.
    pub enabled: Option<bool>,
    /// Whether an istiod of the cluster's own injects, and only configuration comes from elsewhere.
    pub enabled_local_injector_istiod: Option<bool>,
    /// The injector's path, such as `/inject/cluster/cluster2/net/network2`.
    pub injection_path: Option<String>,
    /// The injector's address, in place of the path.
    #[serde(rename = "injectionURL")]
    pub injection_url: Option<String>,
}

/// Which pods get a sidecar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InjectorValues {
    /// Whether namespaces that say nothing are injected.
    pub enable_namespaces_by_default: Option<bool>,
    /// Pods that get none, unless they ask for one.
    pub never_inject_selector: Vec<LabelSelector>,
    /// Pods that get one, unless they refuse it.
    pub always_inject_selector: Vec<LabelSelector>,
    /// Whether the kubelet's probes go by the agent; unset is yes.
    #[serde(rename = "rewriteAppHTTPProbe")]
    pub rewrite_app_http_probe: Option<bool>,
    /// Whether the webhook is asked again; no rule reads it.
    pub reinvocation_policy: Option<String>,
}

/// Definitions and validation of Istio's kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BaseValues {
    /// Whether the definitions are part of the chart.
    #[serde(rename = "enableCRDTemplates")]
    pub enable_crd_templates: Option<bool>,
    /// Whether the definitions are installed.
    #[serde(rename = "enableIstioConfigCRDs")]
    pub enable_istio_config_crds: Option<bool>,
    /// Whether gateways are validated.
    pub validate_gateway: Option<bool>,
    /// Where objects are validated; unset is the control plane.
    #[serde(rename = "validationURL")]
    pub validation_url: Option<String>,
}
