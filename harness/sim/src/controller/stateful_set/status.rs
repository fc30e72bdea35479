//! What a StatefulSet tells of itself.

use apiserver::json::{Value, json};
use k8s_openapi::api::apps::v1::StatefulSet;

use super::{
    pods::{One, Pods},
    revision::{Revisions, name},
};

/// The status as a merge patch.
pub(super) fn status(set: &StatefulSet, pods: &Pods, revisions: &Revisions) -> Value {
    let count = |which: &dyn Fn(&One) -> bool| pods.all().filter(|(_, pod)| which(pod)).count();
    let stays = |pod: &One, revision: &str| pod.revision == revision && !pod.is_terminating;
    let update = name(&revisions.update);
    let mut current = name(&revisions.current);
    let ready = count(&|pod| pod.is_ready);
    let updated = count(&|pod| stays(pod, &update));
    let wanted = usize::try_from(set.spec.replicas.unwrap_or(1)).unwrap_or(0);
    let replicas = pods.all().count();
    if is_rolling(set) && [updated, ready, replicas] == [wanted; 3] {
        // The update is over: what it brought is what there is.
        current.clone_from(&update);
    }
    // Kubernetes leaves zeros out of some; a merge patch takes fields out by null.
    let some = |n: usize| (n > 0).then_some(n);
    json!({
        "observedGeneration": set.metadata.generation,
        "replicas": replicas,
        "readyReplicas": some(ready),
        "availableReplicas": count(&One::is_available),
        "currentReplicas": some(count(&|pod| stays(pod, &current))),
        "updatedReplicas": some(updated),
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": 0,
    })
}

fn is_rolling(set: &StatefulSet) -> bool {
    let strategy = set.spec.update_strategy.as_ref();
    strategy.and_then(|strategy| strategy.type_.as_deref()) != Some("OnDelete")
}
