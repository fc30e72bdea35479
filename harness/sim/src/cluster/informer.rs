//! Keeps the view up to date: one watch per kind, and every change told to the controllers.

use std::sync::Arc;

use apiserver::{
    ApiServer, EventKind, Gvr, Options, Request, User, Watch, WatchEvent, signal::Listener,
};
use futures::{StreamExt, stream::SelectAll};
use world::ClusterName;

use super::{Change, Delta, Key, View, tables::Kind};
use crate::{controller::Subscriber, log::EventLog};

/// Follows every kind that controllers look at, and never ends by itself.
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
    let mut events = SelectAll::new();
    for kind in Kind::ALL {
        events.push(watch(&server, *kind, None).await);
    }
    loop {
        let (kind, event) = tokio::select! {
            biased;
            Some(next) = events.next() => next,
            () = troubles.changed() => {
                look_at_nodes(&view, &tell);
                continue;
            }
        };
        match event {
            Told::Event(event) => {
                note.write(kind, &event);
                take_in(&view, kind, &event, &tell);
            }
            Told::Ended => {
                let revision = view.read(|tables| tables.revision(kind));
                events.push(watch(&server, kind, Some(revision)).await);
            }
        }
    }
}

/// A fault has come or gone: nodes may have fallen silent, or be heard again.
fn look_at_nodes(view: &View, tell: &[Subscriber]) {
    view.read(|tables| {
        for (key, node) in tables.nodes.all() {
            let change = Change::Node(Delta {
                key: key.clone(),
                old: Some(Arc::clone(node)),
                new: Some(Arc::clone(node)),
            });
            tell.iter()
                .for_each(|controller| controller.tell(&change, tables));
        }
    });
}

/// Writes every change into the log of the run.
pub(super) struct Note {
    pub(super) log: EventLog,
    pub(super) cluster: ClusterName,
}

impl Note {
    fn write(&self, kind: Kind, event: &WatchEvent) {
        let meta = &event.object["metadata"];
        let text = |field: &str| meta[field].as_str().unwrap_or_default();
        let key = Key::new(text("namespace"), text("name"));
        let (happened, version) = (event.kind.as_str(), text("resourceVersion"));
        let what = format_args!("{happened} {kind:?} {key} at {version}");
        self.log.note(&self.cluster, what);
    }
}

enum Told {
    Event(WatchEvent),
    Ended,
}

type Events = futures::stream::BoxStream<'static, (Kind, Told)>;

/// The events of a kind, and then that they have ended (a server ends every watch some day).
async fn watch(server: &ApiServer, kind: Kind, after: Option<u64>) -> Events {
    let (group, version, resource) = kind.gvr();
    let gvr = Gvr::new(group, version, resource);
    let request = Request::watch(&gvr, "", &User::controller("informer")).with(Options {
        resource_version: after.map(|revision| revision.to_string()),
        ..Options::default()
    });
    let answer = server
        .call(request)
        .await
        .expect("informers may watch every built-in kind");
    let watch = answer.into_watch().expect("a watch is answered by a watch");
    let told = Watch::into_stream(watch).map(Told::Event);
    let end = futures::stream::once(async { Told::Ended });
    told.chain(end).map(move |told| (kind, told)).boxed()
}

fn take_in(view: &View, kind: Kind, event: &WatchEvent, tell: &[Subscriber]) {
    let gone = match event.kind {
        EventKind::Added | EventKind::Modified => false,
        EventKind::Deleted => true,
        EventKind::Bookmark => return,
        EventKind::Error => panic!("the informer's watch of {kind:?} failed: {}", event.object),
    };
    view.write(|tables| {
        let change = tables
            .take_in(kind, &event.object, gone)
            .expect("the API server admits only objects of their kind's shape");
        for controller in tell {
            controller.tell(&change, tables);
        }
    });
}
