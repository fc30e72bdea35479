//! What a proxy does towards one port and subset of a service, whichever host it picks.

use std::{sync::Arc, time::Duration};

use istio::{
    Decision, RuleId,
    endpoint::{
        self, Endpoint, Labels, Question, Selection,
        health::{SendUnhealthy, not_ready_are_sent},
        mtls::{MtlsFacts, reached_by_mtls},
        select::Purpose,
    },
    envoy::{
        EnvoyOutlier, LbPolicy,
        lb_policy::{self, Balancing, Discovery},
        outlier_config, panic,
    },
    kinds::{
        DestinationRule, TrafficPolicy, connection_pool::HttpSettings, outlier_detection::Percent,
        tls_settings::ClientTlsMode,
    },
    locality::{LbSetting, setting},
    network::split_horizon::{Mode, Paths},
    routing::{
        ClusterKey, MergedRule,
        destination_rule::{effective_policy, with_mesh_default},
    },
    tls::{
        ClientTls, ClusterFacts, ServerMode, assumed_mode, client_tls, mode_of_rule,
        service_mode::ServiceTls,
    },
    version::Flag,
};

use super::{core::About, view::View};
use crate::snapshot::{Resolution, Service};

/// How long Envoy waits for a connection unless anything is written. Source: the mesh's default
/// `connectTimeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What holds for a cluster of Envoy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Policy {
    pub(super) service: Arc<Service>,
    /// The DestinationRule that was read, by name, and how it was found.
    pub(super) rule: (Option<String>, RuleId),
    pub(super) tls: Decision<ClientTls>,
    pub(super) lb: LbPolicy,
    /// Whether the weights of groups count.
    pub(super) weighted: bool,
    pub(super) panic_threshold: u32,
    pub(super) outlier: Option<EnvoyOutlier>,
    pub(super) connect_timeout: Duration,
    /// Requests that one connection carries at most; 0 is any number.
    pub(super) max_requests: u32,
    /// Whether it connects to the address that the application chose.
    pub(super) original_destination: bool,
}

/// What of the DestinationRule concerns one cluster.
struct Rule<'a> {
    merged: Option<&'a MergedRule>,
    because: RuleId,
    subset: Labels,
    /// Without the mesh's default.
    own: Option<TrafficPolicy>,
    /// With it.
    whole: TrafficPolicy,
    setting: Option<LbSetting>,
}

/// The policy of a cluster and its hosts; `None` if there is no such service, port or subset.
pub(super) fn of(
    view: &View,
    about: &About,
    purpose: Purpose,
    key: &ClusterKey,
) -> Option<(Policy, Selection)> {
    let service = view.service(&key.host)?;
    let port = service.port(key.port)?;
    let rule = rule_of(view, about, service, key)?;
    let selection = selection(view, service, &rule, purpose, (key, &port.name));
    Some((policy(view, service, &rule, key), selection))
}

fn rule_of<'a>(
    view: &'a View,
    about: &About,
    service: &Service,
    key: &ClusterKey,
) -> Option<Rule<'a>> {
    let rules = &view.snapshot().config.destination_rules;
    let client = (about.namespace.as_str(), view.labels());
    let found = rules.for_workload(client, &service.namespace, &service.host);
    let spec = found.value.map(|merged| &merged.spec);
    let subset = match key.subset.as_str() {
        "" => None,
        name => Some(spec?.subsets.iter().find(|subset| subset.name == name)?),
    };
    let general = spec.and_then(|spec| spec.traffic_policy.as_ref());
    let narrow = subset.and_then(|subset| subset.traffic_policy.as_ref());
    let mesh = &view.snapshot().mesh.config;
    let own = effective_policy(general, narrow, Some(key.port)).value;
    let for_port = effective_policy(general, None, Some(key.port)).value;
    let filled = with_mesh_default(mesh.default_traffic_policy.as_ref(), for_port.as_ref()).value;
    let whole = effective_policy(filled.as_ref(), narrow, Some(key.port)).value;
    let whole = whole.unwrap_or_default();
    Some(Rule {
        merged: found.value,
        because: found.because,
        subset: subset.map_or_else(Labels::new, |subset| subset.labels.clone()),
        own,
        setting: setting_of(view, service, &whole),
        whole,
    })
}

fn setting_of(view: &View, service: &Service, policy: &TrafficPolicy) -> Option<LbSetting> {
    let mesh = &view.snapshot().mesh.config;
    let balancer = policy.load_balancer.as_ref();
    let level = setting::Level {
        locality: balancer.and_then(|lb| lb.locality_lb_setting.as_ref()),
        zone_aware: balancer.and_then(|lb| lb.zone_aware_lb_setting.as_ref()),
    };
    let of_mesh = setting::Level {
        locality: mesh.locality_lb_setting.as_ref(),
        zone_aware: mesh.zone_aware_lb_setting.as_ref(),
    };
    setting::effective(of_mesh, level, service.distribution).value
}

