//! The order of an installation.

use manifest::{Facts, Form, ManifestError, Need};
use pki::Seed;

use crate::topologies::{
    Case, EXTERNAL, MULTI_PRIMARY, PRIMARY_REMOTE, SHARED_PRIMARY, SHARED_SOURCES, VM,
};

fn names(case: &Case) -> Vec<&'static str> {
    let topology = case.topology();
    let stages = manifest::stages(&topology);
    stages.iter().map(manifest::Stage::name).collect()
}

#[test]
fn primaries_need_no_facts_but_each_others_api_server() {
    assert_eq!(
        names(&MULTI_PRIMARY),
        [
            "namespaces",
            "trust",
            "base",
            "control-planes",
            "gateways",
            "reader-tokens",
            "remote-secrets",
            "exposed-services",
        ]
    );
}

#[test]
fn a_remote_comes_after_the_gateway_and_its_own_gateway_after_its_secret() {
    assert_eq!(
        names(&PRIMARY_REMOTE),
        [
            "namespaces",
            "trust",
            "base",
            "control-planes",
            "gateways",
            "exposed-istiod",
            "remotes",
            "reader-tokens",
            "remote-secrets",
            "remote-gateways",
            "exposed-services",
        ]
    );
    assert!(!names(&SHARED_PRIMARY).contains(&"exposed-services"));
}

#[test]
fn an_external_istiod_starts_after_its_configuration_can_be_read() {
    let names = names(&EXTERNAL);
    let at = |name: &str| names.iter().position(|other| *other == name).unwrap();
    assert!(at("config-clusters") < at("config-secrets"));
    assert!(at("config-secrets") < at("external-control-planes"));
    assert!(at("external-control-planes") < at("remotes"));
    assert!(at("remotes") < at("remote-secrets"));
}

#[test]
fn sources_are_shared_when_both_gateways_have_addresses() {
    let names = names(&SHARED_SOURCES);
    let at = |name: &str| names.iter().position(|other| *other == name).unwrap();
    assert!(at("gateways") < at("shared-sources"));
}

#[test]
fn a_stage_says_which_fact_it_misses() {
    let topology = SHARED_PRIMARY.topology();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let nothing = Facts::new(Seed::new(1), now);
    let stages = manifest::stages(&topology);
    let remotes = stages.iter().find(|s| s.name() == "remotes").unwrap();
    let error = remotes.render(&nothing, Form::Objects).unwrap_err();
    let ManifestError::MissingFact { need } = &error else {
        panic!("{error:?}");
    };
    assert!(remotes.needs().contains(need));
    assert!(matches!(need, Need::Address(_)));
    assert!(
        error
            .to_string()
            .contains("istio-system/istio-eastwestgateway in cluster1")
    );
}

#[test]
fn a_vm_comes_last() {
    assert_eq!(names(&VM).last(), Some(&"vms"));
}
