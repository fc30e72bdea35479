//! Keeps the view up to date: one watch per resource, and every change told to the controllers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use apiserver::{
    ApiResource, ApiServer, EventKind, Gvr, Options, Request, User, Watch, WatchEvent,
    signal::Listener,
};
use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll},
};
use world::ClusterName;

use super::{Change, Delta, View, follow::Followed, tables::Tables};
use crate::{controller::Subscriber, log::EventLog};

/// Follows every resource, and never ends by itself.
///
/// # Panics
/// If the API server serves an object that is not of its kind's shape, or refuses a watch: both
/// are errors of this room and not of what runs in it.
pub(super) async fn follow(
    server: ApiServer,
    view: View,
    tell: Vec<Subscriber>,
    mut troubles: Listener,
    note: Note,
) {
    let mut informer = Informer {
        server,
        view,
        tell,
        note,
        events: SelectAll::new(),
        followed: BTreeMap::new(),
        served: Arc::default(),
    };
    informer.keep_up().await;
    loop {
        tokio::select! {
            biased;
            Some((followed, told)) = informer.events.next() => informer.hear(followed, told).await,
            () = troubles.changed() => informer.look_at_nodes(),
        }
    }
}

struct Informer {
    server: ApiServer,
    view: View,
    tell: Vec<Subscriber>,
    note: Note,
    events: SelectAll<Events>,
    followed: BTreeMap<Gvr, Followed>,
    /// What was served when it was looked at last.
    served: Arc<[ApiResource]>,
}

type Events = BoxStream<'static, (Followed, Told)>;

enum Told {
    Event(WatchEvent),
    /// A server ends every watch some day.
    Ended,
}

impl Informer {
    /// Follows what is served by now and not followed yet. Most news of definitions is of those that
    /// are served already.
    async fn keep_up(&mut self) {
        let served = self.server.resources();
        if Arc::ptr_eq(&served, &self.served) {
            return;
        }
        self.served = Arc::clone(&served);
        for resource in served.iter() {
            if self.followed.contains_key(&resource.gvr) {
                continue;
            }
            if let Some(followed) = Followed::new(resource) {
                self.followed.insert(resource.gvr.clone(), followed.clone());
                self.watch(followed, None).await;
            }
        }
    }

    async fn watch(&mut self, followed: Followed, after: Option<u64>) {
        let request = Request::watch(&followed.gvr, "", &me()).with(Options {
            resource_version: after.map(|revision| revision.to_string()),
            ..Options::default()
        });
        let answer = self.server.call(request).await;
        let answer = answer.expect("informers may watch whatever is served");
        let watch = answer.into_watch().expect("a watch is answered by a watch");
        let told = Watch::into_stream(watch).map(Told::Event);
        let end = futures::stream::once(async { Told::Ended });
        let told = told.chain(end);
        self.events
            .push(told.map(move |told| (followed.clone(), told)).boxed());
    }

    async fn hear(&mut self, followed: Followed, told: Told) {
        match told {
            Told::Event(event) => match event.kind {
                EventKind::Added | EventKind::Modified => self.take_in(&followed, &event).await,
                EventKind::Deleted => self.take_in(&followed, &event).await,
                EventKind::Bookmark => {}
                EventKind::Error => self.list(&followed).await,
            },
            Told::Ended => self.resume(followed).await,
        }
    }

    async fn take_in(&mut self, followed: &Followed, event: &WatchEvent) {
        self.note.write(event);
        let gone = event.kind == EventKind::Deleted;
        self.change(|tables| {
            let change = tables.take_in(followed, &event.object, gone);
            vec![change.expect(SHAPES)]
        });
        if followed.defines_resources() {
            self.keep_up().await;
        }
    }

    /// The server has forgotten what has happened since (410): what is there now is read anew, as
    /// client-go's reflector does. The watch has ended and resumes from there.
    async fn list(&mut self, followed: &Followed) {
        let request = Request::list(&followed.gvr, "", &me());
        // What is not served any more cannot be listed; `resume` forgets it.
        let Some(list) = self.server.call(request).await.ok() else {
            return;
        };
        let list = list.into_list().expect("a list is answered by a list");
        let revision = list.resource_version.parse();
        let revision = revision.expect("the server's versions are numbers");
        self.note.list(followed, revision);
        self.change(|tables| {
            let changes = tables.replace(followed, &list.items, revision);
            changes.expect(SHAPES)
        });
    }

    /// Goes on after the end of a watch, unless its resource is not served any more.
    async fn resume(&mut self, followed: Followed) {
        let served = self.server.resources();
        if served.iter().any(|one| one.gvr == *followed.gvr) {
            let revision = self.view.read(|tables| tables.revision(&followed));
            self.watch(followed, Some(revision)).await;
        } else {
            self.followed.remove(&*followed.gvr);
            self.change(|tables| tables.forget_all_but(&followed, &BTreeSet::new()));
        }
    }

    /// Changes the tables and tells the controllers what has changed.
    fn change(&self, change: impl FnOnce(&mut Tables) -> Vec<Change>) {
        self.view.write(|tables| {
            for change in change(tables) {
                self.tell(&change, tables);
            }
        });
    }

    fn tell(&self, change: &Change, tables: &Tables) {
        for controller in &self.tell {
            controller.tell(change, tables);
        }
    }

    /// A fault has come or gone: nodes may have fallen silent, or be heard again.
    fn look_at_nodes(&self) {
        self.view.read(|tables| {
            for (key, node) in tables.nodes.all() {
                let change = Change::Node(Delta {
                    key: key.clone(),
                    old: Some(Arc::clone(node)),
                    new: Some(Arc::clone(node)),
                });
                self.tell(&change, tables);
            }
        });
    }
}

const SHAPES: &str = "the API server admits only objects of their kind's shape";

fn me() -> User {
    User::controller("informer")
}

/// Writes every change into the log of the run.
pub(super) struct Note {
    pub(super) log: EventLog,
    pub(super) cluster: ClusterName,
}

impl Note {
    fn write(&self, event: &WatchEvent) {
        let meta = &event.object["metadata"];
        let text = |field: &str| meta[field].as_str().unwrap_or_default();
        let key = super::Key::new(text("namespace"), text("name"));
        let (happened, version) = (event.kind.as_str(), text("resourceVersion"));
        let kind = event.object["kind"].as_str().unwrap_or_default();
        let what = format_args!("{happened} {kind} {key} at {version}");
        self.log.note(&self.cluster, what);
    }

    fn list(&self, followed: &Followed, revision: u64) {
        let what = format_args!("LISTED {} again at {revision}", followed.gvr);
        self.log.note(&self.cluster, what);
    }
}
