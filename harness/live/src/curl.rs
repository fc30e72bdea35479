//! What curl is told and what it says: pure text on both sides.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use world::{
    Answer, Call, Connection, Observation, Outcome, PeerIdentity, Protocol, Refusal, TlsSeen,
};

use crate::prober::seconds;

/// Ends the body of each answer; no sample writes it.
const MARK: &str = "\n@isthmus ";

/// Why curl's output could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CurlError {
    /// Fewer reports than calls.
    #[error(
        "{calls} calls were made but {reports} were reported; is there curl 7.75 or newer in the image?"
    )]
    Count {
        /// How many calls.
        calls: usize,
        /// How many reports.
        reports: usize,
    },
    /// A report that is not of the form asked for.
    #[error("'{0}' is no report of curl")]
    Report(String),
}

/// One shell script that makes all calls, one after another. Calls on one kept connection become
/// one command, because curl reuses connections only within one.
pub(crate) fn script(calls: &[Call]) -> String {
    let together = |a: &Call, b: &Call| a == b && a.connection == Connection::Kept;
    let commands = calls.chunk_by(together).map(command);
    commands.collect::<Vec<_>>().join("\n") + "\ntrue\n"
}

fn command(calls: &[Call]) -> String {
    let call = &calls[0];
    let mut words = vec![
        "curl -s".to_owned(),
        format!("--max-time {}", seconds(call.timeout)),
    ];
    words.push(quoted(
        "-w",
        &format!(
            "{}%{{exitcode}} %{{http_code}} %{{time_total}} %{{time_namelookup}}\n",
            MARK.replace('\n', "\\n")
        ),
    ));
    let url = match &call.protocol {
        Protocol::Http {
            method,
            path,
            headers,
        } => {
            words.push(quoted("-X", method));
            let header =
                |(name, value): (&String, &String)| quoted("-H", &format!("{name}: {value}"));
            words.extend(headers.iter().map(header));
            // The sample then says who it is; Istio's own answers as ever.
            if !headers.contains_key("accept") {
                words.push(quoted("-H", "accept: application/json"));
            }
            format!("http://{}{path}", call.to)
        }
        Protocol::Tcp => format!("telnet://{}", call.to),
    };
    words.extend(std::iter::repeat_n(quoted("", &url), calls.len()));
    words.join(" ") + "; true"
}

/// One shell script that makes all calls, so many at once; each report ends with the number of its
/// call. Calls made at once share no connection.
pub(crate) fn script_at_once(calls: &[Call], parallel: usize) -> String {
    let mut script = String::new();
    for (first, together) in calls.chunks(parallel).enumerate() {
        for (offset, call) in together.iter().enumerate() {
            script += &numbered(call, first * parallel + offset);
        }
        script += "wait\n";
    }
    script
}

fn numbered(call: &Call, number: impl std::fmt::Display) -> String {
    let curl = command(std::slice::from_ref(call));
    format!("( report=$({curl}); printf '%s\\n@isthmus-done %s\\n' \"$report\" \"{number}\" ) &\n")
}

/// What ends the report of a call that was started by number.
const DONE: &str = "\n@isthmus-done ";

/// A shell script that starts the call for every number it reads, without waiting for the one before,
/// until it reads the word `stop`.
pub(crate) fn on_demand(call: &Call) -> String {
    let started = numbered(call, "$n");
    format!("while read -r n && [ \"$n\" != stop ]; do\n{started}done\nwait\n")
}

/// Reads the reports of [`script_at_once`], whatever order they came in.
pub(crate) fn read_at_once(
    calls: &[Call],
    mut text: String,
    at: Duration,
) -> Result<Vec<Observation>, CurlError> {
    let mut seen = BTreeMap::new();
    while let Some((number, report)) = take_report(&mut text)? {
        let place = usize::try_from(number)
            .ok()
            .filter(|place| *place < calls.len());
        let place = place.ok_or_else(|| CurlError::Report(number.to_string()))?;
        let observed = read(&calls[place..=place], &format!("{report}\n"), at)?;
        seen.extend(observed.into_iter().map(|one| (place, one)));
    }
    match seen.len() == calls.len() {
        true => Ok(seen.into_values().collect()),
        false => Err(CurlError::Count {
            calls: calls.len(),
            reports: seen.len(),
        }),
    }
}

/// Takes the first whole report off `text`: the number of its call, and what [`read`] reads.
pub(crate) fn take_report(text: &mut String) -> Result<Option<(u64, String)>, CurlError> {
    let Some(mark) = text.find(DONE) else {
        return Ok(None);
    };
    let number = mark + DONE.len();
    let Some(length) = text[number..].find('\n') else {
        return Ok(None);
    };
    let parsed = text[number..number + length].parse();
    let parsed = parsed.map_err(|_| CurlError::Report(text[number..number + length].to_owned()))?;
    let report = text[..mark].to_owned();
    text.drain(..=number + length);
    Ok(Some((parsed, report)))
}

