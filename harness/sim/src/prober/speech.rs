//! What a client says, and what it makes of what comes back.

use std::collections::BTreeMap;

use world::{Answer, Call, Protocol, Refusal, TlsSeen, VmName};

use crate::program::{HttpRequest, Reply, Seen, Sent, ServedBy};

/// What goes over the connection for a call.
pub(super) fn sent(call: &Call) -> Sent {
    match &call.protocol {
        Protocol::Tcp => Sent::Nothing,
        Protocol::Http {
            method,
            path,
            headers,
        } => {
            let lower = headers
                .iter()
                .map(|(name, v)| (name.to_ascii_lowercase(), v.clone()));
            let mut headers: BTreeMap<String, String> = lower.collect();
            let authority = headers.remove("host");
            Sent::Http(HttpRequest {
                method: method.clone(),
                authority: authority.unwrap_or_else(|| call.to.to_string()).into(),
                path: path.clone(),
                headers,
            })
        }
    }
}

/// What a client makes of a reply, with what proxies saw on the way.
pub(super) fn read(reply: Reply, reused: bool, seen: &Seen) -> Result<Answer, Refusal> {
    let (status, by, received_headers) = match reply {
        Reply::Http { status, .. } if status >= 400 => return Err(Refusal::Http(status)),
        Reply::Http {
            status,
            by,
            received,
        } => (Some(status), by, received),
        Reply::Bytes { by } => (None, by, BTreeMap::new()),
        _ => return Err(Refusal::Reset),
    };
    Ok(Answer {
        tls: Some(seen.tls.clone().unwrap_or(TlsSeen::Plaintext)),
        earlier_pick: Some(seen.earlier_pick.unwrap_or(reused)),
        received_headers,
        ..answer(status, by)
    })
}

fn answer(status: Option<u16>, by: Option<ServedBy>) -> Answer {
    let (cluster, name, version) = match by {
        Some(by) => (by.cluster, Some(by.name), by.version),
        None => (None, None, None),
    };
    let vm = match &cluster {
        Some(_) => None,
        None => name.as_deref().and_then(|name| VmName::new(name).ok()),
    };
    Answer {
        status,
        pod: name.filter(|_| cluster.is_some()),
        cluster,
        vm,
        version,
        tls: None,
        earlier_pick: None,
        received_headers: BTreeMap::new(),
    }
}
