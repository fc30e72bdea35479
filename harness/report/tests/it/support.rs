//! Runs as a runner would report them.

use std::{collections::BTreeMap, time::Duration};

use judge::{Evidence, Outcome, Verdict};
use report::{CanaryRun, Run, StepRun, Trial, TrialName};
use world::{
    Call, Client, Connection, Hop, Observation, Place, Protocol, Refusal, RuleId, Sentence, Target,
};

/// A trial that came to `outcome` in its second step, with evidence.
pub(crate) fn trial(outcome: Outcome) -> Trial {
    let name = TrialName {
        scenario: "topology/t4".to_owned(),
        cell: BTreeMap::from([("istio".to_owned(), "1.30.3".to_owned())]),
        canary: None,
        engine: "sim".to_owned(),
    };
    Trial {
        outcome,
        reason: (outcome != Outcome::Pass).then(|| "step 2 said so".to_owned()),
        proves: vec!["Both clusters serve both clients.".to_owned()],
        steps: vec![step(outcome)],
        elapsed: Duration::from_millis(75_250),
        ..Trial::skipped(name, "")
    }
}

/// The same as a canary's trial.
pub(crate) fn canary(caught: bool) -> Trial {
    let outcome = if caught { Outcome::Pass } else { Outcome::Fail };
    let mut trial = trial(outcome);
    trial.name.canary = Some("the secret is missing".to_owned());
    trial.canary = Some(CanaryRun {
        check: "both clusters answer".to_owned(),
        expected: Outcome::Fail,
        caught,
    });
    trial
}

pub(crate) fn run(trials: Vec<Trial>) -> Run {
    Run {
        isthmus: "0.1.0".to_owned(),
        seed: 42,
        trials,
    }
}

fn step(outcome: Outcome) -> StepRun {
    let mut verdict = Verdict::fail("cluster1 and cluster2 answer", "only cluster1 answered");
    verdict.outcome = outcome;
    StepRun {
        number: 2,
        kind: "check".to_owned(),
        name: "both clusters answer".to_owned(),
        at: Duration::from_secs(15),
        took: Duration::from_millis(60_250),
        verdict: verdict.on(evidence()),
        why: Some("isthmus why --from sleep@cluster1 --to helloworld.sample:5000".to_owned()),
    }
}

fn evidence() -> Evidence {
    Evidence {
        calls: 20,
        independent: 19,
        seen: BTreeMap::from([("cluster1".to_owned(), 19), ("timeout".to_owned(), 1)]),
        converged_after: Some(Duration::from_millis(1500)),
        false_alarm: Some(1e-6),
        nearest: Some(Box::new(observation())),
    }
}

fn observation() -> Observation {
    let to = Target {
        host: "helloworld.sample".into(),
        port: 5000,
    };
    let call = Call {
        from: Client::Outside,
        to,
        protocol: Protocol::get("/hello"),
        connection: Connection::Fresh,
        timeout: Duration::from_secs(5),
    };
    let hop = |decided, in_vain| Hop {
        at: Place::Network("network1".into()),
        decided: Sentence::new(decided),
        because: Some(RuleId::new("remote/secret")),
        in_vain,
    };
    Observation {
        call: call.into(),
        at: Duration::from_secs(70),
        took: Duration::from_secs(5),
        outcome: world::Outcome::Refused(Refusal::Timeout),
        hops: vec![
            hop("no connection to the gateway", true),
            hop("no endpoint of cluster2 <known> & \"quoted\"", false),
        ],
    }
}

/// A trial of every outcome; the reason of the skipped one has to be escaped in XML.
pub(crate) fn every_kind_of_trial() -> Vec<Trial> {
    let skipped = Trial::skipped(trial(Outcome::Pass).name, "sim has no <weather>");
    vec![
        trial(Outcome::Pass),
        trial(Outcome::Fail),
        trial(Outcome::Inconclusive),
        skipped,
        canary(true),
        canary(false),
    ]
}
