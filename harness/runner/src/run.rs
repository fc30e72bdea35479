//! A trial from bring-up to tear-down.

use std::{path::PathBuf, time::Duration};

use engine::{BringUp, Deadline, Engine};
use jiff::Timestamp;
use judge::{Outcome, Verdict};
use manifest::Images;
use report::StepRun;
use scenario::scenario::{Action, Check, CheckKind, Timing, Waiting};
use serde_json::Value;

use crate::{
    Charts, Error, Result, Trial, canary, cause, check,
    conclude::{NOT_MODELLED, conclude, left_behind, spoken},
    diagnosis,
    error::Doing as _,
    install,
    running::Running,
    site::Site,
    step,
};

/// How trials are run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the run in labels of everything that is created.
    pub run: String,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The clock that certificates are made at.
    pub now: Timestamp,
    /// The images that workloads run.
    pub images: Images,
    /// Who renders Istio's charts.
    pub charts: Charts,
    /// Values merged over those of every cluster, for what is said of a machine and not of a mesh:
    /// a registry, a proxy image.
    pub values: Option<Value>,
    /// How long a whole trial may take on the engine's clock.
    pub patience: Duration,
    /// Where what clusters held is kept of trials that did not pass, if anybody wants it.
    pub diagnosis: Option<PathBuf>,
}

/// Runs a trial and reports what came of it. An engine that lacks something is a skip with that
/// reason; nothing is brought up then.
pub async fn run(engine: &dyn Engine, trial: Trial<'_>, options: &Options) -> report::Trial {
    let mut reported = blank(engine, trial);
    reported.reason = trial.not_run_on(engine.name(), &engine.capabilities());
    if reported.reason.is_some() {
        return reported;
    }
    match up(engine, trial, options).await {
        Ok(running) => {
            steps(&running, trial, &mut reported.steps).await;
            reported.elapsed = running.site.environment.elapsed();
            conclude(&mut reported, trial.canary);
            end(running, &mut reported).await;
        }
        Err(error) => {
            reported.steps.push(not_up(&error));
            conclude(&mut reported, trial.canary);
        }
    }
    reported
}

/// What is wanted of the clusters of a trial that did not pass is taken, then they are taken down.
async fn end(running: Running<'_>, reported: &mut report::Trial) {
    if let Some(folder) = &running.options.diagnosis
        && check::is_bad(reported.outcome)
    {
        diagnosis::keep(&running, folder, reported).await;
    }
    if let Err(error) = running.site.environment.tear_down().await {
        left_behind(reported, &error);
    }
}

fn blank(engine: &dyn Engine, trial: Trial<'_>) -> report::Trial {
    let proves = trial.scenario.proves().iter();
    report::Trial {
        name: trial.name(engine.name()),
        outcome: Outcome::Skip,
        reason: None,
        proves: proves.map(|promise| promise.promise.clone()).collect(),
        steps: Vec::new(),
        canary: None,
        elapsed: Duration::ZERO,
        wall: Duration::ZERO,
    }
}

pub(crate) async fn up<'a>(
    engine: &dyn Engine,
    trial: Trial<'a>,
    options: &'a Options,
) -> Result<Running<'a>> {
    let topology = trial.scenario.topology();
    let deadline = Deadline::after(options.patience);
    let bring_up = BringUp {
        run: options.run.clone(),
        seed: options.seed,
        deadline,
    };
    let environment = engine.bring_up(topology.substrate(), bring_up).await;
    let environment = environment.doing("bring clusters up")?;
    let site = Site::new(topology, environment, options.charts.clone(), deadline)?;
    Ok(Running::new(
        trial.scenario,
        options,
        engine.capabilities(),
        site,
    ))
}

/// The installation, every step until one shows that there is no use in going on, and the end.
async fn steps(running: &Running<'_>, trial: Trial<'_>, done: &mut Vec<StepRun>) {
    done.push(installed(running, trial).await);
    if let Some(canary) = trial.canary.filter(|canary| canary.after.is_none())
        && !is_over(done, trial)
    {
        done.extend(canary::after_installation(running, canary).await);
    }
    if !is_over(done, trial) {
        done.extend(joined(running).await);
    }
    for (index, one) in trial.scenario.steps().iter().enumerate() {
        if is_over(done, trial) {
            break;
        }
        done.push(step::carry_out(running, index + 1, one).await);
        if let Some(canary) = trial.canary.filter(|canary| canary.after == Some(index)) {
            done.push(canary::in_place(running, canary).await);
        }
    }
    if let Err(error) = running.traffic.stop().await {
        done.push(not_up(&error));
    }
    done.extend(budgets(running));
    done.extend(not_modelled(running));
}

