//! Fields of Istio's kinds that are parsed and that no part of the mesh reads: a run that meets one
//! must not pass for an answer.
//!
//! Structs are taken apart field by field, so that a field that is added has to be decided on here.

use istio::kinds::{
    AuthorizationPolicy, ClientTlsSettings, DestinationRule, Gateway, IstioObject, Metadata,
    PeerAuthentication, ServiceEntry, TrafficPolicy, VirtualService, WorkloadEntry,
    authorization_policy::Action,
    connection_pool::{ConnectionPoolSettings, HttpSettings, TcpSettings},
    gateway::ServerTlsMode,
    virtual_service::HttpRoute,
};

/// What of an object is not read, each with the object's name and the field's path.
pub(super) fn of(object: &IstioObject) -> Vec<String> {
    match object {
        IstioObject::DestinationRule(o) => {
            named("DestinationRule", &o.metadata, destination_rule(&o.spec))
        }
        IstioObject::Gateway(o) => named("Gateway", &o.metadata, gateway(&o.spec)),
        IstioObject::VirtualService(o) => {
            named("VirtualService", &o.metadata, virtual_service(&o.spec))
        }
        IstioObject::Sidecar(o) => {
            let ingress = (!o.spec.ingress.is_empty()).then(|| "ingress".to_owned());
            named("Sidecar", &o.metadata, ingress.into_iter().collect())
        }
        IstioObject::AuthorizationPolicy(o) => named(
            "AuthorizationPolicy",
            &o.metadata,
            authorization_policy(&o.spec),
        ),
        IstioObject::PeerAuthentication(o) => {
            // Taken apart for whoever adds a field: all of it is read.
            let PeerAuthentication {
                selector: _,
                mtls: _,
                port_level_mtls: _,
            } = &o.spec;
            Vec::new()
        }
        IstioObject::ServiceEntry(o) => named("ServiceEntry", &o.metadata, service_entry(&o.spec)),
        IstioObject::WorkloadEntry(o) => {
            named("WorkloadEntry", &o.metadata, workload_entry("", &o.spec))
        }
        // Read, and its probe refused, when a machine registers by it.
        IstioObject::WorkloadGroup(_) => Vec::new(),
    }
}

/// Policies for objects other than workloads, and those that somebody else decides on.
fn authorization_policy(spec: &AuthorizationPolicy) -> Vec<String> {
    let AuthorizationPolicy {
        selector: _,
        target_ref,
        target_refs,
        rules: _,
        action,
        provider,
    } = spec;
    let fields = [
        ("targetRef", target_ref.is_some()),
        ("targetRefs", !target_refs.is_empty()),
        ("action", *action == Action::Custom),
        ("provider", provider.is_some()),
    ];
    set("", &fields)
}

fn service_entry(spec: &ServiceEntry) -> Vec<String> {
    let ServiceEntry {
        hosts: _,
        addresses,
        ports: _,
        location: _,
        resolution: _,
        endpoints,
        workload_selector: _,
        export_to: _,
        subject_alt_names: _,
    } = spec;
    let listed = endpoints.iter().enumerate();
    let listed = listed.flat_map(|(i, one)| workload_entry(&format!("endpoints[{i}]."), one));
    // One address is read, and ranges are not.
    let fields = [(
        "addresses",
        addresses.len() > 1 || addresses.iter().any(|one| one.contains('/')),
    )];
    set("", &fields).into_iter().chain(listed).collect()
}

fn workload_entry(base: &str, spec: &WorkloadEntry) -> Vec<String> {
    let WorkloadEntry {
        address,
        ports: _,
        labels: _,
        network: _,
        locality: _,
        weight: _,
        service_account: _,
    } = spec;
    let socket = address.starts_with("unix://");
    set(base, &[("address", socket)])
}

fn named(kind: &str, metadata: &Metadata, paths: Vec<String>) -> Vec<String> {
    let (namespace, name) = (&metadata.namespace, &metadata.name);
    let told = |path| format!("{kind} {namespace}/{name}: spec.{path}: remove it");
    paths.into_iter().map(told).collect()
}

/// The paths of those fields that are set.
fn set(base: &str, fields: &[(&str, bool)]) -> Vec<String> {
    let set = fields.iter().filter(|(_, set)| *set);
    set.map(|(name, _)| format!("{base}{name}")).collect()
}

fn virtual_service(spec: &VirtualService) -> Vec<String> {
    let routes = spec.http.iter().enumerate();
    routes
        .flat_map(|(i, route)| http_route(&format!("http[{i}]."), route))
        .collect()
}

