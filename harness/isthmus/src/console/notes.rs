//! What rooms note on their way, on standard error: warnings of our own rooms, or what `ISTHMUS_LOG` asks for
//! in the words of `tracing`'s filters, such as `kind=debug,kube=info`.
//!
//! Notes explain; nothing that a verdict depends on is only a note.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use indicatif::MultiProgress;
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// The variable that says what is noted.
const VARIABLE: &str = "ISTHMUS_LOG";

/// Warnings of libraries are about connections that those who use them take up again.
const WARNINGS: &str = "engine=warn,existing=warn,istioctl=warn,kind=warn,live=warn,runner=warn";

/// The lines that move, if there are any: notes go above them.
static DRAWN: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// Has notes written from now on, unless the program around us listens to them itself.
pub fn write() {
    let wish = std::env::var(VARIABLE).ok();
    let subscriber = subscriber(wish.as_deref(), || Above);
    // An error says that somebody else listens already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Keeps notes above what is drawn, or forgets the drawing.
pub(super) fn keep_above(drawn: Option<MultiProgress>) {
    *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = drawn;
}

fn subscriber<W>(wish: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(wish.unwrap_or(WARNINGS)))
        .without_time()
        .with_ansi(false)
        .with_writer(writer)
        .finish()
}

/// Standard error, above the lines that move.
struct Above;

impl Write for Above {
    fn write(&mut self, note: &[u8]) -> io::Result<usize> {
        let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
        let written = || io::stderr().write_all(note);
        match drawn.as_ref() {
            Some(drawn) => drawn.suspend(written),
            None => written(),
        }?;
        Ok(note.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, note: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(note)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written where a room and a library warn and a room says more.
    fn noted(wish: Option<&str>) -> String {
        let page = Page::default();
        let writer = page.clone();
        tracing::subscriber::with_default(subscriber(wish, move || writer.clone()), || {
            tracing::warn!(target: "kind::lent", "a room warns");
            tracing::debug!(target: "kind::lent", "a room tells more");
            tracing::warn!(target: "hyper", "a library warns");
        });
        let written = page.0.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn rooms_warn_and_libraries_are_silent_unless_asked() {
        assert_eq!(noted(None), " WARN kind::lent: a room warns\n");
        let all = noted(Some("debug"));
        assert!(
            all.contains("tells more") && all.contains("a library warns"),
            "{all}"
        );
        assert_eq!(noted(Some("off")), "");
    }
}
