//! Hiding never adds.

use std::collections::BTreeSet;

use istio::{
    kinds::{Sidecar, sidecar::EgressListener},
    version::Mechanisms,
    visibility::{ImportedService, imports, is_visible, visible_services},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use crate::objects::{export_to, namespace};

type Service = (String, Vec<String>, usize);

fn services() -> impl Strategy<Value = Vec<Service>> {
    vec((namespace(), export_to()), 1..6).prop_map(|services| {
        let numbered = services.into_iter().enumerate();
        numbered
            .map(|(n, (namespace, export_to))| (namespace, export_to, n))
            .collect()
    })
}

fn seen(services: &[Service], client: &str) -> BTreeSet<usize> {
    let seen = visible_services(services.to_vec(), &[], client);
    seen.into_iter().map(|seen| seen.value).collect()
}

fn egress_host() -> impl Strategy<Value = String> {
    let scope = select(&["*", ".", "bank", "shop", "~"][..]);
    let host = select(&["*", "cart.example", "*.example", "pay.example"][..]);
    (scope, host).prop_map(|(scope, host)| format!("{scope}/{host}"))
}

proptest! {
    #[test]
    fn hiding_a_service_takes_it_and_nothing_else_away(
        services in services(),
        which in any::<Index>(),
        client in namespace(),
    ) {
        let before = seen(&services, &client);
        let mut hidden = services;
        let which = which.index(hidden.len());
        hidden[which].1 = vec!["~".to_owned()];
        let mut expected = before;
        expected.remove(&which);
        prop_assert_eq!(seen(&hidden, &client), expected);
    }

    #[test]
    fn another_tilde_never_shows_more(
        written in export_to(),
        namespace in namespace(),
        client in namespace(),
    ) {
        let visible = |list: &[String]| is_visible(list, &[], &namespace, &client).value;
        let mut hiding = written.clone();
        hiding.push("~".to_owned());
        prop_assert!(visible(&written) || !visible(&hiding));
    }

    #[test]
    fn an_excluded_host_is_never_imported_by_its_listener(
        hosts in vec(egress_host(), 1..4),
        client in namespace(),
        namespace in namespace(),
    ) {
        let service = ImportedService { namespace: &namespace, host: "cart.example", port: 80 };
        let imported = |hosts: Vec<String>| {
            let egress = vec![EgressListener { port: None, hosts }];
            imports(Some(&Sidecar { egress, ..Sidecar::default() }), &client, service, &Mechanisms::newest()).value
        };
        let mut excluding = hosts;
        excluding.push("~/cart.example".to_owned());
        prop_assert!(!imported(excluding));
    }
}
