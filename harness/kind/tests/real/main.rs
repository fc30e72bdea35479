//! What only real clusters show: nodes in zones, machines and clients outside every cluster, networks
//! that are apart even where their ranges are equal, and faults of the ground.
//!
//! Two clusters are brought up once and every fact is asked of them. `ci/kind` says by the environment
//! from which images; without them nothing can be asked, and every fact is ignored.
//!
//! Reading order: `ground` (what stands), `facts` (what is asked).

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong before a fact is asked is a broken test"
)]

mod facts;
mod ground;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};

use self::{facts::FACTS, ground::Ground};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Facts break the ground that others stand on.
    arguments.test_threads = Some(1);
    let Some(images) = ground::images() else {
        eprintln!("no real cluster was asked for: ci/kind sets ISTHMUS_NODE_IMAGE and others");
        let ignored = FACTS
            .iter()
            .map(|(name, _)| Trial::test(*name, || Ok(())).with_ignored_flag(true));
        return libtest_mimic::run(&arguments, ignored.collect()).exit_code();
    };
    if arguments.list {
        let names = FACTS.iter().map(|(name, _)| Trial::test(*name, || Ok(())));
        return libtest_mimic::run(&arguments, names.collect()).exit_code();
    }
    let runtime = Arc::new(tokio::runtime::Runtime::new().unwrap());
    let ground = Arc::new(runtime.block_on(Ground::up(images)));
    let trials = FACTS.iter().map(|&(name, fact)| {
        let (runtime, ground) = (Arc::clone(&runtime), Arc::clone(&ground));
        Trial::test(name, move || {
            runtime.block_on(fact(&ground)).map_err(Into::into)
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let ground = Arc::into_inner(ground).expect("every trial has ended");
    runtime.block_on(ground.down());
    conclusion.exit_code()
}
