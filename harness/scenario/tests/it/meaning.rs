//! What has the right form and yet cannot be meant.

use crate::support::{lines_of, scenario, topology};

/// Asserts that a text has one problem, which begins and ends like this.
#[track_caller]
fn refused(text: &str, begins: &str, remedy: &str) {
    let lines = lines_of(text);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let line = &lines[0];
    assert!(line.starts_with(begins), "{line}");
    assert!(line.ends_with(&format!("| {remedy}")), "{line}");
}

const REACHABLE: &str =
    "    - check: {name: reached, reachable: {from: sleep@cluster1, to: helloworld.sample:5000}}\n";

#[test]
fn impossible_topologies() {
    let cases = [
        (
            "  networks: {n: {}}\n  clusters:\n    a: {network: n}\n    b: {network: n, controlPlane: a}\n    c: {network: n, controlPlane: b}\n",
            "10:35 spec.clusters.c.controlPlane: 'b' is itself a remote",
            "name the primary: 'controlPlane: a'",
        ),
        (
            "  networks: {n: {}}\n  clusters:\n    a: {network: n, controlPlane: x, configCluster: b}\n    b: {network: n}\n    x: {network: n}\n",
            "8:53 spec.clusters.a.configCluster: 'a' wants 'x' to be an external control plane, but no cluster holds its configuration",
            "write 'controlPlane: x' and 'configCluster: b' on 'b', or leave 'configCluster' out",
        ),
        (
            "  networks: {n: {}, m: {}}\n  clusters:\n    a: {network: n, podCIDR: 10.1.0.0/16}\n    b: {network: m, podCIDR: 10.1.128.0/17}\n",
            "9:30 spec.clusters.b.podCIDR: the pods of 'b' (10.1.128.0/17) overlap with the pods of 'a' (10.1.0.0/16)",
            "choose another range, or write 'overlap: intended' on 'b'",
        ),
        (
            "  networks: {n: {}}\n  clusters:\n    a: {network: n, mesh: none, discovers: []}\n",
            "8:33 spec.clusters.a.discovers: 'discovers' means nothing in a cluster without a mesh",
            "remove it, or remove 'mesh: none'",
        ),
        (
            "  meshes: {one: {}, two: {}}\n  networks: {n: {}}\n  clusters:\n    a: {network: n}\n",
            "9:8 spec.clusters.a: cluster 'a' does not say which mesh it belongs to",
            "add 'mesh:' with one of: one, two, none",
        ),
        (
            "  networks: {n: {}}\n  clusters: {a: {network: n}}\n  vms: {legacy: {network: n, onboardedBy: b}}\n",
            "8:43 spec.vms.legacy.onboardedBy: there is no cluster 'b'",
            "did you mean 'a'?",
        ),
        (
            "  networks: {n: {}}\n  clusters: {a: {network: n, tags: {prod: stabel}, revisions: {stable: 1.29.6}}}\n",
            "7:43 spec.clusters.a.tags.prod: there is no revision 'stabel'",
            "did you mean 'stable'?",
        ),
        (
            "  networks: {n: {}}\n  clusters: {a: {network: n}}\n  gateways: {in: {cluster: a, type: ingres}}\n",
            "8:37 spec.gateways.in.type: 'ingres' is not a word that can stand here",
            "did you mean 'ingress'?",
        ),
    ];
    for (spec, begins, remedy) in cases {
        refused(&topology(spec), begins, remedy);
    }
}

