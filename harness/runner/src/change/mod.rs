//! Changes: what is different from then on. Everything here is an ordinary API call, the same on
//! every engine.
//!
//! Reading order: this file, `objects` (of the user), `secret` and `root` (access and trust),
//! `upgrade` (versions, revisions, tags).

mod objects;
pub(crate) mod root;
pub(crate) mod secret;
mod upgrade;

use scenario::scenario::{Change, Deployed};
use world::VmName;

use crate::{Result, error::Doing as _, pods, running::Running, vm};

pub(crate) use upgrade::{Installed, gateways};

/// Carries a change out.
pub(crate) async fn carry_out(running: &Running<'_>, change: &Change) -> Result<()> {
    match change {
        Change::Apply { clusters, objects } => objects::apply(running, clusters, objects).await,
        Change::Delete { clusters, object } => objects::delete(running, clusters, object).await,
        Change::Label {
            clusters,
            object,
            labels,
        } => objects::label(running, clusters, object, labels).await,
        Change::Scale { of, replicas } => scale(running, of, *replicas).await,
        Change::Restart(of) => restart(running, of).await,
        Change::RotateSecret { secret, renew } => secret::rotate(running, secret, *renew).await,
        Change::RotateRoot { mesh, to, phase } => root::rotate(running, mesh, to, *phase).await,
        Change::RotateToken(vm) | Change::Onboard(vm) => onboard(running, vm).await,
        Change::Offboard(vm) => vm::offboard(running, vm).await,
        Change::Upgrade(upgrade) => upgrade::upgrade(running, upgrade).await,
        Change::Rollback(upgrade) => upgrade::roll_back(running, upgrade).await,
        Change::Tag {
            clusters,
            tag,
            revision,
        } => upgrade::tag(running, clusters, tag, revision).await,
        Change::RemoveRevision { clusters, revision } => {
            upgrade::remove(running, clusters, revision.as_ref()).await
        }
        Change::Clock(fault) => {
            let injected = running.site.environment.inject(fault).await;
            injected.doing("put a clock off").map(drop)
        }
    }
}

/// Asks for another number of pods of each.
async fn scale(running: &Running<'_>, of: &[Deployed], replicas: u32) -> Result<()> {
    let replicas = i32::try_from(replicas).unwrap_or(i32::MAX);
    for one in of {
        for object in pods::deployments(running, one) {
            pods::scale(running, one.cluster(), &object, replicas).await?;
        }
    }
    Ok(())
}

async fn restart(running: &Running<'_>, of: &[Deployed]) -> Result<()> {
    for one in of {
        let objects = pods::deployments(running, one);
        pods::restart(running, one.cluster(), objects).await?;
    }
    Ok(())
}

/// A machine joins, or joins anew, with a token that is fresh.
async fn onboard(running: &Running<'_>, name: &VmName) -> Result<()> {
    let mut facts = running.facts();
    let token = manifest::Need::VmToken(name.clone());
    crate::install::learn(&running.site, &mut facts, token).await?;
    vm::onboard(running, &mut facts, name).await?;
    running.keep(facts);
    Ok(())
}
