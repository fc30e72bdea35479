//! `isthmus lint`

use std::{path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use lint::Severity;
use world::ClusterName;

/// Looks at topologies, scenarios and Kubernetes manifests without running anything.
///
/// Exit codes: 0 nothing is as bad as '--deny' · 1 something is · 2 the command line or a file is
/// wrong · 4 there was nothing to look at.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Lint {
    /// Files and directories; with CLUSTER=, manifests for that cluster.
    #[arg(value_name = "PATH|CLUSTER=PATH", required_unless_present = "rules")]
    pub subjects: Vec<Subject>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: LintFormat,
    /// From which severity on the command fails.
    #[arg(long, value_enum, default_value_t = Deny::Warning)]
    pub deny: Deny,
    /// Leave a rule out, by its id; repeat it for others.
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,
    /// Show every rule and look at nothing.
    #[arg(long)]
    pub rules: bool,
}

/// A path, and the cluster that manifests there are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The cluster, if one was said.
    pub cluster: Option<ClusterName>,
    /// A file or directory.
    pub path: PathBuf,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LintFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A list of records.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

/// A severity, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Anything at all.
    Note,
    /// Warnings and errors.
    Warning,
    /// Errors alone.
    Error,
}

impl From<Deny> for Severity {
    fn from(deny: Deny) -> Self {
        match deny {
            Deny::Note => Self::Note,
            Deny::Warning => Self::Warning,
            Deny::Error => Self::Error,
        }
    }
}

impl FromStr for Subject {
    type Err = String;

    /// A path that exists is a path, whatever is in its name.
    fn from_str(text: &str) -> Result<Self, String> {
        let whole = || Self {
            cluster: None,
            path: PathBuf::from(text),
        };
        match text.split_once('=') {
            Some((cluster, path)) if !PathBuf::from(text).exists() => Ok(Self {
                cluster: Some(ClusterName::new(cluster).map_err(|error| error.to_string())?),
                path: PathBuf::from(path),
            }),
            Some(_) | None => Ok(whole()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_say_its_cluster() {
        let said: Subject = "east=manifests/east".parse().unwrap();
        assert_eq!(said.cluster.unwrap().as_str(), "east");
        assert_eq!(said.path, PathBuf::from("manifests/east"));
        assert_eq!("manifests".parse::<Subject>().unwrap().cluster, None);
        assert!("No Cluster=manifests".parse::<Subject>().is_err());
    }
}
