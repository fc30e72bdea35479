//! Random operations against a simple model: no event lost or told twice, versions rise, conflicts
//! are exact.

use std::collections::BTreeMap;

use apiserver::json::Value;
use apiserver::{ApiServer, EventKind, Gvr, Options, Request, User, Watch};
use proptest::{prelude::*, test_runner::Config as TestConfig};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::kit::{config, config_map};

/// What clients do to one of a few objects.
#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    /// Writes a value; `stale` on a version that is no longer the newest.
    Write {
        name: u8,
        value: u8,
        stale: bool,
    },
    Delete(u8),
}

/// The objects that should exist: how often each was written in this life, and its value.
#[derive(Debug, Clone, Default)]
struct Model(BTreeMap<u8, u8>);

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        let name = 0..4u8;
        prop_oneof![
            2 => name.clone().prop_map(Step::Create),
            4 => (name.clone(), any::<u8>(), any::<bool>())
                .prop_map(|(name, value, stale)| Step::Write { name, value, stale }),
            1 => name.prop_map(Step::Delete),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::Create(name) => drop(state.0.entry(*name).or_insert(0)),
            Step::Write {
                name,
                value,
                stale: false,
            } => {
                state.0.entry(*name).and_modify(|v| *v = *value);
            }
            Step::Write { stale: true, .. } => {}
            Step::Delete(name) => drop(state.0.remove(name)),
        }
        state
    }
}

/// The server, with a watch whose events must rebuild the collection.
struct System {
    runtime: Runtime,
    server: ApiServer,
    watch: Watch,
    mirror: BTreeMap<String, Value>,
    version: u64,
}

fn maps() -> Gvr {
    Gvr::core("configmaps")
}

fn named(name: u8) -> String {
    format!("c{name}")
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"]
        .as_str()
        .and_then(|v| v.parse().ok())
        .expect("a version")
}

impl System {
    fn start() -> Self {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let (server, watch) = runtime.block_on(async {
            let server = ApiServer::new(config());
            let request = Request::watch(&maps(), "default", &User::admin());
            let watch = server
                .call(request)
                .await
                .expect("a watch")
                .into_watch()
                .expect("a watch");
            (server, watch)
        });
        Self {
            runtime,
            server,
            watch,
            mirror: BTreeMap::new(),
            version: 0,
        }
    }

    fn live(&self) -> BTreeMap<String, Value> {
        let request = Request::list(&maps(), "default", &User::admin()).with(Options::default());
        let list = self
            .runtime
            .block_on(self.server.call(request))
            .expect("a list")
            .into_list()
            .expect("a list");
        list.items
            .iter()
            .map(|i| {
                (
                    i["metadata"]["name"].as_str().expect("a name").to_owned(),
                    Value::clone(i),
                )
            })
            .collect()
    }

    fn step(&self, step: &Step, before: &Model) {
        let admin = User::admin();
        let (request, expected) = match step {
            Step::Create(name) => {
                let object = config_map(&named(*name), json!({"v": "0"}));
                let code = before.0.contains_key(name).then_some(409);
                (Request::create(&maps(), object, &admin), code)
            }
            Step::Write { name, value, stale } => {
                let mut object = config_map(&named(*name), json!({"v": value.to_string()}));
                let known = before.0.contains_key(name);
                let live = self.live().get(&named(*name)).map_or(1, version);
                let on = if *stale { live - 1 } else { live };
                object["metadata"]["resourceVersion"] = on.to_string().into();
                let code = if !known {
                    Some(404)
                } else {
                    stale.then_some(409)
                };
                (Request::update(&maps(), object, &admin), code)
            }
            Step::Delete(name) => {
                let code = (!before.0.contains_key(name)).then_some(404);
                (
                    Request::delete(&maps(), "default", &named(*name), &admin),
                    code,
                )
            }
        };
        let answer = self.runtime.block_on(self.server.call(request));
        assert_eq!(answer.err().map(|status| status.code), expected);
    }

    /// Takes in events until the mirror is at the newest version; each must be the next of its
    /// object.
    fn follow(&mut self) {
        loop {
            let next = self.runtime.block_on(async {
                tokio::time::timeout(std::time::Duration::from_millis(1), self.watch.next()).await
            });
            let Ok(event) = next else { return };
            let event = event.expect("the watch goes on");
            let told = version(&event.object);
            assert!(
                told > self.version,
                "versions rise: {told} after {}",
                self.version
            );
            self.version = told;
            let name = event.object["metadata"]["name"]
                .as_str()
                .expect("a name")
                .to_owned();
            match event.kind {
                EventKind::Added => assert!(
                    self.mirror
                        .insert(name, Value::clone(&event.object))
                        .is_none()
                ),
                EventKind::Modified => assert!(
                    self.mirror
                        .insert(name, Value::clone(&event.object))
                        .is_some()
                ),
                EventKind::Deleted => assert!(self.mirror.remove(&name).is_some()),
                EventKind::Bookmark | EventKind::Error => panic!("unasked: {event:?}"),
            }
        }
    }
}

impl StateMachineTest for System {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self::start()
    }

    fn apply(mut system: Self, after: &Model, step: Step) -> Self {
        let before = Model(
            system
                .live()
                .keys()
                .map(|name| (name[1..].parse().expect("a number"), 0))
                .collect(),
        );
        system.step(&step, &before);
        system.follow();
        assert_eq!(system.mirror, system.live());
        let values = system.mirror.iter().map(|(name, object)| {
            (
                name[1..].parse().expect("a number"),
                object["data"]["v"]
                    .as_str()
                    .and_then(|v| v.parse().ok())
                    .expect("a value"),
            )
        });
        assert_eq!(values.collect::<BTreeMap<u8, u8>>(), after.0);
        system
    }
}

prop_state_machine! {
    #![proptest_config(TestConfig { cases: 48, failure_persistence: None, ..TestConfig::default() })]

    #[test]
    fn the_server_behaves_as_its_model(sequential 1..40 => System);
}
