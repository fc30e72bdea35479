//! How the server's cost grows: objects, watchers, memory. Prints one table in Markdown.
//!
//! Run with `cargo bench -p isthmus-apiserver`; with `-- --plot FILE` the figures are drawn too.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time, which the paused clock hides"
)]

mod plot;

use std::{
    env, fs,
    time::{Duration, Instant},
};

use apiserver::{ApiServer, Clock, Config, Gvr, Options, Request, User};
use serde_json::{Value, json};

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const AXES: plot::Axes = plot::Axes {
    sizes: "objects in the table",
    unit: "µs",
};
const WATCHERS: usize = 100;
const CHANGES: usize = 100;

fn main() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    println!("| objects | {} | memory, bytes each |", COLUMNS.join(" | "));
    println!("|---|{}---|", "---|".repeat(COLUMNS.len()));
    let rows: Vec<Row> = SIZES
        .iter()
        .map(|size| runtime.block_on(row(*size)))
        .collect();
    runtime.block_on(fan_out());
    let mut arguments = env::args()
        .skip_while(|argument| argument != "--plot")
        .skip(1);
    if let Some(file) = arguments.next() {
        fs::write(file, plot::svg(&AXES, &series(&rows))).expect("a file that can be written");
    }
}

/// What is measured, in microseconds.
const COLUMNS: [&str; 5] = [
    "create, µs",
    "get, µs",
    "list a namespace, 1 in 100, µs",
    "list by label, 100 (1,000 of 100,000), µs",
    "list by label, 100 objects, µs",
];

/// The figures of one number of objects.
struct Row {
    size: usize,
    micros: [f64; COLUMNS.len()],
}

fn series(rows: &[Row]) -> Vec<plot::Series<'_>> {
    let of = |(i, name): (usize, &'static &'static str)| plot::Series {
        name,
        points: rows
            .iter()
            .map(|row| (float(row.size), row.micros[i]))
            .collect(),
    };
    COLUMNS.iter().enumerate().map(of).collect()
}

fn float(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn server() -> ApiServer {
    let epoch = "2026-01-01T00:00:00Z"
        .parse()
        .expect("a well-formed literal");
    ApiServer::new(Config::new("bench", 1, Clock::starting_at(epoch)))
}

fn pods() -> Gvr {
    Gvr::core("pods")
}

fn namespace(i: usize) -> String {
    format!("n{}", i % 100)
}

fn pod(i: usize) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("p{i}"), "namespace": namespace(i),
            "labels": {"app": format!("a{}", i / 100 % 100), "hundred": format!("h{}", i / 100)}},
        "spec": {"containers": [{"name": "app", "image": "app:1", "ports": [{"containerPort": 80}]}]}})
}

async fn fill(server: &ApiServer, size: usize) -> Duration {
    for i in 0..100 {
        let object = json!({"metadata": {"name": namespace(i)}});
        let request = Request::create(&Gvr::core("namespaces"), object, &User::admin());
        server.call(request).await.expect("a namespace");
    }
    repeated(size, async |i| {
        let request = Request::create(&pods(), pod(i), &User::admin());
        server.call(request).await.expect("a pod");
    })
    .await
}

async fn row(size: usize) -> Row {
    let server = server();
    let before = resident();
    let created = fill(&server, size).await;
    let memory = resident().saturating_sub(before) / size;
    let admin = User::admin();
    let get = repeated(1_000, async |i| {
        let i = i * 7919 % size;
        let request = Request::get(&pods(), &namespace(i), &format!("p{i}"), &admin);
        server.call(request).await.expect("a pod");
    });
    let micros = [
        micros(created),
        micros(get.await),
        micros(lists(&server, "n7", None).await),
        micros(lists(&server, "", Some("app=a0")).await),
        micros(lists(&server, "", Some("hundred=h0")).await),
    ];
    let shown = micros.map(|figure| format!("{figure:.1}"));
    println!("| {size} | {} | {memory} |", shown.join(" | "));
    Row { size, micros }
}

/// The mean time of one list.
async fn lists(server: &ApiServer, namespace: &str, selector: Option<&str>) -> Duration {
    let admin = User::admin();
    let options = Options {
        label_selector: selector.map(str::to_owned),
        ..Options::default()
    };
    repeated(20, async |_| {
        let request = Request::list(&pods(), namespace, &admin).with(options.clone());
        server.call(request).await.expect("a list");
    })
    .await
}

/// The median time of one call, which what else the machine does hardly moves.
async fn repeated(times: usize, call: impl AsyncFn(usize)) -> Duration {
    let mut took = Vec::with_capacity(times);
    for i in 0..times {
        let start = Instant::now();
        call(i).await;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    took[times / 2]
}

async fn fan_out() {
    let server = server();
    fill(&server, 1).await;
    let mut watches = Vec::new();
    for _ in 0..WATCHERS {
        let answer = server
            .call(Request::watch(&pods(), "", &User::admin()))
            .await
            .expect("a watch");
        watches.push(answer.into_watch().expect("a watch"));
    }
    let start = Instant::now();
    for i in 1..CHANGES {
        server
            .call(Request::create(&pods(), pod(i), &User::admin()))
            .await
            .expect("a pod");
    }
    for watch in &mut watches {
        for _ in 0..CHANGES {
            watch.next().await.expect("an event");
        }
    }
    let told = WATCHERS * CHANGES;
    println!(
        "\n{CHANGES} creations told to {WATCHERS} watchers: {told} events in {:.1} ms",
        micros(start.elapsed()) / 1e3
    );
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .and_then(|n| n.parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
