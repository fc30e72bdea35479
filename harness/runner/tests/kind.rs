//! The same scenario of plain Kubernetes on real clusters: containers of the local Docker daemon.
//!
//! `ci/kind` brings the daemon and the images and says so through the environment. Without them
//! nothing can be asked, and every trial says so.

use std::{process::ExitCode, time::Duration};

use judge::Outcome;
use libtest_mimic::{Arguments, Completion, Failed, Trial as Test};
use manifest::Images;
use runner::{Options, Trial, trials};
use scenario::Scenario;

mod plain_scenario;

/// What has to be said before anything can be asked.
struct Offer {
    kind: kind::Images,
    pods: Images,
}

impl Offer {
    fn of_environment() -> Option<Self> {
        let image = |name| std::env::var(name).ok();
        let helloworld = image("ISTHMUS_HELLOWORLD_IMAGE")?;
        let client = image("ISTHMUS_CURL_IMAGE")?;
        Some(Self {
            kind: kind::Images {
                node: image("ISTHMUS_NODE_IMAGE")?,
                preload: vec![helloworld.clone(), client.clone()],
            },
            pods: Images { helloworld, client },
        })
    }
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let offer = Offer::of_environment();
    if offer.is_none() {
        eprintln!(
            "no real cluster was asked for: ci/kind sets ISTHMUS_NODE_IMAGE and the images of the samples"
        );
    }
    let scenarios: Vec<Scenario> = plain_scenario::all().expect("valid scenarios");
    let names: Vec<(usize, String)> = trials(&scenarios)
        .iter()
        .map(|trial| trial.name("kind").to_string())
        .enumerate()
        .collect();
    let tests = names.into_iter().map(|(index, name)| {
        Test::ignorable_test(name, move || one(index)).with_ignored_flag(offer.is_none())
    });
    libtest_mimic::run(&args, tests.collect()).exit_code()
}

fn one(index: usize) -> Result<Completion, Failed> {
    let offer = Offer::of_environment().ok_or("no images")?;
    let scenarios = plain_scenario::all().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let trial = runtime.block_on(run(trials(&scenarios)[index], offer, index));
    match trial.outcome {
        Outcome::Pass => Ok(Completion::Completed),
        Outcome::Skip => Ok(Completion::ignored_with(trial.reason.unwrap_or_default())),
        Outcome::Fail | Outcome::Inconclusive => Err(report::text::trial(&trial, 1).into()),
    }
}

async fn run(trial: Trial<'_>, offer: Offer, index: usize) -> report::Trial {
    let engine = kind::Kind::connect(offer.kind)
        .await
        .expect("a daemon with the images");
    let options = Options {
        run: format!("plain{index}"),
        seed: 1,
        now: "2026-01-01T00:00:00Z".parse().expect("a timestamp"),
        images: offer.pods,
        patience: Duration::from_secs(300),
    };
    runner::run(&engine, trial, &options).await
}
