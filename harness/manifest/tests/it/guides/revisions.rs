//! Revisions side by side, and tags.

use serde_json::{Value, json};

use super::{check, row};
use crate::{support::Installation, topologies::SIDE_BY_SIDE};

#[test]
fn a_revision_has_names_of_its_own_and_tags_lead_to_it() {
    let mesh = Installation::of(&SIDE_BY_SIDE);
    let canary = "MutatingWebhookConfiguration istio-sidecar-injector-canary";
    let tag = "MutatingWebhookConfiguration istio-revision-tag-prod";
    check(
        &mesh,
        vec![
            row(
                "STRICT for the whole mesh",
                "cluster1",
                "PeerAuthentication istio-system/default",
                "/spec/mtls/mode",
                "STRICT",
            ),
            row(
                "a revision's webhook asks its own Service",
                "cluster1",
                canary,
                "/webhooks/0/clientConfig/service/name",
                "istiod-canary",
            ),
            row(
                "a tag's asks that of its revision",
                "cluster1",
                tag,
                "/webhooks/0/clientConfig/service/name",
                "istiod-stable",
            ),
            row(
                "for namespaces that name the tag",
                "cluster1",
                tag,
                "/webhooks/0/namespaceSelector/matchExpressions/0/values",
                json!(["prod"]),
            ),
            row(
                "and says so",
                "cluster1",
                tag,
                "/metadata/labels/istio.io~1tag",
                "prod",
            ),
            row(
                "side by side, istiod's pods are told apart by revision",
                "cluster1",
                "Service istio-system/istiod-stable",
                "/spec/selector",
                json!({"app": "istiod", "istio.io/rev": "stable"}),
            ),
            row(
                "an image of its version",
                "cluster1",
                "Deployment istio-system/istiod-stable",
                "/spec/template/spec/containers/0/image",
                "docker.io/istio/pilot:1.29.6",
            ),
            row(
                "the server name tells for whom a connection is",
                "cluster1",
                "VirtualService istio-system/istiod-vs-stable",
                "/spec/tls/0/match/0/sniHosts",
                json!([
                    "istiod-stable.istio-system.svc",
                    "istiod-stable.istio-system.svc.cluster.local",
                ]),
            ),
            row(
                "charts before 1.28 write Endpoints",
                "cluster2",
                "Endpoints istio-system/istiod",
                "/subsets/0/ports/0/port",
                15012,
            ),
        ],
    );
    let names = |object: &str| {
        let webhooks = mesh.field("cluster1", object, "/webhooks");
        let name = |webhook: &Value| webhook["name"].as_str().unwrap().to_owned();
        webhooks
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(canary).len(),
        2,
        "no default namespaces for a revision"
    );
    let default = names("MutatingWebhookConfiguration istio-revision-tag-default");
    assert_eq!(
        default.len(),
        4,
        "the tag default also takes istio-injection=enabled"
    );
}
