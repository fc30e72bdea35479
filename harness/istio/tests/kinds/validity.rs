//! What fits field by field and not together, and the values at the edges of what a field takes:
//! each refused by its path, with its nearest neighbour that is taken.

use istio::kinds::Kind;
use serde_json::{Value, json};

use crate::reading::read;

/// The paths by which an object of this kind with this spec is refused; none if it is read.
fn refused(kind: Kind, spec: &str) -> Vec<String> {
    let spec: Value = serde_yaml::from_str(spec).expect("a test's spec is YAML");
    let object = json!({
        "apiVersion": format!("{}/v1", kind.group()),
        "kind": kind.name(),
        "metadata": { "name": "a", "namespace": "b" },
        "spec": spec,
    });
    let lines = read(None, &object).err().unwrap_or_default();
    let path = |line: &String| line.split(": ").next().map(str::to_owned);
    lines.iter().filter_map(path).collect()
}

/// Holds specs of one kind against the paths by which they are refused.
fn hold(kind: Kind, specs: &[(&str, &[&str])]) {
    for (spec, paths) in specs {
        assert_eq!(refused(kind, spec), *paths, "{kind:?} {spec}");
    }
}

#[test]
fn an_authorization_policy_is_attached_in_one_way() {
    let target = "{group: gateway.networking.k8s.io, kind: Gateway, name: g}";
    hold(
        Kind::AuthorizationPolicy,
        &[
            ("{selector: {matchLabels: {app: a}}}", &[]),
            (&format!("{{targetRefs: [{target}]}}"), &[]),
            (
                &format!("{{targetRef: {target}, targetRefs: [{target}]}}"),
                &["spec"],
            ),
            (
                &format!("{{selector: {{matchLabels: {{app: a}}}}, targetRef: {target}}}"),
                &["spec"],
            ),
            (
                "{selector: {matchLabels: {app: '*'}}}",
                &["spec.selector.matchLabels.app"],
            ),
            (
                "{selector: {matchLabels: {'a*': b}}}",
                &["spec.selector.matchLabels.a*"],
            ),
        ],
    );
}

#[test]
fn service_accounts_stand_beside_neither_namespaces_nor_principals() {
    let source = |fields: &str| format!("{{rules: [{{from: [{{source: {{{fields}}}}}]}}]}}");
    let taken = [
        "serviceAccounts: [a/b]",
        "notServiceAccounts: [a/b]",
        "principals: [p]",
        "namespaces: [n], notPrincipals: [p]",
    ];
    for fields in taken {
        hold(Kind::AuthorizationPolicy, &[(&source(fields), &[])]);
    }
    for accounts in ["serviceAccounts", "notServiceAccounts"] {
        for others in ["principals", "notPrincipals", "namespaces", "notNamespaces"] {
            let fields = format!("{accounts}: [a/b], {others}: [c]");
            hold(
                Kind::AuthorizationPolicy,
                &[(&source(&fields), &["spec.rules[0].from[0].source"])],
            );
        }
    }
}

#[test]
fn a_load_balancer_is_chosen_once_and_its_warmup_bends_upward() {
    let at = |settings: &str| format!("{{host: h, trafficPolicy: {{loadBalancer: {settings}}}}}");
    let hash = "consistentHash: {useSourceIp: true}";
    hold(
        Kind::DestinationRule,
        &[
            (&at("{simple: RANDOM}"), &[]),
            (&at(&format!("{{{hash}}}")), &[]),
            (
                &at(&format!("{{simple: RANDOM, {hash}}}")),
                &["spec.trafficPolicy.loadBalancer"],
            ),
            (&at("{warmup: {duration: 1s, aggression: 0}}"), &[]),
            (
                &at("{warmup: {duration: 1s, aggression: -0.5}}"),
                &["spec.trafficPolicy.loadBalancer.warmup.aggression"],
            ),
        ],
    );
    let ports = format!(
        "{{host: h, subsets: [{{name: s, trafficPolicy: {{portLevelSettings: [
            {{port: {{number: 80}}, loadBalancer: {{simple: RANDOM, {hash}}}}}]}}}}]}}"
    );
    let told = "spec.subsets[0].trafficPolicy.portLevelSettings[0].loadBalancer";
    hold(Kind::DestinationRule, &[(&ports, &[told])]);
    hold(
        Kind::DestinationRule,
        &[(
            "{host: h, workloadSelector: {matchLabels: {app: 'a*'}}}",
            &["spec.workloadSelector.matchLabels.app"],
        )],
    );
}

