//! Removing what is left behind: only what carries our labels, and of that only what has no living
//! owner or was asked for by name.

use crate::{
    Result,
    docker::Docker,
    label::{Labels, Owner, RUN},
};

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Everything of one run.
    Run(String),
    /// Everything whose owner is gone.
    Ownerless,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// The containers, by name.
    pub containers: Vec<String>,
    /// How many networks.
    pub networks: usize,
}

impl Which {
    fn takes(&self, labels: &Labels) -> bool {
        match (self, Owner::of(labels)) {
            (Self::Run(run), _) => labels.get(RUN) == Some(run),
            (Self::Ownerless, Some(owner)) => !owner.is_alive(),
            (Self::Ownerless, None) => false,
        }
    }
}

/// Removes containers with their volumes first, then the networks they were on.
pub(crate) async fn remove(docker: &Docker, which: &Which) -> Result<Removed> {
    let ours = [RUN.to_owned()];
    let mut removed = Removed::default();
    let containers = docker.containers(&ours).await?;
    let mine: Vec<_> = containers
        .into_iter()
        .filter(|found| which.takes(&found.labels))
        .collect();
    futures::future::try_join_all(mine.iter().map(|found| docker.remove(&found.id))).await?;
    removed.containers = mine.into_iter().map(|found| found.name).collect();
    for (id, labels) in docker.networks(&ours).await? {
        if which.takes(&labels) {
            docker.remove_network(&id).await?;
            removed.networks += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_living_owner_or_none_of_ours_is_left_alone() {
        let mine = Owner::this_process("r1");
        let dead = Owner {
            boot: "another".to_owned(),
            ..mine.clone()
        };
        assert!(!Which::Ownerless.takes(&mine.labels()));
        assert!(Which::Ownerless.takes(&dead.labels()));
        assert!(!Which::Ownerless.takes(&Labels::new()));
        assert!(Which::Run("r1".to_owned()).takes(&mine.labels()));
        assert!(!Which::Run("r".to_owned()).takes(&mine.labels()));
    }
}
