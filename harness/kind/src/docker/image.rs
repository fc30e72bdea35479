//! Images: whether the daemon has them, and how nodes get them.

use bollard::{container::LogOutput, exec::StartExecResults};
use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::connect::{Docker, is_absent, met};
use crate::{Error, Result, stock::Stocked};

/// Reads an archive of images into the store that the kubelet's images are in.
const IMPORT: [&str; 5] = ["ctr", "--namespace=k8s.io", "images", "import", "-"];

impl Docker {
    /// The id of an image that the daemon has and can run.
    pub(crate) async fn usable(&self, image: &str) -> Result<String> {
        let found = match self.api.inspect_image(image).await {
            Ok(found) => found,
            Err(error) if is_absent(&error) => {
                return Err(Error::NoImage {
                    image: image.to_owned(),
                });
            }
            Err(error) => return Err(met(format!("inspect image {image}"))(error)),
        };
        let daemon = self.api.version().await.map_err(met("ask its version"))?;
        match (found.architecture, daemon.arch) {
            (Some(made_for), Some(runs)) if made_for != runs => Err(Error::Architecture {
                image: image.to_owned(),
                image_architecture: made_for,
                daemon_architecture: runs,
            }),
            _ => Ok(found.id.unwrap_or_else(|| image.to_owned())),
        }
    }

    /// What the daemon knows of an image; `None` if it lacks it.
    pub(crate) async fn stocked(&self, image: &str) -> Result<Option<Stocked>> {
        let found = match self.api.inspect_image(image).await {
            Err(error) if is_absent(&error) => return Ok(None),
            found => found.map_err(met(format!("inspect image {image}")))?,
        };
        Ok(Some(Stocked {
            id: found.id.unwrap_or_default(),
            architecture: found.architecture.unwrap_or_default(),
            size: found
                .size
                .and_then(|bytes| u64::try_from(bytes).ok())
                .unwrap_or_default(),
            digests: found.repo_digests.unwrap_or_default(),
        }))
    }

    /// What an image that the daemon has starts.
    pub(crate) async fn entrypoint(&self, image: &str) -> Result<Vec<String>> {
        let found = self.api.inspect_image(image).await;
        let found = found.map_err(met(format!("inspect image {image}")))?;
        let config = found.config.and_then(|config| config.entrypoint);
        Ok(config.unwrap_or_default())
    }

    /// Copies images of the daemon into a node. The archive is passed on while it is read, so that
    /// its size never matters.
    pub(crate) async fn load(&self, id: &str, images: &[String]) -> Result<()> {
        let doing = || format!("load images into container {id}");
        let (exec, started) = self.exec(id, &IMPORT, true).await?;
        let StartExecResults::Attached { output, mut input } = started else {
            return Ok(());
        };
        let names: Vec<&str> = images.iter().map(String::as_str).collect();
        let mut archive = std::pin::pin!(self.api.export_images(&names));
        let write = async {
            while let Some(chunk) = archive.next().await {
                input.write_all(&chunk?).await?;
            }
            input.shutdown().await?;
            Ok::<_, bollard::errors::Error>(())
        };
        let (written, said) = tokio::join!(write, said(output));
        written.map_err(met(doing()))?;
        match self.exit_code(&exec).await? {
            0 => Ok(()),
            code => Err(Error::Command {
                node: id.to_owned(),
                command: IMPORT.join(" "),
                code,
                output: said,
            }),
        }
    }
}

async fn said<E>(mut output: impl futures::Stream<Item = Result<LogOutput, E>> + Unpin) -> String {
    let mut text = Vec::new();
    while let Some(Ok(chunk)) = output.next().await {
        text.extend_from_slice(&chunk.into_bytes());
    }
    super::exec::tail(&String::from_utf8_lossy(&text), 20)
}
