//! Meshes that lie: every kind of check must go red or inconclusive on them, and green only on the
//! mesh it describes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use judge::{Ask, CallLook, Depth, Next, Outcome as Verdicts, Rates, Verdict, Ways};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use scenario::{
    draft::By,
    scenario::{Calls, CheckKind, Destination, ServedBy, Server},
    term::Percent,
};
use world::{
    Answer, Call, Client, ClusterName, Connection, Observation, Outcome, PeerIdentity, Protocol,
    Refusal, Target, TlsSeen,
};

const SLEEP: &str = "spiffe://cluster.local/ns/sample/sa/sleep";

fn cluster(name: &str) -> ClusterName {
    name.parse().expect("a name")
}

fn client(name: &str) -> Client {
    Client::Pod {
        cluster: cluster(name),
        namespace: "sample".parse().expect("a name"),
        workload: "sleep".parse().expect("a name"),
    }
}

fn calls() -> Calls {
    Calls {
        from: vec![client("cluster1"), client("cluster2")],
        to: Destination::Host {
            host: "helloworld.sample".to_owned(),
            port: 5000,
        },
        protocol: Protocol::get("/hello"),
        connection: Connection::Fresh,
        timeout: Duration::from_secs(5),
    }
}

fn both() -> BTreeSet<Server> {
    ["cluster1", "cluster2"]
        .map(|name| Server::Cluster(cluster(name)))
        .into()
}

/// One check of every kind that calls.
fn checks() -> Vec<(&'static str, CheckKind)> {
    let reachable = |served_by| CheckKind::Reachable {
        calls: calls(),
        served_by,
        versions: BTreeSet::new(),
        via: None,
        status: None,
    };
    let peer = PeerIdentity(SLEEP.into());
    vec![
        ("each", reachable(ServedBy::Each(both()))),
        ("local", reachable(ServedBy::Local)),
        (
            "refused",
            CheckKind::Refused {
                calls: calls(),
                manners: [Refusal::Reset].into(),
                because: None,
                twin: "each".to_owned(),
            },
        ),
        (
            "share",
            CheckKind::Share {
                calls: calls(),
                by: By::Cluster,
                expect: ["cluster1", "cluster2"]
                    .map(|name| (name.to_owned(), Percent::whole(50)))
                    .into(),
                tolerance: Percent::whole(10),
            },
        ),
        (
            "mtls",
            CheckKind::Mtls {
                calls: calls(),
                peers: vec![peer.clone(), peer],
            },
        ),
    ]
}

fn answer(from: &str, tls: Option<TlsSeen>) -> Outcome {
    Outcome::Answered(Answer {
        status: Some(200),
        cluster: Some(cluster(from)),
        tls,
        ..Answer::default()
    })
}

fn mutual(peer: &str) -> Option<TlsSeen> {
    Some(TlsSeen::Mutual {
        peer: PeerIdentity(peer.into()),
    })
}

fn observed(from: &Client, outcome: Outcome) -> Observation {
    Observation {
        call: Arc::new(Call {
            from: from.clone(),
            to: Target {
                host: "helloworld.sample".into(),
                port: 5000,
            },
            protocol: Protocol::get("/hello"),
            connection: Connection::Fresh,
            timeout: Duration::from_secs(5),
        }),
        at: Duration::ZERO,
        took: Duration::from_millis(3),
        outcome,
        hops: Vec::new(),
    }
}

/// Lets a mesh answer until the look has decided.
fn judged(check: &CheckKind, mesh: impl FnMut(&Client) -> Outcome) -> Verdicts {
    looked(check, Depth::Whole, mesh).outcome
}

fn looked(check: &CheckKind, depth: Depth, mut mesh: impl FnMut(&Client) -> Outcome) -> Verdict {
    let mut look =
        CallLook::at(check, depth, Rates::default(), &Ways::default()).expect("a check that calls");
    let clients = calls().from;
    for _ in 0..100_000 {
        match look.wants() {
            Next::Decided(verdict) => return *verdict,
            Next::Ask(asks) => {
                for Ask { client, calls } in asks {
                    for _ in 0..calls.get() {
                        let outcome = mesh(&clients[client]);
                        look.observe(client, &observed(&clients[client], outcome));
                    }
                }
            }
        }
    }
    panic!("never decided");
}

/// Which checks pass on a mesh, however deep somebody looks.
fn passes(mut mesh: impl FnMut(&Client) -> Outcome) -> Vec<&'static str> {
    let mut passed = |depth| -> Vec<_> {
        let all = checks().into_iter();
        let passed =
            all.filter(|(_, check)| looked(check, depth, &mut mesh).outcome == Verdicts::Pass);
        passed.map(|(name, _)| name).collect()
    };
    let (wary, whole) = (passed(Depth::Wary), passed(Depth::Whole));
    assert_eq!(wary, whole);
    whole
}

#[test]
fn a_mesh_that_always_answers_from_one_cluster_passes_nothing_that_it_breaks() {
    assert!(passes(|_| answer("cluster1", None)).is_empty());
}

