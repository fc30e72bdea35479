//! The Secret `cacerts`: what istiod starts with, and what it refuses to start with.

use std::collections::BTreeMap;

use pki::{Authority, CaCerts, PkiError};

use crate::support::{HOUR, cluster, now, root, sleep, workload};

#[test]
fn an_authority_reads_back_from_its_files() {
    let root = root(1);
    let files = cluster(&root, "cluster1").cacerts();
    let istiod = Authority::from_cacerts(&files, now()).unwrap();
    let leaf = workload(&istiod, sleep());
    assert_eq!(leaf, workload(&cluster(&root, "cluster1"), sleep()));
    assert_eq!(
        root.roots().verify_workload(&leaf.chain, now()),
        Ok(sleep())
    );
}

#[test]
fn same_seed_and_clock_give_the_same_bytes() {
    let files = || cluster(&root(1), "cluster1").cacerts();
    assert_eq!(files(), files());
    assert_ne!(files(), cluster(&root(2), "cluster1").cacerts());
    assert_ne!(files(), cluster(&root(1), "cluster2").cacerts());
}

#[test]
fn the_chain_holds_the_intermediate_and_then_the_root() {
    let files = cluster(&root(1), "cluster1").cacerts();
    assert_eq!(
        files.cert_chain,
        format!("{}{}", files.ca_cert, files.root_cert)
    );
}

#[test]
fn a_missing_file_is_named() {
    let files = cluster(&root(1), "cluster1").cacerts();
    for (key, _) in files.files() {
        let rest: BTreeMap<String, String> = files
            .files()
            .into_iter()
            .filter(|(name, _)| *name != key)
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        assert_eq!(
            CaCerts::from_files(&rest),
            Err(PkiError::CaCertsKey { key })
        );
    }
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let ours = cluster(&root(1), "cluster1").cacerts();
    let other = cluster(&root(2), "cluster2").cacerts();
    let other_key = CaCerts {
        ca_key: other.ca_key.clone(),
        ..ours.clone()
    };
    let other_root = CaCerts {
        root_cert: other.root_cert.clone(),
        ..ours.clone()
    };
    for files in [other_key, other_root] {
        let error = Authority::from_cacerts(&files, now()).unwrap_err();
        assert!(
            matches!(error, PkiError::CaCertsMismatch { .. }),
            "{error:?}"
        );
    }
    let century = now() + 24 * 36500 * HOUR;
    assert!(Authority::from_cacerts(&ours, century).is_err());
}
