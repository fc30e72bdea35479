//! Which locality setting applies.

use istio::{
    endpoint::Labels,
    kinds::{LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting},
    locality::{
        LbSetting,
        setting::{self, Level, routes_by_zone},
    },
    service::TrafficDistribution,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::case::Case;

/// Fills the vectors' placeholders in: `<one rule>` stands for content that nothing depends on.
pub(crate) fn filled(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        for (name, field) in fields {
            let placeholder = match field {
                Value::String(text) => text.starts_with('<'),
                Value::Array(items) => items
                    .iter()
                    .any(|item| item.as_str().is_some_and(|text| text.starts_with('<'))),
                _ => false,
            };
            if placeholder {
                *field = content(name);
            }
        }
    }
    value
}

fn content(name: &str) -> Value {
    match name {
        "distribute" => json!([{ "from": "here", "to": { "there": 100 } }]),
        "failoverPriority" => json!(["label"]),
        _ => json!([{ "from": "here", "to": "there" }]),
    }
}

/// Reads a setting that may be null and may hold placeholders.
pub(crate) fn placeholder<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    input: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(input)?;
    Option::<T>::deserialize(filled(value)).map_err(serde::de::Error::custom)
}

pub(crate) fn effective(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(deserialize_with = "placeholder")]
        mesh_locality: Option<LocalityLoadBalancerSetting>,
        #[serde(deserialize_with = "placeholder")]
        mesh_zone_aware: Option<ZoneAwareLoadBalancerSetting>,
        #[serde(deserialize_with = "placeholder")]
        dr_locality: Option<LocalityLoadBalancerSetting>,
        #[serde(deserialize_with = "placeholder")]
        dr_zone_aware: Option<ZoneAwareLoadBalancerSetting>,
        service_traffic_distribution: Distribution,
    }
    let input: Input = case.input()?;
    let mesh = Level {
        locality: input.mesh_locality.as_ref(),
        zone_aware: input.mesh_zone_aware.as_ref(),
    };
    let rule = Level {
        locality: input.dr_locality.as_ref(),
        zone_aware: input.dr_zone_aware.as_ref(),
    };
    let service = input.service_traffic_distribution.into();
    let found = setting::effective(mesh, rule, service).value;
    let (locality, zone_aware) = match &found {
        None => (None, None),
        Some(LbSetting::Locality { setting, .. }) => (Some(setting), None),
        Some(LbSetting::ZoneAware(setting)) => (None, Some(setting)),
    };
    compare(case, "locality", locality)?;
    compare(case, "zone_aware", zone_aware)?;
    let forced = found.as_ref().is_some_and(LbSetting::forces_failover);
    case.came_out("force_failover", forced);
    if let Some(LbSetting::ZoneAware(setting)) = &found {
        case.came_out("zone_routing_enabled", routes_by_zone(setting));
    }
    Ok(())
}

/// Compares a setting with the expected one, both read as what Istio takes them for.
fn compare<T>(case: &mut Case<'_>, key: &str, actual: Option<&T>) -> Result<(), String>
where
    T: DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let Some(expected) = case.expected(key) else {
        return Ok(());
    };
    let expected: Option<T> = placeholder(expected).map_err(|e| format!("expected {key}: {e}"))?;
    let difference = || format!("{key}: expected {expected:?}, came out {actual:?}");
    case.hold(expected.as_ref() == actual, difference);
    Ok(())
}

#[derive(Deserialize)]
enum Distribution {
    Any,
    PreferSameZone,
    PreferSameNode,
}

impl From<Distribution> for TrafficDistribution {
    fn from(distribution: Distribution) -> Self {
        match distribution {
            Distribution::Any => Self::Any,
            Distribution::PreferSameZone => Self::PreferSameZone,
            Distribution::PreferSameNode => Self::PreferSameNode,
        }
    }
}

pub(crate) fn failover_labels_active(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_labels: Labels,
        dr_present: bool,
        dr_outlier_detection: bool,
        #[serde(deserialize_with = "placeholder")]
        dr_locality_lb: Option<LocalityLoadBalancerSetting>,
        #[serde(deserialize_with = "placeholder")]
        mesh_locality_lb: Option<LocalityLoadBalancerSetting>,
    }
    let input: Input = case.input()?;
    let mesh = Level {
        locality: input.mesh_locality_lb.as_ref(),
        zone_aware: None,
    };
    let rule = Level {
        locality: input.dr_locality_lb.as_ref().filter(|_| input.dr_present),
        zone_aware: None,
    };
    let effective = setting::effective(mesh, rule, TrafficDistribution::Any).value;
    let outlier_detection = input.dr_present && input.dr_outlier_detection;
    let used =
        setting::failover_labels_in_use(effective.as_ref(), outlier_detection, &input.proxy_labels);
    case.came_out("labels_used", used.value);
    Ok(())
}
