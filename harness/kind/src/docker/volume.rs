//! Named volumes: empty ones, that only carry labels.

use std::collections::BTreeMap;

use bollard::{
    models::VolumeCreateRequest,
    query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptions},
};

use super::connect::{Docker, is_absent, met};
use crate::{Result, label::Labels};

/// A volume that was found by label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundVolume {
    pub(crate) name: String,
    pub(crate) labels: Labels,
}

impl Docker {
    /// Creates an empty volume.
    pub(crate) async fn create_volume(&self, name: &str, labels: Labels) -> Result<()> {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(labels.into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        let created = self.api.create_volume(request).await;
        created
            .map(drop)
            .map_err(met(format!("create volume {name}")))
    }

    /// All volumes that carry every label given, by name.
    pub(crate) async fn volumes(&self, labels: &[String]) -> Result<Vec<FoundVolume>> {
        let filters = BTreeMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListVolumesOptionsBuilder::new()
            .filters(&filters.into_iter().collect())
            .build();
        let found = self.api.list_volumes(Some(options)).await;
        let found = found.map_err(met("list volumes"))?.volumes;
        let volume = |volume: bollard::models::Volume| FoundVolume {
            name: volume.name,
            labels: volume.labels.into_iter().collect(),
        };
        let mut found: Vec<_> = found.unwrap_or_default().into_iter().map(volume).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Removes a volume; one that is gone already is fine.
    pub(crate) async fn remove_volume(&self, name: &str) -> Result<()> {
        let removed = self.api.remove_volume(name, None::<RemoveVolumeOptions>);
        match removed.await {
            Err(error) if !is_absent(&error) => Err(met(format!("remove volume {name}"))(error)),
            _ => Ok(()),
        }
    }
}
