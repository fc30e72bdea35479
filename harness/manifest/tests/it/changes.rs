//! What a living mesh is changed by.

use std::collections::BTreeMap;

use manifest::{Form, Object, change};
use pki::{Authority, CaCerts, Roots};
use scenario::{draft::RootPhase, topology::Revision};
use serde_json::{Value, json};

use crate::{
    support::{Installation, facts},
    topologies::{EXTERNAL, MULTI_PRIMARY, VM},
};

fn cluster(name: &str) -> world::ClusterName {
    name.parse().unwrap()
}

fn revision(name: Option<&str>, version: &str) -> Revision {
    Revision {
        name: name.map(|name| name.parse().unwrap()),
        version: version.parse().unwrap(),
    }
}

fn find<'a>(objects: &'a [Object], object: &str) -> Option<&'a Object> {
    objects.iter().find(|found| found.to_string() == object)
}

fn upgraded(to: &Revision) -> Vec<Object> {
    let topology = MULTI_PRIMARY.topology();
    let name = cluster("cluster1");
    let stage = change::revision(&topology, &name, to);
    let objects = stage.render(&facts(&topology), Form::Objects).unwrap();
    objects.into_iter().map(|placed| placed.object).collect()
}

#[test]
fn a_canary_revision_shares_no_object_with_the_one_that_is_there() {
    let canary = upgraded(&revision(Some("canary"), "1.31.0"));
    let installed = Installation::of(&MULTI_PRIMARY);
    for object in &canary {
        let name = object.to_string();
        assert_eq!(installed.find("cluster1", &name), None, "{name}");
    }
    let istiod = find(&canary, "Deployment istio-system/istiod-canary").unwrap();
    let image = istiod.text("/spec/template/spec/containers/0/image");
    assert_eq!(image, Some("docker.io/istio/pilot:1.31.0"));
}

#[test]
fn an_upgrade_in_place_has_the_same_objects_in_another_version() {
    let upgraded = upgraded(&revision(None, "1.31.0"));
    let installed = Installation::of(&MULTI_PRIMARY);
    for object in &upgraded {
        let name = object.to_string();
        assert!(installed.find("cluster1", &name).is_some(), "{name}");
    }
    let istiod = find(&upgraded, "Deployment istio-system/istiod").unwrap();
    let image = istiod.text("/spec/template/spec/containers/0/image");
    assert_eq!(image, Some("docker.io/istio/pilot:1.31.0"));
}

#[test]
fn a_gateway_moves_to_a_revision_by_its_pods_label() {
    let topology = MULTI_PRIMARY.topology();
    let canary = revision(Some("canary"), "1.31.0");
    let name = cluster("cluster1");
    let stage = change::gateways(&topology, &name, &canary);
    let objects = stage.render(&facts(&topology), Form::Objects).unwrap();
    let deployment = objects.iter().find(|p| p.object.kind() == "Deployment");
    let labels = deployment.unwrap().object.value();
    let labels = labels.pointer("/spec/template/metadata/labels").unwrap();
    assert_eq!(labels["istio.io/rev"], "canary");
}

#[test]
fn a_tag_leads_to_the_revision_it_is_moved_to() {
    let topology = EXTERNAL.topology();
    let canary = revision(Some("canary"), "1.31.0");
    let prod = "prod".parse().unwrap();
    let facts = facts(&topology);
    let tag = |name: &str| change::tag(&topology, &cluster(name), &prod, &canary, &facts).unwrap();
    let webhooks = tag("cluster2");
    let webhooks = webhooks[0].object.value();
    assert_eq!(
        webhooks["metadata"]["name"],
        "istio-revision-tag-prod-external-istiod"
    );
    let service = &webhooks["webhooks"][0]["clientConfig"]["service"];
    assert_eq!(service["name"], "istiod-canary");
    assert_eq!(service["path"], "/inject/cluster/cluster2/net/network2");
}

