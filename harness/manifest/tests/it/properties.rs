//! What holds for every installation.

use std::collections::BTreeSet;

use manifest::{Form, Identity};
use proptest::prelude::*;
use scenario::Topology;
use world::ClusterName;

use crate::{
    support::facts,
    topologies::{all, parse},
};

/// Topologies of up to four clusters on up to three networks, with remotes of the first one.
fn topologies() -> impl Strategy<Value = Topology> {
    let cluster = (0..3_usize, prop::bool::ANY);
    (
        prop::collection::vec(cluster, 1..5),
        prop::bool::ANY,
        0..3_usize,
    )
        .prop_map(|(clusters, has_vm, vm_network)| {
            let mut text = String::from(
                "apiVersion: isthmus/v1alpha1\nkind: Topology\nmetadata: {name: any}\nspec:\n  \
                 istio: {version: 1.30.3}\n  networks: {n0: {}, n1: {}, n2: {}}\n  clusters:\n",
            );
            for (i, (network, is_remote)) in clusters.iter().enumerate() {
                let source = if *is_remote && i > 0 {
                    ", controlPlane: c0"
                } else {
                    ""
                };
                text += &format!("    c{i}: {{network: n{network}{source}}}\n");
            }
            if has_vm {
                text += &format!("  vms: {{vm0: {{network: n{vm_network}, onboardedBy: c0}}}}\n");
            }
            parse(&text)
        })
}

fn identities(topology: &Topology, form: Form) -> Vec<(ClusterName, Identity)> {
    let facts = facts(topology);
    let mut all = Vec::new();
    for stage in manifest::stages(topology) {
        for placed in stage.render(&facts, form).unwrap() {
            all.push((placed.cluster, placed.object.identity()));
        }
    }
    all
}

#[test]
fn every_topology_of_the_catalogue_can_be_installed() {
    for topology in all() {
        for form in [Form::Objects, Form::Operators] {
            let all = identities(&topology, form);
            let distinct: BTreeSet<_> = all.iter().collect();
            assert_eq!(distinct.len(), all.len(), "{}", topology.name());
            assert!(!all.is_empty(), "{}", topology.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_two_objects_of_a_cluster_have_one_identity(topology in topologies()) {
        for form in [Form::Objects, Form::Operators] {
            let all = identities(&topology, form);
            let distinct: BTreeSet<_> = all.iter().collect();
            prop_assert_eq!(distinct.len(), all.len());
        }
    }

    #[test]
    fn rendering_twice_gives_the_same_bytes(topology in topologies()) {
        let once = |facts: &manifest::Facts| {
            let stages = manifest::stages(&topology);
            let rendered = stages.iter().map(|stage| stage.render(facts, Form::Objects).unwrap());
            serde_json::to_string(&rendered.collect::<Vec<_>>()).unwrap()
        };
        prop_assert_eq!(once(&facts(&topology)), once(&facts(&topology)));
    }

    #[test]
    fn every_object_lands_in_a_cluster_of_the_mesh(topology in topologies()) {
        for (cluster, identity) in identities(&topology, Form::Objects) {
            prop_assert!(topology.member(&cluster).is_some(), "{identity} in {cluster}");
        }
    }

    #[test]
    fn a_namespace_comes_before_what_is_in_it(topology in topologies()) {
        let mut namespaces = BTreeSet::new();
        for (cluster, identity) in identities(&topology, Form::Objects) {
            if identity.kind == "Namespace" {
                namespaces.insert((cluster, identity.name));
            } else if let Some(namespace) = identity.namespace.clone() {
                prop_assert!(namespaces.contains(&(cluster, namespace)), "{identity}");
            }
        }
    }

    #[test]
    fn a_stage_needs_only_what_earlier_stages_wait_for(topology in topologies()) {
        let mut brought = BTreeSet::new();
        for stage in manifest::stages(&topology) {
            for need in stage.needs() {
                match need {
                    manifest::Need::Address(at) => {
                        prop_assert!(brought.contains(&manifest::Await::Address(at)));
                    }
                    manifest::Need::Token(secret) => {
                        let key = "token".to_owned();
                        let filled = manifest::Await::SecretKey { secret, key };
                        prop_assert!(brought.contains(&filled));
                    }
                    manifest::Need::ApiServer(_) => {}
                    other => prop_assert!(false, "{other}"),
                }
            }
            brought.extend(stage.awaits());
        }
    }
}
