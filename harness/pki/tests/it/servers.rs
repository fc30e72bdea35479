//! API servers, istiod's own port and the clients that dial them.

use pki::{KeyPair, Leaf, Seed, Validity, VerifyError};

use crate::support::{now, root};

fn api_server() -> Leaf {
    Leaf::Server {
        names: vec!["kubernetes.default.svc".to_owned()],
        addresses: vec!["172.18.0.2".parse().unwrap()],
    }
}

#[test]
fn a_server_is_known_by_its_names_and_addresses() {
    let ca = root(1);
    let key = KeyPair::from_seed(&Seed::new(5));
    let server = ca
        .issue(&api_server(), &key, Validity::of_authority(now()))
        .unwrap();
    for name in ["kubernetes.default.svc", "172.18.0.2"] {
        assert_eq!(ca.roots().verify_server(&server.chain, name, now()), Ok(()));
    }
    for name in ["172.18.0.3", "istiod.istio-system.svc"] {
        let name = name.to_owned();
        assert_eq!(
            ca.roots().verify_server(&server.chain, &name, now()),
            Err(VerifyError::OtherName { name })
        );
    }
}

#[test]
fn a_client_is_known_by_user_and_groups() {
    let ca = root(1);
    let key = KeyPair::from_seed(&Seed::new(6));
    let leaf = Leaf::Client {
        user: "admin".to_owned(),
        groups: vec!["system:masters".to_owned()],
    };
    let client = ca.issue(&leaf, &key, Validity::of_workload(now())).unwrap();
    let name = ca.roots().verify_client(&client.chain, now()).unwrap();
    assert_eq!(name.user, "admin");
    assert_eq!(name.groups, ["system:masters"]);
    assert_eq!(
        ca.roots().verify_server(&client.chain, "admin", now()),
        Err(VerifyError::OtherUse)
    );
}
