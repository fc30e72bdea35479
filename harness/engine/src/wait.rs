//! Waiting for conditions: by watches, against one deadline, with the nearest state in the error.

use std::{pin::pin, time::Duration};

use futures::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use kube::{
    api::Api,
    core::DynamicObject,
    runtime::watcher::{self, Event, watcher},
};
use tokio::time::{sleep, timeout_at};

use crate::{Condition, Deadline, Error, Kinds, ObjectRef, Result, State, seen::Seen};

/// How long a broken watch rests before it is tried again: long enough not to hammer a server
/// that is away, short against every convergence time that is measured.
const REST: Duration = Duration::from_millis(250);

/// Waits until `object` meets `condition`, and returns it as it was then (`None` if the condition
/// is met by its absence).
///
/// # Errors
/// [`Error::TimedOut`] naming the condition and the last state seen; errors of discovery. A watch
/// that breaks is taken up again: an API server that is away for a while is no error here.
pub async fn until(
    kinds: &Kinds,
    object: &ObjectRef,
    condition: &Condition,
    deadline: Deadline,
) -> Result<Option<DynamicObject>> {
    let finding_kind = format!("finding out where {} is served", object.kind);
    let api = deadline.bound(&finding_kind, kinds.api_as(object)).await?;
    let mut nearest = "no API server answered yet".to_owned();
    let met = met(&api, &object.name, condition, &mut nearest);
    match timeout_at(deadline.instant(), met).await {
        Ok(found) => Ok(found),
        Err(_) => Err(Error::TimedOut {
            object: Box::new(object.clone()),
            awaited: condition.name().to_owned(),
            waited: deadline.patience(),
            nearest,
        }),
    }
}

/// Waits for many objects at once, each with its condition.
///
/// # Errors
/// The first that is not met in time.
pub async fn all(
    kinds: &Kinds,
    awaited: impl IntoIterator<Item = (ObjectRef, Condition)>,
    deadline: Deadline,
) -> Result<()> {
    awaited
        .into_iter()
        .map(|(object, condition)| async move {
            until(kinds, &object, &condition, deadline).await.map(drop)
        })
        .collect::<FuturesUnordered<_>>()
        .try_collect::<()>()
        .await
}

/// Waits until every one of `objects` is what "ready" means for its kind.
///
/// # Errors
/// As [`all`].
pub async fn ready(
    kinds: &Kinds,
    objects: impl IntoIterator<Item = ObjectRef>,
    deadline: Deadline,
) -> Result<()> {
    let awaited = objects.into_iter().map(|object| {
        let condition = crate::condition::ready(&object.kind);
        (object, condition)
    });
    all(kinds, awaited, deadline).await
}

async fn met(
    api: &Api<Seen>,
    name: &str,
    condition: &Condition,
    nearest: &mut String,
) -> Option<DynamicObject> {
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = pin!(watcher(api.clone(), only));
    let mut listed = None;
    loop {
        let event = events.next().await.expect("a watcher never ends");
        let now = match event {
            Ok(Event::Init) => {
                listed = None;
                continue;
            }
            Ok(Event::InitApply(Seen(object))) => {
                listed = Some(object);
                continue;
            }
            Ok(Event::InitDone) => listed.take(),
            Ok(Event::Apply(Seen(object))) => Some(object),
            Ok(Event::Delete(_)) => None,
            Err(error) => {
                *nearest = format!("its API server cannot be watched: {error}");
                // A server that refuses at once would otherwise be asked in a tight loop.
                sleep(REST).await;
                continue;
            }
        };
        match condition.state(now.as_ref()) {
            State::Met => return now,
            State::Unmet(state) => *nearest = state,
        }
    }
}