#[test]
fn ports_of_a_peer_authentication_need_labels() {
    let ports = "portLevelMtls: {80: {mode: STRICT}}";
    hold(
        Kind::PeerAuthentication,
        &[
            ("{mtls: {mode: STRICT}}", &[]),
            (&format!("{{{ports}}}"), &["spec.portLevelMtls"]),
            (
                &format!("{{selector: {{matchLabels: {{}}}}, {ports}}}"),
                &["spec.portLevelMtls"],
            ),
            (
                &format!("{{selector: {{matchLabels: {{app: a}}}}, {ports}}}"),
                &[],
            ),
            (
                "{selector: {matchLabels: {app: a}}, portLevelMtls: {0: {mode: STRICT}}}",
                &["spec.portLevelMtls.0"],
            ),
            (
                "{selector: {matchLabels: {app: a}}, portLevelMtls: {65535: {mode: STRICT}}}",
                &[],
            ),
            (
                "{selector: {matchLabels: {app: a}}, portLevelMtls: {65536: {mode: STRICT}}}",
                &["spec.portLevelMtls.65536"],
            ),
        ],
    );
}

#[test]
fn a_service_entry_fits_together() {
    let entry = |fields: &str| {
        format!("{{hosts: [a.example], ports: [{{number: 80, name: http}}], {fields}}}")
    };
    hold(
        Kind::ServiceEntry,
        &[
            (&entry("resolution: NONE"), &[]),
            ("{hosts: [], resolution: NONE}", &["spec.hosts"]),
            ("{hosts: ['*'], resolution: NONE}", &["spec.hosts"]),
            ("{hosts: ['*.a.example'], resolution: NONE}", &[]),
            (&entry("resolution: NONE, addresses: [10.0.0.0/8]"), &[]),
            (&entry("resolution: STATIC, addresses: [10.0.0.0/8]"), &[]),
            (
                &entry("resolution: DNS, addresses: [10.0.0.0/8]"),
                &["spec.addresses"],
            ),
            (
                &entry("resolution: DNS_ROUND_ROBIN, addresses: [10.0.0.0/8]"),
                &["spec.addresses"],
            ),
            (&entry("resolution: DNS, addresses: [10.0.0.1]"), &[]),
            (
                "{hosts: [a.b], ports: [{number: 80, name: a}, {number: 80, name: b}]}",
                &["spec.ports"],
            ),
            (
                "{hosts: [a.b], ports: [{number: 80, name: a}, {number: 81, name: a}]}",
                &["spec.ports"],
            ),
            (
                "{hosts: [a.b], ports: [{number: 80, name: a}, {number: 81, name: b}]}",
                &[],
            ),
        ],
    );
}

#[test]
fn endpoints_of_a_service_entry_go_with_its_resolution() {
    let entry = |fields: &str| format!("{{hosts: [a.example], {fields}}}");
    let selector = "workloadSelector: {labels: {app: a}}";
    hold(
        Kind::ServiceEntry,
        &[
            (&entry(&format!("resolution: STATIC, {selector}")), &[]),
            (
                &entry(&format!(
                    "resolution: STATIC, {selector}, endpoints: [{{address: 1.1.1.1}}]"
                )),
                &["spec.endpoints"],
            ),
            (
                &entry("resolution: NONE, endpoints: [{address: 1.1.1.1}]"),
                &["spec.endpoints"],
            ),
            (
                &entry("resolution: DNS_ROUND_ROBIN, endpoints: [{address: a.b}]"),
                &[],
            ),
            (
                &entry("resolution: DNS_ROUND_ROBIN, endpoints: [{address: a.b}, {address: c.d}]"),
                &["spec.endpoints"],
            ),
            (
                &entry("resolution: STATIC, endpoints: [{network: n}, {address: 1.1.1.1}]"),
                &[],
            ),
            (
                &entry("resolution: STATIC, endpoints: [{address: 1.1.1.1}, {weight: 1}]"),
                &["spec.endpoints[1]"],
            ),
            (
                &entry("resolution: STATIC, workloadSelector: {labels: {app: '*'}}"),
                &["spec.workloadSelector.labels.app"],
            ),
        ],
    );
}

