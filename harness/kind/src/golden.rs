//! Nodes that start with every image unpacked: one golden `/var` per set of images, made once per
//! daemon, and a copy of it for each node in which image content is hard-linked.
//!
//! A node's `/var` would otherwise be copied from the image by Docker (a second and half a gigabyte
//! each), and containerd would unpack every image in every node. What containerd never changes, its
//! content and the committed snapshots, is shared between all nodes, on disk and in the page cache.
//! The daemon's own directory of volumes is mounted into a helper, because links cannot cross mounts;
//! where that is impossible nodes are made the slow way.

use futures::future::try_join_all;

use crate::{
    Result, digest,
    docker::{Docker, HelperSpec},
    label::{IMAGES, Labels},
    node::orders,
};

/// Unpacks what the image brings along and waits to be told that other images have been read in.
const PREPARE: &str = include_str!("node/files/prepare");
/// Copies the golden `/var` to each volume that it is given.
const CLONE: &str = include_str!("node/files/clone");

/// What the name of a second volume ends with, which says that the first is whole.
const WHOLE: &str = "-whole";

/// Removes what somebody has begun and nobody is at work on any more.
pub(crate) async fn remove_begun(docker: &Docker) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    let found = docker.volumes(&[IMAGES.to_owned()]).await?;
    let is_there = |name: &str| found.iter().any(|volume| volume.name == name);
    let begun = found.iter().map(|volume| volume.name.as_str());
    let begun = begun.filter(|name| !name.ends_with(WHOLE) && !is_there(&format!("{name}{WHOLE}")));
    for name in begun {
        if let Some(_turn) = crate::lock::Lock::unless_held(name)? {
            docker.remove_volume(name).await?;
            removed.push(name.to_owned());
        }
    }
    Ok(removed)
}

/// A golden `/var`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Golden {
    /// The volume.
    name: String,
}

impl Golden {
    /// Finds the one for these images, or makes it. `ids` are the images' ids, the node's last.
    pub(crate) async fn have(
        docker: &Docker,
        image: &str,
        preload: &[String],
        ids: &[String],
        owner: &Labels,
    ) -> Result<Self> {
        let digest = digest::of_images(ids);
        let golden = Self {
            name: format!("isthmus-images-{digest}"),
        };
        let _turn = crate::lock::Lock::hold(&golden.name).await?;
        let label = format!("{IMAGES}={digest}");
        let found = docker.volumes(&[label]).await?;
        // The second volume says that the first is whole.
        if found.len() == 2 {
            return Ok(golden);
        }
        docker.remove_volume(&golden.name).await?;
        let labels = Labels::from([(IMAGES.to_owned(), digest)]);
        docker.create_volume(&golden.name, labels.clone()).await?;
        golden.fill(docker, image, preload, owner).await?;
        let whole = format!("{}{WHOLE}", golden.name);
        docker.create_volume(&whole, labels).await?;
        Ok(golden)
    }

    /// Unpacks every image into the volume. The helper belongs to the run that needs it first.
    async fn fill(
        &self,
        docker: &Docker,
        image: &str,
        preload: &[String],
        owner: &Labels,
    ) -> Result<()> {
        let spec = HelperSpec {
            image,
            script: PREPARE,
            binds: vec![format!("{}:/var", self.name)],
            arguments: Vec::new(),
            labels: owner.clone(),
            beside: None,
        };
        let helper = docker.helper(spec).await?;
        let filled = async {
            docker.script(&helper, orders::AWAKE).await?;
            if !preload.is_empty() {
                docker.load(&helper, preload).await?;
            }
            docker.must(&helper, &["touch", "/run/go-on"], None).await?;
            docker.ended(&helper).await
        };
        let filled = filled.await;
        docker.remove(&helper).await?;
        filled
    }

    /// Gives every name a volume with a copy.
    pub(crate) async fn copy(
        &self,
        docker: &Docker,
        image: &str,
        volumes: &[String],
        labels: &Labels,
    ) -> Result<()> {
        let create = |name| docker.create_volume(name, labels.clone());
        try_join_all(volumes.iter().map(|name| create(name))).await?;
        let root = docker.daemon().await?.root;
        let spec = HelperSpec {
            image,
            script: CLONE,
            binds: vec![format!("{root}/volumes:/volumes")],
            arguments: [&self.name].into_iter().chain(volumes).cloned().collect(),
            labels: labels.clone(),
            beside: None,
        };
        let helper = docker.helper(spec).await?;
        let copied = docker.ended(&helper).await;
        docker.remove(&helper).await?;
        copied
    }
}
