//! Why an answer came about: the stations of a call and the rule that decided each.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{ClusterName, Sentence, Text, VmName};

/// The stable name of a rule, for example `split-horizon/gateway-weight`.
///
/// Each has a page in the documentation that says what it decides, from what, and its source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    /// Names a rule.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a station stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// A pod, or anything else inside a cluster.
    Cluster {
        /// The cluster.
        cluster: ClusterName,
        /// Who decided there, for example `pod sample/sleep-5b7c` or `istiod`.
        who: Text,
    },
    /// A gateway of a cluster, in whichever of its pods.
    Gateway {
        /// The cluster.
        cluster: ClusterName,
        /// Its name: that of its Deployment and Service.
        name: Text,
    },
    /// A virtual machine.
    Vm(VmName),
    /// Between networks, or outside.
    Network(Text),
}

/// One station of a call: what was decided there and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Where.
    pub at: Place,
    /// What was decided, in one line.
    pub decided: Sentence,
    /// By which rule; `None` where the engine saw the effect but not the cause.
    pub because: Option<RuleId>,
    /// Whether it was on the way of a try that came to nothing, after which a proxy made another
    /// one: the call came by there, its answer did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_vain: bool,
}

/// What was decided, for people who read the stations one below the other.
impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vain = if self.in_vain { " (in vain)" } else { "" };
        write!(f, "{}{vain}", self.decided)
    }
}
