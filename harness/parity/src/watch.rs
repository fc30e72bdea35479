//! A watch as the wire shows it: one JSON event per line.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;

use crate::bench::PATIENCE;
use crate::claim::Claims;

/// An open watch.
pub struct Watch {
    body: Body,
    pending: Vec<u8>,
}

/// One event of a watch.
#[derive(Debug)]
pub struct Event {
    /// ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
    pub kind: String,
    /// The object, or a `Status` in an ERROR.
    pub object: Value,
}

impl Event {
    fn is(self, kind: &str, name: &str) -> Result<Value> {
        let observed = self
            .object
            .pointer("/metadata/name")
            .and_then(Value::as_str);
        ensure!(
            self.kind == kind && observed == Some(name),
            "expected {kind} {name}, observed {} {}",
            self.kind,
            self.object
        );
        Ok(self.object)
    }
}

impl Watch {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body,
            pending: Vec::new(),
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// When the stream ends, breaks or stays silent.
    pub async fn next(&mut self) -> Result<Event> {
        self.next_within(PATIENCE).await?.context("the watch ended")
    }

    /// The next event is of this kind and about the object of this name.
    ///
    /// # Errors
    /// As [`Watch::next`], and when another event comes.
    pub async fn expect(&mut self, kind: &str, name: &str) -> Result<Value> {
        let event = self.next().await?;
        event.is(kind, name)
    }

    /// As [`Watch::expect`], but bookmarks may come before it: a real server sends them when it
    /// likes, now and then a second one right behind the end of the initial events.
    ///
    /// # Errors
    /// As [`Watch::expect`].
    pub async fn expect_behind_bookmarks(&mut self, kind: &str, name: &str) -> Result<Value> {
        loop {
            let event = self.next().await?;
            if event.kind != "BOOKMARK" {
                return event.is(kind, name);
            }
        }
    }

    /// The watch ends by an ERROR event with code 410 and reason `Expired`.
    ///
    /// # Errors
    /// When anything else comes.
    pub async fn expect_expired(&mut self) -> Result<()> {
        let event = self.next().await?;
        ensure!(event.kind == "ERROR", "expected ERROR, observed {event:?}");
        event.object.has("/code", 410)?;
        event.object.has("/reason", "Expired")
    }

    /// Reads events up to the end of the stream, which must come within `limit`.
    ///
    /// # Errors
    /// When the stream does not end in time.
    pub async fn until_end(&mut self, limit: Duration) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next_within(limit).await? {
            events.push(event);
        }
        Ok(events)
    }

    async fn next_within(&mut self, limit: Duration) -> Result<Option<Event>> {
        let line = tokio::time::timeout(limit, self.line()).await;
        let Some(line) = line.context("the watch stays silent")?? else {
            return Ok(None);
        };
        let mut event: Value = serde_json::from_slice(&line).context("an event is no JSON")?;
        let kind = event.text("/type")?.to_owned();
        Ok(Some(Event {
            kind,
            object: event["object"].take(),
        }))
    }

    async fn line(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(self.pending.drain(..=end).collect()));
            }
            match self.body.frame().await {
                Some(frame) => self.take(&frame?.into_data().unwrap_or_default()),
                None if self.pending.is_empty() => return Ok(None),
                None => bail!("the watch ended within an event"),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }
}
