use world::ClusterName;

use super::*;

fn topology(spec: &str) -> Result<Topology, Vec<String>> {
    without_istio(&format!("  istio: {{version: 1.30.3}}\n{spec}"))
}

fn without_istio(spec: &str) -> Result<Topology, Vec<String>> {
    let text = format!(
        "apiVersion: isthmus/v1alpha1\nkind: Topology\nmetadata: {{name: t}}\nspec:\n{spec}"
    );
    let draft: TopologyDraft = serde_yaml::from_str(&text).unwrap();
    Topology::from_draft(&draft).map_err(|findings| {
        let line = |finding: &crate::problem::Finding| {
            format!("{}: {}; {}", finding.path, finding.message, finding.remedy)
        };
        findings.iter().map(line).collect()
    })
}

fn cluster(name: &str) -> ClusterName {
    ClusterName::new(name).unwrap()
}

fn secrets(topology: &Topology) -> Vec<String> {
    let line = |s: RemoteSecret| format!("{} in {}", s.of, s.stored_in);
    topology.remote_secrets().into_iter().map(line).collect()
}

fn only_problem(spec: &str) -> String {
    let problems = topology(spec).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

const MULTI_NETWORK: &str = "
  networks: {network1: {}, network2: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network2}
";

#[test]
fn two_primaries_on_two_networks_watch_each_other_through_gateways() {
    let topology = topology(MULTI_NETWORK).unwrap();
    assert_eq!(
        secrets(&topology),
        ["cluster2 in cluster1", "cluster1 in cluster2"]
    );
    for name in ["cluster1", "cluster2"] {
        let gateway = topology.east_west_gateway(&cluster(name)).unwrap();
        assert_eq!(gateway.name.as_str(), "istio-eastwestgateway");
        assert_eq!(gateway.ports, [15012, 15017, 15443].into());
        assert_eq!(gateway.exposes, [Exposure::Services].into());
    }
}

#[test]
fn only_a_mesh_needs_an_istio() {
    let networks = "  networks: {network1: {}}\n";
    let plain = format!("{networks}  clusters: {{cluster1: {{network: network1, mesh: none}}}}\n");
    assert!(without_istio(&plain).is_ok());
    let meshed = format!("{networks}  clusters: {{cluster1: {{network: network1}}}}\n");
    let problems = without_istio(&meshed).unwrap_err();
    assert_eq!(
        problems,
        [
            "spec: nothing says which Istio runs in 'cluster1'; write 'istio: {version: 1.30.3}', or 'mesh: none' for a cluster without a mesh"
        ]
    );
}

#[test]
fn a_flat_network_needs_no_gateway() {
    let topology = topology(
        "
  networks: {network1: {}}
  clusters: {cluster1: {network: network1}, cluster2: {network: network1}}
",
    );
    assert_eq!(topology.unwrap().gateways(), []);
}

#[test]
fn a_remote_attaches_through_its_primarys_gateway_even_on_one_network() {
    let topology = topology(
        "
  networks: {network1: {}}
  clusters: {cluster1: {network: network1}, cluster2: {network: network1, controlPlane: cluster1}}
",
    )
    .unwrap();
    let gateways: Vec<_> = topology
        .gateways()
        .iter()
        .map(|g| (&g.cluster, &g.exposes))
        .collect();
    assert_eq!(
        gateways,
        [(&cluster("cluster1"), &[Exposure::Istiod].into())]
    );
    assert_eq!(secrets(&topology), ["cluster2 in cluster1"]);
    assert_eq!(
        topology.config_cluster(&cluster("cluster2")),
        Some(&cluster("cluster1"))
    );
    assert!(
        topology
            .remotes_of(&cluster("cluster1"))
            .eq([&cluster("cluster2")])
    );
}

const EXTERNAL: &str = "
  networks: {network1: {}, network2: {}, network3: {}}
  clusters:
    cluster1: {network: network1, controlPlane: ext, configCluster: cluster1}
    cluster2: {network: network2, controlPlane: ext, configCluster: cluster1}
    ext: {network: network3}
";

#[test]
fn an_external_control_plane_is_derived_from_its_configuration_cluster() {
    let topology = topology(EXTERNAL).unwrap();
    let ext = cluster("ext");
    let role = &topology.member(&ext).unwrap().role;
    assert_eq!(
        *role,
        Role::ExternalControlPlane {
            config: cluster("cluster1")
        }
    );
    assert_eq!(secrets(&topology), ["cluster1 in ext", "cluster2 in ext"]);
    assert_eq!(
        topology.istiod_gateway(&ext).unwrap().kind,
        GatewayKind::Ingress
    );
    assert!(topology.east_west_gateway(&cluster("cluster2")).is_some());
    assert_eq!(
        topology.config_cluster(&cluster("cluster2")),
        Some(&cluster("cluster1"))
    );
    assert!(topology.sees(&ext, &cluster("cluster1")));
}

#[test]
fn an_external_control_plane_needs_a_configuration_cluster() {
    let problem = only_problem(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, controlPlane: ext, configCluster: cluster2}
    cluster2: {network: network1}
    ext: {network: network1}
",
    );
    assert!(
        problem.starts_with("spec.clusters.cluster1.configCluster: "),
        "{problem}"
    );
    assert!(
        problem.contains("no cluster holds its configuration"),
        "{problem}"
    );
}

