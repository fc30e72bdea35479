//! A Docker daemon that only keeps books: containers and networks exist as records, and single requests
//! can be made to fail, to be slow, or to be answered otherwise.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::UnixListener, task::JoinHandle};

/// What a request is answered with in place of the ordinary.
#[derive(Clone)]
pub(crate) enum Instead {
    /// A status and Docker's words.
    Refuse(u16, &'static str),
    /// Another body, with 200.
    Say(Value),
    /// Nothing, for so long.
    Wait(Duration),
}

/// A rule: for requests of this method whose path holds these words, so many times.
struct Rule {
    method: Method,
    path: &'static str,
    times: usize,
    instead: Instead,
}

#[derive(Default)]
struct Books {
    containers: BTreeMap<String, Value>,
    networks: BTreeMap<String, Value>,
    next: u32,
    rules: Vec<Rule>,
    requests: Vec<String>,
}

/// The daemon. It ends when it is dropped.
pub(crate) struct Daemon {
    pub(crate) socket: PathBuf,
    books: Arc<Mutex<Books>>,
    task: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let books = Arc::new(Mutex::new(Books::default()));
        let task = tokio::spawn(serve(listener, Arc::clone(&books)));
        Self {
            socket,
            books,
            task,
            _directory: directory,
        }
    }

    /// From now on such requests are answered otherwise.
    pub(crate) fn rule(self, method: Method, path: &'static str, instead: Instead) -> Self {
        self.rule_times(method, path, usize::MAX, instead)
    }

    /// The next so many such requests are answered otherwise.
    pub(crate) fn rule_times(
        self,
        method: Method,
        path: &'static str,
        times: usize,
        instead: Instead,
    ) -> Self {
        self.books.lock().unwrap().rules.push(Rule {
            method,
            path,
            times,
            instead,
        });
        self
    }

    /// Somebody else's container and network, called like ours but without our labels.
    pub(crate) fn with_decoys(self) -> Self {
        let mut books = self.books.lock().unwrap();
        let container = json!({ "Id": "decoy", "Names": ["/r1-c1-control-plane"], "State": "running",
            "Labels": { "io.x-k8s.kind.cluster": "r1-c1" } });
        books.containers.insert("decoy".to_owned(), container);
        let network = json!({ "Id": "decoy-net", "Name": "r1-wan", "Labels": {},
            "IPAM": { "Config": [{ "Subnet": "172.24.0.0/20" }] } });
        books.networks.insert("decoy-net".to_owned(), network);
        drop(books);
        self
    }

    /// The ids of everything that is there.
    pub(crate) fn left(&self) -> Vec<String> {
        let books = self.books.lock().unwrap();
        let ids = books.containers.keys().chain(books.networks.keys());
        ids.cloned().collect()
    }

    /// How many requests had these words in their method or path.
    pub(crate) fn asked(&self, words: &str) -> usize {
        let books = self.books.lock().unwrap();
        let asked = books.requests.iter().filter(|line| line.contains(words));
        asked.count()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: UnixListener, books: Arc<Mutex<Books>>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let books = Arc::clone(&books);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&books)));
            let connection = hyper::server::conn::http1::Builder::new();
            // A client that goes away in the middle is what some tests are about.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    books: Arc<Mutex<Books>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes());
    let body = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or(Value::Null);
    let instead = books.lock().unwrap().instead(&method, &path);
    match instead {
        Some(Instead::Refuse(status, message)) => {
            return Ok(written(status, &json!({ "message": message })));
        }
        Some(Instead::Say(body)) => return Ok(written(200, &body)),
        Some(Instead::Wait(time)) => tokio::time::sleep(time).await,
        None => {}
    }
    let (status, said) = books
        .lock()
        .unwrap()
        .ordinary(&method, &path, &query, &body);
    Ok(written(status, &said))
}

