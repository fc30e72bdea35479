//! The scenarios whose cost is measured.

use std::fmt::Write as _;

/// How many services stand in each cluster, each in that cluster alone.
pub(crate) const SERVICES: usize = 10;

/// The scenario of traffic over minutes.
pub(crate) const TRAFFIC: &str = "traffic";

/// How many clusters have an istiod; the others are their remotes.
const PRIMARIES: usize = 4;

const HEAD: &str = "apiVersion: isthmus/v1alpha1\nkind: Scenario\nmetadata: {name: scale, labels: {area: scale}}\nspec:\n  proves:\n    - {promise: a large mesh can be rehearsed, link: https://istio.io/latest/}\n";

/// A scenario by its name: the number of clusters, or [`TRAFFIC`].
pub(crate) fn scenario(name: &str) -> String {
    match name.parse() {
        Ok(clusters) => matrix(clusters),
        Err(_) => traffic(),
    }
}

/// Every cluster calls every service of every cluster: who answers is not asked, because to
/// exclude others takes many calls of each. Sidecars answer DNS, as large meshes have it:
/// the alternative are stubs of every Service in every cluster.
fn matrix(clusters: usize) -> String {
    let mut text = format!(
        "{HEAD}  topology:\n    istio: {{version: 1.30.3}}\n    networks: {{network1: {{}}}}\n    clusters:\n"
    );
    for n in 0..clusters {
        let source = match n < PRIMARIES {
            true => String::new(),
            false => format!(", controlPlane: c{}", n % PRIMARIES + 1),
        };
        let _ = writeln!(
            text,
            "      c{}: {{network: network1{source}, {}}}",
            n + 1,
            ranges(n + 1)
        );
    }
    text += "  workloads:\n    sleep:\n      in: all\n      annotations:\n        proxy.istio.io/config: '{\"proxyMetadata\": {\"ISTIO_META_DNS_CAPTURE\": \"true\"}}'\n";
    let services =
        || (1..=clusters).flat_map(|n| (1..=SERVICES).map(move |s| (n, format!("s{n}x{s}"))));
    for (n, service) in services() {
        let _ = writeln!(text, "    {service}: {{app: helloworld, in: c{n}}}");
    }
    text += "  steps:\n";
    for (_, service) in services() {
        let _ = writeln!(
            text,
            "    - check: {{name: {service}, within: 60s, reachable: {{from: sleep@*, to: {service}.sample:5000}}}}"
        );
    }
    text
}

/// The address plan ends before a hundred clusters of one network: each is given its own ranges.
fn ranges(n: usize) -> String {
    let (block, quarter) = (64 + n / 4, n % 4 * 64);
    format!("podCIDR: 10.{n}.0.0/16, serviceCIDR: 100.{block}.{quarter}.0/18")
}

/// Three clusters in which clients go on calling.
fn traffic() -> String {
    format!(
        "{HEAD}  topology:
    istio: {{version: 1.30.3}}
    networks: {{network1: {{}}, network2: {{}}}}
    clusters: {{c1: {{network: network1}}, c2: {{network: network2}}, c3: {{network: network2}}}}
  workloads: {{sleep: {{in: all}}, helloworld: {{in: all}}}}
  steps:
    - check: {{name: all answer, within: 60s, reachable: {{from: sleep@*, to: helloworld.sample:5000}}}}
    - traffic: {{name: users, from: sleep@*, to: helloworld.sample:5000, rate: 20/s, budget: {{failed: 0%, gap: 1s}}}}
    - wait: 10m
    - check: {{name: within budget, budget: {{of: users}}}}
"
    )
}
