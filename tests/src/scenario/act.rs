//! What somebody does in a step, as the request that their client would send.

use std::collections::BTreeMap;

use herald_core::case::{Task, TaskKind, TaskStatus};
use herald_core::decision::BundleId;
use herald_core::ids::TaskId;
use herald_server::http::ApplyBody;
use herald_server::publish::Proposal;
use serde_json::{Map, Value, json};

use super::format::{Message, Scenario, Step};
use super::found::Found;
use crate::sample::{ADMIN, Bundles};
use crate::{Failure, corpus, guest};

/// The name of whoever runs the installation, in steps.
pub const OPERATOR: &str = "operator";

/// A POST.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Whose token it bears.
    pub bearer: String,
    /// Its path.
    pub path: String,
    /// Its idempotency key.
    pub key: Option<String>,
    /// Its body.
    pub body: Value,
}

/// Whose token `who` bears in a scenario: that of a service, of somebody who may publish, or of a person.
#[must_use]
pub fn bearer(scenario: &Scenario, who: &str) -> String {
    if who == OPERATOR {
        ADMIN.to_owned()
    } else if scenario.services.contains_key(who) {
        format!("service:{who}")
    } else if scenario.authors.contains_key(who) {
        author(who)
    } else {
        format!("person:{who}")
    }
}

/// What the token of somebody who may publish is made from.
#[must_use]
pub fn author(who: &str) -> String {
    format!("author:{who}")
}

/// The request of a step that does something. `case` is the one it speaks of, if it has begun; `bundles` are those in
/// force.
///
/// # Errors
/// What the step lacks.
pub fn request(scenario: &Scenario, step: &Step, case: Option<&Found>, bundles: &Bundles) -> Result<Request, Failure> {
    let verb = step.does.as_deref().ok_or("the step does nothing")?;
    let who = step.by.as_deref().ok_or("the step does not say `by` whom")?;
    let on_case = || case.ok_or("the step speaks of no case that has begun").map(|found| found.case.id);
    let (path, body) = match verb {
        "submit" => ("/v1/messages".to_owned(), message(scenario, step)?.into()),
        "evaluate" => ("/v1/evaluate".to_owned(), message(scenario, step)?.into()),
        "resubmit" => (format!("/v1/messages/{}/resubmit", on_case()?), message(scenario, step)?.into()),
        "publish" => ("/v1/apply".to_owned(), published(step, bundles)?),
        "retire" => ("/v1/apply".to_owned(), without(step, bundles)?),
        "pause" | "resume" | "meet" | "decline" => {
            let goal = step.goal.as_deref().ok_or("the step does not name the `goal`")?;
            (format!("/v1/messages/{}/goals/{goal}/{verb}", on_case()?), words(step, "reason"))
        }
        "resolve" | "reopen" | "close" | "withdraw" | "release" | "archive" | "hand-over" => {
            (format!("/v1/messages/{}/{verb}", on_case()?), words(step, "reason"))
        }
        "comment" | "copy" | "remind" => (format!("/v1/messages/{}/{verb}", on_case()?), words(step, "text")),
        _ => {
            let found = case.ok_or("the step speaks of no case that has begun")?;
            let number = task(found, verb, who, step)?.number;
            (format!("/v1/tasks/{}/{verb}", TaskId { case: found.case.id, number }), words(step, "text"))
        }
    };
    Ok(Request { bearer: bearer(scenario, who), path, key: step.key.clone(), body })
}

/// What is said with a command; `words` is what the API calls it.
fn words(step: &Step, words: &str) -> Value {
    let mut body = step.with.clone();
    body.extend(step.text.iter().map(|text| (words.to_owned(), json!(text))));
    body.extend(step.score.iter().map(|score| ("score".to_owned(), json!(score))));
    if !step.to.is_empty() {
        body.insert("to".to_owned(), json!(step.to));
    }
    body.into()
}

