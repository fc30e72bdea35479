//! How Envoy is told to balance.

use istio::{
    envoy::{
        LbPolicy,
        lb_policy::{self, Balancing, Discovery},
        slow_start,
    },
    kinds::{
        IstioDuration, LoadBalancerSettings, LocalityLoadBalancerSetting,
        load_balancer::{SimpleLb, WarmupConfiguration},
    },
    locality::setting::{self, Level},
    service::TrafficDistribution,
};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

use super::setting::placeholder;
use crate::case::Case;

/// A simple policy; nothing, or an empty text, is none.
fn simple(text: Option<&str>) -> Result<Option<SimpleLb>, String> {
    let text = text.filter(|text| !text.is_empty());
    let read = |text| SimpleLb::deserialize(json!(text)).map_err(|e| e.to_string());
    text.map(read).transpose()
}

pub(crate) fn cluster_lb_config(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        discovery: Source,
        protocol: Option<String>,
        #[serde(deserialize_with = "placeholder")]
        locality_lb: Option<LocalityLoadBalancerSetting>,
        outlier_detection: bool,
        simple: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Source {
        Eds,
        StrictDns,
        OriginalDst,
    }
    let input: Input = case.input()?;
    let settings = LoadBalancerSettings {
        simple: simple(input.simple.as_deref())?,
        locality_lb_setting: input.locality_lb,
        ..LoadBalancerSettings::default()
    };
    let rule = Level {
        locality: settings.locality_lb_setting.as_ref(),
        zone_aware: None,
    };
    let effective = setting::effective(Level::default(), rule, TrafficDistribution::Any).value;
    let protocol = input.protocol.unwrap_or_default();
    let balancing = Balancing {
        discovery: match input.discovery {
            Source::Eds => Discovery::Eds,
            Source::StrictDns => Discovery::StrictDns,
            Source::OriginalDst => Discovery::OriginalDestination,
        },
        // The test behind the vectors turns the Redis filter on for a Redis port.
        redis: protocol.eq_ignore_ascii_case("redis"),
        load_balancer: Some(&settings),
        setting: effective.as_ref(),
        outlier_detection: input.outlier_detection,
        always_weighted: false,
    };
    case.came_out("policy", name(lb_policy::policy(&balancing).value));
    let weighted = lb_policy::honours_group_weights(&balancing).value;
    case.came_out("locality_weighted", weighted);
    let dropped = lb_policy::drops_endpoints(&balancing).value;
    case.came_out("load_assignment_removed", dropped);
    Ok(())
}

fn name(policy: LbPolicy) -> &'static str {
    match policy {
        LbPolicy::LeastRequest => "LEAST_REQUEST",
        LbPolicy::RoundRobin => "ROUND_ROBIN",
        LbPolicy::Random => "RANDOM",
        LbPolicy::RingHash => "RING_HASH",
        LbPolicy::Maglev => "MAGLEV",
        LbPolicy::ClusterProvided => "CLUSTER_PROVIDED",
    }
}

pub(crate) fn warmup(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        simple: Option<String>,
        warmup: Option<Warmup>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Warmup {
        duration_seconds: u64,
        minimum_percent: Option<f64>,
        aggression: Option<f64>,
    }
    let input: Input = case.input()?;
    let settings = LoadBalancerSettings {
        simple: simple(input.simple.as_deref())?,
        warmup: input.warmup.map(|warmup| WarmupConfiguration {
            duration: IstioDuration::from(Duration::from_secs(warmup.duration_seconds)),
            minimum_percent: warmup.minimum_percent,
            aggression: warmup.aggression,
        }),
        ..LoadBalancerSettings::default()
    };
    let slow_start = slow_start::config(&settings).value.map(|slow_start| {
        json!({
            "window_seconds": slow_start.window.as_secs(),
            "min_weight_percent": slow_start.min_weight_percent,
            "aggression": slow_start.aggression,
        })
    });
    case.came_out("slow_start", slow_start);
    Ok(())
}
