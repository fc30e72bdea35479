//! Ejection and panic, as Envoy is told.

use istio::{
    endpoint::health::SendUnhealthy,
    envoy::{outlier_config, panic},
    kinds::OutlierDetection,
};
use serde::Deserialize;

use crate::case::Case;

pub(crate) fn config(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        outlier_detection: Option<OutlierDetection>,
    }
    let input: Input = case.input()?;
    let envoy = outlier_config::config(input.outlier_detection.as_ref());
    case.came_out("envoy", envoy.value);
    Ok(())
}

pub(crate) fn panic_threshold(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        outlier_detection: bool,
        min_health_percent: Option<u32>,
        default_send_unhealthy: Option<bool>,
    }
    let input: Input = case.input()?;
    let min_health = input.min_health_percent.unwrap_or(0);
    let send = SendUnhealthy {
        always: false,
        by_default: input.default_send_unhealthy.unwrap_or(false),
    };
    let threshold = panic::threshold(input.outlier_detection.then_some(min_health), send);
    case.came_out("panic_threshold", threshold.value);
    Ok(())
}
