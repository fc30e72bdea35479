//! Metadata of objects that vectors name only in part.

use istio::kinds::{MatchLabels, Metadata, selector::Labels};
use jiff::{SignedDuration, Timestamp};

/// When offsets in vectors count from; any moment would do.
const EPOCH: i64 = 1_700_000_000;

/// A moment that many seconds after the moment vectors count from.
fn created(offset: f64) -> Timestamp {
    let start = Timestamp::from_second(EPOCH).expect("in the range of timestamps");
    start + SignedDuration::from_secs_f64(offset)
}

/// Metadata of an object of that age.
pub(crate) fn metadata(namespace: &str, name: &str, offset: f64) -> Metadata {
    Metadata {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        creation_timestamp: Some(created(offset)),
        ..Metadata::default()
    }
}

/// Metadata of the object at this place in a list that is in order of age.
pub(crate) fn at(namespace: &str, place: usize) -> Metadata {
    metadata(namespace, &format!("object-{place:04}"), 0.0)
}

/// A selector by labels.
pub(crate) fn selector(labels: Option<Labels>) -> Option<MatchLabels> {
    labels.map(|match_labels| MatchLabels { match_labels })
}
