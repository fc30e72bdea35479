//! istioctl as a program on this host.

use std::{path::PathBuf, process::Stdio};

use futures::future::{BoxFuture, FutureExt as _};
use serde_json::Value;
use tokio::{io::AsyncWriteExt as _, process::Command};
use world::Version;

use crate::{Error, Istioctl, Result, document};

/// Where the version stands in a path under which several versions lie side by side.
const VERSION: &str = "{version}";

/// Programs on this host: one path, or one for every version.
#[derive(Debug, Clone)]
pub struct Binary {
    path: String,
}

impl Binary {
    /// The program at `path`; `{version}` in it stands for the version that is installed, for example
    /// `/opt/istio-{version}/bin/istioctl`.
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// Where the program of a version is.
    pub fn path(&self, version: &Version) -> PathBuf {
        self.path.replace(VERSION, &version.to_string()).into()
    }

    /// Charts differ from patch to patch: the version must be the very one.
    async fn is_of(&self, version: &Version) -> Result<()> {
        let said = self
            .run(
                version,
                "version",
                &["version", "--remote=false", "--short"],
                "",
            )
            .await?;
        let found = said.trim().rsplit([' ', ':']).next().unwrap_or_default();
        match found == version.to_string() {
            true => Ok(()),
            false => Err(Error::OtherVersion {
                path: self.path(version),
                found: found.to_owned(),
                wanted: version.clone(),
            }),
        }
    }

    async fn run(
        &self,
        version: &Version,
        doing: &'static str,
        arguments: &[&str],
        input: &str,
    ) -> Result<String> {
        let failed = |source| Error::NotStarted {
            path: self.path(version),
            version: version.clone(),
            source,
        };
        let mut child = Command::new(self.path(version))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut stdin = child.stdin.take().expect("its input is piped");
        // A program that reads nothing closes its input; what it says then matters, not the pipe.
        let written = async move {
            let _ = stdin.write_all(input.as_bytes()).await;
        };
        let (ended, ()) = tokio::join!(child.wait_with_output(), written);
        let ended = ended.map_err(failed)?;
        match ended.status.success() {
            true => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
            false => Err(Error::Refused {
                version: version.clone(),
                doing,
                said: String::from_utf8_lossy(&ended.stderr).trim().to_owned(),
            }),
        }
    }
}

impl Istioctl for Binary {
    fn generate<'a>(
        &'a self,
        version: &'a Version,
        operator: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<Value>>> {
        async move {
            self.is_of(version).await?;
            // JSON is YAML, and istioctl reads both.
            let input = serde_json::to_string(operator).map_err(Error::Unwritable)?;
            let generate = ["manifest", "generate", "--filename", "-"];
            let text = self
                .run(version, "manifest generate", &generate, &input)
                .await?;
            document::objects(&text)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    use serde_json::json;

    use super::*;

    /// A program that says it is `version` and otherwise does what `does` says.
    fn program(directory: &Path, version: &str, does: &str) -> Binary {
        let path = directory.join(format!("istioctl-{version}"));
        let text =
            format!("#!/bin/sh\nif [ \"$1\" = version ]; then echo {version}; exit; fi\n{does}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Binary::at(format!("{}/istioctl-{VERSION}", directory.display()))
    }

    async fn generated(binary: &Binary, version: &str) -> Result<Vec<Value>> {
        let operator = json!({"kind": "IstioOperator"});
        binary.generate(&version.parse().unwrap(), &operator).await
    }

    #[tokio::test]
    async fn the_program_of_the_version_is_given_the_operator_and_its_objects_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let binary = program(
            directory.path(),
            "1.30.3",
            "cat; echo; echo ---; echo 'kind: Service'",
        );
        let objects = generated(&binary, "1.30.3").await.unwrap();
        assert_eq!(
            objects,
            [json!({"kind": "IstioOperator"}), json!({"kind": "Service"})]
        );
    }

    #[tokio::test]
    async fn another_version_is_refused_before_its_charts_are_rendered() {
        let directory = tempfile::tempdir().unwrap();
        program(directory.path(), "1.29.6", "exit 9");
        let binary = Binary::at(format!("{}/istioctl-1.29.6", directory.path().display()));
        let error = generated(&binary, "1.30.3").await.unwrap_err();
        assert!(matches!(error, Error::OtherVersion { found, .. } if found == "1.29.6"));
    }

    #[tokio::test]
    async fn a_refusal_keeps_the_programs_words() {
        let directory = tempfile::tempdir().unwrap();
        let binary = program(directory.path(), "1.30.3", "echo unknown field >&2; exit 1");
        let error = generated(&binary, "1.30.3").await.unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("manifest generate: unknown field"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_missing_program_says_which_version_is_wanted() {
        let error = generated(&Binary::at("/nowhere/istioctl"), "1.30.3").await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("install istioctl 1.30.3"), "{error}");
    }
}
