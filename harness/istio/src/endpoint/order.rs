//! Priorities and weights of groups by the locality setting in effect.

use std::sync::Arc;

use crate::{
    RuleId,
    endpoint::{Endpoint, Group, Host, Labels, LeftOut, Question, Reached, labels, rules, weight},
    kinds::locality_lb::{Distribute, Failover},
    locality::{
        LbSetting, Place, distribute,
        distribute::Weighed,
        failover,
        failover_priority::{self, Wanted},
        rules as locality_rules,
        setting::routes_by_zone,
        zone_aware,
    },
    network::split_horizon::ProxyKind,
};

/// Orders the groups; some may be split, and a distribute rule may empty some.
pub(crate) fn apply(
    question: &Question<'_>,
    endpoints: &[Endpoint],
    groups: Vec<Group>,
    left_out: &mut Vec<LeftOut>,
) -> (Vec<Group>, RuleId) {
    let waypoint = question.client.kind == ProxyKind::Waypoint;
    match question.setting {
        None => (groups, locality_rules::NO_SETTING),
        Some(LbSetting::ZoneAware(_)) if waypoint => (groups, locality_rules::NO_SETTING),
        Some(LbSetting::ZoneAware(setting)) if !routes_by_zone(setting) => {
            (groups, locality_rules::ZONE_ROUTING_OFF)
        }
        Some(LbSetting::ZoneAware(setting)) => {
            let labels = &setting.failover_priority;
            let (groups, _) = by_labels(question, endpoints, groups, labels);
            regions(question, groups, &setting.failover, zone_aware::priorities)
        }
        Some(LbSetting::Locality { setting, .. }) if !setting.distribute.is_empty() => {
            shared_out(question, groups, &setting.distribute, left_out)
        }
        Some(LbSetting::Locality { forced, .. }) if !forced && !question.outlier_detection => {
            (groups, locality_rules::FAILOVER_INACTIVE)
        }
        Some(LbSetting::Locality { setting, .. }) => {
            let labels = &setting.failover_priority;
            let (groups, because) = by_labels(question, endpoints, groups, labels);
            match !labels.is_empty() && setting.failover.is_empty() {
                true => (groups, because),
                false => regions(question, groups, &setting.failover, failover::priorities),
            }
        }
    }
}

/// Splits groups by failoverPriority labels, if there are any to compare.
fn by_labels(
    question: &Question<'_>,
    endpoints: &[Endpoint],
    groups: Vec<Group>,
    list: &[String],
) -> (Vec<Group>, RuleId) {
    let unsplit = locality_rules::LABEL_FAILOVER_UNLABELLED;
    let Some(wanted) = Wanted::new(list, &question.client.labels, question.network_priority) else {
        return (groups, unsplit);
    };
    if groups.is_empty() {
        return (groups, unsplit);
    }
    let score = |host: &Arc<Host>| score(&wanted, endpoints, host);
    let scores = groups
        .iter()
        .map(|group| group.hosts.iter().map(score).collect());
    let scores: Vec<Vec<u32>> = scores.collect();
    let parts = failover_priority::split(&scores);
    let split = parts.value.into_iter().map(|part| {
        let whole = &groups[part.group];
        let hosts: Vec<Arc<Host>> = part
            .members
            .iter()
            .map(|&i| whole.hosts[i].clone())
            .collect();
        Group {
            locality: whole.locality.clone(),
            priority: part.priority,
            weight: Some(weight::of_group(hosts.iter().map(|host| host.weight))),
            hosts,
        }
    });
    (split.collect(), parts.because)
}

/// A gateway carries the labels of its cluster and network and no others.
fn score(wanted: &Wanted, endpoints: &[Endpoint], host: &Host) -> u32 {
    match &host.reached {
        Reached::Directly(index) => wanted.score(&endpoints[*index as usize].labels),
        Reached::Through {
            network, cluster, ..
        } => {
            let topology = labels::Topology {
                place: Place::default(),
                cluster,
                network,
                node: "",
            };
            wanted.score(&labels::with_topology(&Labels::new(), topology).value)
        }
    }
}

type ByRegion = fn(Place<'_>, &[Place<'_>], &[u32], &[Failover]) -> crate::Decision<Vec<u32>>;

fn regions(
    question: &Question<'_>,
    mut groups: Vec<Group>,
    failover: &[Failover],
    priorities: ByRegion,
) -> (Vec<Group>, RuleId) {
    let places: Vec<Place<'_>> = groups.iter().map(|group| group.locality.place()).collect();
    let prior: Vec<u32> = groups.iter().map(|group| group.priority).collect();
    let decided = priorities(question.client.locality.place(), &places, &prior, failover);
    for (group, priority) in groups.iter_mut().zip(decided.value) {
        group.priority = priority;
    }
    (groups, decided.because)
}

fn shared_out(
    question: &Question<'_>,
    mut groups: Vec<Group>,
    distribution: &[Distribute],
    left_out: &mut Vec<LeftOut>,
) -> (Vec<Group>, RuleId) {
    let before: Vec<Weighed<'_>> = groups.iter().map(weighed).collect();
    let client = question.client.locality.place();
    let decided = distribute::weights(client, &before, distribution);
    for (group, share) in groups.iter_mut().zip(decided.value) {
        match share {
            Some(share) => group.weight = Some(share),
            None => group
                .hosts
                .drain(..)
                .for_each(|host| emptied(&host, left_out)),
        }
    }
    (groups, decided.because)
}

fn weighed(group: &Group) -> Weighed<'_> {
    Weighed {
        place: group.locality.place(),
        weight: group.weight,
    }
}

/// Notes the endpoints that a host stood for as left out.
fn emptied(host: &Host, left_out: &mut Vec<LeftOut>) {
    let endpoints = match &host.reached {
        Reached::Directly(index) => std::slice::from_ref(index),
        Reached::Through { stands_for, .. } => stands_for,
    };
    left_out.extend(endpoints.iter().map(|&endpoint| LeftOut {
        endpoint,
        because: rules::EMPTIED_BY_DISTRIBUTE,
    }));
}