/// The step's message, with what differs in it.
fn message(scenario: &Scenario, step: &Step) -> Result<Message, Failure> {
    let name = step.message.as_deref().ok_or("the step does not name the `message`")?;
    let mut message = scenario.messages.get(name).cloned().ok_or_else(|| format!("there is no message `{name}`"))?;
    change(&mut message, &step.with);
    Ok(message)
}

/// Puts `changes` in place of what is there; tables are changed field by field.
fn change(message: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        match (message.get_mut(name), value) {
            (Some(Value::Object(table)), Value::Object(changes)) => change(table, changes),
            _ => drop(message.insert(name.clone(), value.clone())),
        }
    }
}

/// The task that `who` does with `verb`: one that asks it of them; else the last that asked it of anybody, which they
/// are then refused.
fn task<'a>(found: &'a Found, verb: &str, who: &str, step: &Step) -> Result<&'a Task, Failure> {
    let asks = |task: &&Task| {
        let kind = match verb {
            "approve" | "reject" | "return" => task.kind == TaskKind::Approve,
            "acknowledge" | "answer" | "report" => task.kind.as_str() == verb,
            _ => true,
        };
        let stage = step.stage.as_deref();
        let stage = stage.is_none_or(|stage| task.stage.as_ref().is_some_and(|name| name.as_str() == stage));
        kind && stage && (step.task.is_none() || step.task == task.note)
    };
    let holds = |task: &&Task| task.holders.iter().any(|holder| holder.as_str() == who);
    let open = |task: &&Task| task.status == TaskStatus::Open;
    let all = || found.tasks.iter().filter(asks);
    let theirs = all().filter(open).find(holds);
    let task = theirs.or_else(|| all().rfind(holds)).or_else(|| all().rfind(open));
    task.or_else(|| all().next_back()).ok_or_else(|| format!("nothing in this case asks anybody to {verb}").into())
}

/// The publication of the step's bundle, with what is replaced in its files, or with another component.
fn published(step: &Step, bundles: &Bundles) -> Result<Value, Failure> {
    let (id, mut files) = bundle(step, bundles)?;
    for change in &step.replace {
        let file = files.get_mut(&change.file).ok_or_else(|| format!("`{id}` has no file `{}`", change.file))?;
        let text = std::str::from_utf8(file)?;
        if text.matches(&change.text).count() != 1 {
            return Err(format!("`{}` stands not once in `{}` of `{id}`", change.text, change.file).into());
        }
        *file = text.replace(&change.text, &change.by).into_bytes();
    }
    if let Some(name) = &step.component {
        let attempt = corpus::read("wasm", "wat", ";;")?.into_iter().find(|attempt| attempt.name == *name);
        let source = attempt.ok_or_else(|| format!("tests/hostile/wasm has no `{name}`"))?.source;
        files.retain(|path, _| !path.starts_with("cases/"));
        files.insert("policy.wasm".to_owned(), guest::binary(&source)?);
    }
    let proposal = Proposal { bundles: [(id, files)].into(), ..Proposal::default() };
    Ok(serde_json::to_value(ApplyBody::new(proposal))?)
}

/// The publication of everything but the step's bundle.
fn without(step: &Step, bundles: &Bundles) -> Result<Value, Failure> {
    let (id, _) = bundle(step, bundles)?;
    let bundles = bundles.iter().filter(|(other, _)| **other != id).map(|(id, files)| (id.clone(), files.clone()));
    let proposal = Proposal { bundles: bundles.collect(), prune: true, ..Proposal::default() };
    Ok(serde_json::to_value(ApplyBody::new(proposal))?)
}

fn bundle(step: &Step, bundles: &Bundles) -> Result<(BundleId, BTreeMap<String, Vec<u8>>), Failure> {
    let id: BundleId = step.bundle.as_deref().ok_or("the step does not name the `bundle`")?.parse()?;
    let files = bundles.get(&id).ok_or_else(|| format!("there is no bundle `{id}` in rules/"))?;
    Ok((id, files.clone()))
}
