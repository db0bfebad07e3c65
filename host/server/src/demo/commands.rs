//! What a newcomer can do next: commands that work as they are printed, with cases and tokens of this demo.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Client;
use super::house::{ADMIN, Place};
use super::names::Names;
use super::sample::Sample;
use super::words::Phrase;
use super::DemoError;
use super::telling::Told;

/// A command, and what it does.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Command {
    /// What it does, in words.
    pub(super) what: String,
    /// The command, for a shell.
    pub(super) shell: String,
}

/// A task among somebody's tasks.
#[derive(Debug, Deserialize)]
struct Held {
    task: TaskFacts,
    case: CaseFacts,
}

#[derive(Debug, Deserialize)]
struct TaskFacts {
    id: String,
    kind: String,
}

#[derive(Debug, Deserialize)]
struct CaseFacts {
    subject: String,
}

/// The commands: submit, look at the inbox and the tasks, approve, explain, publish.
pub(super) async fn commands(
    names: &Names,
    client: &Client,
    place: &Place,
    samples: &[(&'static str, Sample)],
    told: &[Told],
) -> Result<Vec<Command>, DemoError> {
    let say = |phrase, holes: &[(&str, &str)]| names.language.say(phrase, holes);
    let curl = |owner: &str, path: &str| {
        let token = quoted(&place.token(owner));
        let url = format!("{}{path}", client.origin());
        format!("curl -sS {url} \\\n  -H \"Authorization: Bearer $(cat {token})\"")
    };
    let mut commands = Vec::new();
    let fault = samples.iter().find(|(_, sample)| sample.by.starts_with("person:") && client.knows(&sample.by));
    if let Some((_, sample)) = fault {
        let mut message = sample.message.clone();
        if let Some(message) = message.as_object_mut() {
            // Another event than the one that has been told of.
            message.insert("dedup_key".to_owned(), json!("my-own"));
        }
        let key = "-H 'Content-Type: application/json' -H 'Idempotency-Key: my-own'";
        let shell = format!("{} \\\n  {key} \\\n  -d '{message}'", curl(&sample.by, "/v1/messages"));
        commands.push(Command { what: say(Phrase::Submit, &[("who", &names.owner(&sample.by))]), shell });
    }
    if let Some((owner, held)) = awaiting(names, client).await? {
        let who = names.owner(&owner);
        commands.push(Command { what: say(Phrase::Inbox, &[("who", &who)]), shell: curl(&owner, "/v1/inbox") });
        commands.push(Command { what: say(Phrase::Tasks, &[("who", &who)]), shell: curl(&owner, "/v1/tasks") });
        let approve = curl(&owner, &format!("/v1/tasks/{}/approve", held.task.id));
        let shell = approve.replacen("curl -sS", "curl -sS -X POST", 1);
        let what = say(Phrase::ApproveIt, &[("who", &who), ("case", &held.case.subject)]);
        commands.push(Command { what, shell });
    }
    // The one that most was decided about.
    if let Some((told, case)) = told.iter().filter_map(|told| Some((told, told.case.as_ref()?))).max_by_key(|(told, _)| told.policies.len()) {
        let shell = curl(&told.by, &format!("/v1/messages/{case}/decisions"));
        commands.push(Command { what: say(Phrase::Explain, &[("case", &told.title)]), shell });
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "herald".into());
    let (rules, token) = (quoted(&place.rules()), quoted(&place.token(ADMIN)));
    let shell = format!(
        "HERALD_TOKEN=$(cat {token}) \\\n  {} apply {rules} \\\n  --server {}",
        quoted(&program),
        client.origin()
    );
    commands.push(Command { what: say(Phrase::Change, &[("rules", &place.rules().display().to_string())]), shell });
    Ok(commands)
}

/// Somebody who has something to approve, and what.
async fn awaiting(names: &Names, client: &Client) -> Result<Option<(String, Held)>, DemoError> {
    for owner in names.people() {
        let tasks: Vec<Held> = client.list(&owner, "/v1/tasks").await?;
        if let Some(held) = tasks.into_iter().find(|held| held.task.kind == "approve") {
            return Ok(Some((owner, held)));
        }
    }
    Ok(None)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
