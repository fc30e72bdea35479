//! What clusters of others see of a run, by the audit log of a real API server.
//!
//! Runs when `ISTHMUS_KUBERNETES_BIN` names a directory with etcd, kube-apiserver and
//! kube-controller-manager, as `ci/kubernetes/build` prints it; otherwise every fact is reported as
//! ignored, because nobody asked.

mod cut;
mod facts;
mod run;

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use parity::real::ControlPlane;
use tokio::runtime::Runtime;

const BIN: &str = "ISTHMUS_KUBERNETES_BIN";

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    let Some(bin) = std::env::var_os(BIN).filter(|_| !arguments.list) else {
        let ignored = facts::ALL.iter();
        let ignored =
            ignored.map(|fact| Trial::test(fact.claim, || Ok(())).with_ignored_flag(true));
        return Ok(libtest_mimic::run(&arguments, ignored.collect()).exit_code());
    };
    // What one fact finds in the log must not be another's.
    arguments.test_threads = Some(1);
    let runtime = Arc::new(Runtime::new()?);
    let start = runtime.block_on(ControlPlane::start(Path::new(&bin)));
    let site = Arc::new(start.context("the real control plane does not start")?);
    let trials = facts::ALL.iter().map(|fact| {
        let (runtime, site) = (Arc::clone(&runtime), Arc::clone(&site));
        Trial::test(fact.claim, move || {
            let held = runtime.block_on((fact.holds)(&site));
            held.map_err(|error| Failed::from(format!("{error:#}")))
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(site);
    Ok(conclusion.exit_code())
}
