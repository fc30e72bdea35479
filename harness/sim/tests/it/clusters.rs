//! Clusters: what controllers, kubelets and kube-proxy do with ordinary manifests.

use engine::{Batch, Environment};
use sim::runtime;
use world::Outcome;

use crate::kit::{call, deployment, from_pod, kinds, namespace, service, settle, up};

#[test]
fn a_pod_reaches_a_service_by_its_short_name() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let objects = [
            namespace(),
            deployment("sleep", "v1", 1),
            deployment("helloworld", "v1", 2),
            service("helloworld", "ClusterIP"),
        ];
        settle(&kinds(&sim, 1), &objects).await;
        let batch = Batch::in_order(vec![call(from_pod(1, "sleep"), "helloworld", 80)]);
        let seen = sim.prober().ask(batch).await.unwrap();
        let Outcome::Answered(answer) = &seen[0].outcome else {
            panic!("{seen:?}");
        };
        assert_eq!(answer.version.as_deref(), Some("v1"));
        assert_eq!(seen[0].hops.len(), 2);
    });
}
