//! Every object of an installation that matters, left out or altered alone: a check notices, and its
//! message names the effect and what is missing.

use scenario::scenario::Break;
use serde_json::{Value, json};

use crate::alter::{T4, T5, noticed, object, omit, patch};

const SYSTEM: Option<&str> = Some("istio-system");
const GATEWAY: &str = "istio-eastwestgateway";
const READER: &str = "istio-reader-clusterrole-istio-system";
const ISTIOD: &str = "istiod-clusterrole-istio-system";

fn omit_cluster_wide(cluster: &str, kind: &str, name: &str) -> Break {
    Break::Omit {
        clusters: vec![cluster.parse().expect("a cluster name")],
        object: object(kind, name, None),
    }
}

fn patch_in_system(cluster: &str, kind: &str, name: &str, merge: Value) -> Break {
    patch(cluster, object(kind, name, SYSTEM), merge)
}

/// One test per object: what is altered, the check that notices, and the words it must say.
macro_rules! noticed_when {
    ($($name:ident: $row:expr, $alteration:expr => $check:literal, [$($part:literal),+];)*) => {$(
        #[test]
        fn $name() {
            noticed($row, vec![$alteration], $check, &[$($part),+]);
        }
    )*};
}

noticed_when! {
    no_gateway_deployment: T4, omit("cluster2", "Deployment", GATEWAY)
        => "ready", ["Deployment istio-system/istio-eastwestgateway in cluster2", "it does not exist"];
    no_gateway_service: T4, omit("cluster2", "Service", GATEWAY)
        => "ready", ["Service istio-system/istio-eastwestgateway in cluster2", "it does not exist"];
    no_service_account_of_the_gateway: T4, omit("cluster2", "ServiceAccount", "istio-eastwestgateway-service-account")
        => "ready", ["serviceaccount \"istio-eastwestgateway-service-account\" not found"];
    a_gateway_service_that_selects_nothing: T4,
        patch_in_system("cluster2", "Service", GATEWAY, json!({"spec": {"selector": {"istio": "typo"}}}))
        => "cluster1 reaches both", ["cluster2 never answered", "the gateway of network2", "no connection to 10.251.1.1:15443"];
    an_exposure_that_selects_no_gateway: T4,
        patch_in_system("cluster2", "Gateway", "cross-network-gateway", json!({"spec": {"selector": {"istio": "typo"}}}))
        => "cluster1 reaches both", ["the gateway of network2", "no connection to 10.251.1.1:15443"];
    an_exposure_of_other_hosts: T4,
        patch_in_system("cluster2", "Gateway", "cross-network-gateway", json!({"spec": {"servers": [{
            "hosts": ["*.example"], "port": {"name": "tls", "number": 15443, "protocol": "TLS"},
            "tls": {"mode": "AUTO_PASSTHROUGH"},
        }]}}))
        => "cluster1 reaches both", ["the gateway of network2", "SNI outbound_.5000_._.helloworld.sample.svc.cluster.local is not known"];
    no_rights_for_istiod: T4, omit_cluster_wide("cluster2", "ClusterRoleBinding", ISTIOD)
        => "ready", ["istio-system/istiod in cluster2", "system:serviceaccount:istio-system:istiod", "forbidden"];
    no_role_for_istiod: T4, omit_cluster_wide("cluster2", "ClusterRole", ISTIOD)
        => "ready", ["istio-system/istiod in cluster2", "forbidden"];
    no_service_account_of_istiod: T4, omit("cluster2", "ServiceAccount", "istiod")
        => "ready", ["serviceaccount \"istiod\" not found"];
    no_rights_for_readers: T4, omit_cluster_wide("cluster2", "ClusterRoleBinding", READER)
        => "synced", ["cluster2 is not synced", "istio-reader-service-account", "forbidden"];
    no_service_account_of_readers: T4, omit("cluster2", "ServiceAccount", "istio-reader-service-account")
        => "ready", ["istio-reader-service-account-istio-remote-secret-token", "it does not exist"];
    no_injection_template: T4, omit("cluster2", "ConfigMap", "istio-sidecar-injector")
        => "ready", ["failed calling webhook"];
    no_istiod: T4, omit("cluster2", "Deployment", "istiod")
        => "ready", ["istio-system/istiod in cluster2", "it does not exist"];
    no_service_of_istiod: T4, omit("cluster2", "Service", "istiod")
        => "ready", ["service \"istiod\" not found"];
    no_injection_webhook: T4, omit_cluster_wide("cluster2", "MutatingWebhookConfiguration", "istio-sidecar-injector")
        => "cluster2 reaches both", ["sleep.sample@cluster2 has no sidecar that was told anything"];
    a_remote_secret_without_a_kubeconfig: T4,
        patch_in_system("cluster1", "Secret", "istio-remote-secret-cluster2", json!({"stringData": {"cluster2": "not a kubeconfig"}}))
        => "synced", ["cluster2 is not synced", "kubeconfig cannot be read"];
    a_remote_secret_without_its_label: T4,
        patch_in_system("cluster1", "Secret", "istio-remote-secret-cluster2", json!({"metadata": {"labels": {"istio/multiCluster": null}}}))
        => "synced", ["no remote secret for cluster2"];
    a_service_port_that_no_pod_listens_on: T4,
        patch("cluster2", object("Service", "helloworld", Some("sample")), json!({"spec": {"ports": [{"name": "http", "port": 5000, "targetPort": 5001}]}}))
        => "cluster1 reaches both", ["a proxy or server answered 503"];
    a_service_that_selects_nothing: T4,
        patch("cluster2", object("Service", "helloworld", Some("sample")), json!({"spec": {"selector": {"app": "typo"}}}))
        => "cluster1 reaches both", ["no ready pod is behind it there"];
    a_port_of_another_name: T4,
        patch("cluster2", object("Service", "helloworld", Some("sample")), json!({"spec": {"ports": [{"name": "http-web", "port": 5000}]}}))
        => "cluster1 reaches both", ["its port is called 'http-web' in cluster2 and 'http' in cluster1"];
    no_route_to_the_exposed_istiod: T5, omit("cluster1", "VirtualService", "istiod-vs")
        => "ready", ["failed calling webhook", "helloworld-v2 in cluster2", "EOF"];
    a_remote_that_knows_no_address_of_its_istiod: T5, omit("cluster2", "EndpointSlice", "istiod")
        => "ready", ["failed calling webhook", "istiod.istio-system.svc", "connection refused"];
}
