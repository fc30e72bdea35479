//! Every fact against a real control plane.
//!
//! Runs when `ISTHMUS_KUBERNETES_BIN` names a directory with etcd, kube-apiserver and
//! kube-controller-manager, as `ci/kubernetes/build` prints it; otherwise every fact is reported
//! as ignored, because nobody asked.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Trial};
use parity::real::ControlPlane;
use parity::{Fact, suite};
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

const BIN: &str = "ISTHMUS_KUBERNETES_BIN";

/// Facts wait more than they compute, so more of them run at once than there are cores.
const AT_ONCE: usize = 16;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    let Some(bin) = std::env::var_os(BIN) else {
        eprintln!("{BIN} is not set: no real control plane was asked for, all facts are ignored");
        let ignored = |trial: Trial| trial.with_ignored_flag(true);
        let trials = suite::trials(|_, _| anyhow::bail!("{BIN} is not set"));
        let trials = trials.into_iter().map(ignored).collect();
        return Ok(libtest_mimic::run(&arguments, trials).exit_code());
    };
    if arguments.list {
        return Ok(libtest_mimic::run(&arguments, suite::trials(|_, _| Ok(()))).exit_code());
    }
    arguments.test_threads.get_or_insert(AT_ONCE);
    run(&arguments, Path::new(&bin))
}

fn run(arguments: &Arguments, bin: &Path) -> Result<ExitCode> {
    let runtime = Arc::new(Runtime::new()?);
    let start = runtime.block_on(ControlPlane::start(bin));
    let site = Arc::new(start.context("the real control plane does not start")?);
    let (on, at, door) = (runtime.clone(), site.clone(), Arc::new(RwLock::new(())));
    let trials = suite::trials(move |fact, namespace| {
        on.block_on(attempt(at.clone(), &door, fact, &namespace))
    });
    let conclusion = libtest_mimic::run(arguments, trials);
    drop(site);
    Ok(conclusion.exit_code())
}

/// Facts share the site, except for those that must have it for themselves.
async fn attempt(
    site: Arc<ControlPlane>,
    door: &RwLock<()>,
    fact: Fact,
    namespace: &str,
) -> Result<()> {
    if suite::is_exclusive(&fact) {
        let _alone = door.write().await;
        return suite::attempt(site, fact, namespace).await;
    }
    let _together = door.read().await;
    suite::attempt(site, fact, namespace).await
}