fn selection(
    view: &View,
    service: &Service,
    rule: &Rule<'_>,
    purpose: Purpose,
    (key, port_name): (&ClusterKey, &str),
) -> Selection {
    let snapshot = view.snapshot();
    let client = &view.push.client;
    let mechanisms = &snapshot.control_plane.mechanisms;
    let paths = Paths::new(
        client.standpoint(Mode::PassThrough, mechanisms),
        &snapshot.gateways,
    );
    let spec = rule.merged.map(|merged| &merged.spec);
    let by_mtls = |endpoint: &Endpoint| by_mtls(view, spec, key, endpoint);
    let own_outlier = rule.own.as_ref().and_then(|p| p.outlier_detection.as_ref());
    let min_health = own_outlier.map(|o| o.min_health_percent.map_or(0, Percent::get));
    let question = Question {
        client,
        paths: &paths,
        service: service.scope,
        port_name,
        subset: &rule.subset,
        setting: rule.setting.as_ref(),
        outlier_detection: own_outlier.is_some(),
        send_not_ready: not_ready_are_sent(send_unhealthy(view), min_health).value,
        purpose,
        network_priority: mechanisms.network_priority.value,
        by_mtls: &by_mtls,
    };
    let known = snapshot.endpoints.of(&service.host);
    endpoint::select(&question, known.map_or(&[], |known| &known.endpoints))
}

fn by_mtls(
    view: &View,
    rule: Option<&DestinationRule>,
    key: &ClusterKey,
    endpoint: &Endpoint,
) -> Decision<bool> {
    let unstated = view.snapshot().control_plane.mechanisms.subset_tls.value;
    let written = mode_of_rule(rule, &key.subset, key.port, unstated).value;
    let policies = &view.snapshot().config.peer_authentications;
    let modes = policies
        .modes_of(&endpoint.namespace, &endpoint.labels)
        .value;
    reached_by_mtls(MtlsFacts {
        rule_is_istio_mutual: written.map(|mode| mode == ClientTlsMode::IstioMutual),
        capable: endpoint.mtls_capable,
        disabled_by_server: modes.on(endpoint.port) == ServerMode::Disable,
    })
}

fn send_unhealthy(view: &View) -> SendUnhealthy {
    let flags = &view.snapshot().control_plane.flags;
    SendUnhealthy {
        always: flags.is_on(Flag::SendUnhealthyEndpoints),
        by_default: flags.is_on(Flag::AutoSendUnhealthyEndpoints),
    }
}

fn policy(view: &View, service: &Arc<Service>, rule: &Rule<'_>, key: &ClusterKey) -> Policy {
    let whole = &rule.whole;
    let passthrough = service.resolution == Resolution::Passthrough;
    let balancing = Balancing {
        discovery: match passthrough {
            true => Discovery::OriginalDestination,
            false => Discovery::Eds,
        },
        redis: false,
        load_balancer: whole.load_balancer.as_ref(),
        setting: rule.setting.as_ref(),
        outlier_detection: whole.outlier_detection.is_some(),
        always_weighted: {
            let flags = &view.snapshot().control_plane.flags;
            flags.is_on(Flag::LocalityWeightedLb)
        },
    };
    let original_destination = passthrough || lb_policy::drops_endpoints(&balancing).value;
    let outlier = whole.outlier_detection.as_ref();
    let min_health = outlier.map(|o| o.min_health_percent.map_or(0, Percent::get));
    let pool = whole.connection_pool.as_ref();
    let http: Option<&HttpSettings> = pool.and_then(|pool| pool.http.as_ref());
    Policy {
        rule: (
            rule.merged.map(|merged| merged.name().to_owned()),
            rule.because.clone(),
        ),
        tls: tls(view, service, rule, key, original_destination),
        lb: lb_policy::policy(&balancing).value,
        weighted: lb_policy::honours_group_weights(&balancing).value,
        panic_threshold: panic::threshold(min_health, send_unhealthy(view)).value,
        outlier: outlier_config::config(outlier).value,
        connect_timeout: connect_timeout(view, whole),
        max_requests: http
            .and_then(|http| http.max_requests_per_connection)
            .unwrap_or(0),
        original_destination,
        service: Arc::clone(service),
    }
}

fn connect_timeout(view: &View, policy: &TrafficPolicy) -> Duration {
    let tcp = policy.connection_pool.as_ref();
    let written = tcp.and_then(|pool| pool.tcp.as_ref()?.connect_timeout);
    let mesh = view.snapshot().mesh.config.connect_timeout;
    written
        .or(mesh)
        .map_or(CONNECT_TIMEOUT, |timeout| timeout.get())
}

fn tls(
    view: &View,
    service: &Service,
    rule: &Rule<'_>,
    key: &ClusterKey,
    passthrough: bool,
) -> Decision<ClientTls> {
    let snapshot = view.snapshot();
    let known = snapshot.endpoints.of(&service.host);
    let capable: Vec<bool> = known
        .iter()
        .flat_map(|known| known.endpoints.iter())
        .map(|endpoint| endpoint.mtls_capable)
        .collect();
    let of_service = ServiceTls {
        namespace: &service.namespace,
        mesh_external: service.mesh_external,
        passthrough,
        endpoints_capable: &capable,
    };
    let config = &snapshot.mesh.config;
    client_tls(ClusterFacts {
        rule: rule.whole.tls.as_ref(),
        service_accounts: &service.service_accounts,
        default_sni: &key.sni().value,
        auto_mtls: config.enable_auto_mtls.unwrap_or(true),
        mesh_external: service.mesh_external,
        assumed: assumed_mode(&snapshot.config.peer_authentications, of_service).value,
        certificates: None,
    })
}
