//! What the user has logged in to registries with, as the docker command keeps it.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use tokio::{io::AsyncWriteExt as _, process::Command};

/// What the docker command calls its own registry in its files.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// A user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token in place of both.
    Token(String),
}

/// The docker command's own file, as far as it is about registries.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
struct Auth {
    auth: Option<String>,
    identitytoken: Option<String>,
}

/// What a credential helper says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    username: String,
    secret: String,
}

/// Where a login is kept.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    /// In the file itself.
    Here(Login),
    /// By the program `docker-credential-<name>`.
    By(String),
}

/// The login for an image's registry; `None` if there is none, and then the registry decides.
pub(crate) async fn of(image: &str) -> Option<Login> {
    let text = tokio::fs::read_to_string(file()?).await.ok()?;
    let config: Config = serde_json::from_str(&text).ok()?;
    let registry = registry(image);
    match config.login(registry)? {
        Kept::Here(login) => Some(login),
        Kept::By(helper) => asked(&helper, registry).await,
    }
}

fn file() -> Option<PathBuf> {
    let directory = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    Some(directory.or_else(home)?.join("config.json"))
}

impl Config {
    fn login(&self, registry: &str) -> Option<Kept> {
        let helper = self
            .cred_helpers
            .get(registry)
            .or(self.creds_store.as_ref());
        if let Some(helper) = helper {
            return Some(Kept::By(helper.clone()));
        }
        let written = self.auths.get(registry)?;
        if let Some(token) = written
            .identitytoken
            .clone()
            .filter(|token| !token.is_empty())
        {
            return Some(Kept::Here(Login::Token(token)));
        }
        let decoded = STANDARD.decode(written.auth.as_ref()?).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Kept::Here(Login::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        }))
    }
}

/// Asks a credential helper: the registry on its input, JSON on its output.
async fn asked(helper: &str, registry: &str) -> Option<Login> {
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    input.write_all(registry.as_bytes()).await.ok()?;
    drop(input);
    let output = child.wait_with_output().await.ok()?;
    let said: Said = serde_json::from_slice(&output.stdout).ok()?;
    Some(match said.username.as_str() {
        "<token>" => Login::Token(said.secret),
        _ => Login::Password {
            user: said.username,
            password: said.secret,
        },
    })
}

/// The registry of an image, as the docker command's file calls it. The first part of a name is a
/// host only if it looks like one.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some(("docker.io" | "index.docker.io", _)) | None => DOCKER_HUB,
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        Some(_) => DOCKER_HUB,
    }
}

/// An image with its tag or digest. Of a bare name a daemon would pull every tag there is.
pub(crate) fn with_tag(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.contains([':', '@']) {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_the_first_part_only_if_that_is_a_host() {
        assert_eq!(registry("kindest/node:v1"), DOCKER_HUB);
        assert_eq!(registry("curl"), DOCKER_HUB);
        assert_eq!(registry("docker.io/istio/pilot:1.30.3"), DOCKER_HUB);
        assert_eq!(registry("quay.io/curl/curl"), "quay.io");
        assert_eq!(registry("localhost:5000/a"), "localhost:5000");
    }

    #[test]
    fn a_bare_name_is_its_latest_tag() {
        assert_eq!(with_tag("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(with_tag("a:v1"), "a:v1");
        assert_eq!(with_tag("a@sha256:1"), "a@sha256:1");
    }

    #[test]
    fn a_login_is_found_in_the_file_or_by_the_program_that_keeps_it() {
        let config: Config = serde_json::from_str(
            r#"{"auths": {"quay.io": {"auth": "bWU6c2VjcmV0OjE="}, "ghcr.io": {"identitytoken": "t"}, "empty.io": {}},
                "credHelpers": {"gcr.io": "gcloud"}}"#,
        )
        .unwrap();
        let password = Login::Password {
            user: "me".to_owned(),
            password: "secret:1".to_owned(),
        };
        assert_eq!(config.login("quay.io"), Some(Kept::Here(password)));
        let token = Login::Token("t".to_owned());
        assert_eq!(config.login("ghcr.io"), Some(Kept::Here(token)));
        assert_eq!(config.login("gcr.io"), Some(Kept::By("gcloud".to_owned())));
        assert_eq!(config.login("empty.io"), None);
        assert_eq!(config.login("docker.io"), None);
    }
}
