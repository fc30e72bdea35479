//! Reads a kind from an API server and stays with it: a list, then a watch, for ever.

use std::{sync::Arc, time::Duration};

use apiserver::{EventKind, Object, WatchEvent};
use rand::RngExt;
use serde_json::Value;
use sim::{
    cluster::Key,
    random::Seed,
    remote::{AskError, Collection, Events, Remote},
};
use tokio::time::sleep;

/// What was learnt.
#[derive(Debug)]
pub(crate) enum News<K> {
    /// All objects there are.
    All(Vec<(Key, Arc<K>)>),
    /// One is new or changed.
    Put(Key, Arc<K>),
    /// One is gone.
    Gone(Key),
    /// The server does not serve the kind.
    NotServed,
    /// The server did not answer, or refused.
    Failed(String),
}

impl<K> News<K> {
    /// The objects that are told of as they are now.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &K> {
        let (all, one) = match self {
            Self::All(objects) => (objects.as_slice(), None),
            Self::Put(_, object) => (&[][..], Some(object)),
            Self::Gone(_) | Self::NotServed | Self::Failed(_) => (&[][..], None),
        };
        all.iter()
            .map(|(_, object)| object)
            .chain(one)
            .map(|object| &**object)
    }
}

/// What an object is read as.
pub(crate) trait Read: Sized + Send + Sync + 'static {
    /// Reads an object.
    ///
    /// # Errors
    /// If it is not of the kind's shape.
    fn read(object: &Arc<Object>) -> Result<Arc<Self>, serde_json::Error>;

    /// What its labels and annotations ask for that is not modelled.
    fn unmodelled(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Read for Object {
    fn read(object: &Arc<Object>) -> Result<Arc<Self>, serde_json::Error> {
        Ok(Arc::clone(object))
    }
}

impl Read for Value {
    fn read(object: &Arc<Object>) -> Result<Arc<Self>, serde_json::Error> {
        object.read()
    }
}

/// How long to wait before the next attempt. Source: client-go's reflector, 0.8 s doubled up to
/// 30 s, each up to twice as long by chance.
pub(crate) struct Backoff {
    seed: Seed,
    name: String,
    attempt: u32,
    total: u64,
    watches: u64,
}

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);

/// How long a watch is asked for, up to twice as long by chance. Source: client-go's reflector,
/// `minWatchTimeout`. It also asks for bookmarks, lest an idle watch's version is compacted away;
/// no server here compacts what did not change.
const WATCH: Duration = Duration::from_secs(300);

impl Backoff {
    pub(crate) fn new(seed: Seed, name: String) -> Self {
        Self {
            seed,
            name,
            attempt: 0,
            total: 0,
            watches: 0,
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

    /// How long the next watch is asked for.
    fn watch(&mut self) -> Duration {
        self.watches += 1;
        let draw = format_args!("watch {} {}", self.name, self.watches);
        let share: f64 = self.seed.stream(draw).random();
        WATCH.mul_f64(1.0 + share)
    }
}

/// Follows a kind; never ends by itself. What it does now and then is boxed: there are thousands
/// of followers, and all but always they wait for the next event.
pub(crate) async fn follow<K: Read>(
    server: Remote,
    what: Collection,
    mut backoff: Backoff,
    tell: impl Fn(News<K>),
) {
    loop {
        match Box::pin(all(&server, &what)).await {
            Ok((objects, version)) => {
                backoff.reset();
                tell(News::All(objects));
                watch(&server, &what, version, &mut backoff, &tell).await;
            }
            Err(AskError::Refused(status)) if status.code == 404 => tell(News::NotServed),
            Err(error) => tell(News::Failed(error.to_string())),
        }
        sleep(backoff.next()).await;
    }
}

type Keyed<K> = Vec<(Key, Arc<K>)>;

/// Everything there is, and the version from which on it is watched.
async fn all<K: Read>(server: &Remote, what: &Collection) -> Result<(Keyed<K>, String), AskError> {
    let list = server.list(what).await?;
    let objects = list.items.iter();
    let read = objects.map(|object| (key(object), K::read(object).expect(SHAPES)));
    Ok((read.collect(), list.resource_version))
}

/// Watches from a version on until the watch fails; one that only ends is opened again.
async fn watch<K: Read>(
    server: &Remote,
    what: &Collection,
    mut version: String,
    backoff: &mut Backoff,
    tell: &impl Fn(News<K>),
) {
    loop {
        let lasting = backoff.watch();
        let opening = Box::pin(server.watch(what, &version, lasting));
        let Ok(mut events) = opening.await else {
            return;
        };
        if hear(&mut events, &mut version, tell).await.is_none() {
            return;
        }
    }
}

/// Hears of changes until the watch ends; `None` if it failed.
async fn hear<K: Read>(
    events: &mut Events,
    version: &mut String,
    tell: &impl Fn(News<K>),
) -> Option<()> {
    while let Some(event) = events.next().await {
        let WatchEvent { kind, object } = event.ok()?;
        let known = object["metadata"]["resourceVersion"].as_str();
        known.unwrap_or_default().clone_into(version);
        match kind {
            EventKind::Added | EventKind::Modified => {
                tell(News::Put(key(&object), K::read(&object).expect(SHAPES)));
            }
            EventKind::Deleted => tell(News::Gone(key(&object))),
            EventKind::Bookmark => {}
            EventKind::Error => return None,
        }
    }
    Some(())
}

/// Why whatever an API server holds can be read.
pub(crate) const SHAPES: &str = "an API server admits only objects of their kind's shape";

/// Under what an object is kept.
pub(crate) fn key(object: &Object) -> Key {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Key::new(text("namespace"), text("name"))
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
