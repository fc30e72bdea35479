//! How stations say what they decided, and how failures look on the wire.

use istio::{
    Decision, RuleId,
    routing::failure::{self, ProxyCause, Speaks, WireCause},
};
use sim::program::{Reply, Sent, Trail};
use std::collections::BTreeMap;
use world::{Hop, Place, Refusal, Sentence, Words};

/// Notes a decision of a station. It is put into words when somebody reads it.
pub(super) fn note(trail: &Trail, at: &Place, decided: impl Words, because: RuleId) {
    trail.pass(Hop {
        at: at.clone(),
        decided: Sentence::new(decided),
        because: Some(because),
        in_vain: false,
    });
}

/// How what was sent is spoken.
pub(super) fn speaks(sent: &Sent) -> Speaks {
    match sent {
        Sent::Http(_) => Speaks::Http,
        Sent::Nothing | Sent::Hello(_) | Sent::Review { .. } | Sent::Opaque(_) => Speaks::Tcp,
    }
}

/// What an application gets of its own proxy when that finds out by itself that it cannot go on.
pub(super) fn own(trail: &Trail, at: &Place, cause: ProxyCause, speaks: Speaks) -> Reply {
    told(trail, at, &cause, failure::of_proxy(cause, speaks))
}

/// What an application gets of its own proxy for what happened on the way.
pub(super) fn upstream(trail: &Trail, at: &Place, cause: WireCause, speaks: Speaks) -> Reply {
    told(trail, at, &cause, failure::behind_sidecar(cause, speaks))
}

/// What a server's proxy or a gateway sends to whoever is at the other end.
pub(super) fn wire(cause: WireCause, speaks: Speaks) -> Reply {
    refused(failure::without_sidecar(cause, speaks).value.refusal)
}

/// An answer of a proxy itself.
pub(super) fn status(status: u16) -> Reply {
    Reply::Http {
        status,
        by: None,
        received: BTreeMap::new(),
    }
}

fn told(
    trail: &Trail,
    at: &Place,
    cause: &dyn std::fmt::Debug,
    seen: Decision<failure::Seen>,
) -> Reply {
    let flag = seen.value.flag.map(|flag| format!(" ({flag})"));
    let decided = format!(
        "{cause:?}: the application gets {}{}",
        seen.value.refusal,
        flag.unwrap_or_default()
    );
    note(trail, at, decided, seen.because);
    refused(seen.value.refusal)
}

fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Http(code) => status(code),
        Refusal::Dns | Refusal::Refused | Refusal::Timeout | Refusal::Reset => Reply::Closed,
    }
}