/// Whether a step has shown that there is no use in going on: something failed in the scenario
/// itself, or the check that is to catch the canary has failed. Until then other checks may fail
/// as well, but not steps that break or change something.
fn is_over(done: &[StepRun], trial: Trial<'_>) -> bool {
    let bad = |step: &StepRun| check::is_bad(step.verdict.outcome);
    match trial.canary {
        None => done.last().is_some_and(bad),
        Some(canary) => {
            spoken(done, canary).is_some_and(bad)
                || done
                    .iter()
                    .any(|step| bad(step) && step.kind != step::CHECK)
        }
    }
}

pub(crate) async fn installed(running: &Running<'_>, trial: Trial<'_>) -> StepRun {
    let mut facts = running.facts();
    let violations = trial.canary.filter(|canary| canary.after.is_none());
    let violations = canary::violations(violations, &mut facts);
    let installed = install::install(running, &mut facts, violations).await;
    running.keep(facts);
    let verdict = match installed {
        Ok(()) => match check::judged(running, &ready(running)).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::inconclusive("everything is ready", error.to_string()),
        },
        Err(error) => {
            let expected = "the mesh and the workloads become ready";
            let failed = Verdict::fail(expected, error.to_string());
            cause::add_to_installation(running, failed).await
        }
    };
    running.aside("install", Check::READY, verdict)
}

/// The virtual machines join; `None` where there are none.
pub(crate) async fn joined(running: &Running<'_>) -> Option<StepRun> {
    let machines = running.site.topology.vms();
    if machines.is_empty() {
        return None;
    }
    let expected = "virtual machines join";
    let joined = install::machines(running).await;
    let verdict = joined.map_or_else(
        |error| Verdict::inconclusive(expected, error.to_string()),
        |()| Verdict::pass(expected, "their agents run"),
    );
    Some(running.aside("install", "machines", verdict))
}

/// The check that every scenario implies. Parts that nobody installs here, such as cluster DNS, may
/// still be on their way.
fn ready(running: &Running<'_>) -> Check {
    let clusters = running.site.topology.substrate().clusters.keys();
    Check {
        name: Check::READY.to_owned(),
        timing: Timing {
            within: SETTLE,
            then: Waiting::Once,
        },
        when: None,
        kind: CheckKind::Ready {
            clusters: clusters.cloned().collect(),
        },
    }
}

/// How long everything may take to become ready after the last stage of the installation.
const SETTLE: Duration = Duration::from_secs(120);

/// The budgets of all traffic that was started, charged until the end.
fn budgets(running: &Running<'_>) -> Vec<StepRun> {
    let steps = running.scenario.steps().iter();
    let traffic = steps.filter_map(|step| match &step.action {
        Action::Traffic(traffic) => Some(traffic),
        _ => None,
    });
    let started = traffic.filter(|traffic| running.traffic.has(&traffic.name));
    let charged = started.map(|traffic| {
        let charge = |seen: &[_]| judge::traffic::budget(&traffic.budget, seen);
        let verdict = running.traffic.seen(&traffic.name, charge);
        running.aside(step::TRAFFIC, &traffic.name, verdict)
    });
    charged.collect()
}

/// What the engine met and does not model: nothing that was said above can be relied on then.
fn not_modelled(running: &Running<'_>) -> Option<StepRun> {
    let met = running.site.environment.not_modelled();
    let met: Vec<String> = met.iter().map(ToString::to_string).collect();
    (!met.is_empty()).then(|| {
        let expected = "the engine models everything that it meets";
        let verdict = Verdict::inconclusive(expected, met.join("; "));
        running.aside(NOT_MODELLED, "", verdict)
    })
}

fn not_up(error: &Error) -> StepRun {
    StepRun {
        number: 0,
        kind: "environment".to_owned(),
        name: String::new(),
        at: Duration::ZERO,
        took: Duration::ZERO,
        verdict: Verdict::inconclusive("the environment serves the trial", error.to_string()),
        why: None,
    }
}
