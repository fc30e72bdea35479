//! Commands in containers.

use bollard::{
    container::LogOutput,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
};
use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::connect::{Docker, met};
use crate::{Error, Result};

/// What a command wrote, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: i64,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Docker {
    /// Runs a command with `input` on its standard input and returns what it wrote.
    pub(crate) async fn run(
        &self,
        id: &str,
        command: &[&str],
        input: Option<&[u8]>,
    ) -> Result<Output> {
        let doing = || format!("run {} in container {id}", command.join(" "));
        let (exec, started) = self.exec(id, command, input.is_some()).await?;
        let exchanged = exchange(started, input).await;
        let (stdout, stderr) = exchanged.map_err(met(doing()))?;
        Ok(Output {
            code: self.exit_code(&exec).await?,
            stdout,
            stderr,
        })
    }

    /// Starts a command; returns its id and its standard streams.
    pub(super) async fn exec(
        &self,
        id: &str,
        command: &[&str],
        input: bool,
    ) -> Result<(String, StartExecResults)> {
        let doing = || format!("run {} in container {id}", command.join(" "));
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdin: Some(input),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let created = self.api.create_exec(id, options).await;
        let exec = created.map_err(met(doing()))?.id;
        let started = self.api.start_exec(&exec, None::<StartExecOptions>).await;
        Ok((exec, started.map_err(met(doing()))?))
    }

    /// How a command ended whose streams have been read to their end.
    pub(super) async fn exit_code(&self, exec: &str) -> Result<i64> {
        let seen = self.api.inspect_exec(exec).await;
        let seen = seen.map_err(met("ask how a command ended"))?;
        Ok(seen.exit_code.unwrap_or(-1))
    }

    /// Runs a command that must succeed and returns its standard output.
    pub(crate) async fn must(
        &self,
        id: &str,
        command: &[&str],
        input: Option<&[u8]>,
    ) -> Result<String> {
        let output = self.run(id, command, input).await?;
        if output.code == 0 {
            return Ok(output.stdout);
        }
        let said = if output.stderr.trim().is_empty() {
            &output.stdout
        } else {
            &output.stderr
        };
        Err(Error::Command {
            node: id.to_owned(),
            command: command.join(" "),
            code: output.code,
            output: tail(said, 20),
        })
    }

    /// Runs a shell script that must succeed.
    pub(crate) async fn script(&self, id: &str, script: &str) -> Result<()> {
        self.must(id, &["sh", "-e"], Some(script.as_bytes()))
            .await
            .map(drop)
    }
}

async fn exchange(
    started: StartExecResults,
    input: Option<&[u8]>,
) -> Result<(String, String), bollard::errors::Error> {
    let StartExecResults::Attached {
        mut output,
        input: mut stdin,
    } = started
    else {
        return Ok((String::new(), String::new()));
    };
    if let Some(bytes) = input {
        stdin.write_all(bytes).await?;
        stdin.shutdown().await?;
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Some(chunk) = output.next().await {
        match chunk? {
            LogOutput::StdErr { message } => stderr.extend_from_slice(&message),
            LogOutput::StdOut { message }
            | LogOutput::Console { message }
            | LogOutput::StdIn { message } => stdout.extend_from_slice(&message),
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((text(stdout), text(stderr)))
}

/// The last `lines` lines.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
