//! Which locality setting applies: DestinationRule before Service before mesh, never merged.

use std::collections::BTreeMap;

use crate::{
    Decision, RuleId,
    endpoint::labels,
    kinds::{LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting},
    locality::rules,
    service::TrafficDistribution,
};

/// The setting in effect.
#[derive(Debug, Clone, PartialEq)]
pub enum LbSetting {
    /// Order or share out by locality.
    Locality {
        /// The setting.
        setting: LocalityLoadBalancerSetting,
        /// Whether failover is active without outlierDetection.
        forced: bool,
    },
    /// Order by region and let Envoy balance over zones.
    ZoneAware(ZoneAwareLoadBalancerSetting),
}

impl LbSetting {
    /// Whether failover is active without outlierDetection.
    pub fn forces_failover(&self) -> bool {
        match self {
            Self::Locality { forced, .. } => *forced,
            Self::ZoneAware(setting) => routes_by_zone(setting),
        }
    }

    /// The failoverPriority labels that count under this setting.
    pub fn failover_labels(&self) -> &[String] {
        match self {
            Self::Locality { setting, .. } if setting.distribute.is_empty() => {
                &setting.failover_priority
            }
            Self::ZoneAware(setting) if routes_by_zone(setting) => &setting.failover_priority,
            Self::Locality { .. } | Self::ZoneAware(_) => &[],
        }
    }
}

/// Whether Envoy routes by zone; if not, it is told so explicitly.
pub fn routes_by_zone(setting: &ZoneAwareLoadBalancerSetting) -> bool {
    setting.enabled.unwrap_or(true)
}

/// One level that may hold a locality setting: the DestinationRule's policy, or the mesh.
#[derive(Debug, Clone, Copy, Default)]
pub struct Level<'a> {
    /// Its `localityLbSetting`.
    pub locality: Option<&'a LocalityLoadBalancerSetting>,
    /// Its `zoneAwareLbSetting`.
    pub zone_aware: Option<&'a ZoneAwareLoadBalancerSetting>,
}

/// The setting in effect for a client, or `None` if locality plays no part.
pub fn effective(
    mesh: Level<'_>,
    destination_rule: Level<'_>,
    service: TrafficDistribution,
) -> Decision<Option<LbSetting>> {
    if let Some(setting) = destination_rule.zone_aware {
        return zone_aware(setting, rules::DR_ZONE_AWARE);
    }
    if let Some(setting) = destination_rule.locality {
        return locality(setting, rules::DR_LOCALITY);
    }
    if let Some(setting) = preferred(service) {
        let forced = LbSetting::Locality {
            setting,
            forced: true,
        };
        return Decision::new(Some(forced), rules::SERVICE_DISTRIBUTION);
    }
    match (mesh.zone_aware, mesh.locality) {
        (Some(setting), _) => zone_aware(setting, rules::MESH_ZONE_AWARE),
        (None, Some(setting)) => locality(setting, rules::MESH_LOCALITY),
        (None, None) => Decision::new(None, rules::NO_SETTING),
    }
}

fn zone_aware(
    setting: &ZoneAwareLoadBalancerSetting,
    because: RuleId,
) -> Decision<Option<LbSetting>> {
    Decision::new(Some(LbSetting::ZoneAware(setting.clone())), because)
}

fn locality(setting: &LocalityLoadBalancerSetting, because: RuleId) -> Decision<Option<LbSetting>> {
    let enabled = setting.enabled.unwrap_or(true);
    let value = enabled.then(|| LbSetting::Locality {
        setting: setting.clone(),
        forced: false,
    });
    Decision::new(value, because)
}

/// What a traffic distribution amounts to: failover by labels, nearest last.
fn preferred(service: TrafficDistribution) -> Option<LocalityLoadBalancerSetting> {
    let zone = [labels::NETWORK, labels::REGION, labels::ZONE];
    let node = [labels::SUBZONE, labels::NODE];
    let names: Vec<&str> = match service {
        TrafficDistribution::Any => return None,
        TrafficDistribution::PreferSameZone => zone.to_vec(),
        TrafficDistribution::PreferSameNode => [&zone[..], &node[..]].concat(),
    };
    Some(LocalityLoadBalancerSetting {
        enabled: Some(true),
        failover_priority: names.into_iter().map(str::to_owned).collect(),
        ..LocalityLoadBalancerSetting::default()
    })
}

/// The failoverPriority labels a client is ordered by, with the client's own values, in order;
/// `None` if none are taken into account. They count only with `outlier_detection` in the
/// DestinationRule: istiod keys its cache of endpoint answers by this list.
pub fn failover_labels_in_use<'a>(
    setting: Option<&'a LbSetting>,
    outlier_detection: bool,
    client_labels: &'a BTreeMap<String, String>,
) -> Decision<Option<Vec<(&'a str, &'a str)>>> {
    let Some(setting) = setting else {
        return Decision::new(None, rules::NO_SETTING);
    };
    if !outlier_detection {
        return Decision::new(None, rules::FAILOVER_INACTIVE);
    }
    let value = |name: &'a String| {
        let own = client_labels.get(name).map(String::as_str);
        (name.as_str(), own.unwrap_or_default())
    };
    let used: Vec<_> = setting.failover_labels().iter().map(value).collect();
    Decision::new((!used.is_empty()).then_some(used), rules::LABEL_FAILOVER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::locality_lb::Distribute;

    fn names(setting: &LbSetting) -> Vec<&str> {
        setting
            .failover_labels()
            .iter()
            .map(String::as_str)
            .collect()
    }

    #[test]
    fn labels_count_unless_traffic_is_shared_out() {
        let setting = |distribute| LbSetting::Locality {
            setting: LocalityLoadBalancerSetting {
                failover_priority: vec!["a".to_owned()],
                distribute,
                ..LocalityLoadBalancerSetting::default()
            },
            forced: false,
        };
        let everywhere = Distribute {
            from: "*".to_owned(),
            to: [("r1".to_owned(), 100)].into(),
        };
        assert_eq!(names(&setting(Vec::new())), ["a"]);
        assert!(names(&setting(vec![everywhere])).is_empty());
        assert!(!setting(Vec::new()).forces_failover());
    }

    #[test]
    fn labels_count_where_envoy_routes_by_zone() {
        let setting = |enabled| {
            LbSetting::ZoneAware(ZoneAwareLoadBalancerSetting {
                enabled,
                failover_priority: vec!["a".to_owned()],
                ..ZoneAwareLoadBalancerSetting::default()
            })
        };
        assert_eq!(names(&setting(None)), ["a"]);
        assert_eq!(names(&setting(Some(true))), ["a"]);
        assert!(names(&setting(Some(false))).is_empty());
        assert!(setting(None).forces_failover() && !setting(Some(false)).forces_failover());
    }
}