fn cacerts(phase: RootPhase) -> CaCerts {
    let topology = MULTI_PRIMARY.topology();
    let to = "next".parse().unwrap();
    let facts = facts(&topology);
    let secret = change::cacerts(&topology, &cluster("cluster1"), &to, phase, &facts);
    let secret = secret.unwrap().unwrap().object.into_value();
    let files: BTreeMap<String, String> =
        serde_json::from_value(secret["stringData"].clone()).unwrap();
    CaCerts::from_files(&files).unwrap()
}

#[test]
fn a_root_is_exchanged_without_a_moment_of_mutual_disbelief() {
    use RootPhase::{DropOld, SignNew, TrustBoth};
    let topology = MULTI_PRIMARY.topology();
    let now = facts(&topology).now();
    let id: pki::SpiffeId = "spiffe://cluster.local/ns/sample/sa/sleep".parse().unwrap();
    let leaf = |phase| {
        let authority = Authority::from_cacerts(&cacerts(phase), now).unwrap();
        let key = pki::KeyPair::from_seed(&pki::Seed::new(9));
        let validity = pki::Validity::of_workload(now);
        let leaf = authority.issue(&pki::Leaf::Workload(id.clone()), &key, validity);
        leaf.unwrap().chain
    };
    let believed = |by: RootPhase, of: RootPhase| {
        let roots = Roots::from_pem(&cacerts(by).root_cert).unwrap();
        roots.verify_workload(&leaf(of), now).is_ok()
    };
    for (one, next) in [(TrustBoth, SignNew), (SignNew, DropOld)] {
        assert!(
            believed(one, next) && believed(next, one),
            "{one:?} {next:?}"
        );
    }
    assert!(
        !believed(DropOld, TrustBoth),
        "the old root dropped too early"
    );
}

#[test]
fn a_rewritten_secret_opens_the_same_door() {
    let topology = MULTI_PRIMARY.topology();
    let facts = facts(&topology);
    let secret = &topology.remote_secrets()[0];
    let before = change::remote_secret(&topology, secret, &facts).unwrap();
    let after = change::rewritten(before.clone(), 1);
    assert_ne!(after, before);
    let kubeconfig = |placed: &manifest::Placed| -> Value {
        let text = placed.object.text("/stringData/cluster2").unwrap();
        serde_yaml::from_str(text).unwrap()
    };
    assert_eq!(kubeconfig(&after), kubeconfig(&before));
}

#[test]
fn a_vm_can_join_later() {
    let topology = VM.topology();
    let stage = change::vm(&topology, &"legacy".parse().unwrap());
    let objects = stage.render(&facts(&topology), Form::Objects).unwrap();
    let kinds: Vec<&str> = objects.iter().map(|placed| placed.object.kind()).collect();
    assert_eq!(
        kinds,
        ["Namespace", "ServiceAccount", "WorkloadGroup", "Service"]
    );
}

#[test]
fn other_values_than_declared_reach_the_objects_that_follow_from_them() {
    let topology = MULTI_PRIMARY.topology();
    let mut facts = facts(&topology);
    let violation = json!({"global": {"network": null}, "pilot": {"env": {"PILOT_X": 1}}});
    facts.overlay_values(cluster("cluster1"), violation);
    let stages = manifest::stages(&topology);
    let stage = stages
        .iter()
        .find(|s| s.name() == "control-planes")
        .unwrap();
    let objects = stage.render(&facts, Form::Objects).unwrap();
    let injector = |cluster: &str| -> Value {
        let object = objects
            .iter()
            .filter(|placed| placed.cluster.as_str() == cluster)
            .find(|placed| {
                placed.object.name() == "istio-sidecar-injector"
                    && placed.object.kind() == "ConfigMap"
            })
            .unwrap();
        serde_json::from_str(object.object.text("/data/values").unwrap()).unwrap()
    };
    assert_eq!(injector("cluster1")["global"]["network"], "");
    assert_eq!(injector("cluster1")["pilot"]["env"]["PILOT_X"], 1);
    assert_eq!(injector("cluster2")["global"]["network"], "network2");
}
