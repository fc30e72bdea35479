//! Deny beats allow, and a policy does what its action says and nothing else.

use istio::{
    authz::{Enforcer, Layer, RequestFacts, Selected},
    identity::TrustDomains,
    kinds::{
        AuthorizationPolicy, Metadata, Object,
        authorization_policy::{Action, From, Operation, Rule, Source, To},
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

fn words(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(select(of).prop_map(str::to_owned), 0..2)
}

fn source() -> impl Strategy<Value = Source> {
    let namespaces = || words(&["shop", "bank", "*"]);
    let principals = words(&["td/ns/shop/sa/cart", "old/ns/bank/sa/pay", "*/sa/cart", "*"]);
    (namespaces(), namespaces(), principals).prop_map(|(namespaces, not_namespaces, principals)| {
        Source {
            namespaces,
            not_namespaces,
            principals,
            ..Source::default()
        }
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let ports = || words(&["80", "81"]);
    (ports(), ports()).prop_map(|(ports, not_ports)| Operation {
        ports,
        not_ports,
        ..Operation::default()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let from = vec(
        source().prop_map(|source| From {
            source: Some(source),
        }),
        0..2,
    );
    let to = vec(
        operation().prop_map(|operation| To {
            operation: Some(operation),
        }),
        0..2,
    );
    (from, to).prop_map(|(from, to)| Rule {
        from,
        to,
        when: Vec::new(),
    })
}

fn policies(action: Action) -> impl Strategy<Value = Vec<Object<AuthorizationPolicy>>> {
    let policy = move |rules| Object {
        metadata: Metadata::default(),
        spec: AuthorizationPolicy {
            action,
            rules,
            ..AuthorizationPolicy::default()
        },
    };
    vec(vec(rule(), 0..3).prop_map(policy), 0..3)
}

fn peer() -> impl Strategy<Value = Option<&'static str>> {
    select(
        &[
            None,
            Some("spiffe://td/ns/shop/sa/cart"),
            Some("spiffe://old/ns/bank/sa/pay"),
            Some("spiffe://foreign/ns/shop/sa/cart"),
        ][..],
    )
}

type Policies = [Object<AuthorizationPolicy>];

fn allowed(deny: &Policies, allow: &Policies, peer: Option<&str>, port: u16) -> bool {
    let selected = Selected {
        deny: deny.iter().collect(),
        allow: allow.iter().collect(),
        ..Selected::default()
    };
    let mesh = TrustDomains {
        own: "td".to_owned(),
        aliases: vec!["old".to_owned()],
    };
    let enforcer = Enforcer::new(&selected, Layer::Tcp, &mesh).expect("nothing unmodelled");
    let request = RequestFacts {
        peer,
        source_ip: None,
        remote_ip: None,
        destination_ip: None,
        port,
        sni: None,
        http: None,
    };
    enforcer.judge(&request).value.allowed
}

proptest! {
    #[test]
    fn deny_beats_allow(
        deny in policies(Action::Deny),
        allow in policies(Action::Allow),
        peer in peer(),
        port in 80_u16..82,
    ) {
        let denied = !allowed(&deny, &[], peer, port);
        prop_assert!(!denied || !allowed(&deny, &allow, peer, port));
    }

    #[test]
    fn both_kinds_of_policies_must_agree(
        deny in policies(Action::Deny),
        allow in policies(Action::Allow),
        peer in peer(),
        port in 80_u16..82,
    ) {
        let both = allowed(&deny, &[], peer, port) && allowed(&[], &allow, peer, port);
        prop_assert_eq!(allowed(&deny, &allow, peer, port), both);
    }

    #[test]
    fn an_empty_allow_policy_among_others_changes_nothing_and_alone_refuses_everything(
        allow in policies(Action::Allow),
        peer in peer(),
        port in 80_u16..82,
    ) {
        let nothing = Object {
            metadata: Metadata::default(),
            spec: AuthorizationPolicy::default(),
        };
        let mut with_nothing = allow.clone();
        with_nothing.push(nothing);
        let expected = !allow.is_empty() && allowed(&[], &allow, peer, port);
        prop_assert_eq!(allowed(&[], &with_nothing, peer, port), expected);
    }
}
