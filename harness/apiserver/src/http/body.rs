//! Bodies of replies: whole for objects, line by line for watches.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use http_body::{Body, Frame, SizeHint};

use super::reply::{Form, shaped};
use crate::watch::{Watch, WatchEvent};

/// The body of a reply.
pub struct ReplyBody(Kind);

enum Kind {
    Whole(Option<Bytes>),
    Lines(BoxStream<'static, Bytes>),
}

impl ReplyBody {
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        Self(Kind::Whole(Some(bytes.into())))
    }

    pub(super) fn watch(watch: Watch, form: Form) -> Self {
        Self(Kind::Lines(
            watch
                .into_stream()
                .map(move |event| line(&event, form))
                .boxed(),
        ))
    }
}

fn line(event: &WatchEvent, form: Form) -> Bytes {
    let object = shaped(&event.object, form);
    let mut line = format!("{{\"type\":\"{}\",\"object\":", event.kind.as_str()).into_bytes();
    serde_json::to_writer(&mut line, &*object).expect("JSON values are serialisable");
    line.extend_from_slice(b"}\n");
    line.into()
}

impl std::fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplyBody")
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.get_mut().0 {
            Kind::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Lines(lines) => Pin::new(lines)
                .poll_next(cx)
                .map(|line| line.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64))
            }
            Kind::Lines(_) => SizeHint::default(),
        }
    }
}
