//! `isthmus shell`: your own shell, with KUBECONFIG set to clusters that stand.

use std::process::Command;

use super::{CommandError, kubeconfig};
use crate::{Exit, cli::Shell};

pub(in crate::command) fn run(args: &Shell) -> Result<Exit, CommandError> {
    let text = kubeconfig::text(&args.name, args.cluster.as_deref())?;
    let file = Credentials::write(&args.name, &text)?;
    let shell = || vec![std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned())];
    let words = match args.command.is_empty() {
        true => shell(),
        false => args.command.clone(),
    };
    let ended = Command::new(&words[0])
        .args(&words[1..])
        .env("KUBECONFIG", &file.path)
        .env("ISTHMUS_CLUSTERS", &args.name)
        .status();
    let ended = ended.map_err(|source| CommandError::NotStarted {
        program: words[0].clone(),
        source,
    })?;
    Ok(match ended.success() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

/// A file with credentials that is gone when the shell has ended.
struct Credentials {
    path: std::path::PathBuf,
}

impl Credentials {
    fn write(run: &str, text: &str) -> Result<Self, CommandError> {
        let name = format!("isthmus-{run}-{}.kubeconfig", std::process::id());
        let file = Self {
            path: std::env::temp_dir().join(name),
        };
        kubeconfig::write(&file.path, text)?;
        Ok(file)
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        // Whoever has removed it already has done the same.
        let _ = std::fs::remove_file(&self.path);
    }
}
