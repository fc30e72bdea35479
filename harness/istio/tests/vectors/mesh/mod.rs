//! Checks of the areas about services, networks, localities and endpoints.

mod balance;
mod discover;
mod dns;
mod failover;
mod gateways;
mod horizon;
mod mtls;
mod outlier;
mod service;
mod setting;
mod topology;

use crate::case::Check;

/// Area and check, one line each.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("cluster_lb_config", balance::cluster_lb_config),
    ("cluster_local", service::cluster_local),
    ("cross_network_mtls", mtls::cross_network_mtls),
    ("dns_headless", dns::headless),
    ("dns_pod_name", dns::pod_name),
    ("duplicate_service", service::duplicate_service),
    (
        "endpoint_topology_labels",
        topology::endpoint_topology_labels,
    ),
    ("endpoint_weight", discover::endpoint_weight),
    ("failover_labels_active", setting::failover_labels_active),
    ("failover_priority", failover::failover_priority),
    ("gateway_dns", gateways::gateway_dns),
    ("gateway_source_additivity", gateways::additivity),
    ("lb_setting_effective", setting::effective),
    ("locality_distribute", failover::distribute),
    ("locality_failover", failover::locality_failover),
    ("locality_label", topology::locality_label),
    ("locality_rule_match", topology::locality_rule_match),
    ("mcs_discoverability", service::mcs),
    ("network_gateway_discovery", gateways::discovery),
    ("network_view", gateways::network_view),
    ("outlier_config", outlier::config),
    ("panic_threshold", outlier::panic_threshold),
    ("pod_locality", topology::pod_locality),
    ("registry_for_proxy", service::registry_for_proxy),
    ("service_merge", service::merge),
    ("service_vip", service::vip),
    ("split_horizon", horizon::split_horizon),
    ("traffic_distribution", service::traffic_distribution),
    ("unhealthy_endpoints_eds", discover::unhealthy_eds),
    ("unhealthy_endpoints_policy", discover::unhealthy_policy),
    ("warmup", balance::warmup),
    ("workload_entry", topology::workload_entry),
    ("zone_aware", failover::zone_aware),
    ("zone_aware_eds", failover::zone_aware_eds),
];
