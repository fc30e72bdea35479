//! The labels and annotations Istio has.
//!
//! Source: istio.io/api of Istio 1.32-dev, annotation/annotations.yaml and label/labels.yaml, and
//! the keys that istiod reads without listing them there.

use super::{Carrier, Form};

/// A label or annotation that Istio has.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) on: &'static [Carrier],
    pub(super) treatment: Treatment,
}

/// What isthmus makes of a key.
#[derive(Clone, Copy)]
pub(super) enum Treatment {
    /// A rule or the simulator reads it.
    Read,
    /// These values are read; the others are not modelled.
    ReadIf(&'static [&'static str]),
    /// Nothing that isthmus shows depends on it.
    Inert,
    /// It changes what Istio does, and isthmus does not model it.
    Unmodelled,
}

use Carrier::{Config, Namespace, Node, Pod, Secret, Service, Workload};
use Form::{Annotation, Label};
use Treatment::{Inert, Read, ReadIf, Unmodelled};

const ANYTHING: &[Carrier] = &[Pod, Service, Namespace, Node, Secret, Workload, Config];

const fn label(name: &'static str, on: &'static [Carrier], treatment: Treatment) -> Key {
    Key {
        name,
        form: Label,
        on,
        treatment,
    }
}

const fn annotation(name: &'static str, on: &'static [Carrier], treatment: Treatment) -> Key {
    Key {
        name,
        form: Annotation,
        on,
        treatment,
    }
}

