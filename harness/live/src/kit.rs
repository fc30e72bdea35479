//! What the tests of this room share.

use std::{sync::Arc, time::Duration};

use world::{Call, Client, Connection, Protocol, Target};

/// A call of helloworld by somebody outside.
pub(crate) fn call(connection: Connection) -> Arc<Call> {
    Arc::new(Call {
        from: Client::Outside,
        to: Target {
            host: "helloworld.sample".into(),
            port: 5000,
        },
        protocol: Protocol::get("/hello"),
        connection,
        timeout: Duration::from_secs(5),
    })
}
