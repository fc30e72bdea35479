//! What this host adds to an engine: where istioctl is, which values every installation gets, which
//! images nodes are given. Nothing of it is part of a scenario.

use std::{env, fs, path::PathBuf, str::FromStr, sync::Arc};

use clap::Args;
use existing::{Allowed, Context, Existing};
use istioctl::Binary;
use manifest::Images;
use runner::Charts;
use serde_json::Value;

use super::EngineError;

/// The variable that says where istioctl is.
pub const ISTIOCTL: &str = "ISTHMUS_ISTIOCTL";
/// The variable that names the file with values.
pub const VALUES: &str = "ISTHMUS_ISTIO_VALUES";
/// The variable with images that nodes get from this host, by spaces.
pub const PRELOAD: &str = "ISTHMUS_PRELOAD";

/// The variable that names the kubeconfig of clusters that exist; never `KUBECONFIG`, which may lead
/// anywhere.
pub const KUBECONFIG: &str = "ISTHMUS_KUBECONFIG";
/// The variable with the contexts of clusters.
pub const CONTEXTS: &str = "ISTHMUS_CONTEXTS";
/// The variable with contexts that may be used.
pub const ALLOW: &str = "ISTHMUS_ALLOW";

/// What this host adds to an engine.
#[derive(Debug, Clone, Default, Args)]
pub struct Setup {
    /// istioctl, on engines with a real Istio; `{version}` in the path stands for the version that is
    /// installed. ISTHMUS_ISTIOCTL says it where this is left out; otherwise it is looked for in PATH.
    #[arg(long, value_name = "PATH", env = ISTIOCTL, hide_env = true)]
    pub istioctl: Option<String>,
    /// A YAML file with Helm values that are merged over those of every cluster: a registry (global.hub),
    /// a proxy image, what a host's own images need. ISTHMUS_ISTIO_VALUES says it where this is left out.
    #[arg(long, value_name = "FILE", env = VALUES, hide_env = true)]
    pub istio_values: Option<PathBuf>,
    /// The kubeconfig of clusters that exist, for --engine existing.
    #[arg(long, value_name = "FILE", env = KUBECONFIG, hide_env = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Which context a cluster of the topology is; repeat it for others, or separate them by commas.
    #[arg(long = "context", value_name = "CLUSTER=CONTEXT", env = CONTEXTS, hide_env = true, value_delimiter = ',')]
    pub contexts: Vec<Context>,
    /// That scenarios may be run in a context as long as it leads to this API server; repeat it for others.
    #[arg(long = "allow", value_name = "CONTEXT=URL", env = ALLOW, hide_env = true, value_delimiter = ',')]
    pub allowed: Vec<Allowed>,
}

impl Setup {
    /// What the environment says.
    ///
    /// # Errors
    /// If a list in it is not of pairs.
    pub fn of_environment() -> Result<Self, EngineError> {
        let said = |name| env::var(name).ok().filter(|text| !text.is_empty());
        Ok(Self {
            istioctl: said(ISTIOCTL),
            istio_values: said(VALUES).map(PathBuf::from),
            kubeconfig: said(KUBECONFIG).map(PathBuf::from),
            contexts: listed(said(CONTEXTS))?,
            allowed: listed(said(ALLOW))?,
        })
    }

    /// The clusters that exist and may be used.
    ///
    /// # Errors
    /// If no kubeconfig is named, or a context is not allowed.
    pub(super) fn existing(&self) -> Result<Existing, EngineError> {
        let path = self.kubeconfig.as_ref().ok_or(EngineError::NoKubeconfig)?;
        Ok(Existing::of(path, &self.contexts, &self.allowed)?)
    }

    /// Who renders Istio's charts for a mesh that is real.
    pub(super) fn charts(&self) -> Charts {
        let path = self.istioctl.as_deref().unwrap_or("istioctl");
        Charts::Generated(Arc::new(Binary::at(path)))
    }

    /// The values that every cluster gets.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no mapping.
    pub(super) fn values(&self) -> Result<Option<Value>, EngineError> {
        let Some(path) = &self.istio_values else {
            return Ok(None);
        };
        let wrong = |why: String| EngineError::Values {
            path: path.clone(),
            why,
        };
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let values: Value =
            serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match values.is_object() {
            true => Ok(Some(values)),
            false => Err(wrong("it holds no mapping".to_owned())),
        }
    }
}

/// What workloads run on clusters that exist.
pub(super) fn samples() -> Images {
    let said = |name: &str| env::var(name).ok().filter(|image| !image.is_empty());
    let default = Images::default();
    Images {
        helloworld: said("ISTHMUS_HELLOWORLD_IMAGE").unwrap_or(default.helloworld),
        client: said("ISTHMUS_CURL_IMAGE").unwrap_or(default.client),
    }
}

fn listed<T: FromStr<Err = existing::Error>>(text: Option<String>) -> Result<Vec<T>, EngineError> {
    let text = text.unwrap_or_default();
    let words = text.split(',').map(str::trim);
    let words = words.filter(|word| !word.is_empty());
    Ok(words.map(str::parse).collect::<existing::Result<_>>()?)
}

/// The images that nodes get from this host.
pub(super) fn preloaded() -> Vec<String> {
    let images = env::var(PRELOAD).unwrap_or_default();
    images.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Value>, EngineError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("values.yaml");
        fs::write(&path, text).unwrap();
        let setup = Setup {
            istio_values: Some(path),
            ..Setup::default()
        };
        setup.values()
    }

    #[test]
    fn values_are_a_mapping_or_an_error_that_names_the_file() {
        let values = read("global: {hub: registry.example/istio}")
            .unwrap()
            .unwrap();
        assert_eq!(values["global"]["hub"], "registry.example/istio");
        for wrong in ["- a", "text", "a: ["] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("values.yaml"), "{error}");
        }
    }
}