#[test]
fn a_mesh_that_always_refuses_passes_only_the_refusal() {
    assert_eq!(passes(|_| Outcome::Refused(Refusal::Reset)), ["refused"]);
    assert!(passes(|_| Outcome::Refused(Refusal::Timeout)).is_empty());
}

#[test]
fn a_mesh_that_tosses_a_coin_between_answer_and_refusal_passes_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let coin = |_: &Client| match rng.random_bool(0.5) {
        true => answer("cluster1", mutual(SLEEP)),
        false => Outcome::Refused(Refusal::Reset),
    };
    assert!(passes(coin).is_empty());
}

#[test]
fn a_mesh_that_answers_without_saying_who_it_is_passes_nothing() {
    let anonymous = |_: &Client| {
        Outcome::Answered(Answer {
            status: Some(200),
            ..Answer::default()
        })
    };
    assert!(passes(anonymous).is_empty());
}

#[test]
fn plaintext_and_a_foreign_identity_are_no_mutual_tls() {
    let check = &checks()[4].1;
    assert_eq!(
        judged(check, |_| answer("cluster1", Some(TlsSeen::Plaintext))),
        Verdicts::Fail
    );
    assert_eq!(
        judged(check, |_| answer(
            "cluster1",
            mutual("spiffe://x/ns/a/sa/b")
        )),
        Verdicts::Fail
    );
    assert_eq!(
        judged(check, |_| answer("cluster1", None)),
        Verdicts::Inconclusive
    );
}

#[test]
fn a_mesh_that_does_as_described_passes() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let fair = |_: &Client| {
        answer(
            if rng.random_bool(0.5) {
                "cluster1"
            } else {
                "cluster2"
            },
            mutual(SLEEP),
        )
    };
    assert_eq!(passes(fair), ["each", "share", "mtls"]);
    let local = |client: &Client| match client {
        Client::Pod { cluster, .. } => answer(cluster.as_str(), mutual(SLEEP)),
        Client::Vm(_) | Client::Outside => unreachable!("no such client here"),
    };
    assert_eq!(passes(local), ["local", "mtls"]);
}

#[test]
fn a_third_cluster_that_answers_now_and_then_is_noticed() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let shared = |_: &Client| {
        let name = ["cluster1", "cluster2", "cluster3"][rng.random_range(0..3)];
        answer(name, mutual(SLEEP))
    };
    assert_eq!(passes(shared), ["mtls"]);
}

#[test]
fn three_hundred_answers_of_one_pooled_connection_are_no_evidence_of_shares_among_pods() {
    let expect: BTreeMap<String, Percent> = ["a", "b"]
        .map(|pod| (pod.to_owned(), Percent::whole(50)))
        .into();
    let check = CheckKind::Share {
        calls: calls(),
        by: By::Pod,
        expect,
        tolerance: Percent::whole(10),
    };
    let pooled = |_: &Client| {
        Outcome::Answered(Answer {
            pod: Some("a".into()),
            cluster: Some(cluster("cluster2")),
            earlier_pick: Some(true),
            ..Answer::default()
        })
    };
    assert_eq!(judged(&check, pooled), Verdicts::Inconclusive);
}

/// Answers by turns, first cluster1.
fn by_turns() -> impl FnMut(&Client) -> Outcome {
    let mut first = false;
    move |_: &Client| {
        first = !first;
        answer(if first { "cluster1" } else { "cluster2" }, mutual(SLEEP))
    }
}

#[test]
fn a_wary_look_is_done_with_the_first_call_of_each_client_that_is_refused() {
    for (name, check) in checks() {
        let refused = |_: &Client| Outcome::Refused(Refusal::Timeout);
        let verdict = looked(&check, Depth::Wary, refused);
        assert_eq!(verdict.outcome, Verdicts::Fail, "{name}");
        assert_eq!(verdict.evidence.calls, 2, "{name}");
    }
}

#[test]
fn a_wary_look_passes_by_no_fewer_calls_than_luck_allows() {
    let each = &checks()[0].1;
    let wary = looked(each, Depth::Wary, by_turns());
    let whole = looked(each, Depth::Whole, by_turns());
    assert_eq!(wary.outcome, Verdicts::Pass);
    assert_eq!(
        wary.evidence.calls, 50,
        "25 of each client: 0.75^25 < 1/1000"
    );
    assert_eq!(wary.evidence, whole.evidence);
}

#[test]
fn who_never_answers_is_missing_to_a_wary_look_after_half_the_calls() {
    let each = &checks()[0].1;
    let one = |_: &Client| answer("cluster1", mutual(SLEEP));
    let calls = |depth| {
        let verdict = looked(each, depth, one);
        assert_eq!(verdict.outcome, Verdicts::Fail);
        verdict.evidence.calls / 2
    };
    let (wary, whole) = (calls(Depth::Wary), calls(Depth::Whole));
    assert!(wary >= 20 && wary * 2 <= whole, "{wary} and {whole}");
}
