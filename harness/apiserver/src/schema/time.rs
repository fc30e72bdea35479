//! Times as Go reads and writes them: RFC 3339, kept in UTC. Source: `metav1.Time` and
//! `metav1.MicroTime`.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use super::decode::Mismatch;
use crate::json::Value;

/// How times of one type are written.
pub(super) struct Layout {
    /// In Go's words.
    go: &'static str,
    /// As it is kept, each digit being the highest of its place.
    plain: &'static str,
    /// As jiff writes it.
    strftime: &'static str,
    /// Whatever Go reads.
    any: LazyLock<Regex>,
}

/// `metav1.Time`; fractions of a second are read and dropped.
pub(super) static SECONDS: Layout = Layout {
    go: "2006-01-02T15:04:05Z07:00",
    plain: "9999-19-39T29:59:59Z",
    strftime: "%Y-%m-%dT%H:%M:%SZ",
    any: LazyLock::new(|| pattern("([.,][0-9]+)?")),
};

/// `metav1.MicroTime`.
pub(super) static MICROSECONDS: Layout = Layout {
    go: "2006-01-02T15:04:05.000000Z07:00",
    plain: "9999-19-39T29:59:59.999999Z",
    strftime: "%Y-%m-%dT%H:%M:%S%.6fZ",
    any: LazyLock::new(|| pattern("[.,][0-9]{6}")),
};

fn pattern(fraction: &str) -> Regex {
    let pattern = format!(
        "^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]{fraction}(Z|[+-][0-9]{{2}}:[0-9]{{2}})$"
    );
    Regex::new(&pattern).expect("the pattern is well-formed")
}

impl Layout {
    /// A time as it is kept; `None` if that is how it is written.
    ///
    /// # Errors
    /// In Go's words, if it is none.
    pub(super) fn read(&self, text: &str) -> Result<Option<Value>, Mismatch> {
        let plain = self.is_plain(text);
        let laid_out = plain || self.any.is_match(text);
        let read: Option<Timestamp> = laid_out.then(|| text.parse().ok()).flatten();
        let time = read.ok_or_else(|| {
            let go = self.go;
            format!("parsing time {text:?} as {go:?}: cannot parse {text:?}")
        })?;
        Ok((!plain).then(|| time.strftime(self.strftime).to_string().into()))
    }

    /// Whether a time is written as it is kept: nearly all are.
    fn is_plain(&self, text: &str) -> bool {
        let fits = |(found, most): (u8, u8)| match most {
            b'0'..=b'9' => (b'0'..=most).contains(&found),
            _ => found == most,
        };
        text.len() == self.plain.len() && text.bytes().zip(self.plain.bytes()).all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(layout: &Layout, text: &str) -> Option<String> {
        let read = layout.read(text).ok()?;
        let kept = read.unwrap_or_else(|| text.into());
        kept.as_str().map(str::to_owned)
    }

    #[test]
    fn times_are_kept_in_utc_without_fractions() {
        for text in [
            "2026-02-28T10:20:30Z",
            "2026-02-28T12:20:30.75+02:00",
            "2026-02-28T10:20:30,5Z",
        ] {
            assert_eq!(
                read(&SECONDS, text).as_deref(),
                Some("2026-02-28T10:20:30Z")
            );
        }
        let micro = "2026-02-28T10:20:30.000001Z";
        assert_eq!(read(&MICROSECONDS, micro).as_deref(), Some(micro));
        let there = "2026-02-28T12:20:30.000001+02:00";
        assert_eq!(read(&MICROSECONDS, there).as_deref(), Some(micro));
    }

    #[test]
    fn what_go_does_not_read_is_no_time() {
        for text in [
            "",
            "*",
            "2026-02-30T00:00:00Z",
            "2026-02-28",
            "2026-02-28t10:20:30Z",
            "2026-02-28T10:20:60Z",
            "2026-02-28T24:00:00Z",
        ] {
            assert_eq!(read(&SECONDS, text), None, "{text}");
        }
        assert_eq!(read(&MICROSECONDS, "2026-02-28T10:20:30Z"), None);
        assert_eq!(read(&MICROSECONDS, "2026-02-28T10:20:30.5Z"), None);
    }
}
