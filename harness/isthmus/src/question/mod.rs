//! A question about one call: how it is typed, and how a failure proposes it.
//!
//! Reading order: [`Question`] (what is asked), `read` (from the command line), `propose` (from a
//! step that came out badly to the command that explains it), `stand_in` (a scenario for a topology
//! that has none).

mod propose;
mod read;
mod stand_in;

use std::{collections::BTreeMap, time::Duration};

use scenario::scenario::{Calls, Destination};
use world::{Client, Connection, Protocol};

pub(crate) use propose::put_into;
pub use read::{QuestionError, read};
pub use stand_in::stand_in;

/// One call of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who calls.
    pub from: Client,
    /// What.
    pub to: Destination,
    /// How.
    pub protocol: Protocol,
}

/// How long the client waits for an answer, as in checks that say nothing else.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What is asked for where nothing else is said, as in checks.
pub const PATH: &str = "/hello";

impl Question {
    /// The same as the runner takes it.
    pub fn calls(&self) -> Calls {
        Calls {
            from: vec![self.from.clone()],
            to: self.to.clone(),
            protocol: self.protocol.clone(),
            connection: Connection::Fresh,
            timeout: TIMEOUT,
        }
    }

    /// The options of the command line that ask it, as words.
    fn options(&self) -> Vec<String> {
        let mut words = vec!["--from".to_owned(), client(&self.from)];
        words.extend(["--to".to_owned(), self.to.to_string()]);
        match &self.protocol {
            Protocol::Tcp => words.push("--tcp".to_owned()),
            Protocol::Http {
                method,
                path,
                headers,
            } => words.extend(http(method, path, headers)),
        }
        words
    }
}

fn http(method: &str, path: &str, headers: &BTreeMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    if method != "GET" {
        words.extend(["--method".to_owned(), method.to_owned()]);
    }
    if path != PATH {
        words.extend(["--path".to_owned(), path.to_owned()]);
    }
    for (name, value) in headers {
        words.extend(["--header".to_owned(), format!("{name}={value}")]);
    }
    words
}

/// A client as scenarios write it. A workload's name is unique in a scenario, so that its namespace
/// need not be said.
fn client(client: &Client) -> String {
    match client {
        Client::Pod {
            cluster, workload, ..
        } => format!("{workload}@{cluster}"),
        Client::Vm(vm) => format!("vm:{vm}"),
        Client::Outside => "outside".to_owned(),
    }
}
