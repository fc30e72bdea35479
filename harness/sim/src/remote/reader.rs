//! Reading an API server as informers do: a collection, and then what becomes of it.
//!
//! What comes are the objects themselves and not bytes of which each reader would make its own: the
//! readers in this process share what one of them has decoded ([`apiserver::Object::read`]). The way
//! is that of every request: address, certificate, token, rights, the network's time and faults.

use std::time::Duration;

use apiserver::{Gvr, List, Options, Request, User, Watch, WatchEvent};

use super::{ApiConn, AskError, Remote, RemoteError};

/// What is read: a resource, in one namespace or, if that is empty, in all of them.
#[derive(Debug, Clone)]
pub struct Collection {
    /// The resource.
    pub resource: Gvr,
    /// The namespace; empty for all of them.
    pub namespace: String,
}

/// What becomes of a collection, over the connection on which it was asked for. Dropping it ends
/// the watch.
pub struct Events {
    watch: Watch,
    conn: ApiConn,
}

impl Remote {
    /// Reads a collection as it is now.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn list(&self, what: &Collection) -> Result<List, AskError> {
        let ask = |user: &User| Request::list(&what.resource, &what.namespace, user);
        let (_, answer) = self.ask(None, ask).await?;
        Ok(answer
            .into_list()
            .expect("a list is answered by a collection"))
    }

    /// Follows a collection from behind a version on, until the server ends it after `lasting`.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn watch(
        &self,
        what: &Collection,
        version: &str,
        lasting: Duration,
    ) -> Result<Events, AskError> {
        let ask = |user: &User| {
            Request::watch(&what.resource, &what.namespace, user).with(Options {
                resource_version: Some(version.to_owned()),
                timeout_seconds: Some(lasting.as_secs()),
                ..Options::default()
            })
        };
        let (conn, answer) = self.ask(None, ask).await?;
        let watch = answer.into_watch().expect("a watch is answered by events");
        Ok(Events { watch, conn })
    }
}

impl Events {
    /// What happened next, once that has come over the network; `None` once the server has ended
    /// the watch.
    ///
    /// # Errors
    /// [`RemoteError::Broken`], if the network lost it.
    pub async fn next(&mut self) -> Option<Result<WatchEvent, RemoteError>> {
        let event = self.watch.next().await?;
        let to = self.conn.address();
        let received = self.conn.receive().await;
        Some(
            received
                .map(|()| event)
                .map_err(|why| RemoteError::Broken { to, why }),
        )
    }
}
