//! Clusters in Docker that stay, on a machine that has no Docker: what is said, and how it ends.

use std::process::{Command, Output};

fn isthmus(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isthmus"))
        .args(words)
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .expect("the program starts")
}

#[track_caller]
fn says(output: &[u8], words: &str) {
    let text = String::from_utf8_lossy(output);
    assert!(text.contains(words), "{text}");
}

#[test]
fn without_a_daemon_every_command_ends_with_the_environments_code_and_a_remedy() {
    for words in [
        &["up", "one-cluster"][..],
        &["down", "a"],
        &["ps"],
        &["gc"],
        &["kubeconfig", "a"],
        &["logs", "a", "-o", "/nonexistent"],
        &["shell", "a"],
    ] {
        let output = isthmus(words);
        assert_eq!(output.status.code(), Some(3), "{words:?}");
        says(&output.stderr, "DOCKER_HOST");
    }
}

#[test]
fn doctor_says_how_to_get_a_daemon() {
    let output = isthmus(&["doctor", "--topology", "one-cluster"]);
    assert_eq!(output.status.code(), Some(3));
    says(&output.stdout, "FAIL");
    says(&output.stdout, "systemctl start docker");
}

#[test]
fn a_topology_that_is_not_there_is_the_callers_mistake() {
    let output = isthmus(&["up", "one-clutser"]);
    assert_eq!(output.status.code(), Some(2));
    says(&output.stderr, "did you mean 'one-cluster'?");
}
