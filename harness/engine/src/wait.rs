//! Waiting for conditions: by watches, against one deadline, with the nearest state in the error.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use kube::{
    api::Api,
    core::DynamicObject,
    runtime::watcher::{self, Event, watcher},
};
use tokio::time::{sleep, timeout_at};

use crate::{
    Condition, Deadline, Error, Kinds, ObjectRef, Result, State,
    seen::{Brief, Extent, Seen, Whole},
};

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
    let one = Awaited::new(object.clone(), condition.clone());
    together::<Whole>(kinds, vec![one], deadline).await
}

/// Waits for many objects at once, each with its condition. Those of one kind and namespace share a
/// watch.
///
/// # Errors
/// The first that is not met in time.
pub async fn all(
    kinds: &Kinds,
    awaited: impl IntoIterator<Item = (ObjectRef, Condition)>,
    deadline: Deadline,
) -> Result<()> {
    let mut alike: BTreeMap<_, Vec<Awaited>> = BTreeMap::new();
    for (object, condition) in awaited {
        let (version, kind) = (object.api_version.clone(), object.kind.clone());
        let place = (version, kind, object.namespace.clone());
        let one = Awaited::new(object, condition);
        alike.entry(place).or_default().push(one);
    }
    alike
        .into_values()
        .map(|awaited| alike_ones(kinds, awaited, deadline))
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

/// An object that does not meet its condition yet.
struct Awaited {
    object: ObjectRef,
    condition: Condition,
    /// The last state seen.
    nearest: String,
}

impl Awaited {
    fn new(object: ObjectRef, condition: Condition) -> Self {
        let nearest = "no API server answered yet".to_owned();
        Self {
            object,
            condition,
            nearest,
        }
    }

    /// Looks at the object, or at its absence; whether the condition is met.
    fn look(&mut self, now: Option<&DynamicObject>) -> bool {
        match self.condition.state(now) {
            State::Met => true,
            State::Unmet(state) => {
                self.nearest = state;
                false
            }
        }
    }
}

/// Objects of one kind and namespace that do not meet their conditions yet.
struct Waiting(Vec<Awaited>);

impl Waiting {
    /// The object itself where it is one.
    fn selection(&self) -> watcher::Config {
        let everything = watcher::Config::default();
        let mut names = self.0.iter().map(|one| &one.object.name);
        match names.next() {
            Some(name) if names.all(|other| other == name) => {
                everything.fields(&format!("metadata.name={name}"))
            }
            _ => everything,
        }
    }

    fn awaits(&self, object: &DynamicObject) -> bool {
        let name = object.metadata.name.as_ref();
        self.0.iter().any(|one| name == Some(&one.object.name))
    }

    /// Looks at all of them, of which those that are not listed are not there.
    fn look_at_all(&mut self, listed: &BTreeMap<Option<String>, DynamicObject>) {
        let now = |one: &Awaited| listed.get(&Some(one.object.name.clone()));
        self.0.retain_mut(|one| !one.look(now(one)));
    }

    /// Looks at an object that has changed and is now so.
    fn look(&mut self, object: &DynamicObject, now: Option<&DynamicObject>) {
        let name = object.metadata.name.as_ref();
        self.0
            .retain_mut(|one| name != Some(&one.object.name) || !one.look(now));
    }

    fn cannot_look(&mut self, why: &watcher::Error) {
        for one in &mut self.0 {
            one.nearest = format!("its API server cannot be watched: {why}");
        }
    }

    /// Ends when all of them have met their conditions. Returns the last one as it was then.
    async fn met<E: Extent>(&mut self, api: &Api<Seen<E>>) -> Option<DynamicObject> {
        let mut events = pin!(watcher(api.clone(), self.selection()));
        let mut listed = BTreeMap::new();
        loop {
            let mut last = None;
            match events.next().await.expect("a watcher never ends") {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(Seen { object, .. })) if self.awaits(&object) => {
                    listed.insert(object.metadata.name.clone(), object);
                }
                Ok(Event::InitApply(_)) => {}
                Ok(Event::InitDone) => {
                    self.look_at_all(&listed);
                    last = std::mem::take(&mut listed).into_values().next();
                }
                Ok(Event::Apply(Seen { object, .. })) => {
                    self.look(&object, Some(&object));
                    last = Some(object);
                }
                Ok(Event::Delete(Seen { object, .. })) => self.look(&object, None),
                Err(error) => {
                    self.cannot_look(&error);
                    // A server that refuses at once would otherwise be asked in a tight loop.
                    sleep(REST).await;
                }
            }
            if self.0.is_empty() {
                return last;
            }
        }
    }
}