/// A text is written as it is, which is what logs are; everything else as JSON.
fn written(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let bytes = match body {
        Value::Null => Bytes::new(),
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}

impl Books {
    fn instead(&mut self, method: &Method, path: &str) -> Option<Instead> {
        self.requests.push(format!("{method} {path}"));
        let fits =
            |rule: &&mut Rule| rule.times > 0 && rule.method == *method && path.contains(rule.path);
        let rule = self.rules.iter_mut().find(fits)?;
        rule.times -= 1;
        Some(rule.instead.clone())
    }

    fn ordinary(&mut self, method: &Method, path: &str, query: &str, body: &Value) -> (u16, Value) {
        let path = path.trim_start_matches('/');
        let versioned = path
            .split_once('/')
            .filter(|(first, _)| first.starts_with("v1."));
        let path = versioned.map_or(path, |(_, rest)| rest);
        let words: Vec<&str> = path.split('/').collect();
        match (method.as_str(), &words[..]) {
            (_, ["_ping"]) => (200, "OK".into()),
            (_, ["version"]) => (
                200,
                json!({ "Version": "27.0.0", "ApiVersion": "1.46", "Arch": "amd64" }),
            ),
            (_, ["info"]) => (
                200,
                json!({ "OSType": "linux", "CgroupVersion": "2",
                "DockerRootDir": "/nowhere", "MemTotal": 64_u64 << 30, "SecurityOptions": [] }),
            ),
            ("GET", ["images", .., "json"]) => {
                (200, json!({ "Id": "sha256:1", "Architecture": "amd64" }))
            }
            ("GET", ["networks"]) => (200, listed(&self.networks, query)),
            ("POST", ["networks", "create"]) => self.create_network(body),
            ("DELETE", ["networks", id]) => removed(&mut self.networks, id),
            ("GET", ["containers", "json"]) => (200, listed(&self.containers, query)),
            ("POST", ["containers", "create"]) => self.create_container(query, body),
            ("DELETE", ["containers", id]) => removed(&mut self.containers, id),
            ("GET", ["volumes"]) => (200, json!({ "Volumes": [], "Warnings": [] })),
            ("POST", ["networks", _, "connect"]) => (200, Value::Null),
            ("POST", ["containers", _, "start"]) => (204, Value::Null),
            ("GET", ["containers", _, "logs"]) => {
                (200, "Failed to create inotify object\r\n".into())
            }
            _ => (
                404,
                json!({ "message": format!("no such thing: {method} {path}") }),
            ),
        }
    }

    fn create_network(&mut self, body: &Value) -> (u16, Value) {
        self.next += 1;
        let id = format!("network{}", self.next);
        let network = json!({ "Id": id, "Name": body["Name"], "Labels": body["Labels"], "IPAM": body["IPAM"] });
        self.networks.insert(id.clone(), network);
        (201, json!({ "Id": id, "Warning": "" }))
    }

    fn create_container(&mut self, query: &str, body: &Value) -> (u16, Value) {
        let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
        let name = format!("/{}", name.unwrap_or_default());
        if self
            .containers
            .values()
            .any(|one| one["Names"][0] == name.as_str())
        {
            let message = format!(
                "Conflict. The container name {name:?} is already in use by container \"decoy\"."
            );
            return (409, json!({ "message": message }));
        }
        self.next += 1;
        let id = format!("container{}", self.next);
        let container =
            json!({ "Id": id, "Names": [name], "State": "running", "Labels": body["Labels"] });
        self.containers.insert(id.clone(), container);
        (201, json!({ "Id": id, "Warnings": [] }))
    }
}

/// Records that carry every label of the query's filter; its percent signs hide only punctuation.
fn listed(records: &BTreeMap<String, Value>, query: &str) -> Value {
    let decoded = percent(query);
    let filters = decoded
        .split('&')
        .find_map(|pair| pair.strip_prefix("filters="));
    let filters: Value = serde_json::from_str(filters.unwrap_or("{}")).unwrap_or_default();
    let labels = filters["label"].as_array().cloned().unwrap_or_default();
    let carries = |record: &Value| {
        labels
            .iter()
            .filter_map(Value::as_str)
            .all(|label| match label.split_once('=') {
                Some((key, value)) => record["Labels"][key] == value,
                None => record["Labels"].get(label).is_some(),
            })
    };
    records
        .values()
        .filter(|record| carries(record))
        .cloned()
        .collect()
}

fn percent(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let value = match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        };
        decoded.push(value);
    }
    String::from_utf8(decoded).unwrap()
}

fn removed(records: &mut BTreeMap<String, Value>, id: &str) -> (u16, Value) {
    match records.remove(id) {
        Some(_) => (204, Value::Null),
        None => (404, json!({ "message": "No such object" })),
    }
}
