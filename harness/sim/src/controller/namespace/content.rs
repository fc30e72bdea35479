//! What is in a namespace, and how it is deleted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use apiserver::{
    ApiResource, Gvr, Object, Status,
    json::{Value, json},
};

use super::{Namespaces, condition::Trouble};
use crate::cluster::Key;

/// How long objects with finalizers are expected to take. Source: `finalizerEstimateSeconds`.
const FINALIZERS: Duration = Duration::from_secs(15);

/// What is left in a namespace after everything in it was deleted.
#[derive(Debug, Default)]
pub(super) struct Left {
    objects: BTreeMap<Gvr, usize>,
    finalizers: BTreeMap<String, usize>,
    /// Pods are left, for which everything else waits.
    pods: bool,
    estimate: Duration,
    /// What could not be deleted, in words.
    pub(super) failures: Vec<String>,
}

impl Left {
    /// How long it is expected to take until nothing is left; `None` if nothing is.
    pub(super) fn estimate(&self) -> Option<Duration> {
        (!self.estimate.is_zero()).then_some(self.estimate)
    }

    /// What is to be said about the namespace. As in Kubernetes, pods that are awaited before
    /// anything else are not counted.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        if !self.failures.is_empty() {
            troubles.push(Trouble::Deletion(self.failures.clone()));
        }
        if !self.pods && !self.objects.is_empty() {
            troubles.push(Trouble::Content(self.objects.clone()));
        }
        if !self.pods && !self.finalizers.is_empty() {
            troubles.push(Trouble::Finalizers(self.finalizers.clone()));
        }
        troubles
    }

    /// Counts what is left of a resource which was expected to be gone by then.
    fn count(&mut self, gvr: &Gvr, objects: &[Arc<Object>], estimate: Duration, namespace: &str) {
        if objects.is_empty() {
            return;
        }
        self.objects.insert(gvr.clone(), objects.len());
        let lists = objects
            .iter()
            .map(|object| &object["metadata"]["finalizers"]);
        let finalizers = lists.flat_map(|list| list.as_array().into_iter().flatten());
        let mut held = false;
        for finalizer in finalizers.filter_map(Value::as_str) {
            held = true;
            *self.finalizers.entry(finalizer.to_owned()).or_insert(0) += 1;
        }
        match (estimate.is_zero(), held) {
            (false, _) => self.estimate = self.estimate.max(estimate),
            (true, true) => self.estimate = self.estimate.max(FINALIZERS),
            (true, false) => self.failures.push(format!(
                "unexpected items still remain in namespace: {namespace} for gvr: {gvr}"
            )),
        }
    }
}

impl Namespaces {
    /// Deletes what is in a namespace that has been ending for so long; pods go before all else.
    pub(super) async fn empty(&self, namespace: &str, age: Duration) -> Result<Left, Status> {
        let mut left = Left::default();
        let pods = Gvr::core("pods");
        self.empty_of(&pods, namespace, age, &mut left).await?;
        left.pods = !left.objects.is_empty();
        if left.pods {
            return Ok(left);
        }
        let resources = self.api.server().resources();
        let deletable = |one: &&ApiResource| {
            one.namespaced && one.allows(&["delete", "list"]) && one.gvr != pods
        };
        for resource in resources.iter().filter(deletable) {
            self.empty_of(&resource.gvr, namespace, age, &mut left)
                .await?;
        }
        Ok(left)
    }

    async fn empty_of(
        &self,
        gvr: &Gvr,
        namespace: &str,
        age: Duration,
        left: &mut Left,
    ) -> Result<(), Status> {
        let objects = self.api.list(gvr, namespace).await?;
        // The time has run out once the namespace has been ending for longer.
        let estimate = Some(grace(gvr, &objects)).filter(|estimate| age < *estimate);
        for object in &objects {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let options = json!({"propagationPolicy": "Background"});
            let key = Key::new(namespace, name);
            if let Err(status) = self.api.delete_any(gvr, &key, options).await {
                left.failures.push(status.message);
            }
        }
        let objects = self.api.list(gvr, namespace).await?;
        left.count(gvr, &objects, estimate.unwrap_or_default(), namespace);
        Ok(())
    }
}

/// The longest grace period among pods that have not come to their end.
fn grace(gvr: &Gvr, objects: &[Arc<Object>]) -> Duration {
    let running = objects.iter().filter(|object| {
        let phase = object["status"]["phase"].as_str();
        *gvr == Gvr::core("pods") && !matches!(phase, Some("Succeeded" | "Failed"))
    });
    let seconds = running.filter_map(|pod| pod["spec"]["terminationGracePeriodSeconds"].as_u64());
    Duration::from_secs(seconds.max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(finalizers: &[&str]) -> Vec<Arc<Object>> {
        vec![Object::new(json!({"metadata": {"finalizers": finalizers}}))]
    }

    #[test]
    fn what_has_finalizers_is_given_a_quarter_of_a_minute() {
        let mut left = Left::default();
        left.count(
            &Gvr::core("secrets"),
            &objects(&["a"]),
            Duration::ZERO,
            "ns",
        );
        assert_eq!(left.estimate(), Some(FINALIZERS));
        assert!(left.failures.is_empty());
    }

    #[test]
    fn what_has_none_and_is_still_there_is_a_failure() {
        let mut left = Left::default();
        left.count(&Gvr::core("secrets"), &objects(&[]), Duration::ZERO, "ns");
        assert_eq!(left.estimate(), None);
        assert_eq!(left.failures.len(), 1);
    }

    #[test]
    fn the_longest_grace_of_a_running_pod_is_waited_for() {
        let pod = |phase: &str, seconds: u64| {
            let spec = json!({"terminationGracePeriodSeconds": seconds});
            Object::new(json!({"spec": spec, "status": {"phase": phase}}))
        };
        let pods = [pod("Running", 30), pod("Succeeded", 60), pod("Running", 10)];
        assert_eq!(grace(&Gvr::core("pods"), &pods), Duration::from_secs(30));
    }
}
