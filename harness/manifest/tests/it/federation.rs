//! T12: two meshes that exchanged their trust bundles.

use pki::{CaCerts, Roots};

use crate::{support::Installation, topologies::FEDERATION};

fn root(mesh: &Installation, cluster: &str) -> String {
    let secret = mesh.object(cluster, "Secret istio-system/cacerts");
    secret.text("/stringData/root-cert.pem").unwrap().to_owned()
}

#[test]
fn each_mesh_believes_the_others_root_for_the_others_trust_domain_only() {
    let mesh = Installation::of(&FEDERATION);
    for (cluster, other, domain) in [
        ("cluster1", "cluster2", "two.example"),
        ("cluster2", "cluster1", "one.example"),
    ] {
        let config = mesh.document(cluster, "istio-system/istio", "mesh");
        let bundles = config["caCertificates"].as_array().unwrap();
        assert_eq!(bundles.len(), 1);
        assert_eq!(bundles[0]["trustDomains"], serde_json::json!([domain]));
        let pem = bundles[0]["pem"].as_str().unwrap();
        let theirs = Roots::from_pem(&root(&mesh, other)).unwrap();
        assert_eq!(Roots::from_pem(pem).unwrap(), theirs);
        assert_ne!(Roots::from_pem(&root(&mesh, cluster)).unwrap(), theirs);
        let env = mesh.env(cluster, "istio-system/istiod");
        assert_eq!(env["ISTIO_MULTIROOT_MESH"], "true");
    }
}

#[test]
fn meshes_do_not_watch_each_other() {
    let mesh = Installation::of(&FEDERATION);
    for (_, placed) in &mesh.objects {
        assert!(!placed.object.name().starts_with("istio-remote-secret"));
    }
}

#[test]
fn an_istiod_can_start_with_its_files() {
    let mesh = Installation::of(&FEDERATION);
    let secret = mesh
        .object("cluster1", "Secret istio-system/cacerts")
        .value();
    let files = serde_json::from_value(secret["stringData"].clone()).unwrap();
    let files = CaCerts::from_files(&files).unwrap();
    pki::Authority::from_cacerts(&files, mesh.facts.now()).unwrap();
}
