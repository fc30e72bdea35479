//! What an API server with Istio's definitions refuses although every field is right by itself.
//!
//! Source: the validation rules in Istio's CustomResourceDefinitions (crd-all.gen.yaml, 1.32-dev).

use std::collections::BTreeMap;

use super::{
    AuthorizationPolicy, DestinationRule, IstioObject, LoadBalancerSettings, PeerAuthentication,
    ServiceEntry, TrafficPolicy, WorkloadEntry, WorkloadGroup,
    authorization_policy::Source,
    problem::{Fault, Problem},
    service_entry::Resolution,
    workload_group::ReadinessProbe,
};

/// Everything that is wrong with fields that do not fit together.
pub(super) fn problems(object: &IstioObject) -> Vec<Problem> {
    match object {
        IstioObject::AuthorizationPolicy(object) => authorization_policy(&object.spec),
        IstioObject::DestinationRule(object) => destination_rule(&object.spec),
        IstioObject::PeerAuthentication(object) => peer_authentication(&object.spec),
        IstioObject::ServiceEntry(object) => service_entry(&object.spec),
        IstioObject::WorkloadEntry(object) => workload_entry(&object.spec, "spec"),
        IstioObject::WorkloadGroup(object) => workload_group(&object.spec),
        IstioObject::Gateway(_) | IstioObject::Sidecar(_) | IstioObject::VirtualService(_) => {
            Vec::new()
        }
    }
}

/// The problem at `path`, if there is one.
fn wrong_if(wrong: bool, path: impl Into<String>, why: &str) -> Option<Problem> {
    wrong.then(|| Problem {
        path: path.into(),
        fault: Fault::Invalid(why.to_owned()),
    })
}

fn authorization_policy(policy: &AuthorizationPolicy) -> Vec<Problem> {
    let attached = [
        policy.selector.is_some(),
        policy.target_ref.is_some(),
        !policy.target_refs.is_empty(),
    ];
    let twice = attached.iter().filter(|set| **set).count() > 1;
    let sources = policy.rules.iter().enumerate().flat_map(|(r, rule)| {
        let from = rule.from.iter().enumerate();
        from.filter_map(move |(f, from)| {
            let path = format!("spec.rules[{r}].from[{f}].source");
            source(from.source.as_ref()?, path)
        })
    });
    let selector = policy
        .selector
        .as_ref()
        .map(|selector| &selector.match_labels);
    wrong_if(
        twice,
        "spec",
        "write only one of selector, targetRef and targetRefs",
    )
    .into_iter()
    .chain(sources)
    .chain(labels(selector, "spec.selector.matchLabels"))
    .collect()
}

fn source(source: &Source, path: String) -> Option<Problem> {
    let accounts = [&source.service_accounts, &source.not_service_accounts];
    let others = [
        &source.principals,
        &source.not_principals,
        &source.namespaces,
        &source.not_namespaces,
    ];
    let any = |lists: &[&Vec<String>]| lists.iter().any(|list| !list.is_empty());
    let why = "serviceAccounts cannot stand beside namespaces or principals";
    wrong_if(any(&accounts) && any(&others), path, why)
}

fn destination_rule(rule: &DestinationRule) -> Vec<Problem> {
    let subsets = rule.subsets.iter().enumerate().flat_map(|(index, subset)| {
        policy(
            subset.traffic_policy.as_ref(),
            &format!("spec.subsets[{index}].trafficPolicy"),
        )
    });
    let selector = rule
        .workload_selector
        .as_ref()
        .map(|selector| &selector.match_labels);
    policy(rule.traffic_policy.as_ref(), "spec.trafficPolicy")
        .into_iter()
        .chain(subsets)
        .chain(labels(selector, "spec.workloadSelector.matchLabels"))
        .collect()
}

fn policy(policy: Option<&TrafficPolicy>, path: &str) -> Vec<Problem> {
    let Some(policy) = policy else {
        return Vec::new();
    };
    let general = balancer(
        policy.load_balancer.as_ref(),
        &format!("{path}.loadBalancer"),
    );
    let ports = policy
        .port_level_settings
        .iter()
        .enumerate()
        .flat_map(|(index, port)| {
            let path = format!("{path}.portLevelSettings[{index}].loadBalancer");
            balancer(port.load_balancer.as_ref(), &path)
        });
    general.into_iter().chain(ports).collect()
}

fn balancer(settings: Option<&LoadBalancerSettings>, path: &str) -> Vec<Problem> {
    let Some(settings) = settings else {
        return Vec::new();
    };
    let both = settings.simple.is_some() && settings.consistent_hash.is_some();
    let bend = settings
        .warmup
        .as_ref()
        .and_then(|warmup| warmup.aggression);
    let upward = bend.is_some_and(|bend| bend < 0.0);
    wrong_if(both, path, "write only one of simple and consistentHash")
        .into_iter()
        .chain(wrong_if(
            upward,
            format!("{path}.warmup.aggression"),
            "this must be at least 0",
        ))
        .collect()
}

fn peer_authentication(policy: &PeerAuthentication) -> Vec<Problem> {
    let selector = policy
        .selector
        .as_ref()
        .map(|selector| &selector.match_labels);
    let selects = selector.is_some_and(|labels| !labels.is_empty());
    let ports = !policy.port_level_mtls.is_empty() && !selects;
    wrong_if(
        ports,
        "spec.portLevelMtls",
        "this needs a selector with labels",
    )
    .into_iter()
    .chain(labels(selector, "spec.selector.matchLabels"))
    .collect()
}

