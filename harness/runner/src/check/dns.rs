//! Whether a name resolves.

use std::time::Duration;

use engine::Batch;
use judge::Verdict;
use scenario::draft::DnsAnswer;
use world::{Call, Client, Connection, Observation, Outcome as Seen, Protocol, Refusal, Target};

use super::calls::ask;
use crate::{Result, running::Running};

/// A port that nothing serves: whether a name resolves shows before anybody answers on it.
const DISCARD: u16 = 9;

/// Whoever has resolved the name by then has shown it, though nobody answers on that port.
const SOON: Duration = Duration::from_secs(2);

/// Resolvers try twice for five seconds each where an upstream is silent.
const RESOLVERS_PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn dns(
    running: &Running<'_>,
    from: &[Client],
    host: &str,
    answer: DnsAnswer,
) -> Result<Verdict> {
    let call = |client: &Client, timeout| Call {
        from: client.clone(),
        to: Target {
            host: host.into(),
            port: DISCARD,
        },
        protocol: Protocol::Tcp,
        connection: Connection::Fresh,
        timeout,
    };
    let calls = |timeout| Batch::in_order(from.iter().map(|from| call(from, timeout)));
    let mut seen = ask(running, calls(SOON)).await?;
    if !seen.iter().all(resolved) {
        seen = ask(running, calls(RESOLVERS_PATIENCE)).await?;
    }
    let expected = match answer {
        DnsAnswer::Address => format!("{host} resolves"),
        DnsAnswer::Nxdomain => format!("{host} does not resolve"),
    };
    let wrong = seen
        .iter()
        .find(|seen| resolved(seen) != (answer == DnsAnswer::Address));
    Ok(match wrong {
        None => Verdict::pass(expected, "so it is"),
        Some(seen) if resolved(seen) => {
            Verdict::fail(expected, format!("it resolves for {}", seen.call.from))
        }
        Some(seen) => Verdict::fail(
            expected,
            format!("it does not resolve for {}", seen.call.from),
        ),
    })
}

/// A name whose owner does not answer has resolved all the same.
fn resolved(seen: &Observation) -> bool {
    seen.outcome != Seen::Refused(Refusal::Dns)
}
