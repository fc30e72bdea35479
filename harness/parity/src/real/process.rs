//! A child process that ends with its owner.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// How much of a log is shown when a process ends too early, in bytes.
const TAIL: usize = 2000;

/// A running component; killed when dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `bin/name` with its output in `directory/name.log`.
    pub(super) fn start(
        bin: &Path,
        directory: &Path,
        name: &'static str,
        arguments: &[String],
    ) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let child = Command::new(bin.join(name))
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| {
                format!(
                    "{}: is it built? see ci/kubernetes",
                    bin.join(name).display()
                )
            })?;
        Ok(Self { name, child, log })
    }

    /// The process still runs.
    ///
    /// # Errors
    /// When it has ended; the message holds the end of its log.
    pub(super) fn check(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        let log = fs::read(&self.log).unwrap_or_default();
        let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(TAIL)..]).into_owned();
        bail!("{} ended with {status}:\n{tail}", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process is gone, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on loopback that was free a moment ago. Another process could take it before the
/// component does; the component would then end, and say so in its log.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
