//! A DestinationRule's outlierDetection as Envoy gets it.

use std::time::Duration;

use crate::{
    Decision,
    envoy::rules,
    kinds::{IstioDuration, OutlierDetection, outlier_detection::Percent},
};

/// What Envoy is configured with; `None` leaves a field to Envoy's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct EnvoyOutlier {
    /// Failures in a row that eject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_5xx: Option<u32>,
    /// In how many percent of cases that is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcing_consecutive_5xx: Option<u32>,
    /// Gateway errors in a row that eject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_gateway_failure: Option<u32>,
    /// In how many percent of cases that is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcing_consecutive_gateway_failure: Option<u32>,
    /// Success rates never eject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcing_success_rate: Option<u32>,
    /// Whether failures to connect are counted apart.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub split_external_local_origin_errors: bool,
    /// Failures to connect in a row that eject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_local_origin_failure: Option<u32>,
    /// In how many percent of cases that is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcing_consecutive_local_origin_failure: Option<u32>,
    /// Success rates of connecting never eject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcing_local_origin_success_rate: Option<u32>,
    /// Time between sweeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Time of a first ejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_ejection_time: Option<Duration>,
    /// How much of the cluster may be ejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ejection_percent: Option<u32>,
}

/// What Envoy is configured with; `None` if no host of the cluster is ever ejected.
pub fn config(outlier: Option<&OutlierDetection>) -> Decision<Option<EnvoyOutlier>> {
    Decision::new(outlier.map(configured), rules::OUTLIER_CONFIG)
}

fn configured(outlier: &OutlierDetection) -> EnvoyOutlier {
    let enforced = |limit: u32| if limit > 0 { 100 } else { 0 };
    let split = outlier.split_external_local_origin_errors.unwrap_or(false);
    let local = outlier
        .consecutive_local_origin_failures
        .filter(|&limit| split && limit > 0);
    EnvoyOutlier {
        consecutive_5xx: outlier.consecutive_5xx_errors,
        enforcing_consecutive_5xx: outlier.consecutive_5xx_errors.map(enforced),
        consecutive_gateway_failure: outlier.consecutive_gateway_errors,
        enforcing_consecutive_gateway_failure: outlier.consecutive_gateway_errors.map(enforced),
        enforcing_success_rate: Some(0),
        split_external_local_origin_errors: split,
        consecutive_local_origin_failure: local,
        enforcing_consecutive_local_origin_failure: local.map(enforced),
        enforcing_local_origin_success_rate: split.then_some(0),
        interval: outlier.interval.map(IstioDuration::get),
        base_ejection_time: outlier.base_ejection_time.map(IstioDuration::get),
        max_ejection_percent: outlier
            .max_ejection_percent
            .map(Percent::get)
            .filter(|&percent| percent > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_is_set_and_nothing_else() {
        let read = |json| serde_json::from_value::<OutlierDetection>(json).unwrap();
        let times = read(serde_json::json!({
            "interval": "5s", "baseEjectionTime": "1m", "maxEjectionPercent": 40,
            "consecutiveLocalOriginFailures": 3,
        }));
        let envoy = config(Some(&times)).value.unwrap();
        assert_eq!(envoy.interval, Some(Duration::from_secs(5)));
        assert_eq!(envoy.base_ejection_time, Some(Duration::from_secs(60)));
        assert_eq!(envoy.max_ejection_percent, Some(40));
        assert_eq!(
            envoy.consecutive_local_origin_failure, None,
            "only with the split"
        );
        let zero = read(serde_json::json!({
            "maxEjectionPercent": 0, "splitExternalLocalOriginErrors": true,
            "consecutiveLocalOriginFailures": 0,
        }));
        let envoy = config(Some(&zero)).value.unwrap();
        assert_eq!(
            (
                envoy.max_ejection_percent,
                envoy.consecutive_local_origin_failure
            ),
            (None, None)
        );
        assert_eq!(envoy.enforcing_local_origin_success_rate, Some(0));
    }
}
