//! The README's commands do what it shows: every `console` block is run, in order and in one empty
//! directory, and what it prints is compared.
//!
//! A line `...` stands for any lines; wall times are written as `…`. `ISTHMUS_BLESS=1` shows the
//! whole output instead of comparing, to be copied after reading.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A command with everything up to its output.
struct Shown {
    command: String,
    output: String,
}

#[test]
fn every_command_prints_what_is_shown() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let all = shown(&readme);
    assert!(all.len() >= 5, "the README shows {} commands", all.len());
    let directory = tempfile::tempdir().unwrap();
    for one in all {
        let said = run(&one.command, directory.path());
        if env::var_os("ISTHMUS_BLESS").is_some() {
            println!("$ {}\n{said}", one.command);
            continue;
        }
        assert!(
            is_like(&said, &one.output),
            "$ {}\nprints\n{said}\nand the README shows\n{}",
            one.command,
            one.output
        );
    }
}

#[test]
fn the_set_up_commands_name_a_target_that_is_there() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    for command in [
        "cargo run -- test --catalogue",
        "cargo test --test scenarios",
    ] {
        assert!(readme.contains(command), "{command} is not in the README");
    }
}

#[test]
fn every_link_of_the_readme_leads_to_a_file() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let links = readme.split("](").skip(1);
    for link in links.filter_map(|rest| rest.split(')').next()) {
        let file = link.split('#').next().unwrap_or(link);
        let is_there = link.starts_with("https://") || repository().join(file).exists();
        assert!(is_there, "{link} leads nowhere");
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The commands of all `console` blocks. A command goes on while a here-document does.
fn shown(readme: &str) -> Vec<Shown> {
    let blocks = readme.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("\n```").next());
    blocks.flat_map(commands).collect()
}

fn commands(block: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut is_in_document = false;
    for line in block.lines() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) if !is_in_document => {
                is_in_document = command.contains("<<");
                all.push(Shown {
                    command: command.to_owned(),
                    output: String::new(),
                });
            }
            (_, Some(one)) if is_in_document => {
                one.command = format!("{}\n{line}", one.command);
                is_in_document = line != "END";
            }
            (_, Some(one)) => one.output.push_str(&format!("{line}\n")),
            (_, None) => panic!("a block begins with its output: {line}"),
        }
    }
    all
}

/// Runs a command as a reader would, with this build's `isthmus` before any other.
fn run(command: &str, directory: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_isthmus"));
    let own = program.parent().expect("a program is in a directory");
    let path = env::var("PATH").unwrap_or_default();
    let ran = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .env("PATH", format!("{}:{path}", own.display()))
        .env_remove("ISTHMUS_ENGINE")
        .current_dir(directory)
        .output()
        .expect("a shell");
    String::from_utf8(ran.stdout).expect("text")
}

/// Whether what was said is what is shown, but for empty lines, wall times, the order in which trials
/// ended and what `...` stands for.
fn is_like(said: &str, shown: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(timeless);
        in_one_order(lines.filter(|line| !line.is_empty()).collect())
    };
    are_like(&lines(said), &lines(shown))
}

/// Trials that run at once end in any order: where several are told in a row, theirs is their names'.
fn in_one_order(mut lines: Vec<String>) -> Vec<String> {
    let is_end = |line: &str| ["pass ", "fail "].iter().any(|word| line.starts_with(word));
    for row in lines.chunk_by_mut(|line, next| is_end(line) && is_end(next)) {
        row.sort();
    }
    lines
}

#[test]
fn trials_may_end_in_any_order_and_must_be_the_same() {
    let (shown, said) = (
        "$ a\npass  b\npass  c\n2 passed",
        "$ a\npass  c\npass  b\n2 passed",
    );
    assert!(is_like(said, shown));
    assert!(!is_like(said, &shown.replace("pass  c", "pass  d")));
    assert!(!is_like(said, &shown.replace("pass  c", "fail  c")));
    assert!(!is_like(
        "pass  b\n2 passed\npass  c",
        "pass  b\npass  c\n2 passed"
    ));
}

fn are_like(said: &[String], shown: &[String]) -> bool {
    match (said, shown) {
        ([], []) => true,
        (_, [any, shown @ ..]) if any == "..." => {
            (0..=said.len()).any(|taken| are_like(&said[taken..], shown))
        }
        ([line, said @ ..], [same, shown @ ..]) => line == same && are_like(said, shown),
        _ => false,
    }
}

/// A line without what differs from run to run: the wall time at its end.
fn timeless(line: &str) -> String {
    let line = line.trim_end();
    let (rest, unit) = line.rsplit_once(' ').unwrap_or(("", line));
    let (rest, time) = rest.rsplit_once(' ').unwrap_or(("", rest));
    let is_time = unit == "s" && (time == "…" || time.parse::<f64>().is_ok());
    match is_time && !line.starts_with(' ') {
        true => rest.trim_end().to_owned(),
        false => line.to_owned(),
    }
}

#[test]
fn the_comparison_of_this_test_can_fail() {
    assert!(is_like("a\nb\nc\n", "a\n...\nc\n"));
    assert!(is_like("pass  a  0.3 s\n", "pass  a  … s\n"));
    for wrong in ["a\nc\n", "b\n...\n", "a\nb\n", "a\n...\nd\n", ""] {
        assert!(!is_like("a\nb\nc\n", wrong), "{wrong}");
    }
}