fn http_route(base: &str, route: &HttpRoute) -> Vec<String> {
    let HttpRoute {
        name: _,
        matches: _,
        route: to,
        redirect: _,
        direct_response: _,
        rewrite,
        timeout: _,
        retries: _,
        fault: _,
        mirror,
        mirror_percentage: _,
        mirrors,
        headers,
    } = route;
    let fields = [
        ("rewrite", rewrite.is_some()),
        ("mirror", mirror.is_some()),
        ("mirrors", !mirrors.is_empty()),
        ("headers", headers.is_some()),
        ("route[].headers", to.iter().any(|to| to.headers.is_some())),
    ];
    set(base, &fields)
}

/// TLS that a gateway ends itself.
fn gateway(spec: &Gateway) -> Vec<String> {
    let servers = spec.servers.iter().enumerate();
    let ends = servers.filter_map(|(i, server)| {
        let tls = server.tls.as_ref()?;
        let field = match (tls.https_redirect, tls.mode) {
            (true, _) => "httpsRedirect",
            (_, ServerTlsMode::Passthrough | ServerTlsMode::AutoPassthrough) => return None,
            (
                _,
                ServerTlsMode::Simple
                | ServerTlsMode::Mutual
                | ServerTlsMode::IstioMutual
                | ServerTlsMode::OptionalMutual,
            ) => "mode",
        };
        Some(format!("servers[{i}].tls.{field}"))
    });
    ends.collect()
}

fn destination_rule(spec: &DestinationRule) -> Vec<String> {
    let own = spec.traffic_policy.iter();
    let own = own.flat_map(|policy| traffic_policy("trafficPolicy.", policy));
    let subsets = spec.subsets.iter().enumerate().flat_map(|(i, subset)| {
        let base = format!("subsets[{i}].trafficPolicy.");
        let policy = subset.traffic_policy.iter();
        policy.flat_map(move |policy| traffic_policy(&base, policy))
    });
    own.chain(subsets).collect()
}

fn traffic_policy(base: &str, policy: &TrafficPolicy) -> Vec<String> {
    let TrafficPolicy {
        load_balancer: _,
        connection_pool,
        outlier_detection: _,
        tls,
        port_level_settings,
    } = policy;
    let ports = port_level_settings
        .iter()
        .enumerate()
        .flat_map(|(i, port)| {
            let base = format!("{base}portLevelSettings[{i}].");
            let pool = port.connection_pool.iter();
            let pool = pool.flat_map(|one| connection_pool_limits(&base, one));
            let tls = port.tls.iter().flat_map(|tls| files(&base, tls));
            pool.chain(tls).collect::<Vec<_>>()
        });
    let pool = connection_pool.iter();
    let pool = pool.flat_map(|one| connection_pool_limits(base, one));
    let tls = tls.iter().flat_map(|tls| files(base, tls));
    pool.chain(tls).chain(ports).collect()
}

/// Certificates and roots that are not the mesh's own.
fn files(base: &str, tls: &ClientTlsSettings) -> Vec<String> {
    let ClientTlsSettings {
        mode: _,
        client_certificate,
        private_key,
        ca_certificates,
        credential_name,
        subject_alt_names: _,
        sni: _,
        insecure_skip_verify: _,
    } = tls;
    let fields = [
        ("clientCertificate", client_certificate.is_some()),
        ("privateKey", private_key.is_some()),
        ("caCertificates", ca_certificates.is_some()),
        ("credentialName", credential_name.is_some()),
    ];
    set(&format!("{base}tls."), &fields)
}

fn connection_pool_limits(base: &str, pool: &ConnectionPoolSettings) -> Vec<String> {
    let ConnectionPoolSettings { tcp, http } = pool;
    let tcp = tcp.iter().flat_map(|tcp| {
        let TcpSettings {
            max_connections,
            connect_timeout: _,
            tcp_keepalive: _,
            max_connection_duration,
            idle_timeout,
        } = tcp;
        let fields = [
            ("maxConnections", max_connections.is_some()),
            ("maxConnectionDuration", max_connection_duration.is_some()),
            ("idleTimeout", idle_timeout.is_some()),
        ];
        set(&format!("{base}connectionPool.tcp."), &fields)
    });
    let http = http.iter().flat_map(|http| limits(base, http));
    tcp.chain(http).collect()
}

fn limits(base: &str, http: &HttpSettings) -> Vec<String> {
    let HttpSettings {
        http1_max_pending_requests,
        http2_max_requests,
        max_requests_per_connection: _,
        max_retries,
        idle_timeout,
        h2_upgrade_policy,
        use_client_protocol,
        max_concurrent_streams,
    } = http;
    let fields = [
        (
            "http1MaxPendingRequests",
            http1_max_pending_requests.is_some(),
        ),
        ("http2MaxRequests", http2_max_requests.is_some()),
        ("maxRetries", max_retries.is_some()),
        ("idleTimeout", idle_timeout.is_some()),
        ("h2UpgradePolicy", h2_upgrade_policy.is_some()),
        ("useClientProtocol", use_client_protocol.is_some()),
        ("maxConcurrentStreams", max_concurrent_streams.is_some()),
    ];
    set(&format!("{base}connectionPool.http."), &fields)
}

