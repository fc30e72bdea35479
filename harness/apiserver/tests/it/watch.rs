//! Watches from every kind of version.

use apiserver::{ApiServer, EventKind, Gvr, Options, PatchKind, Request, User, Watch};
use serde_json::{Value, json};

use crate::kit::{config, config_map, run, server};

async fn create(server: &ApiServer, name: &str, labels: Value) -> String {
    let mut object = config_map(name, json!({}));
    object["metadata"]["labels"] = labels;
    let request = Request::create(&Gvr::core("configmaps"), object, &User::admin());
    let answer = server.call(request).await.expect("valid");
    let object = answer.object().expect("an object");
    object["metadata"]["resourceVersion"]
        .as_str()
        .expect("a version")
        .to_owned()
}

async fn label(server: &ApiServer, name: &str, labels: Value) {
    let patch = json!({"metadata": {"labels": labels}});
    let maps = Gvr::core("configmaps");
    let request = Request::patch(
        PatchKind::Merge,
        &maps,
        "default",
        name,
        patch,
        &User::admin(),
    );
    server.call(request).await.expect("a patch");
}

async fn watch(server: &ApiServer, options: Options) -> Watch {
    let request = Request::watch(&Gvr::core("configmaps"), "default", &User::admin()).with(options);
    server
        .call(request)
        .await
        .expect("a watch")
        .into_watch()
        .expect("a watch")
}

async fn next(watch: &mut Watch) -> (EventKind, String) {
    let event = watch.next().await.expect("the watch goes on");
    (
        event.kind,
        event.object["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[test]
fn a_selected_watch_sees_objects_come_and_go_by_their_labels() {
    run(async {
        let server = server();
        let start = create(&server, "a", json!({"on": "no"})).await;
        let options = Options {
            label_selector: Some("on=yes".to_owned()),
            resource_version: Some(start),
            ..Options::default()
        };
        let mut watch = watch(&server, options).await;
        label(&server, "a", json!({"on": "yes"})).await;
        label(&server, "a", json!({"more": "1"})).await;
        label(&server, "a", json!({"on": "no"})).await;
        let mut kinds = Vec::new();
        for _ in 0..3 {
            kinds.push(next(&mut watch).await.0);
        }
        assert_eq!(
            kinds,
            [EventKind::Added, EventKind::Modified, EventKind::Deleted]
        );
    });
}

#[test]
fn an_absent_version_sends_the_state_first() {
    run(async {
        let server = server();
        create(&server, "a", json!({})).await;
        let mut watch = watch(&server, Options::default()).await;
        create(&server, "b", json!({})).await;
        assert_eq!(next(&mut watch).await, (EventKind::Added, "a".to_owned()));
        assert_eq!(next(&mut watch).await, (EventKind::Added, "b".to_owned()));
    });
}

#[test]
fn initial_events_end_with_a_marked_bookmark() {
    run(async {
        let server = server();
        create(&server, "a", json!({})).await;
        let options = Options {
            send_initial_events: Some(true),
            resource_version_match: Some("NotOlderThan".to_owned()),
            allow_watch_bookmarks: true,
            ..Options::default()
        };
        let mut watch = watch(&server, options).await;
        assert_eq!(next(&mut watch).await.0, EventKind::Added);
        let mark = watch.next().await.expect("the watch goes on");
        assert_eq!(mark.kind, EventKind::Bookmark);
        assert_eq!(
            mark.object["metadata"]["annotations"]["k8s.io/initial-events-end"],
            "true"
        );
    });
}

#[test]
fn a_watch_from_long_ago_is_told_every_state_since() {
    const STATES: usize = 1100;
    run(async {
        let server = server();
        let options = Options {
            resource_version: Some(create(&server, "a", json!({"n": "none"})).await),
            ..Options::default()
        };
        for n in 0..STATES {
            label(&server, "a", json!({"n": n.to_string()})).await;
        }
        let mut watch = watch(&server, options).await;
        for n in 0..STATES {
            let event = watch.next().await.expect("the watch goes on");
            assert_eq!(event.object["metadata"]["labels"]["n"], n.to_string());
        }
    });
}

#[test]
fn a_compacted_version_is_told_410() {
    run(async {
        let server = server();
        let old = create(&server, "a", json!({})).await;
        create(&server, "b", json!({})).await;
        server.compact();
        let options = Options {
            resource_version: Some(old),
            ..Options::default()
        };
        let mut watch = watch(&server, options).await;
        let event = watch.next().await.expect("an error event");
        assert_eq!(
            (event.kind, &event.object["code"]),
            (EventKind::Error, &410.into())
        );
        assert!(watch.next().await.is_none());
    });
}

#[test]
fn the_window_bounds_the_history() {
    run(async {
        let mut config = config();
        config.watch_window = 3;
        let server = ApiServer::new(config);
        let old = create(&server, "a", json!({})).await;
        for name in ["b", "c", "d", "e"] {
            create(&server, name, json!({})).await;
        }
        let options = Options {
            resource_version: Some(old),
            ..Options::default()
        };
        assert_eq!(
            next(&mut watch(&server, options).await).await.0,
            EventKind::Error
        );
    });
}

#[test]
fn old_changes_are_forgotten_for_a_hundred_newer_ones() {
    run(async {
        let server = server();
        let names = |of: &str| (0..60).map(|i| format!("{of}{i:02}")).collect::<Vec<_>>();
        let mut old = Vec::new();
        for name in names("old") {
            old.push(create(&server, &name, json!({})).await);
        }
        let first_event = async |from: &String| {
            let options = Options {
                resource_version: Some(from.clone()),
                ..Options::default()
            };
            next(&mut watch(&server, options).await).await.0
        };
        for name in names("fresh") {
            create(&server, &name, json!({})).await;
        }
        assert_eq!(first_event(&old[0]).await, EventKind::Added);

        tokio::time::sleep(std::time::Duration::from_secs(76)).await;
        create(&server, "new", json!({})).await;
        assert_eq!(first_event(&old[0]).await, EventKind::Error);
        assert_eq!(first_event(&old[30]).await, EventKind::Added);
    });
}

#[test]
fn a_bookmark_comes_every_minute() {
    run(async {
        let server = server();
        let options = Options {
            allow_watch_bookmarks: true,
            ..Options::default()
        };
        let mut watch = watch(&server, options).await;
        while next(&mut watch).await.0 != EventKind::Bookmark {}
        let before = tokio::time::Instant::now();
        assert_eq!(next(&mut watch).await.0, EventKind::Bookmark);
        assert_eq!(before.elapsed(), std::time::Duration::from_secs(60));
    });
}

#[test]
fn a_watch_ends_with_its_timeout() {
    run(async {
        let options = Options {
            timeout_seconds: Some(30),
            ..Options::default()
        };
        let mut watch = watch(&server(), options).await;
        while watch.next().await.is_some() {}
    });
}
