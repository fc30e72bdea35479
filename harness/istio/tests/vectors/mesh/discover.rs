//! Weights and health of endpoints.

use std::collections::BTreeMap;

use istio::{
    endpoint::{
        Health, Labels,
        health::{self, SendUnhealthy},
        weight,
    },
    locality::Place,
};
use serde::Deserialize;

use crate::{case::Case, mesh::horizon::Scene};

pub(crate) fn unhealthy_policy(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        global_send_unhealthy: bool,
        default_send_unhealthy: bool,
        dr_min_health_percent: Option<u32>,
    }
    let input: Input = case.input()?;
    let send = SendUnhealthy {
        always: input.global_send_unhealthy,
        by_default: input.default_send_unhealthy,
    };
    let sent = health::not_ready_are_sent(send, input.dr_min_health_percent);
    case.came_out("not_ready_endpoints_sent", sent.value);
    Ok(())
}

pub(crate) fn unhealthy_eds(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        send_unhealthy: bool,
        readiness: BTreeMap<String, Readiness>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Readiness {
        Healthy,
        Unhealthy,
    }
    let input: Input = case.input()?;
    let send = SendUnhealthy {
        always: input.send_unhealthy,
        by_default: input.send_unhealthy,
    };
    let mut scene = Scene::in_locality("");
    scene.send_not_ready = health::not_ready_are_sent(send, None).value;
    for (address, readiness) in &input.readiness {
        scene.add(address, "", 1, Labels::new()).health = match readiness {
            Readiness::Healthy => Health::Ready,
            Readiness::Unhealthy => Health::NotReady,
        };
    }
    let selection = scene.select(None, false);
    let sent = |healthy: bool| -> Vec<String> {
        let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
        let of_health = hosts.filter(|host| host.healthy == healthy);
        of_health.map(|host| host.address.to_string()).collect()
    };
    case.came_out_as_set("healthy", sent(true));
    case.came_out_as_set("unhealthy", sent(false));
    Ok(())
}

pub(crate) fn endpoint_weight(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(rename = "resolution")]
        _resolution: String,
        endpoints: Vec<Stated>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Stated {
        address: String,
        locality: String,
        weight: Option<u32>,
    }
    let input: Input = case.input()?;
    let mut scene = Scene::in_locality("");
    for stated in &input.endpoints {
        let weight = weight::weight(stated.weight).value;
        scene.add(&stated.address, &stated.locality, weight, Labels::new());
    }
    let selection = scene.select(None, false);
    let mut regions: BTreeMap<&str, u32> = BTreeMap::new();
    for group in &selection.groups {
        let Place { region, .. } = group.locality.place();
        *regions.entry(region).or_default() += group.weight.unwrap_or_default();
    }
    case.came_out("locality_weights", regions);
    case.came_out("endpoint_weights", Scene::weights(&selection));
    Ok(())
}