#[test]
fn a_remote_of_a_remote_is_impossible() {
    let problem = only_problem(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network1, controlPlane: cluster1}
    cluster3: {network: network1, controlPlane: cluster2}
",
    );
    assert!(
        problem.starts_with("spec.clusters.cluster3.controlPlane: "),
        "{problem}"
    );
    assert!(
        problem.ends_with("name the primary: 'controlPlane: cluster1'"),
        "{problem}"
    );
}

#[test]
fn a_cycle_of_control_planes_is_impossible() {
    let problems = topology(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, controlPlane: cluster2}
    cluster2: {network: network1, controlPlane: cluster1}
",
    )
    .unwrap_err();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].contains("cycle: cluster1 → cluster2 → cluster1"),
        "{problems:#?}"
    );
}

#[test]
fn an_unknown_name_is_reported_with_the_nearest_one() {
    let problem = only_problem(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: netwrok1}
",
    );
    assert_eq!(
        problem,
        "spec.clusters.cluster1.network: there is no network 'netwrok1'; did you mean 'network1'?"
    );
}

#[test]
fn equal_ranges_must_be_intended() {
    let spec = |overlap: &str| {
        format!(
            "
  networks: {{network1: {{}}, network2: {{}}}}
  clusters:
    cluster1: {{network: network1, podCIDR: 10.1.0.0/16}}
    cluster2: {{network: network2, podCIDR: 10.1.0.0/16{overlap}}}
"
        )
    };
    let problem = only_problem(&spec(""));
    assert!(
        problem.starts_with("spec.clusters.cluster2.podCIDR: the pods of 'cluster2'"),
        "{problem}"
    );
    assert!(problem.contains("overlap: intended"), "{problem}");
    assert!(topology(&spec(", overlap: intended")).is_ok());
}

#[test]
fn intended_overlap_plans_equal_ranges_in_different_networks_only() {
    let spec = |network: &str| {
        format!(
            "
  networks: {{network1: {{}}, network2: {{}}}}
  clusters:
    cluster1: {{network: network1, overlap: intended}}
    cluster2: {{network: {network}, overlap: intended}}
"
        )
    };
    let topology_of_two = topology(&spec("network2")).unwrap();
    let clusters = &topology_of_two.substrate().clusters;
    assert_eq!(clusters["cluster1"].pods, clusters["cluster2"].pods);
    assert_eq!(clusters["cluster1"].services, clusters["cluster2"].services);
    assert_ne!(
        clusters["cluster1"].load_balancers,
        clusters["cluster2"].load_balancers
    );
    assert_eq!(topology(&spec("network1")).unwrap_err().len(), 2);
}

#[test]
fn a_control_plane_must_discover_its_remotes() {
    let problem = only_problem(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, discovers: []}
    cluster2: {network: network1, controlPlane: cluster1}
",
    );
    assert!(problem.ends_with("add 'cluster2'"), "{problem}");
}

#[test]
fn two_sources_are_both_asked_and_both_exposed() {
    let topology = topology(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, controlPlane: [cluster1, cluster2]}
    cluster2: {network: network1, controlPlane: [cluster2, cluster1]}
    cluster3: {network: network1, controlPlane: [cluster1, cluster2]}
",
    )
    .unwrap();
    let sources = |name: &str| {
        topology
            .member(&cluster(name))
            .unwrap()
            .role
            .sources()
            .to_vec()
    };
    assert_eq!(
        sources("cluster2"),
        [cluster("cluster2"), cluster("cluster1")]
    );
    assert_eq!(
        sources("cluster3"),
        [cluster("cluster1"), cluster("cluster2")]
    );
    assert!(
        topology
            .control_planes()
            .eq([&cluster("cluster1"), &cluster("cluster2")])
    );
}

#[test]
fn the_address_plan_is_the_same_for_the_same_file() {
    let planned = || topology(MULTI_NETWORK).unwrap().substrate().clone();
    assert_eq!(planned(), planned());
    assert_eq!(
        planned().clusters["cluster2"].pods.to_string(),
        "10.17.0.0/16"
    );
}

#[test]
fn a_remotes_certificates_come_from_its_control_planes_root() {
    let topology = topology(
        "
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1, root: other}
    cluster2: {network: network1, controlPlane: cluster1}
    cluster3: {network: network1}
",
    )
    .unwrap();
    let root = |name: &str| {
        topology
            .member(&cluster(name))
            .unwrap()
            .root
            .as_str()
            .to_owned()
    };
    assert_eq!(
        [root("cluster1"), root("cluster2"), root("cluster3")],
        ["other", "other", "mesh1"]
    );
}
