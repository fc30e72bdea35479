//! One bad host per test: what it is called, whose matter it is, what to do, and that nothing remains.

use std::{collections::BTreeMap, path::Path, time::Duration};

use engine::{BringUp, Deadline};
use hyper::Method;
use kind::{Class, Error, Images, Kind, doctor, doctor::Severity};
use serde_json::json;
use world::{Cluster, Locality, Network, Node, Substrate};

use crate::daemon::{Daemon, Instead};

fn images() -> Images {
    Images {
        pull: kind::Pull::Never,
        ..Images::of("kindest/node:v1")
    }
}

/// One cluster of one node on one network.
fn substrate() -> Substrate {
    let cluster = Cluster {
        network: "n1".parse().unwrap(),
        nodes: vec![Node {
            name: "n".parse().unwrap(),
            locality: Locality::default(),
        }],
        pods: "10.10.0.0/16".parse().unwrap(),
        services: "10.110.0.0/16".parse().unwrap(),
        load_balancers: "172.18.0.0/24".parse().unwrap(),
        kubernetes: None,
    };
    let network = Network {
        nodes: "172.20.0.0/16".parse().unwrap(),
    };
    Substrate {
        networks: BTreeMap::from([("n1".parse().unwrap(), network)]),
        clusters: BTreeMap::from([("c1".parse().unwrap(), cluster)]),
        vms: BTreeMap::new(),
        links: Vec::new(),
    }
}

