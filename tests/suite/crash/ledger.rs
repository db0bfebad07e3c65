//! What a client knows: what it has asked for, and what it was answered. It plays the script against a host for as
//! long as that answers, and goes on with the next one where it was left.

use std::collections::BTreeMap;

use herald_tests::load::Answer;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::script::{Step, script};
use herald_tests::site::{Site, start};

/// How long a host remembers what it answered under a key, less an hour.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(23);

/// A request, ready to be sent, and to be sent again.
#[derive(Debug, Clone)]
pub(super) struct Request {
    by: String,
    path: String,
    key: String,
    body: String,
}

/// How far the script was played.
#[derive(Debug)]
pub(super) enum Played {
    /// To its end, and everything that was due then is done.
    ToItsEnd,
    /// Until the host failed; with what it answered instead, if it was asked anything.
    UntilFailure(Option<Answer>),
    /// As many steps as were allowed.
    UntilLimit,
}

/// Everything that a client knows.
pub(super) struct Ledger {
    steps: Vec<Step>,
    /// How many steps are done.
    done: usize,
    /// What time it is.
    pub(super) now: Timestamp,
    /// The case of each name, by the answers.
    cases: BTreeMap<&'static str, String>,
    answered: Vec<(Timestamp, Request, Answer)>,
    /// What was asked for and not answered.
    pending: Option<Request>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        let (cases, answered) = (BTreeMap::new(), Vec::new());
        Self { steps: script(), done: 0, now: start(), cases, answered, pending: None }
    }

    /// How many answers there are.
    pub(super) fn answers(&self) -> usize {
        self.answered.len()
    }

    /// The names of the cases by their ids.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cases.iter().map(|(name, id)| (id.as_str(), *name))
    }

    /// Goes on with the script where it was left, for at most `limit` steps.
    pub(super) async fn play(&mut self, site: &mut Site, limit: usize) -> Played {
        let last = self.done.saturating_add(limit);
        // What was due when the host before ended is done first, as it would have been then.
        if !site.turn_to(self.now).await {
            return Played::UntilFailure(None);
        }
        while self.done < self.steps.len() {
            if self.done == last {
                return Played::UntilLimit;
            }
            if let Step::Pass(minutes) = self.steps[self.done] {
                self.now += SignedDuration::from_mins(minutes);
            } else {
                let request = match self.pending.take() {
                    Some(request) => request,
                    None => match self.request(site).await {
                        Ok(request) => request,
                        Err(answer) => return Played::UntilFailure(Some(answer)),
                    },
                };
                let answer = request.send(site).await;
                if !is_success(&answer) {
                    self.pending = Some(request);
                    return Played::UntilFailure(Some(answer));
                }
                self.learn(&request, answer);
            }
            self.done += 1;
            if !site.turn_to(self.now).await {
                return Played::UntilFailure(None);
            }
        }
        Played::ToItsEnd
    }

    /// The request of the next step.
    async fn request(&self, site: &mut Site) -> Result<Request, Answer> {
        let (by, path, body) = match &self.steps[self.done] {
            Step::Submit { by, body, .. } => (by, "/v1/messages".to_owned(), body.clone()),
            Step::Case { by, case, verb, body } => {
                (by, format!("/v1/messages/{}/{verb}", self.cases[case]), body.clone())
            }
            Step::Task { by, case, kind, verb, text } => {
                let task = self.task(site, by, case, kind).await?;
                let body = text.map_or_else(|| serde_json::json!({}), |text| serde_json::json!({ "text": text }));
                (by, format!("/v1/tasks/{task}/{verb}"), body)
            }
            Step::Pass(_) => unreachable!("nobody is asked for time to pass"),
        };
        let key = format!("step-{}", self.done);
        Ok(Request { by: format!("person:{by}"), path, key, body: body.to_string() })
    }

    /// The open task of this kind that somebody has in a case.
    async fn task(&self, site: &mut Site, by: &str, case: &str, kind: &str) -> Result<String, Answer> {
        let answer = site.get(&format!("person:{by}"), "/v1/tasks?limit=200").await;
        if !is_success(&answer) {
            return Err(answer);
        }
        let inbox = json(&answer);
        let id = &self.cases[case];
        let mut items = inbox["items"].as_array().unwrap().iter();
        let task = items.find(|item| item["case"]["id"] == **id && item["task"]["kind"] == kind);
        let task = task.unwrap_or_else(|| panic!("step {}: {by} has no task `{kind}` in `{case}`", self.done));
        Ok(task["task"]["id"].as_str().unwrap().to_owned())
    }

    fn learn(&mut self, request: &Request, answer: Answer) {
        if let Step::Submit { case, .. } = &self.steps[self.done] {
            let id = json(&answer)["id"].as_str().unwrap().to_owned();
            let known = self.cases.entry(case).or_insert_with(|| id.clone());
            assert_eq!(*known, id, "step {}: another case for the same event `{case}`", self.done);
        }
        self.answered.push((self.now, request.clone(), answer));
    }

    /// How many cases it knows of.
    pub(super) fn known(&self) -> usize {
        self.cases.len()
    }

    /// Asks for every case, and gives back the answers.
    pub(super) async fn cases(&self, site: &mut Site) -> Vec<Answer> {
        let mut answers = Vec::new();
        for id in self.cases.values() {
            answers.push(site.get("person:zhao.jun", &format!("/v1/messages/{id}")).await);
        }
        answers
    }

    /// Asks for everything again that the host has to remember: each answer is the first one, to the byte. Ends when
    /// the disk fails meanwhile: what is due by itself at a start may meet the next failure already.
    pub(super) async fn repeat(&self, site: &mut Site) {
        for (at, request, answer) in &self.answered {
            if self.now.duration_since(*at) < REMEMBERED {
                let again = request.send(site).await;
                if failed_meanwhile(site, &again) {
                    return;
                }
                assert_eq!(again.status, answer.status, "{request:?}: {}", text(&again));
                assert_eq!(text(&again), text(answer), "{request:?} was answered before");
            }
        }
    }

    /// Every case by its name, with its whole timeline, without ids: what two runs of the script agree in. Those that
    /// could be read, when the disk fails meanwhile.
    pub(super) async fn portrait(&self, site: &mut Site) -> BTreeMap<&'static str, Value> {
        let mut portrait = BTreeMap::new();
        for (name, id) in &self.cases {
            let answer = site.get("person:zhao.jun", &format!("/v1/messages/{id}?limit=200")).await;
            if failed_meanwhile(site, &answer) {
                break;
            }
            assert_eq!(answer.status, 200, "case `{name}` is lost: {}", text(&answer));
            let mut case: Value = serde_json::from_str(&text(&answer).replace(id.as_str(), name)).unwrap();
            // Deliveries report while others act, so what happened at one moment has no order of its own.
            let timeline = case["timeline"]["items"].as_array_mut().unwrap();
            timeline.sort_by_cached_key(|entry| (entry["at"].to_string(), entry.to_string()));
            portrait.insert(*name, case);
        }
        portrait
    }
}

/// Whether an answer is that of a host whose disk has failed.
fn failed_meanwhile(site: &Site, answer: &Answer) -> bool {
    answer.status == 503 && site.hardware.partition.fault_happened()
}

impl Request {
    async fn send(&self, site: &mut Site) -> Answer {
        site.post(&self.by, &self.path, Some(&self.key), &self.body).await
    }
}

/// Whether a request was carried out. The script asks for nothing that may be refused, so the only other answers
/// are those of a host whose disk has failed.
fn is_success(answer: &Answer) -> bool {
    assert!(answer.status < 300 || answer.status >= 500, "{}: {}", answer.status, text(answer));
    answer.status < 300
}

pub(super) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}
