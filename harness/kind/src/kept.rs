//! What is meant to outlive the process that made it.
//!
//! Labels of containers never change, so a set of clusters belongs to its process until it is whole;
//! then an empty volume is put beside it, whose labels say until when it is kept. A set that was
//! interrupted has no such volume, and gc takes it.

use std::collections::BTreeMap;

use jiff::{Span, Timestamp};

use crate::{
    Result,
    docker::Docker,
    label::{KEPT, Labels, RUN},
};

/// Until when runs are kept, by run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept(BTreeMap<String, Timestamp>);

impl Kept {
    /// What the daemon's volumes say.
    pub(crate) async fn look(docker: &Docker) -> Result<Self> {
        let volumes = docker.volumes(&[RUN.to_owned(), KEPT.to_owned()]).await?;
        let said = volumes.iter().filter_map(|volume| said(&volume.labels));
        Ok(Self(said.collect()))
    }

    /// Until when a run is kept; `None` if it belongs to its process.
    pub(crate) fn until(&self, run: &str) -> Option<Timestamp> {
        self.0.get(run).copied()
    }

    #[cfg(test)]
    pub(crate) fn of(run: &str, until: Timestamp) -> Self {
        Self(BTreeMap::from([(run.to_owned(), until)]))
    }
}

/// Reads the labels of a volume. Of a text that is no time it is said that the time is over.
fn said(labels: &Labels) -> Option<(String, Timestamp)> {
    let until = labels.get(KEPT)?.parse().unwrap_or(Timestamp::MIN);
    Some((labels.get(RUN)?.clone(), until))
}

/// Keeps a run for some hours from now, in place of what was said of it before.
pub(crate) async fn keep(docker: &Docker, run: &str, now: Timestamp, hours: i64) -> Result<()> {
    let until = now.checked_add(Span::new().hours(hours));
    let until = until.unwrap_or(Timestamp::MAX).to_string();
    let name = format!("{run}-kept");
    docker.remove_volume(&name).await?;
    let labels = [(RUN.to_owned(), run.to_owned()), (KEPT.to_owned(), until)];
    docker.create_volume(&name, labels.into()).await
}