/// Why a bring-up failed on a daemon.
async fn failure(daemon: &Daemon, patience: Duration) -> Error {
    let engine = match Kind::connect_at(daemon.socket(), images()).await {
        Ok(engine) => engine,
        Err(error) => return error,
    };
    let options = BringUp {
        run: "r1".to_owned(),
        seed: 0,
        deadline: Deadline::after(patience),
    };
    match engine.stand(&substrate(), &options).await {
        Ok(_) => panic!("clusters came up on a daemon that has none"),
        Err(error) => error,
    }
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

#[track_caller]
fn is(error: &Error, class: Class, remedy: &str) {
    assert_eq!(error.class(), class, "{error}");
    assert!(error.to_string().contains(remedy), "{error}");
}

#[tokio::test]
async fn no_daemon() {
    let nowhere = Path::new("/nonexistent/docker.sock");
    let error = Kind::connect_at(nowhere, images()).await.unwrap_err();
    is(&error, Class::Host, "DOCKER_HOST");
}

#[tokio::test]
async fn a_daemon_that_lets_us_do_nothing() {
    let refuse = Instead::Refuse(403, "authorization denied by plugin");
    let daemon = Daemon::start().rule(Method::GET, "_ping", refuse);
    is(
        &failure(&daemon, LONG).await,
        Class::Host,
        "usermod -aG docker",
    );
}

#[tokio::test]
async fn too_little_memory() {
    let info = json!({ "OSType": "linux", "CgroupVersion": "2", "DockerRootDir": "/nowhere", "MemTotal": 1 << 28 });
    let daemon = Daemon::start().rule(Method::GET, "info", Instead::Say(info));
    let findings = doctor::examine_at(daemon.socket(), Some(&substrate()), &images()).await;
    let bad: Vec<_> = findings
        .iter()
        .filter(|one| one.severity == Severity::Bad)
        .collect();
    assert_eq!(bad.len(), 1, "{findings:?}");
    assert!(
        bad[0]
            .what
            .contains("memory: 0.9 GiB are needed, 0.2 GiB are free")
    );
    assert!(bad[0].remedy.as_ref().unwrap().contains("fewer clusters"));
}

#[tokio::test]
async fn a_subnet_that_is_busy_is_passed_over() {
    let refuse = Instead::Refuse(403, "Pool overlaps with other one on this address space");
    let daemon = Daemon::start().rule_times(Method::POST, "networks/create", 2, refuse);
    // The containers' log ends at once, so the bring-up goes on to the first command and fails there.
    let error = failure(&daemon, LONG).await;
    is(&error, Class::BringUp, "run sh");
    // Two refusals, the shared bridge and the network's own.
    assert_eq!(daemon.asked("networks/create"), 4);
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}

#[tokio::test]
async fn no_subnet_is_left() {
    let refuse = Instead::Refuse(403, "Pool overlaps with other one on this address space");
    let daemon = Daemon::start().rule(Method::POST, "networks/create", refuse);
    is(
        &failure(&daemon, LONG).await,
        Class::Host,
        "docker network prune",
    );
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}

#[tokio::test]
async fn a_name_that_somebody_else_has() {
    let daemon = Daemon::start().with_decoys();
    is(&failure(&daemon, LONG).await, Class::Asked, "--name");
    assert_eq!(daemon.left(), ["decoy", "decoy-net"]);
}

#[tokio::test]
async fn a_run_that_exists_is_not_cleaned_up_by_the_next_of_its_name() {
    let network =
        json!([{ "Id": "theirs", "Name": "r1-wan", "Labels": { "dev.isthmus.run": "r1" } }]);
    let daemon = Daemon::start().rule_times(Method::GET, "networks", 1, Instead::Say(network));
    is(
        &failure(&daemon, LONG).await,
        Class::Asked,
        "isthmus down r1",
    );
    assert_eq!(daemon.asked("DELETE"), 0);
}

#[tokio::test]
async fn an_image_that_is_missing() {
    let refuse = Instead::Refuse(404, "No such image: kindest/node:v1");
    let daemon = Daemon::start().rule(Method::GET, "images", refuse);
    is(
        &failure(&daemon, LONG).await,
        Class::Host,
        "ci/images/build",
    );
}

#[tokio::test]
async fn an_image_for_another_machine() {
    let image = json!({ "Id": "sha256:1", "Architecture": "arm64" });
    let daemon = Daemon::start().rule(Method::GET, "images", Instead::Say(image));
    is(
        &failure(&daemon, LONG).await,
        Class::Host,
        "take an image for amd64",
    );
}

#[tokio::test]
async fn a_node_that_never_boots_shows_the_end_of_its_log() {
    let wait = Instead::Wait(LONG);
    let daemon = Daemon::start().rule_times(Method::GET, "logs", 1, wait);
    let error = failure(&daemon, SHORT).await;
    is(&error, Class::BringUp, "Failed to create inotify object");
    assert!(
        error
            .to_string()
            .contains("r1-c1-control-plane was awaited to boot"),
        "{error}"
    );
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}

#[tokio::test]
async fn a_daemon_that_fails_in_the_middle() {
    let refuse = Instead::Refuse(500, "failed to create shim task: OCI runtime create failed");
    let daemon = Daemon::start().rule(Method::POST, "start", refuse);
    let error = failure(&daemon, LONG).await;
    is(
        &error,
        Class::BringUp,
        "answered 500: failed to create shim task",
    );
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}

#[tokio::test]
async fn a_daemon_that_is_slow_still_leaves_nothing() {
    let wait = Instead::Wait(Duration::from_secs(1));
    let daemon = Daemon::start().rule(Method::POST, "containers/create", wait);
    let error = failure(&daemon, SHORT).await;
    assert!(
        matches!(
            error,
            Error::NodeLate { .. } | Error::Late { .. } | Error::Daemon { .. }
        ),
        "{error}"
    );
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}

#[tokio::test]
async fn an_image_that_no_registry_gives() {
    let missing = Instead::Refuse(404, "No such image: kindest/node:v1");
    let refuse = Instead::Refuse(404, "pull access denied for kindest/node");
    let daemon = Daemon::start().rule(Method::GET, "images", missing).rule(
        Method::POST,
        "images/create",
        refuse,
    );
    let error = Kind::connect_at(daemon.socket(), Images::of("kindest/node:v1"))
        .await
        .unwrap_err();
    is(&error, Class::Host, "docker login");
    assert!(error.to_string().contains("pull access denied"), "{error}");
}

#[tokio::test]
async fn an_image_that_is_missing_is_pulled_once_and_only_where_that_is_allowed() {
    for (pull, pulled) in [(kind::Pull::IfMissing, 1), (kind::Pull::Never, 0)] {
        let missing = Instead::Refuse(404, "No such image: kindest/node:v1");
        let said = Instead::Say(json!({ "status": "Download complete" }));
        let daemon = Daemon::start()
            .rule_times(Method::GET, "images", 1, missing)
            .rule(Method::POST, "images/create", said);
        let images = Images {
            pull,
            ..Images::of("kindest/node:v1")
        };
        let connected = Kind::connect_at(daemon.socket(), images).await;
        assert_eq!(connected.is_ok(), pulled == 1, "{connected:?}");
        assert_eq!(daemon.asked("images/create"), pulled);
    }
}

#[tokio::test]
async fn an_archive_that_is_corrupt() {
    let refuse = Instead::Refuse(500, "archive/tar: invalid tar header");
    let daemon = Daemon::start().rule(Method::POST, "images/load", refuse);
    let archive = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(archive.path(), "this is no archive").unwrap();
    let images = Images {
        archives: vec![archive.path().to_owned()],
        ..images()
    };
    let error = Kind::connect_at(daemon.socket(), images).await.unwrap_err();
    is(&error, Class::Asked, "docker save");
    assert!(error.to_string().contains("invalid tar header"), "{error}");
}

#[tokio::test]
async fn an_image_that_has_moved_since_it_was_locked() {
    let daemon = Daemon::start();
    let lock = kind::stock::Lock::parse(Path::new("lock"), "kindest/node:v1 sha256:0").unwrap();
    let images = Images { lock, ..images() };
    let error = Kind::connect_at(daemon.socket(), images).await.unwrap_err();
    is(&error, Class::Host, "isthmus images lock");
}

#[tokio::test]
async fn machines_that_nobody_has_named_an_image_for() {
    let daemon = Daemon::start();
    let engine = Kind::connect_at(daemon.socket(), images()).await.unwrap();
    let vm = world::Vm {
        network: "n1".parse().unwrap(),
        address: std::net::Ipv4Addr::new(172, 20, 0, 9),
        locality: Locality::default(),
    };
    let substrate = Substrate {
        vms: BTreeMap::from([("vm1".parse().unwrap(), vm)]),
        ..substrate()
    };
    let options = BringUp {
        run: "r1".to_owned(),
        seed: 0,
        deadline: Deadline::after(LONG),
    };
    let Err(error) = engine.stand(&substrate, &options).await else {
        panic!("machines came up from nothing")
    };
    is(&error, Class::Asked, "ISTHMUS_MACHINE_IMAGE");
    assert!(daemon.left().is_empty(), "{:?}", daemon.left());
}