fn service_entry(entry: &ServiceEntry) -> Vec<Problem> {
    let endpoints = entry.endpoints.iter().enumerate();
    let endpoints = endpoints.flat_map(|(index, endpoint)| {
        workload_entry(endpoint, &format!("spec.endpoints[{index}]"))
    });
    let selector = entry.workload_selector.as_ref();
    let selector = selector.map(|selector| &selector.labels);
    let here = hosts(entry).chain(ports(entry)).chain(sources(entry));
    here.chain(endpoints)
        .chain(labels(selector, "spec.workloadSelector.labels"))
        .collect()
}

/// What is wrong with what a ServiceEntry is called.
fn hosts(entry: &ServiceEntry) -> impl Iterator<Item = Problem> {
    let ranges = entry.addresses.iter().any(|address| address.contains('/'));
    let by_name = matches!(
        entry.resolution,
        Resolution::Dns | Resolution::DnsRoundRobin
    );
    let too_wide = entry.hosts.iter().any(|host| host == "*");
    let problems = [
        wrong_if(
            entry.hosts.is_empty(),
            "spec.hosts",
            "at least one host is needed",
        ),
        wrong_if(too_wide, "spec.hosts", "* is too wide"),
        wrong_if(
            ranges && by_name,
            "spec.addresses",
            "ranges need resolution NONE or STATIC",
        ),
    ];
    problems.into_iter().flatten()
}

fn ports(entry: &ServiceEntry) -> impl Iterator<Item = Problem> {
    let numbers: Vec<u16> = entry.ports.iter().map(|port| port.number).collect();
    let names: Vec<&str> = entry.ports.iter().map(|port| port.name.as_str()).collect();
    let problems = [
        wrong_if(
            repeated(&numbers),
            "spec.ports",
            "two ports have one number",
        ),
        wrong_if(repeated(&names), "spec.ports", "two ports have one name"),
    ];
    problems.into_iter().flatten()
}

/// What is wrong with where the endpoints of a ServiceEntry come from.
fn sources(entry: &ServiceEntry) -> impl Iterator<Item = Problem> {
    let listed = entry.endpoints.len();
    let problems = [
        wrong_if(
            entry.workload_selector.is_some() && listed > 0,
            "spec.endpoints",
            "write only one of endpoints and workloadSelector",
        ),
        wrong_if(
            entry.resolution == Resolution::None && listed > 0,
            "spec.endpoints",
            "resolution NONE takes no endpoints",
        ),
        wrong_if(
            entry.resolution == Resolution::DnsRoundRobin && listed > 1,
            "spec.endpoints",
            "resolution DNS_ROUND_ROBIN takes one endpoint",
        ),
    ];
    problems.into_iter().flatten()
}

fn repeated<T: Ord>(values: &[T]) -> bool {
    let mut sorted: Vec<&T> = values.iter().collect();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

fn workload_entry(entry: &WorkloadEntry, path: &str) -> Vec<Problem> {
    let nowhere = entry.address.is_empty() && entry.network.is_unset();
    wrong_if(
        nowhere,
        path,
        "write an address, or a network whose gateway stands in for it",
    )
    .into_iter()
    .chain(entry_form(entry, path))
    .collect()
}

/// What holds for entries and for templates of them, which have no address yet.
fn entry_form(entry: &WorkloadEntry, path: &str) -> Vec<Problem> {
    let socket = entry.address.starts_with("unix://").then(|| Problem {
        path: format!("{path}.address"),
        fault: Fault::UnmodelledValue(entry.address.clone()),
    });
    let misnamed = entry
        .ports
        .keys()
        .filter(|name| !is_port_name(name))
        .map(|name| Problem {
            path: format!("{path}.ports.{name}"),
            fault: Fault::Invalid("this must be the name of a port".to_owned()),
        });
    socket.into_iter().chain(misnamed).collect()
}

fn is_port_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let ends = !name.starts_with('-') && !name.ends_with('-');
    !name.is_empty() && name.len() < 63 && ends && name.chars().all(plain)
}

fn workload_group(group: &WorkloadGroup) -> Vec<Problem> {
    let probe = group.probe.iter().flat_map(probe);
    entry_form(&group.template, "spec.template")
        .into_iter()
        .chain(probe)
        .collect()
}

fn probe(probe: &ReadinessProbe) -> Vec<Problem> {
    let ways = [
        probe.http_get.is_some(),
        probe.tcp_socket.is_some(),
        probe.exec.is_some(),
    ];
    let several = ways.iter().filter(|set| **set).count() > 1;
    let headers = probe
        .http_get
        .iter()
        .flat_map(|get| get.http_headers.iter().enumerate());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let misnamed = headers.filter_map(|(index, header)| {
        let wrong = !header.name.chars().all(plain);
        let path = format!("spec.probe.httpGet.httpHeaders[{index}].name");
        wrong_if(wrong, path, "this must be the name of a header")
    });
    wrong_if(
        several,
        "spec.probe",
        "write only one of httpGet, tcpSocket and exec",
    )
    .into_iter()
    .chain(misnamed)
    .collect()
}

/// Selectors take no wildcards.
fn labels(selector: Option<&BTreeMap<String, String>>, path: &str) -> Vec<Problem> {
    let pairs = selector.into_iter().flatten();
    let wide = pairs.filter(|(key, value)| key.contains('*') || value.contains('*'));
    wide.filter_map(|(key, _)| wrong_if(true, format!("{path}.{key}"), "no wildcard is taken here"))
        .collect()
}
