//! What a container that is started again is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Container;
use serde_json::json;
use sim::{
    Sim,
    program::{Health, Image, Images, Process, Start},
    runtime,
};
use tokio::{sync::watch, time::sleep};

use crate::kit::{apply, kinds, namespace, object, patch, substrate};

/// The annotation that a program reads when it starts.
const SAID: &str = "example.com/said";

/// A program that ends at once, and keeps what its pod said whenever it was started.
#[derive(Clone, Default)]
struct Ending(Arc<Mutex<Vec<String>>>);

impl Images for Ending {
    fn find(&self, _: &Container) -> Arc<dyn Image> {
        Arc::new(self.clone())
    }
}

impl Image for Ending {
    fn start(&self, start: Start) -> Box<dyn Process> {
        let annotations = start.pod.metadata.annotations.as_ref();
        let said = annotations.and_then(|all| all.get(SAID)).cloned();
        self.0.lock().unwrap().push(said.unwrap_or_default());
        Box::new(Ended(watch::Sender::new(Health::Exited(1))))
    }
}

struct Ended(watch::Sender<Health>);

impl Process for Ended {
    fn health(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }
}

#[test]
fn a_container_that_is_started_again_is_given_its_pod_as_it_is_then() {
    runtime::run(async {
        let program = Ending::default();
        let sim = Sim::with_images(Arc::new(program.clone()));
        let sim = sim.start(&substrate(1, 1), 1).await.unwrap();
        let kinds = kinds(&sim, 1);
        let said = |word: &str| json!({"metadata": {"annotations": {SAID: word}}});
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "spec":
            {"containers": [{"name": "app", "image": "app"}]}});
        pod["metadata"] = json!({"namespace": "sample", "name": "a", "annotations": {SAID: "one"}});
        apply(&kinds, &[namespace(), pod]).await;
        // The first restart comes after ten seconds.
        sleep(Duration::from_secs(5)).await;
        patch(&kinds, &object("v1", "Pod", "a"), said("two")).await;
        sleep(Duration::from_secs(10)).await;
        assert_eq!(*program.0.lock().unwrap(), ["one", "two"]);
    });
}