#[test]
fn a_workload_has_a_place_and_its_ports_have_names() {
    let ports = |name: &str| format!("{{address: 1.1.1.1, ports: {{{name}: 80}}}}");
    let (longest, longer) = ("a".repeat(62), "a".repeat(63));
    hold(
        Kind::WorkloadEntry,
        &[
            ("{address: 1.1.1.1}", &[]),
            ("{network: n}", &[]),
            ("{serviceAccount: a}", &["spec"]),
            ("{address: 'unix:///run/a'}", &["spec.address"]),
            (&ports("http-1"), &[]),
            (&ports(&longest), &[]),
            (&ports(&longer), &[&format!("spec.ports.{longer}")]),
            (&ports("'-a'"), &["spec.ports.-a"]),
            (&ports("'a-'"), &["spec.ports.a-"]),
            (&ports("a_b"), &["spec.ports.a_b"]),
        ],
    );
}

#[test]
fn a_group_is_probed_in_one_way() {
    let group = |probe: &str| format!("{{template: {{}}, probe: {probe}}}");
    hold(
        Kind::WorkloadGroup,
        &[
            ("{template: {}}", &[]),
            (
                "{template: {ports: {'a-': 80}}}",
                &["spec.template.ports.a-"],
            ),
            (&group("{httpGet: {port: 80}}"), &[]),
            (&group("{tcpSocket: {port: 80}}"), &[]),
            (
                &group("{httpGet: {port: 80}, tcpSocket: {port: 80}}"),
                &["spec.probe"],
            ),
            (
                &group("{httpGet: {port: 80, httpHeaders: [{name: X-a_1, value: b}]}}"),
                &[],
            ),
            (
                &group("{httpGet: {port: 80, httpHeaders: [{name: a, value: b}, {name: 'a b'}]}}"),
                &["spec.probe.httpGet.httpHeaders[1].name"],
            ),
        ],
    );
}

#[test]
fn values_are_taken_up_to_their_edges() {
    let policy = |fields: &str| format!("{{host: h, trafficPolicy: {{{fields}}}}}");
    let outlier = |fields: &str| policy(&format!("outlierDetection: {{{fields}}}"));
    let port = |number: i64| {
        policy(&format!(
            "portLevelSettings: [{{port: {{number: {number}}}}}]"
        ))
    };
    let percent = "spec.trafficPolicy.outlierDetection.maxEjectionPercent";
    let interval = "spec.trafficPolicy.outlierDetection.interval";
    let number = "spec.trafficPolicy.portLevelSettings[0].port.number";
    hold(
        Kind::DestinationRule,
        &[
            (&outlier("maxEjectionPercent: 0"), &[]),
            (&outlier("maxEjectionPercent: 100"), &[]),
            (&outlier("maxEjectionPercent: 101"), &[percent]),
            (&outlier("maxEjectionPercent: -1"), &[percent]),
            (&outlier("interval: 1ms"), &[]),
            (&outlier("interval: 0.9ms"), &[interval]),
            (&outlier("interval: soon"), &[interval]),
            (&port(1), &[]),
            (&port(65535), &[]),
            (&port(0), &[number]),
            (&port(65536), &[number]),
        ],
    );
}

#[test]
fn a_field_that_is_null_is_as_good_as_none() {
    hold(
        Kind::DestinationRule,
        &[
            ("{host: h, trafficPolicy: null, subsets: null}", &[]),
            ("{host: null}", &["spec.host"]),
        ],
    );
}
