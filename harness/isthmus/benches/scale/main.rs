//! How a rehearsal grows with the number of clusters: a full matrix of reachability, and traffic over
//! minutes of virtual time. Prints one table in Markdown.
//!
//! Run with `cargo bench -p isthmus --bench scale`; `-- --plot FILE` draws the figures too. Every size
//! runs in a process of its own, so that its peak of memory is its own.

#[path = "../../../apiserver/benches/sizes/plot.rs"]
mod plot;
mod written;

use std::{
    env, fs,
    process::{Command, ExitCode},
};

use isthmus::{
    engines::{EngineName, Setup},
    rehearsal::{Rehearsal, Settings, Stop},
    trials::Source,
};
use judge::Outcome;

/// The one that the command line and suites use.
#[global_allocator]
static ALLOCATOR: isthmus::Allocator = isthmus::Allocator;

/// How many clusters; ten services each.
const SIZES: [usize; 4] = [10, 25, 50, 100];

const AXES: plot::Axes = plot::Axes {
    sizes: "clusters",
    unit: "",
};

/// Asks this program to run one scenario and to print its figures.
const ONE: &str = "--one";

/// What one run took.
#[derive(Debug, Clone, Copy)]
struct Figures {
    seconds: f64,
    mebibytes: f64,
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    let after = |word: &str| {
        let at = words.iter().position(|one| one == word)?;
        words.get(at + 1).cloned()
    };
    match after(ONE) {
        Some(scenario) => one(&scenario),
        None => all(after("--plot")),
    }
}

fn all(plot: Option<String>) -> ExitCode {
    println!("| clusters | services | seconds | MiB at most |\n|---|---|---|---|");
    let mut rows = Vec::new();
    for size in SIZES {
        let Figures { seconds, mebibytes } = apart(&size.to_string());
        println!(
            "| {size} | {} | {seconds:.1} | {mebibytes:.0} |",
            size * written::SERVICES
        );
        rows.push((float(size), seconds, mebibytes));
    }
    let traffic = apart(written::TRAFFIC);
    println!(
        "\n3 clusters, 20 requests a second from each, 10 virtual minutes: {:.1} s",
        traffic.seconds
    );
    if let Some(file) = plot {
        let series = |name, figure: fn(&(f64, f64, f64)) -> f64| plot::Series {
            name,
            points: rows.iter().map(|row| (row.0, figure(row))).collect(),
        };
        let drawn = [
            series("seconds", |row| row.1),
            series("MiB at most", |row| row.2),
        ];
        fs::write(file, plot::svg(&AXES, &drawn)).expect("a file that can be written");
    }
    ExitCode::SUCCESS
}

fn float(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// Runs one scenario in a process of its own.
fn apart(scenario: &str) -> Figures {
    let program = env::current_exe().expect("this program is somewhere");
    let said = Command::new(program).args([ONE, scenario]).output();
    let said = said.expect("this program can be started again");
    let text = String::from_utf8_lossy(&said.stdout);
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let (Some(Ok(seconds)), Some(Ok(mebibytes))) = (numbers.next(), numbers.next()) else {
        panic!(
            "{scenario}: {}{text}",
            String::from_utf8_lossy(&said.stderr)
        );
    };
    Figures { seconds, mebibytes }
}

fn one(scenario: &str) -> ExitCode {
    let directory = tempfile::tempdir().expect("a directory for one file");
    let file = directory.path().join("scale.yaml");
    fs::write(&file, written::scenario(scenario)).expect("a file that can be written");
    let engine = EngineName::Sim
        .open(&Setup::default())
        .expect("the simulator is always there");
    let settings = Settings::on(&engine);
    let rehearsal = Rehearsal {
        engine: &engine,
        settings: &settings,
        stop: &Stop::new(),
    };
    let cases = Source::paths([file])
        .cases()
        .expect("the scenario is valid");
    let trial = rehearsal.run_one(&cases[0]);
    if trial.outcome != Outcome::Pass {
        eprintln!("{}", report::text::trial(&trial, settings.seed));
        return ExitCode::FAILURE;
    }
    println!("{} {}", trial.wall.as_secs_f64(), peak());
    ExitCode::SUCCESS
}

/// The most memory that this process has had, in mebibytes.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
