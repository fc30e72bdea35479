//! A trial from bring-up to tear-down.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use engine::{BringUp, Deadline, Engine};
use jiff::Timestamp;
use judge::{Outcome, Verdict};
use manifest::{Facts, Images, Violations, mutations};
use report::{CanaryRun, StepRun};
use scenario::{
    Scenario,
    draft::CaughtAs,
    scenario::{Action, Break, Canary, Check, CheckKind, Timing},
};

use crate::{
    Error, Result, Trial, change, check, error::Doing as _, fault::Faults, install, site::Site,
    step, traffic::AllTraffic,
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
    /// How long a whole trial may take on the engine's clock.
    pub patience: Duration,
}

/// A trial while its clusters stand.
pub(crate) struct Running<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) site: Site<'a>,
    pub(crate) traffic: AllTraffic,
    pub(crate) faults: Faults,
    verdicts: Mutex<BTreeMap<String, Outcome>>,
}

/// Runs a trial and reports what came of it. An engine that lacks something is a skip with that
/// reason; nothing is brought up then.
pub async fn run(engine: &dyn Engine, trial: Trial<'_>, options: &Options) -> report::Trial {
    let mut reported = report::Trial {
        name: trial.name(engine.name()),
        outcome: Outcome::Skip,
        reason: None,
        proves: trial
            .scenario
            .proves()
            .iter()
            .map(|promise| promise.promise.clone())
            .collect(),
        steps: Vec::new(),
        canary: None,
        elapsed: Duration::ZERO,
        wall: Duration::ZERO,
    };
    let lacks = trial.lacks(&engine.capabilities());
    if !lacks.is_empty() {
        let lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
        reported.reason = Some(format!("{} has no {}", engine.name(), lacks.join(", ")));
        return reported;
    }
    match up(engine, trial, options).await {
        Ok(running) => {
            steps(&running, trial, options, &mut reported.steps).await;
            reported.elapsed = running.site.environment.elapsed();
            if let Err(error) = running.site.environment.tear_down().await {
                reported.reason = Some(format!("failed to take everything down: {error}"));
            }
        }
        Err(error) => reported.steps.push(not_up(&error)),
    }
    conclude(&mut reported, trial.canary);
    reported
}

async fn up<'a>(engine: &dyn Engine, trial: Trial<'a>, options: &Options) -> Result<Running<'a>> {
    let topology = trial.scenario.topology();
    let deadline = Deadline::after(options.patience);
    let bring_up = BringUp {
        run: options.run.clone(),
        seed: options.seed,
        deadline,
    };
    let environment = engine.bring_up(topology.substrate(), bring_up).await;
    let environment = environment.doing("bring clusters up")?;
    Ok(Running {
        scenario: trial.scenario,
        site: Site::new(topology, environment, deadline)?,
        traffic: AllTraffic::default(),
        faults: Faults::default(),
        verdicts: Mutex::default(),
    })
}

/// The installation and every step, until a check of the scenario itself has failed or, for a
/// canary, until the check that is to catch it has spoken.
async fn steps(
    running: &Running<'_>,
    trial: Trial<'_>,
    options: &Options,
    done: &mut Vec<StepRun>,
) {
    done.push(installed(running, trial.canary, options).await);
    for (index, one) in trial.scenario.steps().iter().enumerate() {
        if done
            .last()
            .is_some_and(|step| check::is_bad(step.verdict.outcome))
        {
            break;
        }
        done.push(step::carry_out(running, index + 1, one).await);
        if let Some(canary) = trial.canary.filter(|canary| canary.after == Some(index)) {
            done.push(broken(running, canary).await);
        }
    }
    if let Err(error) = running.traffic.stop().await {
        done.push(not_up(&error));
    }
    done.extend(budgets(running));
}

async fn installed(running: &Running<'_>, canary: Option<&Canary>, options: &Options) -> StepRun {
    let violations = canary.filter(|canary| canary.after.is_none());
    let mutations = violations
        .into_iter()
        .flat_map(|canary| canary.breaks.iter().flat_map(mutations));
    let mut facts = Facts::new(pki::Seed::new(options.seed), options.now);
    for (clusters, merge) in violations.into_iter().flat_map(values) {
        for cluster in clusters {
            facts.overlay_values(cluster.clone(), merge.clone());
        }
    }
    let workloads = running.scenario.workloads();
    let installed = install::install(
        &running.site,
        &mut facts,
        workloads,
        &options.images,
        Violations::new(mutations),
    );
    let installed = installed.await;
    let verdict = match installed {
        Ok(()) => match check::judged(running, &ready(running)).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::inconclusive("everything is ready", error.to_string()),
        },
        Err(error) => Verdict::fail("the mesh and the workloads become ready", error.to_string()),
    };
    step_run(running, "install", Check::READY, verdict)
}

fn values(canary: &Canary) -> Vec<(&Vec<world::ClusterName>, serde_json::Value)> {
    let values = canary.breaks.iter().filter_map(|broken| match broken {
        Break::Values { clusters, merge } => {
            Some((clusters, serde_json::Value::Object(merge.0.clone())))
        }
        Break::Omit { .. } | Break::Patch { .. } | Break::Fault(_) | Break::Change(_) => None,
    });
    values.collect()
}