#[test]
fn checks_that_can_match_nothing() {
    let cases = [
        (
            "reachable: {from: sleep@cluster1, to: helloword.sample:5000}",
            "11:52 spec.steps[0].check.reachable.to: nothing here is called 'helloword.sample'",
            "did you mean 'helloworld.sample'?",
        ),
        (
            "reachable: {from: sleep@cluster1, to: helloworld.sample:80}",
            "11:52 spec.steps[0].check.reachable.to: the Service 'helloworld.sample' does not listen on 80",
            "write 'helloworld.sample:5000'",
        ),
        (
            "reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: cluster3}",
            "11:86 spec.steps[0].check.reachable.servedBy: there is no cluster 'cluster3' that could answer",
            "did you mean 'cluster1'?",
        ),
        (
            "reachable: {from: sleep@cluster1, to: helloworld.sample:5000, versions: [v3]}",
            "11:86 spec.steps[0].check.reachable.versions: 'helloworld' has no version 'v3'",
            "did you mean 'v1'?",
        ),
        (
            "reachable: {from: outside, to: helloworld.sample:5000}",
            "11:45 spec.steps[0].check.reachable.to: a client outside every cluster reaches gateways only",
            "write 'gateway:NAME@CLUSTER:port' and the service as a 'host' header",
        ),
        (
            "reachable: {from: sleep, to: helloworld.sample:5000}",
            "11:32 spec.steps[0].check.reachable.from: 'sleep' does not say in which cluster the client is",
            "write 'sleep@*', 'sleep@CLUSTER', 'vm:NAME' or 'outside'",
        ),
        (
            "share: {from: sleep@cluster1, to: helloworld.sample:5000, by: cluster, expect: {cluster1: 50, cluster2: 40}}",
            "11:93 spec.steps[0].check.share.expect: the shares add up to 90% and not to 100%",
            "add what is missing, if only with a share of 0",
        ),
        (
            "refused: {from: sleep@cluster1, to: helloworld.sample:5000, as: reset}",
            "11:14 spec.steps[0].check.refused: nothing proves that 'helloworld.sample:5000' can be reached at all",
            "add a reachable or mtls check to 'helloworld.sample:5000', or name one as 'twin:'",
        ),
        (
            "budget: {of: users}",
            "11:27 spec.steps[0].check.budget.of: no traffic called 'users' has started by then",
            "there is none to choose from here",
        ),
        (
            "pods: {of: hello@cluster1, ready: 1}",
            "11:25 spec.steps[0].check.pods.of: there is no workload, istiod or gateway 'hello'",
            "use one of: helloworld, istio-eastwestgateway, istiod, sleep",
        ),
    ];
    for (check, begins, remedy) in cases {
        let line = format!("    - check: {{{check}}}\n");
        let shifted = lines_of(&scenario(&line));
        assert_eq!(shifted.len(), 1, "{check}: {shifted:#?}");
        let (_, begins) = begins.split_once(' ').unwrap();
        let (at, found) = shifted[0].split_once(' ').unwrap();
        assert!(at.starts_with("11:"), "{at}");
        assert!(found.starts_with(begins), "{found}");
        assert!(found.ends_with(&format!("| {remedy}")), "{found}");
    }
}

#[test]
fn steps_out_of_order() {
    refused(
        &scenario(&format!("{REACHABLE}    - heal: gone\n")),
        "12:13 spec.steps[1].heal: no fault called 'gone' is there to heal",
        "there is none to choose from here",
    );
    refused(
        &scenario(&format!("{REACHABLE}{REACHABLE}")),
        "12:21 spec.steps[1].check.name: two steps are called 'reached'",
        "give this one another name",
    );
    refused(
        &scenario("    - wait: 1s\n"),
        "11:5 spec.steps: no step checks anything",
        "add a 'check:' or a 'traffic:' with a budget",
    );
    refused(
        &scenario(&format!("{REACHABLE}    - rollback: {{of: istiod}}\n")),
        "12:22 spec.steps[1].rollback.of: no upgrade called 'istiod' has happened",
        "there is none to choose from here",
    );
}

#[test]
fn canaries_that_nobody_catches() {
    let canary = |fields: &str| {
        format!(
            "{}  canaries:\n    - {{name: c, {fields}}}\n",
            scenario(&format!(
                "{REACHABLE}    - fault: {{as: gone, scale: {{workload: helloworld@cluster1, replicas: 0}}}}\n"
            ))
        )
    };
    let omit = "break: {omit: {in: cluster1, kind: Secret, name: s}}";
    refused(
        &canary(&format!("{omit}, caughtBy: {{check: raeched}}")),
        "14:89 spec.canaries[0].caughtBy.check: no check is called 'raeched'",
        "did you mean 'reached'?",
    );
    refused(
        &canary(
            "after: gone, break: {fault: {stop: {cluster: cluster1}}}, caughtBy: {check: reached}",
        ),
        "14:93 spec.canaries[0].caughtBy.check: 'reached' comes before the violation",
        "choose a check after it, or let the violation come earlier",
    );
    refused(
        &canary(&format!(
            "after: reached, {omit}, caughtBy: {{check: ready}}"
        )),
        "14:41 spec.canaries[0].break.omit: 'omit' acts during the installation",
        "remove 'after', or break it with 'change'",
    );
}

#[test]
fn unknown_topologies_and_overrides() {
    let text = scenario(REACHABLE);
    refused(
        &text.replace("multi-network-multi-primary", "multi-network-multi-pirmary"),
        "6:13 spec.topology: there is no topology 'multi-network-multi-pirmary'",
        "did you mean 'multi-network-multi-primary'?",
    );
    let topology = "  topology: multi-network-multi-primary\n";
    let overridden =
        |overrides: &str| text.replace(topology, &format!("{topology}  overrides: {overrides}\n"));
    let lines = lines_of(&overridden("{clusters: {cluster2: {network: network3}}}"));
    assert!(
        lines[0].starts_with("6:13 spec.topology: in topology 'multi-network-multi-primary': spec.clusters.cluster2.network: there is no network 'network3'"),
        "{lines:#?}"
    );
    let lines = lines_of(&overridden("{clusters: {cluster2: {netwrok: network1}}}"));
    assert!(
        lines[0].starts_with("7:46 spec.overrides.clusters.cluster2.netwrok: there is no field 'netwrok' here | did you mean 'network'?"),
        "{lines:#?}"
    );
    assert!(
        lines_of(&overridden(
            "{istio: {version: 1.29.6}, meshes: {mesh1: {mtls: STRICT}}}"
        ))
        .is_empty()
    );
}
