//! Claims about `evaluate`.

use std::collections::BTreeMap;

use super::*;
use crate::{
    authz::{HttpFacts, Workload, select},
    kinds::Metadata,
};

fn policy(name: &str, action: &str, rules: &str) -> Object<AuthorizationPolicy> {
    let spec = format!(r#"{{"action":"{action}","rules":{rules}}}"#);
    Object {
        metadata: Metadata {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            ..Metadata::default()
        },
        spec: serde_json::from_str(&spec).unwrap(),
    }
}

fn enforcer(
    policies: &[Object<AuthorizationPolicy>],
    layer: Layer,
) -> Result<Enforcer, AuthzError> {
    let labels = BTreeMap::new();
    let workload = Workload {
        namespace: "shop",
        labels: &labels,
    };
    let selected = select(policies, "istio-system", workload).value;
    Enforcer::new(&selected, layer, &TrustDomains::only("td"))
}

fn get(peer: Option<&str>) -> Decision<Verdict> {
    judged(
        &[
            policy(
                "deny-bank",
                "DENY",
                r#"[{"from":[{"source":{"namespaces":["bank"]}}]}]"#,
            ),
            policy(
                "allow-get",
                "ALLOW",
                r#"[{"to":[{"operation":{"methods":["GET"]}}]}]"#,
            ),
        ],
        peer,
        "GET",
        "/",
    )
}

fn judged(
    policies: &[Object<AuthorizationPolicy>],
    peer: Option<&str>,
    method: &str,
    path: &str,
) -> Decision<Verdict> {
    let headers = BTreeMap::from([("x-user".to_owned(), "ann".to_owned())]);
    let http = HttpFacts {
        method,
        path,
        host: "Cart.Example",
        headers: &headers,
    };
    let request = RequestFacts {
        peer,
        source_ip: Some([10, 0, 0, 1].into()),
        remote_ip: Some([192, 0, 2, 1].into()),
        destination_ip: Some([10, 0, 0, 9].into()),
        port: 80,
        sni: Some("outbound_.80_._.cart"),
        http: Some(http),
    };
    enforcer(policies, Layer::Http).unwrap().judge(&request)
}

const BANK: &str = "spiffe://td/ns/bank/sa/teller";
const SHOP: &str = "spiffe://td/ns/shop/sa/cart";

fn allows(rules: &str) -> bool {
    judged(&[policy("p", "ALLOW", rules)], Some(SHOP), "GET", "/a?q=1")
        .value
        .allowed
}

#[test]
fn deny_beats_allow() {
    let verdict = get(Some(BANK));
    assert_eq!(verdict.because, rules::DENY_MATCHED);
    assert_eq!(
        verdict.value,
        Verdict {
            allowed: false,
            policy: Some("shop/deny-bank".to_owned())
        }
    );
    let verdict = get(Some(SHOP));
    assert_eq!(
        verdict.value,
        Verdict {
            allowed: true,
            policy: Some("shop/allow-get".to_owned())
        }
    );
    assert_eq!(verdict.because, rules::ALLOW_MATCHED);
}

#[test]
fn where_something_is_allowed_everything_else_is_refused() {
    let allow = policy(
        "a",
        "ALLOW",
        r#"[{"to":[{"operation":{"methods":["GET"]}}]}]"#,
    );
    let verdict = judged(&[allow], Some(SHOP), "POST", "/");
    assert_eq!(
        verdict,
        Decision::new(
            Verdict {
                allowed: false,
                policy: None
            },
            rules::ALLOW_UNMATCHED
        )
    );
    assert!(!allows("[]"), "an ALLOW policy without rules never matches");
    assert!(allows("[{}]"), "an empty rule always matches");
    assert_eq!(judged(&[], None, "GET", "/").because, rules::NO_POLICY);
}

#[test]
fn without_mutual_tls_an_identity_never_fits_and_never_is_the_unwanted_one() {
    let wants = policy(
        "a",
        "ALLOW",
        r#"[{"from":[{"source":{"principals":["*"]}}]}]"#,
    );
    assert!(
        !judged(std::slice::from_ref(&wants), None, "GET", "/")
            .value
            .allowed
    );
    assert!(judged(&[wants], Some(SHOP), "GET", "/").value.allowed);
    let shuns = policy(
        "a",
        "ALLOW",
        r#"[{"from":[{"source":{"notNamespaces":["bank"]}}]}]"#,
    );
    assert!(
        judged(std::slice::from_ref(&shuns), None, "GET", "/")
            .value
            .allowed
    );
    assert!(!judged(&[shuns], Some(BANK), "GET", "/").value.allowed);
}

#[test]
fn every_attribute_of_a_request_is_compared() {
    for (yes, no) in [
        (r#"{"paths":["/a"]}"#, r#"{"paths":["/b"]}"#),
        (
            r#"{"hosts":["cart.example"]}"#,
            r#"{"hosts":["pay.example"]}"#,
        ),
        (r#"{"ports":["80"]}"#, r#"{"notPorts":["80"]}"#),
        (r#"{"notMethods":["POST"]}"#, r#"{"methods":["POST"]}"#),
    ] {
        assert!(
            allows(&format!(r#"[{{"to":[{{"operation":{yes}}}]}}]"#)),
            "{yes}"
        );
        assert!(
            !allows(&format!(r#"[{{"to":[{{"operation":{no}}}]}}]"#)),
            "{no}"
        );
    }
    for (key, yes, no) in [
        ("source.ip", "10.0.0.0/8", "11.0.0.0/8"),
        ("remote.ip", "192.0.2.1", "10.0.0.1"),
        ("destination.ip", "10.0.0.9", "10.0.0.1"),
        ("connection.sni", "outbound*", "inbound*"),
        ("request.headers[X-User]", "ann", "bob"),
        ("request.headers[:method]", "GET", "POST"),
        ("request.headers[:path]", "/a?q=1", "/a"),
        ("request.headers[host]", "Cart.Example", "x"),
        ("source.serviceAccount", "cart", "pay"),
        ("source.trustDomain", "td", "other"),
    ] {
        let rule = |value| format!(r#"[{{"when":[{{"key":"{key}","values":["{value}"]}}]}}]"#);
        assert!(allows(&rule(yes)), "{key}");
        assert!(!allows(&rule(no)), "{key}");
    }
}

#[test]
fn a_header_is_present_even_if_it_is_empty_but_not_if_it_is_missing() {
    let rule =
        |name| format!(r#"[{{"when":[{{"key":"request.headers[{name}]","values":["*"]}}]}}]"#);
    assert!(allows(&rule("x-user")));
    let exact = r#"[{"when":[{"key":"request.headers[x-other]","values":["ann"]}]}]"#;
    assert!(!allows(exact));
    assert!(!allows(&rule("x-other")));
}

#[test]
fn without_tokens_a_demand_on_one_is_never_met() {
    assert!(!allows(
        r#"[{"from":[{"source":{"requestPrincipals":["*"]}}]}]"#
    ));
    assert!(allows(
        r#"[{"from":[{"source":{"notRequestPrincipals":["*"]}}]}]"#
    ));
}

#[test]
fn connections_are_judged_by_what_they_have() {
    let deny = policy(
        "d",
        "DENY",
        r#"[{"to":[{"operation":{"methods":["POST"],"ports":["81"]}}]}]"#,
    );
    let enforcer = enforcer(&[deny], Layer::Tcp).unwrap();
    let on = |port| {
        let request = RequestFacts {
            peer: None,
            source_ip: None,
            remote_ip: None,
            destination_ip: None,
            port,
            sni: None,
            http: None,
        };
        enforcer.judge(&request).value.allowed
    };
    assert!(on(80) && !on(81));
}

#[test]
fn policies_that_ask_somebody_unknown_are_refused_by_name() {
    let custom = enforcer(&[policy("c", "CUSTOM", "[]")], Layer::Http);
    assert_eq!(
        custom,
        Err(AuthzError::Custom {
            policy: "shop/c".to_owned()
        })
    );
    let key = "experimental.envoy.filters.a[b]";
    let filter = policy(
        "f",
        "DENY",
        &format!(r#"[{{"when":[{{"key":"{key}","values":["x"]}}]}}]"#),
    );
    let refused = enforcer(&[filter], Layer::Tcp);
    assert_eq!(
        refused,
        Err(AuthzError::EnvoyFilter {
            policy: "shop/f".to_owned(),
            key: key.to_owned()
        })
    );
}

#[test]
fn audit_and_dry_run_never_refuse() {
    let mut dry = policy("d", "DENY", "[{}]");
    dry.metadata
        .annotations
        .insert(DRY_RUN.to_owned(), "true".to_owned());
    assert!(
        judged(
            &[dry.clone(), policy("a", "AUDIT", "[{}]")],
            None,
            "GET",
            "/"
        )
        .value
        .allowed
    );
    dry.metadata
        .annotations
        .insert(DRY_RUN.to_owned(), "yes".to_owned());
    assert!(!judged(&[dry], None, "GET", "/").value.allowed);
}
