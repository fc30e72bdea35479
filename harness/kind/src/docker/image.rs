//! Images in the daemon.

use super::connect::{Docker, is_absent, met};
use crate::{Error, Result};

impl Docker {
    /// The id of an image that the daemon has.
    pub(crate) async fn image_id(&self, image: &str) -> Result<String> {
        match self.api.inspect_image(image).await {
            Ok(found) => Ok(found.id.unwrap_or_else(|| image.to_owned())),
            Err(error) if is_absent(&error) => Err(Error::NoImage {
                image: image.to_owned(),
            }),
            Err(error) => Err(met(format!("inspect image {image}"))(error)),
        }
    }
}
