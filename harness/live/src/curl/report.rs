//! What curl says of calls.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use world::{Call, Observation, Outcome, Refusal};

use super::{CurlError, DONE, END, MARK, answer::answer};

/// Reads one observation per call, in their order; the first was made at `at`.
pub(crate) fn read(
    calls: &[Arc<Call>],
    text: &str,
    at: Duration,
) -> Result<Vec<Observation>, CurlError> {
    let mut observations = Vec::with_capacity(calls.len());
    let (mut rest, mut at) = (text, at);
    let mark = format!("\n{MARK}");
    for call in calls {
        let count = || CurlError::Count {
            calls: calls.len(),
            reports: observations.len(),
        };
        let (body, after) = rest.split_once(&mark).ok_or_else(count)?;
        let (line, after) = after.split_once('\n').unwrap_or((after, ""));
        let report = Report::parse(line)?;
        observations.push(Observation {
            call: Arc::clone(call),
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

/// Reads the reports of calls at once, whatever order they came in.
pub(crate) fn read_at_once(
    calls: &[Arc<Call>],
    text: &str,
    at: Duration,
) -> Result<Vec<Observation>, CurlError> {
    let mut reports = Reports::default();
    reports.add(text.as_bytes());
    let mut seen = BTreeMap::new();
    while let Some(said) = reports.next()? {
        let Said::Call(number, report) = said else {
            continue;
        };
        let place = usize::try_from(number)
            .ok()
            .filter(|place| *place < calls.len());
        let place = place.ok_or_else(|| CurlError::Report(number.to_string()))?;
        let observed = read(&calls[place..=place], &report, at)?;
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

/// What scripts say of calls that have numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// The report of one, for [`read`].
    Call(u64, String),
    /// These have ended.
    End(Vec<u64>),
}

/// A stream of reports that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// What no line end was seen of yet.
    begun: Vec<u8>,
    /// Whole lines that no report was made of yet.
    lines: String,
    /// Whole reports.
    whole: std::collections::VecDeque<(String, String)>,
}

impl Reports {
    /// Takes a piece in.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.begun.extend_from_slice(piece);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match line.starts_with(DONE) || line.starts_with(END) {
                true => {
                    let before = std::mem::take(&mut self.lines);
                    self.whole.push_back((before, line.trim_end().to_owned()));
                }
                false => self.lines.push_str(&line),
            }
        }
    }

    /// The next thing that was said.
    ///
    /// # Errors
    /// If numbers are none.
    pub(crate) fn next(&mut self) -> Result<Option<Said>, CurlError> {
        let Some((before, line)) = self.whole.pop_front() else {
            return Ok(None);
        };
        let unread = || CurlError::Report(line.clone());
        let said = match (line.strip_prefix(DONE), line.strip_prefix(END)) {
            (Some(number), _) => Said::Call(number.parse().map_err(|_| unread())?, before),
            (None, numbers) => {
                let numbers = numbers.unwrap_or_default().split_whitespace();
                let numbers: Result<_, _> = numbers.map(str::parse).collect();
                Said::End(numbers.map_err(|_| unread())?)
            }
        };
        Ok(Some(said))
    }
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

#[cfg(test)]
mod tests {
    use world::Connection;

    use super::*;
    use crate::kit::call;

    fn outcome(text: &str) -> Outcome {
        let mut seen = read(&[call(Connection::Fresh)], text, Duration::ZERO).unwrap();
        seen.remove(0).outcome
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
            let text = format!("\n{MARK}{exit} 000 0.010 0.001\n");
            assert_eq!(outcome(&text), Outcome::Refused(refusal));
        }
        let text = format!("upstream connect error\n{MARK}0 503 0.010 0.001\n");
        assert_eq!(outcome(&text), Outcome::Refused(Refusal::Http(503)));
    }

    #[test]
    fn a_resolver_that_never_answers_is_a_name_that_did_not_resolve() {
        let text = format!("\n{MARK}28 000 5.000 0.000000\n");
        assert_eq!(outcome(&text), Outcome::Refused(Refusal::Dns));
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

    fn numbered(number: u32, status: u32) -> String {
        format!("\n{MARK}0 {status} 0.1 0.0\n{DONE}{number}\n")
    }

    #[test]
    fn reports_of_calls_at_once_are_put_in_order_again() {
        let calls = vec![call(Connection::Fresh); 3];
        let text = numbered(2, 202) + &numbered(0, 200) + &numbered(1, 201);
        let seen = read_at_once(&calls, &text, Duration::ZERO).unwrap();
        let status = |seen: &Observation| match &seen.outcome {
            Outcome::Answered(answer) => answer.status,
            Outcome::Refused(_) => None,
        };
        let statuses: Vec<_> = seen.iter().filter_map(status).collect();
        assert_eq!(statuses, [200, 201, 202]);
        assert!(read_at_once(&calls, &numbered(0, 200), Duration::ZERO).is_err());
    }

    #[test]
    fn reports_come_apart_wherever_the_stream_was_cut() {
        let text = format!("ä{}b{}{END}2 1\nc", numbered(2, 200), numbered(1, 503));
        let mut reports = Reports::default();
        let mut said = Vec::new();
        for byte in text.as_bytes() {
            reports.add(std::slice::from_ref(byte));
            said.extend(reports.next().unwrap());
        }
        let report = |before: &str, status: u32| format!("{before}\n{MARK}0 {status} 0.1 0.0\n");
        let wanted = [
            Said::Call(2, report("ä", 200)),
            Said::Call(1, report("b", 503)),
            Said::End(vec![2, 1]),
        ];
        assert_eq!(said, wanted);
    }
}
