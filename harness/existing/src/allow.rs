//! Which clusters may be used: both the context and the API server behind it must have been named.

use std::{collections::BTreeMap, str::FromStr};

use kube::config::Kubeconfig;
use world::ClusterName;

use crate::{Error, Result};

/// The context in which a cluster of a topology is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The cluster as the topology calls it.
    pub cluster: ClusterName,
    /// Its context in the kubeconfig.
    pub context: String,
}

/// A context that may be used as long as it leads to this API server. A kubeconfig whose context has
/// come to mean another cluster is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The context.
    pub context: String,
    /// The API server, as the kubeconfig writes it.
    pub server: String,
}

impl FromStr for Context {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let example = "cluster1=my-context";
        let (cluster, context) = pair(text, "cluster and context", example)?;
        let cluster = cluster.parse().map_err(|_| Error::NotAPair {
            written: text.to_owned(),
            what: "cluster and context",
            example,
        })?;
        Ok(Self {
            cluster,
            context: context.to_owned(),
        })
    }
}

impl FromStr for Allowed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let example = "my-context=https://10.0.0.1:6443";
        let (context, server) = pair(text, "context and API server", example)?;
        Ok(Self {
            context: context.to_owned(),
            server: server.to_owned(),
        })
    }
}

fn pair<'a>(
    text: &'a str,
    what: &'static str,
    example: &'static str,
) -> Result<(&'a str, &'a str)> {
    let found = text.split_once('=');
    let whole = found.filter(|(left, right)| !left.is_empty() && !right.is_empty());
    whole.ok_or_else(|| Error::NotAPair {
        written: text.to_owned(),
        what,
        example,
    })
}

/// The contexts of the clusters, each shown to be allowed. Nothing is asked of any of them.
///
/// # Errors
/// The first that is unknown or not allowed.
pub fn permitted(
    kubeconfig: &Kubeconfig,
    contexts: &[Context],
    allowed: &[Allowed],
) -> Result<BTreeMap<ClusterName, String>> {
    let permit = |one: &Context| {
        let server = server(kubeconfig, &one.context)?;
        let named = Allowed {
            context: one.context.clone(),
            server,
        };
        match allowed.contains(&named) {
            true => Ok((one.cluster.clone(), named.context)),
            false => Err(Error::NotAllowed {
                context: named.context,
                server: named.server,
            }),
        }
    };
    contexts.iter().map(permit).collect()
}

/// The API server that a context leads to.
fn server(kubeconfig: &Kubeconfig, context: &str) -> Result<String> {
    let found = kubeconfig.contexts.iter().find(|one| one.name == context);
    let name = found.and_then(|one| Some(&one.context.as_ref()?.cluster));
    let mut clusters = kubeconfig.clusters.iter();
    let cluster = name.and_then(|name| clusters.find(|one| one.name == *name));
    let server = cluster.and_then(|one| one.cluster.as_ref()?.server.clone());
    server.ok_or_else(|| Error::NoContext {
        context: context.to_owned(),
        known: known(kubeconfig),
    })
}

fn known(kubeconfig: &Kubeconfig) -> String {
    let names = kubeconfig.contexts.iter().map(|one| one.name.as_str());
    match names.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "none".to_owned(),
        names => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = r#"
apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: "https://10.0.0.1:6443"}}
contexts:
- {name: staging, context: {cluster: c, user: u}}
users: []
"#;

    fn asked(context: &str, allowed: &str) -> Result<BTreeMap<ClusterName, String>> {
        let kubeconfig = Kubeconfig::from_yaml(KUBECONFIG).unwrap();
        let contexts = [format!("cluster1={context}").parse().unwrap()];
        permitted(&kubeconfig, &contexts, &[allowed.parse().unwrap()])
    }

    #[test]
    fn a_context_that_was_named_with_its_api_server_is_used() {
        let found = asked("staging", "staging=https://10.0.0.1:6443").unwrap();
        let context = found.values().next().map(String::as_str);
        assert_eq!(context, Some("staging"));
    }

    #[test]
    fn a_context_that_leads_elsewhere_than_was_named_is_refused() {
        let refused = asked("staging", "staging=https://10.0.0.2:6443").unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains("--allow staging=https://10.0.0.1:6443"),
            "{told}"
        );
    }

    #[test]
    fn an_allowed_server_under_another_context_is_refused() {
        let refused = asked("staging", "other=https://10.0.0.1:6443");
        assert!(matches!(refused, Err(Error::NotAllowed { .. })));
    }

    #[test]
    fn an_unknown_context_is_told_with_those_that_are_there() {
        let refused = asked("prod", "prod=https://10.0.0.1:6443").unwrap_err();
        assert!(refused.to_string().ends_with("it has staging"), "{refused}");
    }

    #[test]
    fn half_a_pair_is_no_pair() {
        for text in ["staging", "=a", "a="] {
            assert!(text.parse::<Allowed>().is_err(), "{text}");
            assert!(text.parse::<Context>().is_err(), "{text}");
        }
    }
}