#[cfg(test)]
mod tests {
    use istio::kinds::parse;
    use serde_json::{Value, json};

    use super::*;

    fn unread(kind: &str, spec: Value) -> Vec<String> {
        let group = match kind {
            "AuthorizationPolicy" => "security",
            _ => "networking",
        };
        let object = json!({
            "apiVersion": format!("{group}.istio.io/v1"), "kind": kind,
            "metadata": {"name": "one", "namespace": "shop"}, "spec": spec,
        });
        of(&parse(&object).unwrap())
    }

    #[test]
    fn a_route_that_changes_or_copies_requests_is_told_by_its_path() {
        let to = json!([{"destination": {"host": "cart"}}]);
        let told = unread(
            "VirtualService",
            json!({"hosts": ["cart"], "http": [
                {"route": to, "timeout": "1s"},
                {"route": to, "rewrite": {"uri": "/"}, "mirror": {"host": "other"}},
            ]}),
        );
        let name = "VirtualService shop/one: spec.http[1]";
        let fields = ["rewrite", "mirror"];
        let wanted = fields.map(|field| format!("{name}.{field}: remove it"));
        assert_eq!(told, wanted);
    }

    #[test]
    fn limits_of_pools_are_told_and_what_is_read_is_not() {
        let pool = json!({"http": {"maxRequestsPerConnection": 1, "http2MaxRequests": 7}});
        let policy = json!({"connectionPool": pool});
        let subset = json!({"name": "v1", "trafficPolicy": {"connectionPool": {"tcp": {"maxConnections": 1}}}});
        let told = unread(
            "DestinationRule",
            json!({"host": "cart", "trafficPolicy": policy, "subsets": [subset]}),
        );
        let name = "DestinationRule shop/one: spec";
        let wanted = [
            format!("{name}.trafficPolicy.connectionPool.http.http2MaxRequests: remove it"),
            format!("{name}.subsets[0].trafficPolicy.connectionPool.tcp.maxConnections: remove it"),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn certificates_in_files_are_told_wherever_a_policy_stands() {
        let tls =
            json!({"mode": "MUTUAL", "clientCertificate": "/c", "privateKey": "/k", "sni": "a"});
        let port = json!({"port": {"number": 80}, "tls": {"mode": "SIMPLE", "caCertificates": "/r"},
            "connectionPool": {"tcp": {"maxConnections": 1}}});
        let told = unread(
            "DestinationRule",
            json!({"host": "cart", "trafficPolicy": {"tls": tls, "portLevelSettings": [port]}}),
        );
        let name = "DestinationRule shop/one: spec.trafficPolicy";
        let fields = [
            "tls.clientCertificate",
            "tls.privateKey",
            "portLevelSettings[0].connectionPool.tcp.maxConnections",
            "portLevelSettings[0].tls.caCertificates",
        ];
        let wanted = fields.map(|field| format!("{name}.{field}: remove it"));
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_policy_that_another_decides_and_an_address_range_are_told() {
        let told = unread(
            "AuthorizationPolicy",
            json!({"action": "CUSTOM", "provider": {"name": "opa"}, "rules": [{}]}),
        );
        let name = "AuthorizationPolicy shop/one: spec";
        let wanted = ["action", "provider"].map(|field| format!("{name}.{field}: remove it"));
        assert_eq!(told, wanted);
        let entry = |addresses: &[&str]| {
            let ports = json!([{"number": 80, "name": "http", "protocol": "HTTP"}]);
            let spec = json!({"hosts": ["a.example"], "addresses": addresses, "ports": ports,
                "resolution": "STATIC", "location": "MESH_EXTERNAL"});
            unread("ServiceEntry", spec)
        };
        let wanted = ["ServiceEntry shop/one: spec.addresses: remove it"];
        assert_eq!(entry(&["10.0.0.0/8"]), wanted);
        assert_eq!(entry(&["10.0.0.1"]), Vec::<String>::new());
    }

    #[test]
    fn a_gateway_that_ends_tls_is_told() {
        let server = |mode: &str| {
            json!({
                "port": {"number": 443, "name": "tls", "protocol": "TLS"}, "hosts": ["*"],
                "tls": {"mode": mode},
            })
        };
        let servers = json!([
            server("PASSTHROUGH"),
            server("AUTO_PASSTHROUGH"),
            server("ISTIO_MUTUAL")
        ]);
        let told = unread("Gateway", json!({"servers": servers}));
        assert_eq!(
            told,
            ["Gateway shop/one: spec.servers[2].tls.mode: remove it"]
        );
    }
}