fn quoted(flag: &str, value: &str) -> String {
    let value = value.replace('\'', r"'\''");
    format!("{flag} '{value}'").trim_start().to_owned()
}

/// Reads one observation per call.
pub(crate) fn read(
    calls: &[Call],
    text: &str,
    at: Duration,
) -> Result<Vec<Observation>, CurlError> {
    let mut observations = Vec::with_capacity(calls.len());
    let (mut rest, mut at) = (text, at);
    for call in calls {
        let count = || CurlError::Count {
            calls: calls.len(),
            reports: observations.len(),
        };
        let (body, after) = rest.split_once(MARK).ok_or_else(count)?;
        let (line, after) = after.split_once('\n').unwrap_or((after, ""));
        let report = Report::parse(line)?;
        observations.push(Observation {
            call: call.clone(),
            at,
            took: report.took,
            outcome: report.outcome(body, call),
            hops: Vec::new(),
        });
        at += report.took;
        rest = after;
    }
    Ok(observations)
}

/// What curl says of one transfer.
struct Report {
    exit: i32,
    status: u16,
    took: Duration,
    /// When the name had been resolved; zero if it never was.
    resolved: f64,
}

impl Report {
    fn parse(line: &str) -> Result<Self, CurlError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let parsed = match words[..] {
            [exit, status, took, resolved] => Self::of(exit, status, took, resolved),
            _ => None,
        };
        parsed.ok_or_else(|| CurlError::Report(line.to_owned()))
    }

    fn of(exit: &str, status: &str, took: &str, resolved: &str) -> Option<Self> {
        Some(Self {
            exit: exit.parse().ok()?,
            status: status.parse().ok()?,
            took: Duration::try_from_secs_f64(took.parse().ok()?).ok()?,
            resolved: resolved.parse().ok()?,
        })
    }

    /// The exit codes are curl's documented ones.
    fn outcome(&self, body: &str, call: &Call) -> Outcome {
        match self.exit {
            0 if self.status < 400 => Outcome::Answered(answer(self.status, body)),
            0 => Outcome::Refused(Refusal::Http(self.status)),
            6 => Outcome::Refused(Refusal::Dns),
            // A resolver that never answers is no answer about the name's owner.
            28 if self.resolved == 0.0 && is_name(call) => Outcome::Refused(Refusal::Dns),
            28 => Outcome::Refused(Refusal::Timeout),
            7 => Outcome::Refused(Refusal::Refused),
            _ => Outcome::Refused(Refusal::Reset),
        }
    }
}

fn is_name(call: &Call) -> bool {
    call.to.host.parse::<std::net::Ipv4Addr>().is_err()
}

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

fn answer(status: u16, body: &str) -> Answer {
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
        pod: seen.vm.is_empty().then_some(seen.pod),
        vm: seen.vm.parse().ok(),
        version: Some(seen.version),
        tls: peer(&seen.headers),
        received_headers: seen.headers,
        ..Answer::default()
    }
}

