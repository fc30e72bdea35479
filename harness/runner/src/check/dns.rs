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

/// Resolvers try twice for five seconds each where an upstream is silent.
const RESOLVERS_PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn dns(
    running: &Running<'_>,
    from: &[Client],
    host: &str,
    answer: DnsAnswer,
) -> Result<Verdict> {
    let call = |client: &Client| Call {
        from: client.clone(),
        to: Target {
            host: host.to_owned(),
            port: DISCARD,
        },
        protocol: Protocol::Tcp,
        connection: Connection::Fresh,
        timeout: RESOLVERS_PATIENCE,
    };
    let seen = ask(running, Batch::in_order(from.iter().map(call).collect())).await?;
    let expected = match answer {
        DnsAnswer::Address => format!("{host} resolves"),
        DnsAnswer::Nxdomain => format!("{host} does not resolve"),
    };
    let resolved = |seen: &Observation| seen.outcome != Seen::Refused(Refusal::Dns);
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
