//! Workloads and who believes them.

use pki::{Chain, Roots, TrustBundles, TrustDomain, VerifyError};

use crate::support::{HOUR, cluster, id, now, root, sleep, workload};

#[test]
fn clusters_under_one_root_believe_each_others_workloads() {
    let root = root(1);
    let sleep1 = workload(&cluster(&root, "cluster1"), sleep());
    let roots2 = cluster(&root, "cluster2").roots().clone();
    assert_eq!(roots2.verify_workload(&sleep1.chain, now()), Ok(sleep()));
}

#[test]
fn clusters_with_different_roots_refuse_each_other() {
    let sleep1 = workload(&cluster(&root(1), "cluster1"), sleep());
    let error = root(2).roots().verify_workload(&sleep1.chain, now());
    assert!(
        matches!(error, Err(VerifyError::UnknownIssuer { .. })),
        "{error:?}"
    );
}

#[test]
fn a_chain_without_its_intermediate_is_refused() {
    let root = root(1);
    let sleep1 = workload(&cluster(&root, "cluster1"), sleep());
    let whole = sleep1.chain.to_pem();
    let end = "-----END CERTIFICATE-----\n";
    let leaf_only = format!("{}{end}", whole.split_once(end).unwrap().0);
    let chain = Chain::from_pem(&leaf_only).unwrap();
    let error = root.roots().verify_workload(&chain, now());
    assert!(
        matches!(error, Err(VerifyError::UnknownIssuer { .. })),
        "{error:?}"
    );
}

#[test]
fn a_workload_is_refused_before_and_after_its_day() {
    let root = root(1);
    let sleep1 = workload(&root, sleep());
    for at in [now() - HOUR, now() + 25 * HOUR] {
        let error = root.roots().verify_workload(&sleep1.chain, at);
        let validity = sleep1.chain.validity().unwrap();
        assert_eq!(
            error,
            Err(VerifyError::OutsideValidity { validity, now: at })
        );
    }
}

/// Verdicts are remembered, but a clock may jump either way.
#[test]
fn every_jump_of_a_clock_is_judged_anew() {
    let (ours, theirs) = (root(1), root(2));
    let sleep1 = workload(&ours, sleep());
    let validity = sleep1.chain.validity().unwrap();
    let (first, last) = (validity.not_before, validity.not_after);
    let moment = std::time::Duration::from_millis(1);
    for at in [
        now(),
        last,
        last + moment,
        last + HOUR,
        now(),
        first - moment,
        first,
    ] {
        let inside = validity.contains(at) || at == last + moment;
        let ours = ours.roots().verify_workload(&sleep1.chain, at);
        assert_eq!(ours.is_ok(), inside, "{at}: {ours:?}");
        let unknown = matches!(
            theirs.roots().verify_workload(&sleep1.chain, at),
            Err(VerifyError::UnknownIssuer { .. })
        );
        assert_eq!(unknown, inside, "{at}");
    }
}

#[test]
fn an_expired_root_vouches_for_nobody() {
    let year = 24 * 365 * HOUR;
    let late = now() + 11 * year;
    let root = root(1);
    let fresh = pki::Validity::from(late, HOUR);
    let key = pki::KeyPair::from_seed(&pki::Seed::new(3));
    let leaf = pki::Leaf::Workload(sleep());
    let leaf = root.issue(&leaf, &key, fresh).unwrap();
    let error = root.roots().verify_workload(&leaf.chain, late);
    assert!(
        matches!(error, Err(VerifyError::OutsideValidity { .. })),
        "{error:?}"
    );
}

#[test]
fn during_a_rotation_both_roots_are_believed() {
    let (old, new) = (root(1), root(2));
    let both = old.roots().union(new.roots());
    for authority in [&old, &new] {
        let leaf = workload(authority, sleep());
        assert_eq!(both.verify_workload(&leaf.chain, now()), Ok(sleep()));
    }
    assert_eq!(both, Roots::from_pem(&both.to_pem()).unwrap());
}

#[test]
fn a_foreign_root_vouches_for_its_own_trust_domain_only() {
    let (ours, theirs) = (root(1), root(2));
    let east: TrustDomain = "east.example".parse().unwrap();
    let mut bundles = TrustBundles::new(TrustDomain::cluster_local(), ours.roots().clone());
    let foreign = id("spiffe://east.example/ns/sample/sa/sleep");
    let credential = workload(&theirs, foreign.clone());

    assert_eq!(
        bundles.verify(&credential.chain, now()),
        Err(VerifyError::UnknownTrustDomain {
            trust_domain: east.clone()
        })
    );
    bundles.trust(east, theirs.roots());
    assert_eq!(bundles.verify(&credential.chain, now()), Ok(foreign));

    let pretender = workload(&theirs, sleep());
    assert!(bundles.verify(&pretender.chain, now()).is_err());
}

#[test]
fn a_server_certificate_names_no_workload() {
    let root = root(1);
    let key = pki::KeyPair::from_seed(&pki::Seed::new(3));
    let leaf = pki::Leaf::server(["istiod.istio-system.svc"]);
    let validity = pki::Validity::of_workload(now());
    let server = root.issue(&leaf, &key, validity).unwrap();
    assert_eq!(
        root.roots().verify_workload(&server.chain, now()),
        Err(VerifyError::OtherUse)
    );
}
