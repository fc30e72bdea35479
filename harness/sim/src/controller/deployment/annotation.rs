//! What Deployments and their ReplicaSets note in annotations.
//!
//! Source: the deployment controller's `SetNewReplicaSetAnnotations`.

use std::collections::BTreeMap;

use apiserver::{
    Deployment, ReplicaSet,
    json::{Value, json},
};

use super::rollout::Wish;

/// Which of a Deployment's templates this is, counted from 1.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// Which it was before it was taken up again.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The replicas of the whole Deployment when the set was last scaled.
pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// The same with those that a rollout may add.
pub(super) const MAX: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of a Deployment that are its own.
const KEPT: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];
/// How long the list of former revisions may get, in letters.
const HISTORY_LETTERS: usize = 2000;

/// An annotation that is a number.
pub(super) fn number(set: &ReplicaSet, name: &str) -> Option<i64> {
    let annotations = set.metadata.annotations.as_ref()?;
    annotations.get(name)?.parse().ok()
}

/// What a set notes when it is scaled.
pub(super) fn sizes(wish: &Wish) -> Value {
    json!({DESIRED: wish.desired.to_string(), MAX: wish.at_most().to_string()})
}

/// What a Deployment notes.
pub(super) fn of_deployment(revision: Option<i64>) -> Value {
    revision.map_or_else(
        || json!({}),
        |revision| json!({REVISION: revision.to_string()}),
    )
}

/// What a new set notes.
pub(super) fn of_new(deployment: &Deployment, wish: &Wish, revision: i64) -> Value {
    let mut all = json!(copied(deployment));
    all[REVISION] = revision.to_string().into();
    all[DESIRED] = wish.desired.to_string().into();
    all[MAX] = wish.at_most().to_string().into();
    all
}

/// What is handed down to the set of the present template, which is at least of this revision.
pub(super) fn handed_down(deployment: &Deployment, set: &ReplicaSet, revision: i64) -> Value {
    let mut all = json!(copied(deployment));
    let before = number(set, REVISION);
    if before.unwrap_or(0) >= revision {
        return all;
    }
    all[REVISION] = revision.to_string().into();
    if let Some(before) = before {
        let noted = set.metadata.annotations.as_ref();
        let noted = noted.and_then(|all| all.get(HISTORY));
        all[HISTORY] = history(noted.map(String::as_str), before).into();
    }
    all
}

fn copied(deployment: &Deployment) -> BTreeMap<&String, &String> {
    let annotations = deployment.metadata.annotations.iter().flatten();
    annotations
        .filter(|(name, _)| !KEPT.contains(&name.as_str()))
        .collect()
}

/// The former revisions with one more, of which the oldest are forgotten.
fn history(noted: Option<&str>, before: i64) -> String {
    let before = before.to_string();
    let mut all: Vec<&str> = noted
        .filter(|text| !text.is_empty())
        .map_or_else(Vec::new, |text| text.split(',').collect());
    all.push(&before);
    let letters = |all: &[&str]| all.iter().map(|one| one.len() + 1).sum::<usize>() - 1;
    while all.len() > 1 && letters(&all) > HISTORY_LETTERS {
        all.remove(0);
    }
    all.join(",")
}

#[cfg(test)]
mod tests {
    use apiserver::{Object, Readable};

    use super::*;

    fn deployment(annotations: Value) -> Deployment {
        let object = json!({"kind": "Deployment", "metadata": {"annotations": annotations},
            "spec": {"selector": {}, "template": {}}});
        Deployment::of(&Object::new(object)).unwrap()
    }

    fn set(annotations: Value) -> ReplicaSet {
        let object = json!({"kind": "ReplicaSet", "metadata": {"annotations": annotations},
            "spec": {"selector": {}}});
        ReplicaSet::of(&Object::new(object)).unwrap()
    }

    #[test]
    fn a_deployment_keeps_what_is_its_own() {
        let deployment = deployment(json!({"team": "a", REVISION: "7",
            "kubectl.kubernetes.io/last-applied-configuration": "{}"}));
        let down = handed_down(&deployment, &set(json!({REVISION: "7"})), 3);
        assert_eq!(down, json!({"team": "a"}));
    }

    #[test]
    fn a_set_that_is_taken_up_again_remembers_what_it_was() {
        let set = set(json!({REVISION: "3", HISTORY: "1"}));
        let down = handed_down(&deployment(json!({})), &set, 5);
        assert_eq!(down, json!({REVISION: "5", HISTORY: "1,3"}));
    }

    #[test]
    fn old_revisions_are_forgotten_beyond_a_length() {
        let long = vec!["12345"; 400].join(",");
        let all = history(Some(&long), 9);
        assert!(
            all.len() <= HISTORY_LETTERS && all.ends_with(",9"),
            "{}",
            all.len()
        );
    }
}
