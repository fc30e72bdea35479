//! Why one call of a trial goes as it does, at a point of its course.

use std::time::Duration;

use engine::Engine;
use scenario::scenario::Calls;
use tokio::time::sleep;
use world::Why;

use crate::{
    Error, Options, Result, Trial, canary, error::Doing as _, run, running::Running, step, target,
};

/// How long after the installation a call is made where no step is taken before it.
const SETTLE: Duration = Duration::from_secs(10);

/// Brings a trial up, takes its steps through the one at `after` (from 0; none if it is `None`),
/// makes the first of `calls` and tells its path.
///
/// What its checks come to on the way does not matter here, nor whether everything became ready:
/// a mesh that is broken is what people ask about.
///
/// # Errors
/// If clusters do not come up, the call cannot be made, or the engine sees effects only.
pub async fn explain(
    engine: &dyn Engine,
    trial: Trial<'_>,
    options: &Options,
    after: Option<usize>,
    calls: &Calls,
) -> Result<Why> {
    let running = run::up(engine, trial, options).await?;
    let why = course(&running, trial, after, calls).await;
    let stopped = running.traffic.stop().await;
    let down = running.site.environment.tear_down().await;
    let why = why?;
    stopped?;
    down.doing("take everything down").map(|()| why)
}

async fn course(
    running: &Running<'_>,
    trial: Trial<'_>,
    after: Option<usize>,
    calls: &Calls,
) -> Result<Why> {
    run::installed(running, trial).await;
    if let Some(canary) = trial.canary.filter(|canary| canary.after.is_none()) {
        canary::after_installation(running, canary).await;
    }
    run::joined(running).await;
    if after.is_none() {
        // Pods are ready a moment before proxies are told of them; nobody asks about that moment.
        sleep(SETTLE).await;
    }
    let taken = after.map_or(0, |after| after + 1);
    let steps = trial.scenario.steps().iter().take(taken);
    for (index, one) in steps.enumerate() {
        step::carry_out(running, index + 1, one).await;
        if let Some(canary) = trial.canary.filter(|canary| canary.after == Some(index)) {
            canary::in_place(running, canary).await;
        }
    }
    let call = target::calls(&running.site, calls)
        .await?
        .into_iter()
        .next();
    let call = call.ok_or_else(|| Error::Missing {
        what: "the client".to_owned(),
        why: "no client calls".to_owned(),
    })?;
    let mesh = running.site.environment.mesh();
    let mesh = mesh.doing("look into the mesh")?;
    mesh.explain(&call).await.doing(format!("explain {call}"))
}