/// Istio's own sample: `Hello version: v1, instance: helloworld-v1-…`.
fn plain(body: &str) -> Answer {
    let said = body.trim().strip_prefix("Hello version: ");
    let parts = said.and_then(|said| said.split_once(", instance: "));
    let (version, pod) = parts.map(|(v, p)| (v.to_owned(), p.to_owned())).unzip();
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
        peer: PeerIdentity(uri.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use world::Target;

    use super::*;

    fn call(connection: Connection) -> Call {
        Call {
            from: world::Client::Outside,
            to: Target {
                host: "helloworld.sample".to_owned(),
                port: 5000,
            },
            protocol: Protocol::get("/hello?evidence=json"),
            connection,
            timeout: Duration::from_secs(5),
        }
    }

    #[test]
    fn kept_calls_are_one_command_and_fresh_ones_are_several() {
        let commands = |connection| {
            script(&[call(connection), call(connection)])
                .matches("curl")
                .count()
        };
        assert_eq!(commands(Connection::Kept), 1);
        assert_eq!(commands(Connection::Fresh), 2);
    }

    #[test]
    fn a_quote_in_a_header_cannot_leave_its_word() {
        assert_eq!(quoted("-H", "a: it's"), r"-H 'a: it'\''s'");
    }

    #[test]
    fn every_way_of_failing_has_its_name() {
        let exits = [
            (6, Refusal::Dns),
            (7, Refusal::Refused),
            (28, Refusal::Timeout),
            (52, Refusal::Reset),
        ];
        for (exit, refusal) in exits {
            let text = format!("{MARK}{exit} 000 0.010 0.001\n");
            let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
            assert_eq!(seen[0].outcome, Outcome::Refused(refusal));
        }
        let text = format!("upstream connect error{MARK}0 503 0.010 0.001\n");
        let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
        assert_eq!(seen[0].outcome, Outcome::Refused(Refusal::Http(503)));
    }

    #[test]
    fn a_resolver_that_never_answers_is_a_name_that_did_not_resolve() {
        let text = format!("{MARK}28 000 5.000 0.000000\n");
        let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
        assert_eq!(seen[0].outcome, Outcome::Refused(Refusal::Dns));
    }

    #[test]
    fn evidence_names_pod_cluster_version_and_peer() {
        let body = r#"{"version":"v2","pod":"helloworld-v2-x","cluster":"cluster2","headers":{"x-forwarded-client-cert":"By=spiffe://a;URI=spiffe://cluster.local/ns/sample/sa/sleep"}}"#;
        let text = format!("{body}\n{MARK}0 200 0.010 1\n");
        let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
        let Outcome::Answered(answer) = &seen[0].outcome else {
            panic!("answered")
        };
        assert_eq!(answer.version.as_deref(), Some("v2"));
        assert_eq!(answer.cluster, Some("cluster2".parse().unwrap()));
        let peer = PeerIdentity("spiffe://cluster.local/ns/sample/sa/sleep".to_owned());
        assert_eq!(answer.tls, Some(TlsSeen::Mutual { peer }));
    }

    #[test]
    fn an_answer_of_a_machine_is_no_answer_of_a_pod() {
        let body =
            r#"{"version":"v1","pod":"r1-vm-legacy","cluster":"","vm":"legacy","headers":{}}"#;
        let text = format!("{body}\n{MARK}0 200 0.010 1\n");
        let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
        let Outcome::Answered(answer) = &seen[0].outcome else {
            panic!("answered")
        };
        assert_eq!(answer.vm, Some("legacy".parse().unwrap()));
        assert_eq!((&answer.pod, &answer.cluster), (&None, &None));
    }

    #[test]
    fn istios_own_sample_names_version_and_pod() {
        let text = format!("Hello version: v1, instance: helloworld-v1-abc\n{MARK}0 200 0.010 1\n");
        let seen = read(&[call(Connection::Fresh)], &text, Duration::ZERO).unwrap();
        let Outcome::Answered(answer) = &seen[0].outcome else {
            panic!("answered")
        };
        assert_eq!(
            (answer.version.as_deref(), answer.pod.as_deref()),
            (Some("v1"), Some("helloworld-v1-abc"))
        );
    }

    #[test]
    fn a_missing_report_is_an_error_of_the_instrument() {
        assert!(
            read(
                &[call(Connection::Fresh)],
                "sh: curl: not found",
                Duration::ZERO
            )
            .is_err()
        );
    }

    #[test]
    fn calls_at_once_are_as_many_as_may_be_and_are_put_in_order_again() {
        let calls = vec![call(Connection::Fresh); 3];
        let script = script_at_once(&calls, 2);
        assert_eq!(
            (
                script.matches("wait").count(),
                script.matches(" &\n").count()
            ),
            (2, 3)
        );
        let report = |number: u32, status: u32| {
            format!("{MARK}0 {status} 0.1 0.0\n@isthmus-done {number}\n")
        };
        let text = report(2, 202) + &report(0, 200) + &report(1, 201);
        let seen = read_at_once(&calls, text, Duration::ZERO).unwrap();
        let status = |seen: &Observation| match &seen.outcome {
            Outcome::Answered(answer) => answer.status,
            Outcome::Refused(_) => None,
        };
        let statuses: Vec<_> = seen.iter().filter_map(status).collect();
        assert_eq!(statuses, [200, 201, 202]);
        assert!(read_at_once(&calls, report(0, 200), Duration::ZERO).is_err());
    }

    #[test]
    fn reports_of_numbered_calls_come_apart_in_whatever_order_they_end() {
        let mut text = "a\n@isthmus 0 200 0.1 0.0\n@isthmus-done 2\nb\n@isthmus 0 200 0.1 0.0\n@isthmus-done 1\nc".to_owned();
        let (number, report) = take_report(&mut text).unwrap().unwrap();
        assert_eq!((number, report.as_str()), (2, "a\n@isthmus 0 200 0.1 0.0"));
        assert_eq!(take_report(&mut text).unwrap().unwrap().0, 1);
        assert_eq!(take_report(&mut text).unwrap(), None);
        assert_eq!(text, "c");
    }
}
