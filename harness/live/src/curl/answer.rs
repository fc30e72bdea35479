//! What an answer says of who gave it and of who had asked.

use std::collections::BTreeMap;

use serde::Deserialize;
use world::{Answer, PeerIdentity, TlsSeen};

/// What the sample says of itself on request.
#[derive(Deserialize)]
struct Evidence {
    version: String,
    pod: String,
    cluster: String,
    #[serde(default)]
    vm: String,
    headers: BTreeMap<String, String>,
}

/// The evidence in the body of an answer.
pub(super) fn answer(status: u16, body: &str) -> Answer {
    let status = Some(status);
    let Ok(seen) = serde_json::from_str::<Evidence>(body.trim()) else {
        return Answer {
            status,
            ..plain(body)
        };
    };
    Answer {
        status,
        cluster: seen.cluster.parse().ok(),
        pod: seen.vm.is_empty().then(|| seen.pod.into()),
        vm: seen.vm.parse().ok(),
        version: Some(seen.version.into()),
        tls: peer(&seen.headers),
        received_headers: seen.headers,
        ..Answer::default()
    }
}

/// Istio's own sample: `Hello version: v1, instance: helloworld-v1-…`.
fn plain(body: &str) -> Answer {
    let said = body.trim().strip_prefix("Hello version: ");
    let parts = said.and_then(|said| said.split_once(", instance: "));
    let (version, pod) = parts.map(|(v, p)| (v.into(), p.into())).unzip();
    Answer {
        version,
        pod,
        ..Answer::default()
    }
}

/// The client's identity as the server's proxy forwards it; no header is no evidence.
fn peer(headers: &BTreeMap<String, String>) -> Option<TlsSeen> {
    let forwarded = headers.get("x-forwarded-client-cert")?;
    let last = forwarded.rsplit(',').next()?;
    let uri = last.split(';').find_map(|part| part.strip_prefix("URI="))?;
    Some(TlsSeen::Mutual {
        peer: PeerIdentity(uri.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_names_pod_cluster_version_and_peer() {
        let body = r#"{"version":"v2","pod":"helloworld-v2-x","cluster":"cluster2","headers":{"x-forwarded-client-cert":"By=spiffe://a;URI=spiffe://cluster.local/ns/sample/sa/sleep"}}"#;
        let answer = answer(200, body);
        assert_eq!(answer.version.as_deref(), Some("v2"));
        assert_eq!(answer.cluster, Some("cluster2".parse().unwrap()));
        let peer = PeerIdentity("spiffe://cluster.local/ns/sample/sa/sleep".into());
        assert_eq!(answer.tls, Some(TlsSeen::Mutual { peer }));
    }

    #[test]
    fn an_answer_of_a_machine_is_no_answer_of_a_pod() {
        let body =
            r#"{"version":"v1","pod":"r1-vm-legacy","cluster":"","vm":"legacy","headers":{}}"#;
        let answer = answer(200, body);
        assert_eq!(answer.vm, Some("legacy".parse().unwrap()));
        assert_eq!((&answer.pod, &answer.cluster), (&None, &None));
    }

    #[test]
    fn istios_own_sample_names_version_and_pod() {
        let answer = answer(200, "Hello version: v1, instance: helloworld-v1-abc\n");
        assert_eq!(
            (answer.version.as_deref(), answer.pod.as_deref()),
            (Some("v1"), Some("helloworld-v1-abc"))
        );
    }
}
