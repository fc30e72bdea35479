//! Objects that are made up.

use std::collections::BTreeMap;

use istio::kinds::{
    DestinationRule, MatchLabels, Metadata, Object, PeerAuthentication, Subset,
    peer_authentication::{MtlsMode, MutualTls},
    selector::Labels,
};
use jiff::Timestamp;
use proptest::{collection::vec, option, prelude::*, sample::select};

/// The namespace whose objects hold for all.
pub(crate) const ROOT: &str = "root";

/// Namespaces that objects and clients are in.
pub(crate) const NAMESPACES: &[&str] = &["bank", "shop", ROOT];

/// Values of the label by which workloads are told apart.
const APPS: &[&str] = &["cart", "pay"];

pub(crate) fn namespace() -> impl Strategy<Value = String> {
    select(NAMESPACES).prop_map(str::to_owned)
}

/// Labels of a workload.
pub(crate) fn labels() -> impl Strategy<Value = Labels> {
    select(APPS).prop_map(|app| Labels::from([("app".to_owned(), app.to_owned())]))
}

pub(crate) fn selector() -> impl Strategy<Value = Option<MatchLabels>> {
    option::of(labels().prop_map(|match_labels| MatchLabels { match_labels }))
}

/// A list of who sees an object.
pub(crate) fn export_to() -> impl Strategy<Value = Vec<String>> {
    let word = select(&["*", ".", "~", "bank", "shop", ROOT][..]).prop_map(str::to_owned);
    vec(word, 0..3)
}

/// Metadata of an object with a name of its own, so that order never depends on the list.
fn metadata() -> impl Strategy<Value = Metadata> {
    (namespace(), 0_i64..3, "[a-z]{8}").prop_map(|(namespace, second, name)| Metadata {
        name,
        namespace,
        creation_timestamp: Some(Timestamp::from_second(second).expect("in range")),
        ..Metadata::default()
    })
}

fn mode() -> impl Strategy<Value = MtlsMode> {
    select(&[MtlsMode::Disable, MtlsMode::Permissive, MtlsMode::Strict][..])
}

fn mutual() -> impl Strategy<Value = MutualTls> {
    prop_oneof![Just(MtlsMode::Unset), mode()].prop_map(|mode| MutualTls { mode })
}

fn peer_authentication() -> impl Strategy<Value = Object<PeerAuthentication>> {
    let ports = proptest::collection::btree_map(80_u16..83, mutual(), 0..3);
    (metadata(), selector(), option::of(mutual()), ports).prop_map(
        |(metadata, selector, mtls, port_level_mtls)| Object {
            metadata,
            spec: PeerAuthentication {
                selector,
                mtls,
                port_level_mtls,
            },
        },
    )
}

pub(crate) fn peer_authentications() -> impl Strategy<Value = Vec<Object<PeerAuthentication>>> {
    vec(peer_authentication(), 0..6)
}

/// Hosts that rules are written for: full names, a short one, and wildcards over them.
const RULE_HOSTS: &[&str] = &[
    "cart",
    "cart.shop.svc.cluster.local",
    "*.shop.svc.cluster.local",
    "*.cluster.local",
    "*",
];

fn destination_rule() -> impl Strategy<Value = Object<DestinationRule>> {
    let subsets = vec(select(&["v1", "v2"][..]), 0..2);
    (
        metadata(),
        select(RULE_HOSTS),
        export_to(),
        selector(),
        subsets,
    )
        .prop_map(
            |(metadata, host, export_to, workload_selector, subsets)| Object {
                metadata,
                spec: DestinationRule {
                    host: host.to_owned(),
                    traffic_policy: None,
                    subsets: subsets.into_iter().map(subset).collect(),
                    export_to,
                    workload_selector,
                },
            },
        )
}

fn subset(name: &str) -> Subset {
    Subset {
        name: name.to_owned(),
        labels: BTreeMap::new(),
        traffic_policy: None,
    }
}

pub(crate) fn destination_rules() -> impl Strategy<Value = Vec<Object<DestinationRule>>> {
    vec(destination_rule(), 0..8)
}
