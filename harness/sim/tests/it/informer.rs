//! What controllers make of changes that they could not be told of.

use apiserver::{Gvr, Request, User};
use engine::{Kinds, ObjectRef, condition, wait};
use kube::api::ListParams;
use sim::runtime;

use crate::kit::{deployment, kinds, name, namespace, object, settle, soon, up};

/// A server forgets the history of changes every few minutes; a watch that is behind is told 410.
#[test]
fn what_was_missed_is_listed() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        settle(&kinds, &[namespace(), deployment("old", "v1", 1)]).await;
        let set = set_of(&kinds, "old-v1").await;
        let server = &sim.cluster(&name(1)).unwrap().server;
        let deployments = Gvr::new("apps", "v1", "deployments");
        let admin = User::admin();
        // Nobody is told of these before they are forgotten: nothing here waits.
        let made = Request::create(&deployments, deployment("new", "v1", 1), &admin);
        server.call(made).await.unwrap();
        let gone = Request::delete(&deployments, "sample", "old-v1", &admin);
        server.call(gone).await.unwrap();
        server.compact();
        let new = object("apps/v1", "Deployment", "new-v1");
        wait::ready(&kinds, [new], soon()).await.unwrap();
        wait::until(&kinds, &set, &condition::absent(), soon())
            .await
            .unwrap();
        let log = sim.log().to_string();
        assert!(log.contains("LISTED apps/v1/deployments again"), "{log}");
    });
}

/// The ReplicaSet of a Deployment.
async fn set_of(kinds: &Kinds, deployment: &str) -> ObjectRef {
    let any = object("apps/v1", "ReplicaSet", "any");
    let sets = kinds.api(&any).await.unwrap();
    let sets = sets.list(&ListParams::default()).await.unwrap().items;
    let mut names = sets.iter().filter_map(|set| set.metadata.name.as_deref());
    let name = names.find(|name| name.starts_with(deployment)).unwrap();
    object("apps/v1", "ReplicaSet", name)
}
