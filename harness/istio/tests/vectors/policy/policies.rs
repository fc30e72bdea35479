//! Traffic policies of a rule, a subset, a port and the mesh.
//!
//! Merging never looks into a block, so a block's content is taken as it is written.

use std::collections::{BTreeMap, BTreeSet};

use istio::{
    kinds::{
        ConnectionPoolSettings, OutlierDetection, TrafficPolicy, connection_pool::TcpSettings,
        mesh_config::DefaultTrafficPolicy,
    },
    routing::destination_rule::{
        policy::{Block, Level, Origin, origins},
        with_mesh_default,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case::Case;

type Blocks = Map<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubsetMerge {
    rule_policy: Option<Blocks>,
    subset_policy: Option<Blocks>,
    port: Option<u16>,
}

const BLOCKS: &[(&str, Block)] = &[
    ("loadBalancer", Block::LoadBalancer),
    ("connectionPool", Block::ConnectionPool),
    ("outlierDetection", Block::OutlierDetection),
    ("tls", Block::Tls),
    ("tunnel", Block::Tunnel),
    ("proxyProtocol", Block::ProxyProtocol),
    ("retryBudget", Block::RetryBudget),
];

pub(crate) fn subset_merge(case: &mut Case<'_>) -> Result<(), String> {
    let input: SubsetMerge = case.input()?;
    let level = |policy: &Option<Blocks>| policy.as_ref().map(|p| level(p, input.port)).transpose();
    let (rule, subset) = (level(&input.rule_policy)?, level(&input.subset_policy)?);
    let chosen = origins(rule.as_ref(), subset.as_ref()).value;
    let block_of = |(block, origin): (&Block, &Origin)| -> Option<(String, Value)> {
        let name = name_of(*block);
        let policy = match origin {
            Origin::Rule => input.rule_policy.as_ref()?,
            Origin::Subset => input.subset_policy.as_ref()?,
            Origin::RulePort => for_port(input.rule_policy.as_ref()?, input.port)?,
            Origin::SubsetPort => for_port(input.subset_policy.as_ref()?, input.port)?,
        };
        Some((name.to_owned(), policy.get(name)?.clone()))
    };
    let merged = chosen.map(|chosen| chosen.iter().filter_map(block_of).collect::<Blocks>());
    case.came_out("policy", merged);
    Ok(())
}

fn level(policy: &Blocks, port: Option<u16>) -> Result<Level, String> {
    Ok(Level {
        general: set_of(policy)?,
        port: for_port(policy, port).map(set_of).transpose()?,
    })
}

fn for_port(policy: &Blocks, port: Option<u16>) -> Option<&Blocks> {
    policy.get("portLevel")?.get(port?.to_string())?.as_object()
}

fn set_of(policy: &Blocks) -> Result<BTreeSet<Block>, String> {
    let names = policy.keys().filter(|name| *name != "portLevel");
    names
        .map(|name| block(name).ok_or_else(|| format!("no block is called '{name}'")))
        .collect()
}

fn block(name: &str) -> Option<Block> {
    BLOCKS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, block)| *block)
}

fn name_of(block: Block) -> &'static str {
    let named = BLOCKS.iter().find(|(_, known)| *known == block);
    named
        .map(|(name, _)| *name)
        .expect("every block has a name")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeshDefault {
    mesh_default: Option<WrittenPolicy>,
    dr_policy: Option<WrittenPolicy>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WrittenPolicy {
    connection_pool: Option<Value>,
    outlier_detection: Option<Value>,
}

/// Each different content of a block stands as a number in the place of real settings.
#[derive(Default)]
struct Numbers(Vec<Value>);

impl Numbers {
    fn of(&mut self, content: &Value) -> u32 {
        let place = self
            .0
            .iter()
            .position(|known| known == content)
            .unwrap_or_else(|| {
                self.0.push(content.clone());
                self.0.len() - 1
            });
        u32::try_from(place).expect("vectors are short")
    }

    fn content(&self, number: Option<u32>) -> Option<Value> {
        self.0.get(usize::try_from(number?).ok()?).cloned()
    }

    fn pool(&mut self, content: &Option<Value>) -> Option<ConnectionPoolSettings> {
        let max_connections = Some(self.of(content.as_ref()?));
        let tcp = Some(TcpSettings {
            max_connections,
            ..TcpSettings::default()
        });
        Some(ConnectionPoolSettings { tcp, http: None })
    }

    fn outlier(&mut self, content: &Option<Value>) -> Option<OutlierDetection> {
        let consecutive_5xx_errors = Some(self.of(content.as_ref()?));
        Some(OutlierDetection {
            consecutive_5xx_errors,
            ..OutlierDetection::default()
        })
    }

    /// The blocks of a policy with their contents in place of the numbers again.
    fn written(&self, policy: &TrafficPolicy) -> BTreeMap<&'static str, Value> {
        let pool = policy
            .connection_pool
            .as_ref()
            .and_then(|pool| pool.tcp.as_ref());
        let pool = self.content(pool.and_then(|tcp| tcp.max_connections));
        let outlier = policy.outlier_detection.as_ref();
        let outlier = self.content(outlier.and_then(|outlier| outlier.consecutive_5xx_errors));
        let blocks = [("connectionPool", pool), ("outlierDetection", outlier)];
        blocks
            .into_iter()
            .filter_map(|(name, content)| Some((name, content?)))
            .collect()
    }
}

pub(crate) fn mesh_default(case: &mut Case<'_>) -> Result<(), String> {
    let input: MeshDefault = case.input()?;
    let mut numbers = Numbers::default();
    let mesh = input.mesh_default.map(|written| DefaultTrafficPolicy {
        connection_pool: numbers.pool(&written.connection_pool),
        outlier_detection: numbers.outlier(&written.outlier_detection),
    });
    let policy = input.dr_policy.map(|written| TrafficPolicy {
        connection_pool: numbers.pool(&written.connection_pool),
        outlier_detection: numbers.outlier(&written.outlier_detection),
        ..TrafficPolicy::default()
    });
    let effective = with_mesh_default(mesh.as_ref(), policy.as_ref()).value;
    case.came_out("policy", effective.map(|policy| numbers.written(&policy)));
    Ok(())
}
