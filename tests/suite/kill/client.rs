//! A client under whose hands the server dies. It keeps its own ledger: of every request what it was answered, and
//! the one request of which it does not know what became.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use herald_tests::fault::Random;
use herald_tests::load::{self, Answer, Connection};
use herald_tests::sample;
use serde_json::{Value, json};

/// How many of its last answers a client asks for again after each start. Those are the ones that a crash could
/// have taken; all of them are asked for in the end.
const CHECKED_AT_START: usize = 4;
/// How often it asks again when the server is busy.
const TRIES: usize = 1_000;

/// A request, ready to be sent, and to be sent again.
#[derive(Debug, Clone)]
struct Request {
    by: String,
    path: String,
    key: String,
    body: String,
    /// What answer makes sense.
    wanted: Wanted,
}

#[derive(Debug, Clone)]
enum Wanted {
    /// A new case.
    NewCase,
    /// The case that the same event has already.
    Case(String),
    /// A task of this case done.
    Done { case: String, verb: &'static str },
}

/// What a client knows of one of its cases.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// How often each verb was carried out, submissions of the same event included.
    pub(super) verbs: BTreeMap<&'static str, usize>,
}

/// A task that nobody has done yet.
struct Open {
    case: String,
    id: String,
    holder: String,
    verb: &'static str,
}

/// A client with one connection, and with cases that nobody else touches.
pub(super) struct Client {
    number: u64,
    random: Random,
    sent: u64,
    pub(super) cases: BTreeMap<String, Known>,
    /// Submissions that bear a dedup key, and their cases.
    events: Vec<(String, String)>,
    open: Vec<Open>,
    answered: Vec<(Request, Answer)>,
    pending: Option<Request>,
}

impl Client {
    pub(super) fn new(number: u64, seed: u64) -> Self {
        let random = Random::new(seed.wrapping_mul(1_000) + number);
        let (cases, events, open, answered) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Self { number, random, sent: 0, cases, events, open, answered, pending: None }
    }

    /// How many answers it has.
    pub(super) fn answers(&self) -> usize {
        self.answered.len()
    }

    /// Settles what the crash before left open, then keeps the server busy until it dies.
    pub(super) async fn work(&mut self, address: SocketAddr) {
        // Every error is one of the connection: the server has died.
        let _ = self.work_until_cut(address).await;
    }

    async fn work_until_cut(&mut self, address: SocketAddr) -> io::Result<()> {
        let mut connection = Connection::open(address).await?;
        self.settle(&mut connection).await?;
        let recent = self.answered.len().saturating_sub(CHECKED_AT_START);
        self.repeat(&mut connection, recent).await?;
        loop {
            let request = self.next_request();
            self.pending = Some(request);
            self.settle(&mut connection).await?;
        }
    }

    /// Sends the request that has no answer yet, until it has one.
    pub(super) async fn settle(&mut self, connection: &mut Connection) -> io::Result<()> {
        let Some(request) = &self.pending else { return Ok(()) };
        let answer = request.answer(connection).await?;
        if let Some(request) = self.pending.take() {
            self.learn(&request, &answer);
            self.answered.push((request, answer));
        }
        Ok(())
    }

    /// Asks again for every answer from number `from` on: it is the first one, to the byte.
    pub(super) async fn repeat(&self, connection: &mut Connection, from: usize) -> io::Result<()> {
        for (request, answer) in self.answered.iter().skip(from) {
            let again = request.answer(connection).await?;
            assert_eq!((again.status, text(&again)), (answer.status, text(answer)), "{request:?} was answered before");
        }
        Ok(())
    }

    fn next_request(&mut self) -> Request {
        self.sent += 1;
        let key = format!("{}-{}", self.number, self.sent);
        match self.random.below(10) {
            0..4 if !self.open.is_empty() => {
                let task = self.open.swap_remove(self.random.below(self.open.len()));
                let body = if task.verb == "answer" { json!({"text": "马上到"}) } else { json!({}) };
                Request {
                    by: task.holder,
                    path: format!("/v1/tasks/{}/{}", task.id, task.verb),
                    key,
                    body: body.to_string(),
                    wanted: Wanted::Done { case: task.case, verb: task.verb },
                }
            }
            4 if !self.events.is_empty() => {
                let (body, case) = &self.events[self.random.below(self.events.len())];
                submission(key, body.clone(), Wanted::Case(case.clone()))
            }
            _ => {
                let urgency = if self.random.below(2) == 0 { "urgent" } else { "normal" };
                let mut body = json!({"kind": "equipment-fault", "subject": "停机", "urgency": urgency,
                    "department": "production", "body": {"scope": "单台", "machine": "IM-03"}});
                // Without one, only the idempotency key keeps a retry from a second case.
                if self.random.below(2) == 0 {
                    body["dedup_key"] = key.as_str().into();
                }
                submission(key, body.to_string(), Wanted::NewCase)
            }
        }
    }

    fn learn(&mut self, request: &Request, answer: &Answer) {
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let id = body["id"].as_str().unwrap();
        let (status, verb) = match &request.wanted {
            Wanted::NewCase => {
                let known = self.cases.insert(id.to_owned(), Known::default());
                assert!(known.is_none(), "{request:?} was answered with {id}");
                if request.body.contains("dedup_key") {
                    self.events.push((request.body.clone(), id.to_owned()));
                }
                self.open.extend(body["tasks"].as_array().unwrap().iter().map(|task| open(id, task)));
                (201, "submit")
            }
            Wanted::Case(case) => {
                assert_eq!(case, id, "{request:?} has a case already");
                (200, "submit")
            }
            Wanted::Done { case, verb } => {
                assert_eq!(case, id);
                (200, *verb)
            }
        };
        assert_eq!(answer.status, status, "{request:?}: {body}");
        *self.cases.get_mut(id).unwrap().verbs.entry(verb).or_default() += 1;
    }
}

fn submission(key: String, body: String, wanted: Wanted) -> Request {
    Request { by: "person:yang.fan".to_owned(), path: "/v1/messages".to_owned(), key, body, wanted }
}

fn open(case: &str, task: &Value) -> Open {
    let verb = match task["kind"].as_str().unwrap() {
        "approve" => "approve",
        "acknowledge" => "acknowledge",
        _ => "answer",
    };
    let holder = format!("person:{}", task["holders"][0].as_str().unwrap());
    Open { case: case.to_owned(), id: task["id"].as_str().unwrap().to_owned(), holder, verb }
}

impl Request {
    /// Sends it until the server has time for it.
    async fn answer(&self, connection: &mut Connection) -> io::Result<Answer> {
        let request = load::post(&self.path, sample::token(&self.by).reveal(), Some(&self.key), &self.body);
        for _ in 0..TRIES {
            let answer = connection.send(&request).await?;
            if answer.status < 300 {
                return Ok(answer);
            }
            assert!(text(&answer).contains("/problems/overloaded"), "{self:?}: {} {}", answer.status, text(&answer));
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{self:?} is never carried out")
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}
