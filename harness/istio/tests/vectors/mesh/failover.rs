//! In which order, and with which weight, groups are used.

use std::collections::BTreeMap;

use istio::{
    endpoint::Labels,
    kinds::{
        ZoneAwareLoadBalancerSetting,
        locality_lb::{Distribute, Failover},
    },
    locality::{
        LbSetting, Place,
        distribute::{self, Weighed},
        failover,
        failover_priority::{self, Part, Wanted},
        zone_aware as zones,
    },
    version::mechanism::NetworkPriority,
};
use serde::Deserialize;
use serde_json::json;

use crate::{case::Case, mesh::horizon::Scene};

/// The places of groups; a group without a locality is in the empty one.
fn places(groups: &[Option<String>]) -> Vec<Place<'_>> {
    let texts = groups
        .iter()
        .map(|group| group.as_deref().unwrap_or_default());
    texts.map(Place::of).collect()
}

pub(crate) fn locality_failover(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_locality: String,
        groups: Vec<Option<String>>,
        setting_present: bool,
        failover_active: bool,
        failover: Vec<Failover>,
    }
    let input: Input = case.input()?;
    let (client, places) = (Place::of(&input.proxy_locality), places(&input.groups));
    let none = vec![0; places.len()];
    let priorities = match input.setting_present && input.failover_active {
        true => failover::priorities(client, &places, &none, &input.failover).value,
        false => none,
    };
    case.came_out("priorities", priorities);
    Ok(())
}

pub(crate) fn zone_aware(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_locality: String,
        groups: Vec<Option<String>>,
        failover: Vec<Failover>,
    }
    let input: Input = case.input()?;
    let (client, places) = (Place::of(&input.proxy_locality), places(&input.groups));
    let prior = vec![0; places.len()];
    let priorities = zones::priorities(client, &places, &prior, &input.failover);
    case.came_out("priorities", priorities.value);
    Ok(())
}

pub(crate) fn distribute(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_locality: String,
        groups: Vec<Group>,
        distribute: Vec<Distribute>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Group {
        locality: Option<String>,
        weight: Option<u32>,
    }
    let input: Input = case.input()?;
    let weighed = |group: &'_ Group| (group.locality.clone().unwrap_or_default(), group.weight);
    let groups: Vec<(String, Option<u32>)> = input.groups.iter().map(weighed).collect();
    let groups: Vec<Weighed<'_>> = groups
        .iter()
        .map(|(locality, weight)| Weighed {
            place: Place::of(locality),
            weight: *weight,
        })
        .collect();
    let client = Place::of(&input.proxy_locality);
    let weights = distribute::weights(client, &groups, &input.distribute).value;
    let or_lost: Vec<u32> = weights.into_iter().map(Option::unwrap_or_default).collect();
    case.came_out("weights", or_lost);
    Ok(())
}

pub(crate) fn failover_priority(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_locality: String,
        proxy_labels: Labels,
        failover_priority: Vec<String>,
        failover: Vec<Failover>,
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Group {
        locality: String,
        endpoints: Vec<Member>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Member {
        address: String,
        weight: Option<u32>,
        labels: Labels,
    }
    let input: Input = case.input()?;
    let wanted = Wanted::new(
        &input.failover_priority,
        &input.proxy_labels,
        NetworkPriority::Preferred,
    );
    let score = |member: &Member| {
        wanted
            .as_ref()
            .map_or(0, |wanted| wanted.score(&member.labels))
    };
    let groups = input.groups.iter();
    let scores: Vec<Vec<u32>> = groups
        .map(|group| group.endpoints.iter().map(score).collect())
        .collect();
    let mut parts = failover_priority::split(&scores).value;
    if !input.failover.is_empty() {
        let client = Place::of(&input.proxy_locality);
        let place = |part: &Part| Place::of(&input.groups[part.group].locality);
        let places: Vec<Place<'_>> = parts.iter().map(place).collect();
        let prior: Vec<u32> = parts.iter().map(|part| part.priority).collect();
        let ordered = failover::priorities(client, &places, &prior, &input.failover).value;
        parts
            .iter_mut()
            .zip(ordered)
            .for_each(|(part, priority)| part.priority = priority);
    }
    let members = |part: &Part| {
        let group = &input.groups[part.group].endpoints;
        part.members
            .iter()
            .map(|&i| &group[i])
            .collect::<Vec<&Member>>()
    };
    let sent = |part: &Part| {
        let weight: u32 = members(part)
            .iter()
            .filter_map(|member| member.weight)
            .sum();
        json!({ "weight": weight, "priority": part.priority })
    };
    let by_address = |part: &Part| {
        let priority = part.priority;
        let addresses = members(part)
            .into_iter()
            .map(|member| member.address.clone());
        addresses
            .map(|address| (address, priority))
            .collect::<Vec<_>>()
    };
    let priorities: BTreeMap<String, u32> = parts.iter().flat_map(by_address).collect();
    case.came_out("groups", parts.iter().map(sent).collect::<Vec<_>>());
    case.came_out("endpoint_priorities", priorities);
    Ok(())
}

pub(crate) fn zone_aware_eds(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        proxy_locality: String,
        outlier_detection: bool,
        zone_aware: ZoneAwareLoadBalancerSetting,
        endpoints: BTreeMap<String, String>,
    }
    let input: Input = case.input()?;
    let mut scene = Scene::in_locality(&input.proxy_locality);
    for (address, locality) in &input.endpoints {
        scene.add(address, locality, 1, Labels::new());
    }
    let setting = LbSetting::ZoneAware(input.zone_aware);
    let selection = scene.select(Some(&setting), input.outlier_detection);
    case.came_out("priorities", scene.priorities(&selection));
    Ok(())
}
