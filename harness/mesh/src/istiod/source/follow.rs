//! Reads a kind from an API server and stays with it: a list, then a watch, for ever.

use std::{fmt::Debug, time::Duration};

use futures::{StreamExt, pin_mut};
use kube::{
    Api, Resource, ResourceExt,
    api::{ListParams, WatchEvent, WatchParams},
};
use rand::RngExt;
use serde::de::DeserializeOwned;
use sim::random::Seed;
use tokio::time::sleep;

/// What was learnt.
#[derive(Debug)]
pub(crate) enum News<K> {
    /// All objects there are.
    All(Vec<K>),
    /// One is new or changed.
    Put(K),
    /// One is gone.
    Gone(K),
    /// The server does not serve the kind.
    NotServed,
    /// The server did not answer, or refused.
    Failed(String),
}

/// How long to wait before the next attempt. Source: client-go's reflector, 0.8 s doubled up to
/// 30 s, each up to twice as long by chance.
pub(crate) struct Backoff {
    seed: Seed,
    name: String,
    attempt: u32,
    total: u64,
}

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);

impl Backoff {
    pub(crate) fn new(seed: Seed, name: String) -> Self {
        Self {
            seed,
            name,
            attempt: 0,
            total: 0,
        }
    }

    fn reset(&mut self) {
        self.attempt = 0;
    }

    fn next(&mut self) -> Duration {
        let wait = (FIRST * 2_u32.pow(self.attempt.min(6))).min(LONGEST);
        self.attempt += 1;
        self.total += 1;
        let draw = format_args!("backoff {} {}", self.name, self.total);
        let share: f64 = self.seed.stream(draw).random();
        wait.mul_f64(1.0 + share)
    }
}

/// Follows a kind; never ends by itself.
pub(crate) async fn follow<K>(api: Api<K>, mut backoff: Backoff, tell: impl Fn(News<K>))
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    loop {
        match api.list(&ListParams::default()).await {
            Ok(list) => {
                backoff.reset();
                let version = list.metadata.resource_version.unwrap_or_default();
                tell(News::All(list.items));
                watch(&api, version, &tell).await;
            }
            Err(kube::Error::Api(status)) if status.code == 404 => tell(News::NotServed),
            Err(error) => tell(News::Failed(text(&error))),
        }
        sleep(backoff.next()).await;
    }
}

/// Watches from a version on until the watch fails; one that only ends is opened again.
async fn watch<K>(api: &Api<K>, mut version: String, tell: &impl Fn(News<K>))
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    loop {
        let Ok(events) = api.watch(&WatchParams::default(), &version).await else {
            return;
        };
        pin_mut!(events);
        while let Some(event) = events.next().await {
            let (object, gone) = match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => (object, false),
                Ok(WatchEvent::Deleted(object)) => (object, true),
                Ok(WatchEvent::Bookmark(mark)) => {
                    version = mark.metadata.resource_version;
                    continue;
                }
                Ok(WatchEvent::Error(_)) | Err(_) => return,
            };
            version = object.resource_version().unwrap_or(version);
            tell(match gone {
                true => News::Gone(object),
                false => News::Put(object),
            });
        }
    }
}

/// An error with what caused it.
pub(crate) fn text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
