//! Images that the daemon lacks: pulled by it, or read in from an archive.

use std::path::Path;

use bollard::{
    auth::DockerCredentials,
    errors::Error as Met,
    query_parameters::{CreateImageOptionsBuilder, ImportImageOptions},
};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{fs::File, io::AsyncReadExt as _};

use super::connect::{Docker, met};
use crate::{
    Error, Pull, Result,
    credentials::{self, Login},
};

/// How much of an archive is read at once.
const CHUNK: usize = 1 << 20;

/// What the daemon says of every image that an archive held.
const LOADED: [&str; 2] = ["Loaded image: ", "Loaded image ID: "];

impl Docker {
    /// The id of an image that the daemon can run; it gets what it lacks, if that is allowed.
    pub(crate) async fn have(&self, image: &str, pull: Pull) -> Result<String> {
        match (self.usable(image).await, pull) {
            (Err(Error::NoImage { .. }), Pull::IfMissing) => {
                self.pull(image).await?;
                self.usable(image).await
            }
            (found, _) => found,
        }
    }

    /// Has the daemon pull an image, with what the user has logged in with and the daemon's own proxies.
    async fn pull(&self, image: &str) -> Result<()> {
        let login = credentials::of(image).await.map(credentials_of);
        let options = CreateImageOptionsBuilder::new()
            .from_image(&credentials::with_tag(image))
            .build();
        let pulled = self.api.create_image(Some(options), None, login);
        let pulled: Result<Vec<_>, Met> = pulled.try_collect().await;
        pulled.map(drop).map_err(|error| match error {
            Met::DockerStreamError { error: why }
            | Met::DockerResponseServerError { message: why, .. } => Error::NotPulled {
                image: image.to_owned(),
                why,
            },
            other => met(format!("pull image {image}"))(other),
        })
    }

    /// Reads an archive in that `docker save` has written; returns the names of its images.
    pub(crate) async fn read_in(&self, archive: &Path) -> Result<Vec<String>> {
        let unusable = |why: String| Error::Archive {
            path: archive.display().to_string(),
            why,
        };
        let file = File::open(archive).await;
        let file = file.map_err(|error| unusable(error.to_string()))?;
        let options = ImportImageOptions::default();
        let said = self.api.import_image_stream(options, chunks(file), None);
        let said: Result<Vec<_>, Met> = said.try_collect().await;
        let said = said.map_err(|error| match error {
            Met::DockerStreamError { error: why }
            | Met::DockerResponseServerError { message: why, .. } => unusable(why),
            other => met(format!("read {} in", archive.display()))(other),
        })?;
        let lines = said.into_iter().filter_map(|line| line.stream);
        let names: Vec<String> = lines.filter_map(|line| loaded(&line)).collect();
        match names.is_empty() {
            true => Err(unusable("the daemon found no image in it".to_owned())),
            false => Ok(names),
        }
    }
}

fn credentials_of(login: Login) -> DockerCredentials {
    match login {
        Login::Password { user, password } => DockerCredentials {
            username: Some(user),
            password: Some(password),
            ..DockerCredentials::default()
        },
        Login::Token(token) => DockerCredentials {
            identitytoken: Some(token),
            ..DockerCredentials::default()
        },
    }
}

/// The image that a line of the daemon names.
fn loaded(line: &str) -> Option<String> {
    let name = LOADED.iter().find_map(|said| line.strip_prefix(said))?;
    Some(name.trim().to_owned())
}

/// A file, piece by piece, so that its size never matters.
fn chunks(file: File) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file)
            .take(CHUNK as u64)
            .read_to_end(&mut chunk)
            .await?;
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_names_what_an_archive_held() {
        assert_eq!(loaded("Loaded image: a:v1\n").as_deref(), Some("a:v1"));
        assert_eq!(
            loaded("Loaded image ID: sha256:1\n").as_deref(),
            Some("sha256:1")
        );
        assert_eq!(loaded("Loading layer"), None);
    }
}
