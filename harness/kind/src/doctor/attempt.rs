//! What can only be known by trying: a container with every privilege and no network, which sets the
//! rules that nodes need in a name space of its own and is gone at once.

use crate::{
    Images, Result,
    docker::{Docker, HelperSpec},
    label::Owner,
    lease::Lease,
};

/// Tries one kernel facility after another, and writes a line for each that is not there.
const TRY: &str = include_str!("../node/files/try");

/// What the attempt has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// What the kernel lacks, by the names of its modules.
    Lacks(Vec<String>),
    /// The container did not even start.
    Refused(String),
}

/// Starts the container and takes it away again.
pub(super) async fn attempt(docker: &Docker, images: &Images) -> Attempt {
    let lease = Lease::of_this_process(jiff::Timestamp::now());
    let spec = HelperSpec {
        image: &images.node,
        script: TRY,
        arguments: Vec::new(),
        binds: vec!["/lib/modules:/lib/modules:ro".to_owned()],
        labels: Owner::new("doctor", lease, "").labels(),
        beside: None,
    };
    match docker.helper(spec).await {
        Err(error) => Attempt::Refused(error.to_string()),
        Ok(helper) => {
            let said = said(docker, &helper).await;
            // What cannot be removed now is removed by gc, once this process has ended.
            let _ = docker.remove(&helper).await;
            said.unwrap_or_else(|error| Attempt::Refused(error.to_string()))
        }
    }
}

async fn said(docker: &Docker, helper: &str) -> Result<Attempt> {
    docker.ended(helper).await?;
    let said = docker.log_tail(helper, 100).await?;
    Ok(Attempt::Lacks(said.lines().map(str::to_owned).collect()))
}