pub(super) const KEYS: &[Key] = &[
    // Who is where.
    label(
        "topology.istio.io/network",
        &[Pod, Service, Namespace, Workload],
        Read,
    ),
    label("topology.istio.io/cluster", &[Pod, Workload], Read),
    label("topology.istio.io/locality", &[Pod, Workload], Read),
    label("istio-locality", &[Pod, Workload], Read),
    label("topology.istio.io/subzone", &[Node, Pod], Read),
    label("networking.istio.io/gatewayPort", &[Service], Read),
    annotation("traffic.istio.io/nodeSelector", &[Service], Read),
    annotation("topology.istio.io/controlPlaneClusters", &[Namespace], Read),
    label("istio/multiCluster", &[Secret], Read),
    annotation("networking.istio.io/cluster", &[Secret], Inert),
    // Services.
    annotation("networking.istio.io/exportTo", &[Service], Read),
    annotation(
        "networking.istio.io/traffic-distribution",
        &[Service, Namespace],
        Read,
    ),
    annotation(
        "alpha.istio.io/kubernetes-serviceaccounts",
        &[Service],
        Read,
    ),
    annotation("alpha.istio.io/canonical-serviceaccounts", &[Service], Read),
    // Injection.
    label("istio-injection", &[Namespace], Read),
    label("istio.io/rev", &[Pod, Namespace, Config, Workload], Read),
    annotation("istio.io/rev", &[Pod], Inert),
    label("istio.io/tag", ANYTHING, Inert),
    label("sidecar.istio.io/inject", &[Pod, Workload], Read),
    annotation("sidecar.istio.io/inject", &[Pod], Read),
    annotation("sidecar.istio.io/status", &[Pod], Inert),
    annotation("sidecar.istio.io/nativeSidecar", &[Pod], Read),
    annotation(
        "inject.istio.io/templates",
        &[Pod],
        ReadIf(&["sidecar", "gateway"]),
    ),
    annotation("proxy.istio.io/config", &[Pod, Workload], Read),
    annotation("sidecar.istio.io/rewriteAppHTTPProbers", &[Pod], Read),
    annotation(
        "sidecar.istio.io/interceptionMode",
        &[Pod],
        ReadIf(&["REDIRECT"]),
    ),
    annotation("proxy.istio.io/overrides", &[Pod], Unmodelled),
    annotation("sidecar.istio.io/bootstrapOverride", &[Pod], Unmodelled),
    annotation("sidecar.istio.io/discoveryAddress", &[Pod], Unmodelled),
    annotation("sidecar.istio.io/userVolume", &[Pod], Unmodelled),
    annotation("sidecar.istio.io/userVolumeMount", &[Pod], Unmodelled),
    // The proxy's container.
    annotation("sidecar.istio.io/proxyImage", &[Pod], Inert),
    annotation("sidecar.istio.io/proxyImageType", &[Pod], Inert),
    annotation("sidecar.istio.io/proxyCPU", &[Pod], Inert),
    annotation("sidecar.istio.io/proxyCPULimit", &[Pod], Inert),
    annotation("sidecar.istio.io/proxyMemory", &[Pod], Inert),
    annotation("sidecar.istio.io/proxyMemoryLimit", &[Pod], Inert),
    annotation("sidecar.istio.io/logLevel", &[Pod], Inert),
    annotation("sidecar.istio.io/componentLogLevel", &[Pod], Inert),
    annotation("sidecar.istio.io/agentLogLevel", &[Pod], Inert),
    annotation("sidecar.istio.io/statsInclusionPrefixes", &[Pod], Inert),
    annotation("sidecar.istio.io/statsInclusionSuffixes", &[Pod], Inert),
    annotation("sidecar.istio.io/statsInclusionRegexps", &[Pod], Inert),
    annotation("sidecar.istio.io/statsHistogramBuckets", &[Pod], Inert),
    annotation("sidecar.istio.io/statsHistogramBins", &[Pod], Inert),
    annotation("sidecar.istio.io/statsFlushInterval", &[Pod], Inert),
    annotation("sidecar.istio.io/statsEvictionInterval", &[Pod], Inert),
    annotation("sidecar.istio.io/statsCompression", &[Pod], Inert),
    annotation("sidecar.istio.io/extraStatTags", &[Pod], Inert),
    annotation("prometheus.istio.io/merge-metrics", &[Pod], Inert),
    annotation("status.sidecar.istio.io/port", &[Pod], Inert),
    annotation(
        "readiness.status.sidecar.istio.io/initialDelaySeconds",
        &[Pod],
        Read,
    ),
    annotation(
        "readiness.status.sidecar.istio.io/periodSeconds",
        &[Pod],
        Read,
    ),
    annotation(
        "readiness.status.sidecar.istio.io/failureThreshold",
        &[Pod],
        Read,
    ),
    annotation(
        "readiness.status.sidecar.istio.io/applicationPorts",
        &[Pod],
        Unmodelled,
    ),
    // What is captured.
    annotation(
        "traffic.sidecar.istio.io/includeOutboundIPRanges",
        &[Pod],
        Read,
    ),
    annotation(
        "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        &[Pod],
        Read,
    ),
    annotation(
        "traffic.sidecar.istio.io/includeOutboundPorts",
        &[Pod],
        Read,
    ),
    annotation(
        "traffic.sidecar.istio.io/excludeOutboundPorts",
        &[Pod],
        Read,
    ),
    annotation("traffic.sidecar.istio.io/includeInboundPorts", &[Pod], Read),
    annotation("traffic.sidecar.istio.io/excludeInboundPorts", &[Pod], Read),
    annotation(
        "traffic.sidecar.istio.io/excludeInterfaces",
        &[Pod],
        Unmodelled,
    ),
    annotation(
        "traffic.sidecar.istio.io/kubevirtInterfaces",
        &[Pod],
        Unmodelled,
    ),
    annotation("istio.io/reroute-virtual-interfaces", &[Pod], Unmodelled),
    // Identity and workloads.
    label("security.istio.io/tlsMode", &[Pod, Workload], Read),
    label("service.istio.io/canonical-name", &[Pod, Workload], Inert),
    label(
        "service.istio.io/canonical-revision",
        &[Pod, Workload],
        Inert,
    ),
    label("service.istio.io/workload-name", &[Pod, Workload], Inert),
    annotation("istio.io/autoRegistrationGroup", &[Workload], Read),
    annotation("istio.io/workloadController", &[Workload], Read),
    annotation("istio.io/connectedAt", &[Workload], Read),
    annotation("istio.io/disconnectedAt", &[Workload], Read),
    annotation("proxy.istio.io/health-checks-enabled", &[Workload], Read),
    // Objects of Istio's.
    annotation("istio.io/dry-run", &[Config], ReadIf(&["false"])),
    annotation("galley.istio.io/analyze-suppress", ANYTHING, Inert),
    label(
        "networking.istio.io/enable-autoallocate-ip",
        &[Config],
        Unmodelled,
    ),
    label("operator.istio.io/component", ANYTHING, Inert),
    label("operator.istio.io/managed", ANYTHING, Inert),
    label("operator.istio.io/version", ANYTHING, Inert),
    label("install.operator.istio.io/owning-resource", ANYTHING, Inert),
    // Ambient and the Gateway API.
    label(
        "istio.io/dataplane-mode",
        &[Pod, Namespace],
        ReadIf(&["none"]),
    ),
    label("istio.io/use-waypoint", ANYTHING, Unmodelled),
    label("istio.io/use-waypoint-namespace", ANYTHING, Unmodelled),
    label("istio.io/use-waypoint-canary", ANYTHING, Unmodelled),
    label(
        "istio.io/use-waypoint-canary-namespace",
        ANYTHING,
        Unmodelled,
    ),
    label("istio.io/ingress-use-waypoint", ANYTHING, Unmodelled),
    label("istio.io/waypoint-for", ANYTHING, Unmodelled),
    label("istio.io/global", ANYTHING, Unmodelled),
    annotation("istio.io/use-waypoint-canary-weight", ANYTHING, Unmodelled),
    annotation("ambient.istio.io/redirection", ANYTHING, Unmodelled),
    annotation(
        "ambient.istio.io/waypoint-inbound-binding",
        ANYTHING,
        Unmodelled,
    ),
    annotation(
        "ambient.istio.io/bypass-inbound-capture",
        ANYTHING,
        Unmodelled,
    ),
    annotation("ambient.istio.io/dns-capture", ANYTHING, Unmodelled),
    label("gateway.istio.io/managed", ANYTHING, Unmodelled),
    annotation("gateway.istio.io/controller-version", ANYTHING, Unmodelled),
    annotation("gateway.istio.io/service-account", ANYTHING, Unmodelled),
    annotation("gateway.istio.io/name-override", ANYTHING, Unmodelled),
    annotation("networking.istio.io/service-type", ANYTHING, Unmodelled),
];
