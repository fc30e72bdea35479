//! Jobs.

use super::pod;
use crate::{
    json::{Value, json},
    object::{self, map_mut, set_default},
};

/// Defaults of a Job.
pub(super) fn job(job: &mut Value) {
    let spec = map_mut(job, "spec");
    let bare = ["completions", "parallelism"]
        .iter()
        .all(|field| !spec.contains_key(field));
    if bare {
        set_default(spec, "completions", 1);
    }
    set_default(spec, "parallelism", 1);
    set_default(spec, "backoffLimit", 6);
    set_default(spec, "completionMode", "NonIndexed");
    set_default(spec, "suspend", false);
    set_default(spec, "manualSelector", false);
    let replacement = if spec.contains_key("podFailurePolicy") {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    set_default(spec, "podReplacementPolicy", replacement);
    object::at_mut(job, &["spec", "template", "spec"])
        .into_iter()
        .for_each(pod::spec);
}

/// The labels by which a Job finds its pods.
pub(super) fn identify(job: &mut Value) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let (uid, name) = (object::uid(job).to_owned(), object::name(job).to_owned());
    let labels = map_mut(object_template(job), "labels");
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        labels.insert(key.to_owned(), value.as_str().into());
    }
    job["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}

fn object_template(job: &mut Value) -> &mut Value {
    map_mut(&mut job["spec"]["template"], "metadata");
    &mut job["spec"]["template"]["metadata"]
}
