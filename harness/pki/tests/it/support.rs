//! Two clusters under one root.

use std::time::Duration;

use jiff::Timestamp;
use pki::{Authority, Credential, KeyPair, Leaf, Seed, SpiffeId, Subject, Validity};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn root(seed: u64) -> Authority {
    let validity = Validity::of_authority(now());
    Authority::root(&Seed::new(seed), &Subject::root(), validity).unwrap()
}

pub(crate) fn cluster(root: &Authority, name: &str) -> Authority {
    let validity = Validity::of_authority(now());
    root.intermediate(
        &Seed::new(1).of(name),
        &Subject::intermediate(name),
        validity,
    )
    .unwrap()
}

pub(crate) fn id(text: &str) -> SpiffeId {
    text.parse().unwrap()
}

pub(crate) fn sleep() -> SpiffeId {
    id("spiffe://cluster.local/ns/sample/sa/sleep")
}

pub(crate) fn workload(by: &Authority, id: SpiffeId) -> Credential {
    let key = KeyPair::from_seed(&Seed::new(2).of(&id.to_string()));
    by.issue(&Leaf::Workload(id), &key, Validity::of_workload(now()))
        .unwrap()
}
