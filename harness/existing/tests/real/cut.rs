//! A run that ends in the middle of whatever it is doing, as Ctrl-C ends it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Does `inner` until it has been gone on with so often; `None` if it was cut off before its end.
pub(crate) fn after<F: Future>(steps: usize, inner: F) -> Cut<F> {
    Cut {
        inner: Box::pin(inner),
        left: steps,
    }
}

pub(crate) struct Cut<F> {
    inner: Pin<Box<F>>,
    left: usize,
}

impl<F: Future> Future for Cut<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}
