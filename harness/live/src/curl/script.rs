//! What curl is told.
//!
//! A process of curl's costs far more than a call: ten milliseconds of processor time to a third of one.
//! So equal calls share a process wherever that changes nothing of what they show.

use std::sync::Arc;

use world::{Call, Connection, Protocol};

use super::{DONE, END, MARK, SAID};
use crate::prober::seconds;

/// One shell script that makes all calls, one after another. Equal calls next to each other are one
/// command; curl reuses connections within it, and is told not to where each call has its own.
pub(crate) fn script(calls: &[Arc<Call>]) -> String {
    let commands = calls.chunk_by(together).map(command);
    commands.collect::<Vec<_>>().join("\n") + "\ntrue\n"
}

/// A connection without HTTP ends with its command: nothing in it says that it may end.
fn together(a: &Arc<Call>, b: &Arc<Call>) -> bool {
    a == b && matches!(a.protocol, Protocol::Http { .. })
}

fn command(calls: &[Arc<Call>]) -> String {
    let call = &calls[0];
    let said = quoted("-w", &format!("\\n{MARK}{SAID}\\n"));
    let url = quoted("", &format!("{}{}", url(call), repeated(calls.len())));
    format!("{} {said} {url}; true", common(call))
}

/// Everything that curl is told of a call but the address.
fn common(call: &Call) -> String {
    let mut words = vec![
        // Neither a file of its own nor a proxy from the environment is part of the question.
        "curl -q -s --noproxy '*'".to_owned(),
        format!("--max-time {}", seconds(call.timeout)),
    ];
    if let Protocol::Http {
        method, headers, ..
    } = &call.protocol
    {
        words.push(quoted("-X", method));
        let header = |(name, value): (&String, &String)| quoted("-H", &format!("{name}: {value}"));
        words.extend(headers.iter().map(header));
        // The sample then says who it is; Istio's own answers as ever.
        if !headers.contains_key("accept") {
            words.push(quoted("-H", "accept: application/json"));
        }
        // Whoever answers closes the connection then; proxies do not pass this header on.
        if call.connection == Connection::Fresh && !headers.contains_key("connection") {
            words.push(quoted("-H", "connection: close"));
        }
    }
    words.join(" ")
}

/// The address, in which nothing is a pattern of curl's.
fn url(call: &Call) -> String {
    match &call.protocol {
        Protocol::Http { path, .. } => format!("http://{}{}", call.to, escaped(path)),
        Protocol::Tcp => format!("telnet://{}", call.to),
    }
}

fn escaped(path: &str) -> String {
    let escape = |c: char| match c {
        '[' | ']' | '{' | '}' => vec!['\\', c],
        _ => vec![c],
    };
    path.chars().flat_map(escape).collect()
}

/// Asks for an address so many times: a pattern in the fragment, which is never sent.
fn repeated(times: usize) -> String {
    match times {
        1 => String::new(),
        _ => format!("#[1-{times}]"),
    }
}

/// One shell script that makes all calls, so many at once; each report ends with the number of its
/// call. Calls made at once share no connection.
pub(crate) fn script_at_once(calls: &[Arc<Call>], parallel: usize) -> String {
    let mut script = String::new();
    for (first, together) in calls.chunks(parallel).enumerate() {
        for (offset, call) in together.iter().enumerate() {
            let curl = command(std::slice::from_ref(call));
            let number = first * parallel + offset;
            script += &format!(
                "( report=$({curl}); printf '%s\\n{DONE}%s\\n' \"$report\" {number} ) &\n"
            );
        }
        script += "wait\n";
    }
    script
}

/// A shell script that starts calls for every line of numbers that it reads, those of one line at once
/// and by one process, without waiting for the lines before; until it reads the word `stop`.
///
/// Bodies go to files, because of transfers at once it is not known whose body comes when. The shell
/// reads these files itself: a process per body would cost as much as the calls.
pub(crate) fn on_demand(call: &Call) -> String {
    let (common, url) = (common(call), quoted("", &url(call)));
    let said = quoted("-w", &format!("%{{filename_effective}} {SAID}\\n"));
    format!(
        r#"d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
together() {{
  numbers=$1
  set --
  for n in $numbers; do : >"$d/$n"; set -- "$@" -o "$d/$n" {url}; done
  {common} -Z --parallel-immediate --parallel-max 300 {said} "$@" 2>/dev/null |
  while read -r file said; do
    body=
    while IFS= read -r line || [ -n "$line" ]; do body="$body$line
"; done <"$file"
    printf '%s\n{MARK}%s\n{DONE}%s\n' "$body" "$said" "${{file##*/}}"
  done
  printf '{END}%s\n' "$numbers"
  (cd "$d" && rm -f $numbers)
}}
while read -r numbers && [ "$numbers" != stop ]; do together "$numbers" & done
wait
"#
    )
}

fn quoted(flag: &str, value: &str) -> String {
    let value = value.replace('\'', r"'\''");
    format!("{flag} '{value}'").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::call;

    fn commands(calls: &[Arc<Call>]) -> usize {
        script(calls).matches("curl ").count()
    }

    #[test]
    fn equal_calls_share_a_process_and_connections_only_if_they_are_kept() {
        let (kept, fresh) = (call(Connection::Kept), call(Connection::Fresh));
        assert_eq!(commands(&[kept.clone(), kept.clone()]), 1);
        assert_eq!(commands(&[fresh.clone(), fresh.clone()]), 1);
        assert_eq!(commands(&[fresh.clone(), kept.clone()]), 2);
        let closes = |call: Arc<Call>| script(&[call]).contains("connection: close");
        assert!(closes(fresh) && !closes(kept));
    }

    #[test]
    fn calls_without_http_have_processes_of_their_own() {
        let mut tcp = call(Connection::Fresh);
        Arc::make_mut(&mut tcp).protocol = Protocol::Tcp;
        assert_eq!(commands(&[tcp.clone(), tcp]), 2);
    }

    #[test]
    fn a_path_is_no_pattern() {
        let mut braces = call(Connection::Fresh);
        Arc::make_mut(&mut braces).protocol = Protocol::get("/{a,b}[1-2]");
        assert!(script(&[braces]).contains(r"/\{a,b\}\[1-2\]'"));
    }

    #[test]
    fn a_quote_in_a_header_cannot_leave_its_word() {
        assert_eq!(quoted("-H", "a: it's"), r"-H 'a: it'\''s'");
    }

    #[test]
    fn calls_at_once_are_as_many_as_may_be() {
        let calls = vec![call(Connection::Fresh); 3];
        let script = script_at_once(&calls, 2);
        let count = |what| script.matches(what).count();
        assert_eq!((count("wait"), count(" &\n")), (2, 3));
    }
}
