//! A whole host on a real socket: the house's organisation and policy, published the way an operator would,
//! a token for everybody, and a client that shows everything of an answer.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot set up its server fails")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use herald_core::access::Requester;
use herald_core::target::Actor;
use herald_engine::SystemClock;
use herald_server::host::Host;
use herald_server::http::App;
use herald_server::publish::{Proposal, random};
use herald_server::settings::Sources;
use herald_server::token_request::TokenRequest;
use herald_server::tokens::TokenText;
use herald_store::configuration::Stamp;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who has a token, besides everybody in the directory: an administrator, a service of the production
/// department, and a person and a service who may publish that department's policies.
const TOKENS: [(&str, &str); 9] = [
    ("admin", "service:admin"),
    ("mes", "service:mes"),
    ("author", "person:wang"),
    ("publisher", "service:publisher"),
    ("chen", "person:chen"),
    ("li", "person:li"),
    ("wang", "person:wang"),
    ("zhang", "person:zhang"),
    ("zhao", "person:zhao"),
];

/// A host that runs until it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts.
    pub app: Arc<App>,
    tokens: BTreeMap<&'static str, String>,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
    serving: Option<tokio::task::JoinHandle<()>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The proposal that a test's server begins with.
#[must_use]
pub fn proposal() -> Proposal {
    let mut organisation = crate::house::organisation();
    let inbox = json!({"title": "收件箱", "transport": {"type": "inbox"}});
    organisation.channels.insert("inbox".parse().unwrap(), serde_json::from_value(inbox).unwrap());
    let files = [
        ("policy.toml".to_owned(), include_bytes!("../data/house/policy.toml").to_vec()),
        ("policy.rhai".to_owned(), include_bytes!("../data/house/policy.rhai").to_vec()),
    ];
    let bundles = [("organisation/fault".parse().unwrap(), files.into())].into();
    Proposal { organisation: Some(organisation), bundles, ..Proposal::default() }
}

impl Server {
    /// A server on a data folder, with these settings besides those of every test. What is published and which
    /// tokens there are is set up when the folder is new.
    #[must_use]
    pub fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let flags = [("store_cache_bytes", "16777216"), ("evaluation_threads", "2")];
        let flags = flags.iter().chain(settings).map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let flags = flags.chain([("data".to_owned(), data.display().to_string())]).collect();
        let resolved = Sources { flags, ..Sources::default() }.resolve().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let host = Host::start(&resolved, Arc::new(SystemClock), runtime.handle()).unwrap();
        if host.app().configured().organisation().revision == 0 {
            publish(host.app(), &proposal());
        }
        Self::of(host, runtime)
    }

    /// A server of a host that was started on `runtime`. Nothing is published.
    #[must_use]
    pub fn of(host: Host, runtime: Runtime) -> Self {
        let app = Arc::clone(host.app());
        let tokens = TOKENS.iter().map(|(who, owner)| (*who, add_token(&app, who, owner))).collect();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(host.serve(listener, async {
            // Dropping the sender stops it as well.
            let _ = stopped.await;
        }));
        Self { address, app, tokens, stop: Some(stop), runtime: Some(runtime), serving: Some(serving) }
    }

    /// The token of somebody.
    #[must_use]
    pub fn token(&self, who: &str) -> &str {
        self.tokens.get(who).unwrap()
    }

    /// Sends a request on a connection of its own. `who` has a token; `""` sends none.
    #[must_use]
    pub fn send(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: herald\r\nconnection: close\r\n");
        if !who.is_empty() {
            request.push_str(&format!("authorization: Bearer {}\r\n", self.token(who)));
        }
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-length") {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server may answer, and close, before it has read everything.
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(b"\r\n"));
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        parse(&bytes)
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, &[], b"")
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(who, "POST", path, &[("content-type", "application/json")], body.as_bytes())
    }

    /// Submits a message of the house, changed as `changes` says, and returns its id.
    #[must_use]
    pub fn submit(&self, who: &str, changes: &Value) -> String {
        let answer = self.post(who, "/v1/messages", &fault(changes));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let (Some(runtime), Some(serving)) = (self.runtime.take(), self.serving.take()) {
            let _ = runtime.block_on(serving);
        }
    }
}

/// A submission that the house takes, with some fields changed.
#[must_use]
pub fn fault(changes: &Value) -> Value {
    let mut fault =
        json!({"kind": "fault", "subject": "停机", "department": "production", "body": {"machine": "IM-03"}});
    for (name, value) in changes.as_object().into_iter().flatten() {
        fault[name] = value.clone();
    }
    fault
}

/// Publishes `proposal` on a running host, as an administrator.
pub fn publish(app: &App, proposal: &Proposal) {
    let admin = Requester { admin: true, ..Requester::plain(Actor::Host) };
    let (engine, before) = (app.engine.clone(), app.engine.configured());
    let in_force = move |configured| engine.configure(configured);
    app.publisher.apply(proposal, &admin, Timestamp::now(), false, in_force, Some(&before)).unwrap();
}

fn add_token(app: &App, who: &str, owner: &str) -> String {
    let text = TokenText::new(&random().unwrap());
    let departments = if who == "mes" { ["production".to_owned()].into() } else { Default::default() };
    let author_of =
        if matches!(who, "author" | "publisher") { ["production".to_owned()].into() } else { Default::default() };
    let request =
        TokenRequest { owner: owner.into(), departments, author_of, admin: who == "admin", ..TokenRequest::default() };
    let token = request.token(&text, Timestamp::now()).unwrap();
    let stamp = Stamp { at: Timestamp::now(), by: &Actor::Host, seed: random().unwrap() };
    app.publisher.add_token(&token, &stamp).unwrap();
    text.reveal().to_owned()
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(bytes.get(..end).unwrap()).unwrap();
    let status = head.get(9..12).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers = head.lines().skip(1).filter_map(header).collect();
    Answer { status, headers, body: bytes.get(end + 4..).unwrap().to_vec() }
}
