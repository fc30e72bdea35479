//! The one thing that a fact wants of etcd: to forget the past.

use anyhow::{Context, Result};
use http::Method;
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::claim::Claims;

/// etcd's own HTTP gateway, spoken to with kube's client because it is an HTTP client.
#[derive(Clone)]
pub(super) struct Etcd(Client);

impl Etcd {
    pub(super) fn new(port: u16) -> Result<Self> {
        let address = format!("http://127.0.0.1:{port}").parse()?;
        Ok(Self(Client::try_from(Config::new(address))?))
    }

    /// Compacts up to the present revision.
    pub(super) async fn compact(&self) -> Result<()> {
        // "AA==" is the key 0x00: any answer carries the present revision in its header.
        let answer = self.post("/v3/kv/range", &json!({"key": "AA=="})).await?;
        let revision = answer.text("/header/revision")?;
        let request = json!({"revision": revision, "physical": true});
        self.post("/v3/kv/compaction", &request)
            .await
            .context("etcd's compaction")
            .map(drop)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ask::new(self.0.clone(), Method::POST, path)
            .json(body)
            .await?
            .ok(200)
    }
}
