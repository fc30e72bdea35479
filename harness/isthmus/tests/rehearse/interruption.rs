use isthmus::{Exit, rehearsal::Stop};

use crate::kit::{Fate, Files, isthmus_until};

#[test]
fn a_wish_to_stop_is_obeyed_before_the_next_trial_and_is_no_pass() {
    let files = Files::new(&[("a/good", Fate::Passing)]);
    let stop = Stop::new();
    stop.request();
    let said = isthmus_until(&["test", &files.path()], &stop);
    assert_eq!(said.exit, Exit::Interrupted);
    assert!(said.out.contains("2 skipped"), "{}", said.out);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_trial_under_way_and_the_report_is_still_written() {
    use std::{
        io::{BufRead as _, BufReader},
        process::{Command, Stdio},
    };

    let files = Files::new(&[("a/long", Fate::Long)]);
    let record = files.join("report.json");
    let mut run = Command::new(env!("CARGO_BIN_EXE_isthmus"))
        .args([
            "test",
            "--filter",
            "long",
            "--jobs",
            "1",
            "--timeout",
            "9000h",
        ])
        .arg("--json")
        .arg(&record)
        .arg(files.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The file is made once everything is read, right before the first trial.
    while !record.exists() {
        assert!(run.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let said: Vec<String> = BufReader::new(run.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .collect();
    assert_eq!(run.wait().unwrap().code(), Some(Exit::Interrupted as i32));
    assert!(
        said.iter().any(|line| line.starts_with("stopping")),
        "{said:?}"
    );
    let record = std::fs::read_to_string(record).unwrap();
    assert!(record.contains("interrupted"), "{record}");
}
