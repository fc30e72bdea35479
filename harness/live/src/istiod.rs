//! What istiod says of the clusters it reads: `/debug/clusterz`, which `istioctl remote-clusters` shows.

use serde::Deserialize;
use world::ClusterSync;

use crate::exec::document;

/// The command that asks an istiod from within its own container, where no credential is needed.
pub(crate) const CLUSTERS: [&str; 4] = ["pilot-discovery", "request", "GET", "/debug/clusterz"];

/// The word for a cluster of which everything has been read.
const SYNCED: &str = "synced";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    sync_status: String,
}

/// Reads istiod's answer: the cluster of its configuration comes first.
///
/// # Errors
/// If it is no such answer.
pub(crate) fn clusters(text: &str) -> Result<Vec<ClusterSync>, serde_json::Error> {
    let lines: Vec<Line> = serde_json::from_str(document(text))?;
    Ok(lines.into_iter().map(sync).collect())
}

fn sync(line: Line) -> ClusterSync {
    let synced = line.sync_status == SYNCED;
    ClusterSync {
        cluster: line.id,
        synced,
        trouble: (!synced).then_some(line.sync_status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_is_not_synced_says_what_it_is() {
        let text = r#"[{"id":"cluster1","secretName":"","syncStatus":"synced"},
            {"id":"cluster2","secretName":"istio-system/istio-remote-secret-cluster2","syncStatus":"timeout"}]"#;
        let read = clusters(text).unwrap();
        assert!(read[0].synced && read[0].trouble.is_none());
        assert_eq!(read[1].cluster, "cluster2");
        assert_eq!(read[1].trouble.as_deref(), Some("timeout"));
    }

    #[test]
    fn words_that_are_no_answer_are_an_error() {
        assert!(clusters("Failed to parse request").is_err());
    }
}
