//! One seed, one log: whatever process, thread, clock, language or place a run is in.
//!
//! Started without [`CHILD`] this program is a suite of claims, each of which starts it again as a
//! process under another environment; with it, it runs a scenario and prints the log of events.
#![expect(clippy::unwrap_used, reason = "the claims' kit stops where it fails")]

#[expect(dead_code, reason = "the kit is shared with the claims about clusters")]
#[path = "it/kit.rs"]
mod kit;

use std::{
    env,
    io::{Write, stdout},
    process::{Command, ExitCode},
    sync::LazyLock,
    thread,
};

use engine::{Batch, Environment};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::json;
use sim::runtime;
use world::{NodeName, SubstrateFault};

use kit::{apply, call, deployment, from_pod, kinds, name, namespace, service, settle, up};

/// What tells a process that it is to print a log.
const CHILD: &str = "ISTHMUS_DETERMINISM_CHILD";

fn main() -> ExitCode {
    if env::var_os(CHILD).is_some() {
        stdout().write_all(log().as_bytes()).unwrap();
        return ExitCode::SUCCESS;
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

/// The log of a run in which most of what the simulator decides is decided.
fn log() -> String {
    runtime::run(async {
        let sim = up(2, 2).await;
        let kinds = kinds(&sim, 1);
        let objects = [
            namespace(),
            deployment("sleep", "v1", 1),
            deployment("helloworld", "v1", 3),
            service("helloworld", "LoadBalancer"),
        ];
        settle(&kinds, &objects).await;
        let job = json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"namespace": "sample", "name": "once"},
            "spec": {"template": {"spec": {"restartPolicy": "Never",
                "containers": [{"name": "once", "image": "tools", "command": ["false"]}]}}}});
        apply(&kinds, &[job]).await;
        let fault = SubstrateFault::PauseNode(name(1), NodeName::new("node2").unwrap());
        let handle = sim.inject(&fault).await.unwrap();
        let call = call(from_pod(1, "sleep"), "helloworld", 80);
        let seen = sim.prober().ask(Batch::repeated(call, 20)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(400)).await;
        sim.heal(handle).await.unwrap();
        settle(&kinds, &[deployment("helloworld", "v1", 5)]).await;
        format!("{}{seen:#?}\n", sim.log())
    })
}

/// The log as this process writes it, with which all others are compared.
static OURS: LazyLock<String> = LazyLock::new(log);

fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("the_log_has_something_to_say", || {
            let lines = OURS.lines().count();
            let said = OURS.contains("DELETED") && OURS.contains("is up");
            verdict(lines > 300 && said, || format!("{lines} lines only"))
        }),
        Trial::test("twenty_runs_are_one", || {
            (0..20).try_for_each(|_| same(&log(), "another run"))
        }),
        Trial::test("runs_on_threads_beside_each_other_are_one", on_threads),
    ];
    for (claim, change) in ENVIRONMENTS {
        trials.push(Trial::test(*claim, move || {
            in_a_process(Command::new(us()), *change)
        }));
    }
    trials.push(without_a_network());
    trials
}

type Change = fn(&mut Command);

/// What a process may find different, by the claim that it makes no difference.
const ENVIRONMENTS: &[(&str, Change)] = &[
    ("another_process_writes_the_same", |_| {}),
    ("the_time_zone_makes_no_difference", |it| {
        it.env("TZ", "Pacific/Kiritimati");
    }),
    ("the_other_end_of_the_calendar_makes_no_difference", |it| {
        it.env("TZ", "Pacific/Pago_Pago");
    }),
    ("the_language_makes_no_difference", |it| {
        it.envs([("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")]);
    }),
    ("no_language_makes_no_difference", |it| {
        it.envs([("LANG", "C"), ("LC_ALL", "C")]);
    }),
    ("the_directory_makes_no_difference", |it| {
        it.current_dir("/");
    }),
    ("the_home_makes_no_difference", |it| {
        it.env("HOME", "/nonexistent");
    }),
    ("no_environment_makes_no_difference", |it| {
        it.env_clear();
    }),
    ("threads_of_libraries_make_no_difference", |it| {
        it.envs([("TOKIO_WORKER_THREADS", "7"), ("RUST_TEST_THREADS", "13")]);
    }),
];

fn on_threads() -> Result<(), Failed> {
    for count in [2, 5, 8] {
        let running: Vec<_> = (0..count).map(|_| thread::spawn(log)).collect();
        for one in running {
            let log = one.join().map_err(|_| "a run panicked")?;
            same(&log, &format!("one of {count} at once"))?;
        }
    }
    Ok(())
}

/// The claim that no network is needed, where the kernel lets us take it away.
fn without_a_network() -> Trial {
    let alone = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--"]);
        command
    };
    let allowed = alone()
        .arg("true")
        .output()
        .is_ok_and(|out| out.status.success());
    if !allowed {
        eprintln!("unshare --net is refused here: needs_no_network is not tried");
    }
    let claim = Trial::test("needs_no_network", move || {
        let mut command = alone();
        command.arg(us());
        in_a_process(command, |_| {})
    });
    claim.with_ignored_flag(!allowed)
}

fn us() -> std::path::PathBuf {
    env::current_exe().unwrap()
}

fn in_a_process(mut command: Command, change: Change) -> Result<(), Failed> {
    change(&mut command);
    let output = command.env(CHILD, "1").output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    verdict(output.status.success(), || {
        format!("{}: {errors}", output.status)
    })?;
    same(&String::from_utf8(output.stdout)?, "the process")
}

/// Compares byte by byte, and names the first line that differs.
fn same(log: &str, whose: &str) -> Result<(), Failed> {
    let differ = log
        .lines()
        .zip(OURS.lines())
        .find(|(one, other)| one != other);
    verdict(log == *OURS, || match differ {
        Some((theirs, ours)) => format!("{whose} wrote {theirs:?} instead of {ours:?}"),
        None => format!(
            "{whose} wrote {} bytes instead of {}",
            log.len(),
            OURS.len()
        ),
    })
}

fn verdict(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failed> {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}