/// The check that every scenario implies. Parts that nobody installs here, such as cluster DNS, may
/// still be on their way.
fn ready(running: &Running<'_>) -> Check {
    let clusters = running
        .site
        .topology
        .substrate()
        .clusters
        .keys()
        .cloned()
        .collect();
    Check {
        name: Check::READY.to_owned(),
        timing: Timing {
            within: SETTLE,
            then: scenario::scenario::Waiting::Once,
        },
        when: None,
        kind: CheckKind::Ready { clusters },
    }
}

/// How long everything may take to become ready after the last stage of the installation.
const SETTLE: Duration = Duration::from_secs(120);

async fn broken(running: &Running<'_>, canary: &Canary) -> StepRun {
    let mut verdict = Verdict::pass("the canary's violation is in place", "done");
    for (index, one) in canary.breaks.iter().enumerate() {
        let done = match one {
            Break::Fault(kind) => {
                running
                    .faults
                    .inject(running, &format!("{} {index}", canary.name), kind)
                    .await
            }
            Break::Change(change) => change::carry_out(running, change).await,
            Break::Omit { .. } | Break::Patch { .. } | Break::Values { .. } => Ok(()),
        };
        if let Err(error) = done {
            verdict =
                Verdict::inconclusive("the canary's violation is in place", error.to_string());
        }
    }
    step_run(running, "canary", &canary.name, verdict)
}

/// The budgets of all traffic, charged until the end.
fn budgets(running: &Running<'_>) -> Vec<StepRun> {
    let traffic = running
        .scenario
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            Action::Traffic(traffic) => Some(traffic),
            _ => None,
        });
    traffic
        .map(|traffic| {
            let verdict =
                judge::traffic::budget(&traffic.budget, &running.traffic.seen(&traffic.name));
            step_run(running, "traffic", &traffic.name, verdict)
        })
        .collect()
}

fn step_run(running: &Running<'_>, kind: &str, name: &str, verdict: Verdict) -> StepRun {
    let now = running.site.environment.elapsed();
    StepRun {
        number: 0,
        kind: kind.to_owned(),
        name: name.to_owned(),
        at: now,
        took: Duration::ZERO,
        verdict,
        why: None,
    }
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

/// What a trial came to: the worst of its steps, or for a canary whether it was caught.
fn conclude(trial: &mut report::Trial, canary: Option<&Canary>) {
    let worst = trial.steps.iter().max_by_key(|step| step.verdict.outcome);
    let Some(canary) = canary else {
        trial.outcome = worst.map_or(Outcome::Inconclusive, |step| step.verdict.outcome);
        if trial.outcome == Outcome::Skip {
            // A check that does not apply does not make the rest unsaid.
            trial.outcome = Outcome::Pass;
        }
        trial.reason = worst
            .filter(|step| check::is_bad(step.verdict.outcome))
            .map(|step| format!("{} {}: {}", step.kind, step.name, step.verdict.observed));
        return;
    };
    let expected = match canary.caught_as {
        CaughtAs::Fail => Outcome::Fail,
        CaughtAs::Inconclusive => Outcome::Inconclusive,
    };
    let spoke = trial
        .steps
        .iter()
        .find(|step| step.name == canary.caught_by && step.kind != "canary");
    let caught = spoke.is_some_and(|step| step.verdict.outcome == expected);
    trial.canary = Some(CanaryRun {
        check: canary.caught_by.clone(),
        expected,
        caught,
    });
    trial.outcome = if caught { Outcome::Pass } else { Outcome::Fail };
    trial.reason = (!caught).then(|| match (spoke, worst) {
        (Some(step), _) => format!(
            "'{}' came out as {}: the scenario is unproven",
            canary.caught_by, step.verdict.outcome
        ),
        (None, Some(step)) => format!(
            "'{}' was never asked; {} said: {}",
            canary.caught_by, step.kind, step.verdict.observed
        ),
        (None, None) => format!("'{}' was never asked", canary.caught_by),
    });
}

impl Running<'_> {
    /// Whether a check is for the Istio versions of this topology.
    pub(crate) fn applies(&self, check: &Check) -> bool {
        let Some(wanted) = &check.when else {
            return true;
        };
        let versions = self
            .site
            .topology
            .members()
            .values()
            .flat_map(|member| &member.revisions);
        versions
            .map(|revision| &revision.version)
            .all(|version| wanted.matches(version))
    }

    /// Keeps what a check came to, for refusals that need a twin.
    pub(crate) fn remember(&self, check: &Check, verdict: &Verdict) {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.insert(check.name.clone(), verdict.outcome);
    }

    /// A refusal counts only if its twin has shown that the path was there.
    pub(crate) fn with_twin(&self, verdict: Verdict, twin: &str) -> Verdict {
        let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        match verdicts.get(twin) {
            Some(Outcome::Fail | Outcome::Inconclusive) if verdict.outcome == Outcome::Pass => {
                let observed =
                    format!("it was refused, but '{twin}' did not show that the path was there");
                Verdict::inconclusive(&verdict.expected, observed).on(verdict.evidence)
            }
            _ => verdict,
        }
    }
}
