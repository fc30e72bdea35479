//! What the tests share: a server on a paused clock, and short words for objects.

use std::future::Future;

use apiserver::{ApiServer, Clock, Config};
use serde_json::{Value, json};

/// A server of a fixed epoch; the runtime must be entered.
pub(crate) fn server() -> ApiServer {
    ApiServer::new(config())
}

/// The configuration of [`server`].
pub(crate) fn config() -> Config {
    let epoch = "2026-01-01T00:00:00Z"
        .parse()
        .expect("a well-formed literal");
    Config::new("test", 7, Clock::starting_at(epoch))
}

/// Runs a test as the simulator runs: one thread, paused clock, no I/O driver.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    runtime.block_on(test)
}

/// A ConfigMap.
pub(crate) fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"}, "data": data})
}

/// A pod of one container.
pub(crate) fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}})
}

/// A Deployment of one container.
pub(crate) fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}})
}