/// Waits for objects of one kind and namespace, and reads of them what their conditions look at.
async fn alike_ones(kinds: &Kinds, awaited: Vec<Awaited>, deadline: Deadline) -> Result<()> {
    let of_state = awaited.iter().all(|one| one.condition.is_of_state());
    let met = match of_state {
        true => together::<Brief>(kinds, awaited, deadline).await,
        false => together::<Whole>(kinds, awaited, deadline).await,
    };
    met.map(drop)
}

/// Waits for objects of one kind and namespace, of which there is at least one. Returns the last of
/// them as it was when it met its condition.
async fn together<E: Extent>(
    kinds: &Kinds,
    awaited: Vec<Awaited>,
    deadline: Deadline,
) -> Result<Option<DynamicObject>> {
    let first = &awaited[0].object;
    let finding_kind = format!("finding out where {} is served", first.kind);
    let finding = kinds.api_as::<Seen<E>>(first);
    let api = deadline.bound(&finding_kind, finding).await?;
    let mut waiting = Waiting(awaited);
    if let Ok(last) = timeout_at(deadline.instant(), waiting.met(&api)).await {
        return Ok(last);
    }
    let late = waiting.0.swap_remove(0);
    Err(Error::TimedOut {
        object: Box::new(late.object),
        awaited: late.condition.name().to_owned(),
        waited: deadline.patience(),
        nearest: late.nearest,
    })
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{Arc, Mutex},
    };

    use http::{Request, Response};
    use kube::{Client, client::Body};
    use serde_json::{Value, json};
    use tower::service_fn;

    use super::*;
    use crate::condition;

    /// A server of widgets, of which there are these, and of which it tells nothing new; it notes what
    /// it is asked.
    fn kinds(names: &'static [&str]) -> (Kinds, Arc<Mutex<Vec<String>>>) {
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&asked);
        let service = service_fn(move |request: Request<Body>| {
            let uri = request.uri().to_string();
            noted.lock().unwrap().push(uri.clone());
            let answer = match uri.contains("widgets") {
                true => widgets(names),
                false => json!({"kind": "APIResourceList", "apiVersion": "v1",
                    "groupVersion": "example.com/v1", "resources": [{"name": "widgets",
                    "singularName": "widget", "kind": "Widget", "namespaced": true, "verbs": []}]}),
            };
            async move {
                if uri.contains("watch=true") {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(Response::new(Body::from(answer.to_string().into_bytes())))
            }
        });
        (Kinds::new("a", Client::new(service, "default")), asked)
    }

    fn widgets(names: &[&str]) -> Value {
        let items: Vec<Value> = names
            .iter()
            .map(|name| json!({"metadata": {"name": name, "namespace": "a"}}))
            .collect();
        json!({"kind": "WidgetList", "apiVersion": "example.com/v1",
            "metadata": {"resourceVersion": "1"}, "items": items})
    }

    fn present(name: &str) -> (ObjectRef, Condition) {
        let object = ObjectRef::namespaced("example.com/v1", "Widget", "a", name);
        (object, condition::present())
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(1))
    }

    #[tokio::test(start_paused = true)]
    async fn objects_of_one_kind_and_namespace_are_listed_together() {
        let (kinds, asked) = kinds(&["b", "c"]);
        all(&kinds, [present("b"), present("c")], soon())
            .await
            .unwrap();
        let asked = asked.lock().unwrap();
        let lists = asked.iter().filter(|uri| uri.contains("widgets"));
        assert_eq!(lists.count(), 1, "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_met_in_time_is_named() {
        let (kinds, _) = kinds(&["b"]);
        let late = all(&kinds, [present("b"), present("c")], soon()).await;
        let late = late.unwrap_err().to_string();
        assert!(late.contains("Widget a/c"), "{late}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_object_alone_is_asked_for_by_name() {
        let (kinds, asked) = kinds(&["b"]);
        let (object, condition) = present("b");
        let found = until(&kinds, &object, &condition, soon()).await.unwrap();
        assert_eq!(found.unwrap().metadata.name.as_deref(), Some("b"));
        let asked = asked.lock().unwrap();
        assert!(asked.iter().any(|uri| uri.contains("metadata.name%3Db")));
    }
}
