//! Reading an API server as informers do, and writing to it as controllers do.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use apiserver::{Clock, EventKind, Gvr, Request, User};
use engine::facts::service_account_token;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use serde_json::json;
use sim::{
    SimEnvironment,
    net::{Origin, Place},
    remote::{Access, AskError, Collection, Remote},
    runtime,
    sim::EPOCH,
};
use tokio::time::Instant;

use crate::kit::{apply, deployment, hello, kinds, name, settle};

fn remote(sim: &SimEnvironment, token: &str) -> Remote {
    let cluster = sim.cluster(&name(1)).unwrap();
    let from = Origin {
        place: Place::Outside.into(),
        address: Ipv4Addr::UNSPECIFIED,
    };
    let access = Access {
        server: SocketAddrV4::new(cluster.address, 6443),
        roots: cluster.roots.clone(),
        token: token.to_owned(),
    };
    Remote::new(sim.net(), Clock::starting_at(EPOCH), from, access)
}

/// A token of an account that may read everything, or nothing.
async fn token(sim: &SimEnvironment, may_read: bool) -> String {
    let kinds = kinds(sim, 1);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"namespace": "sample", "name": "reader"}});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "sample", "name": "reader"}]});
    apply(&kinds, &[account]).await;
    if may_read {
        apply(&kinds, &[binding]).await;
    }
    let hour = Duration::from_secs(3600);
    let token = service_account_token(&kinds, "sample", "reader", Vec::new(), hour);
    token.await.unwrap()
}

fn pods() -> Collection {
    Collection {
        resource: Gvr::core("pods"),
        namespace: "sample".to_owned(),
    }
}

async fn refusal(remote: &Remote) -> u16 {
    match remote.list(&pods()).await {
        Err(AskError::Refused(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reader_has_the_rights_of_its_token_and_no_more() {
    runtime::run(async {
        let (sim, _) = hello(1).await;
        assert_eq!(refusal(&remote(&sim, "nobody's")).await, 401);
        let token = token(&sim, false).await;
        assert_eq!(refusal(&remote(&sim, &token)).await, 403);
    });
}

#[test]
fn readers_share_what_one_of_them_has_decoded() {
    runtime::run(async {
        let (sim, _) = hello(1).await;
        let token = token(&sim, true).await;
        let mut read = Vec::new();
        for reader in [remote(&sim, &token), remote(&sim, &token)] {
            let list = reader.list(&pods()).await.unwrap();
            read.push(list.items[0].read::<Pod>().unwrap());
        }
        assert!(Arc::ptr_eq(&read[0], &read[1]));
    });
}

#[test]
fn a_reader_hears_of_changes_after_the_network_s_time_until_the_watch_ends() {
    runtime::run(async {
        let (sim, _) = hello(1).await;
        let reader = remote(&sim, &token(&sim, true).await);
        let version = reader.list(&pods()).await.unwrap().resource_version;
        let began = Instant::now();
        let minute = Duration::from_secs(60);
        let mut events = reader.watch(&pods(), &version, minute).await.unwrap();
        settle(&kinds(&sim, 1), &[deployment("helloworld", "v1", 2)]).await;
        let first = events.next().await.unwrap().unwrap();
        assert_eq!(first.kind, EventKind::Added);
        while let Some(event) = events.next().await {
            assert!(event.is_ok());
        }
        assert!(began.elapsed() >= minute);
    });
}

fn map(name: &str) -> impl FnOnce(&User) -> Request {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "sample"}});
    move |user| Request::create(&Gvr::core("configmaps"), map, user)
}

#[test]
fn a_writer_has_the_rights_of_its_token_and_is_told_what_was_made() {
    runtime::run(async {
        let (sim, _) = hello(1).await;
        let token = token(&sim, true).await;
        let refusal = async |token: &str| match remote(&sim, token).write(map("a")).await {
            Err(AskError::Refused(status)) => status.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal("nobody's").await, 401);
        let made = remote(&sim, &token).write(map("a")).await.unwrap();
        assert!(made["metadata"]["uid"].is_string());
        assert_eq!(refusal(&token).await, 409);
    });
}

#[test]
fn a_write_takes_etcd_s_time_beside_the_network_s_with_and_without_bytes() {
    runtime::run(async {
        let (sim, _) = hello(1).await;
        let remote = remote(&sim, &token(&sim, true).await);
        let maps: Api<ConfigMap> = Api::namespaced(remote.client(), "sample");
        // The connection is there before anything is measured.
        maps.list(&ListParams::default()).await.unwrap();
        let mut began = Instant::now();
        let mut taken = || std::mem::replace(&mut began, Instant::now()).elapsed();
        maps.list(&ListParams::default()).await.unwrap();
        let read = taken();
        let named = serde_json::from_value(json!({"metadata": {"name": "a"}})).unwrap();
        maps.create(&PostParams::default(), &named).await.unwrap();
        let written = taken();
        remote.write(map("b")).await.unwrap();
        let times = [read, written, taken()];
        assert_eq!(times, [2, 5, 5].map(Duration::from_millis));
    });
}
