//! What a newcomer can do next: commands that work as they are printed, with cases and tokens of this demo.

use std::path::Path;

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::DemoError;
use super::client::{Client, Held};
use super::house::{ADMIN, Place};
use super::names::Names;
use super::sample::Sample;
use super::telling::Told;
use super::words::Phrase;

/// What tells a newcomer's message, and the request with it, from those of the story.
const OWN_KEY: &str = "my-own";
/// How many characters of a message go onto one line, more or less.
const LINE_CHARS: usize = 70;

/// A command, and what it does.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Command {
    /// What it does, in words.
    pub(super) what: String,
    /// The command, for a shell.
    pub(super) shell: String,
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
            message.insert("dedup_key".to_owned(), json!(OWN_KEY));
        }
        let headers = format!("-H 'Content-Type: application/json' -H 'Idempotency-Key: {OWN_KEY}'");
        let shell = format!("{} \\\n  {headers} \\\n  -d '{}'", curl(&sample.by, "/v1/messages"), spread(&message));
        commands.push(Command { what: say(Phrase::Submit, &[("who", &names.owner(&sample.by))]), shell });
    }
    if let Some(owner) = most_told(names, client).await? {
        let what = say(Phrase::Inbox, &[("who", &names.owner(&owner))]);
        commands.push(Command { what, shell: curl(&owner, "/v1/inbox") });
    }
    if let Some((owner, held)) = awaiting(names, client).await? {
        let who = names.owner(&owner);
        commands.push(Command { what: say(Phrase::Tasks, &[("who", &who)]), shell: curl(&owner, "/v1/tasks") });
        let approve = curl(&owner, &format!("/v1/tasks/{}/approve", held.task.id));
        let shell = approve.replacen("curl -sS", "curl -sS -X POST", 1);
        let what = say(Phrase::ApproveIt, &[("who", &who), ("case", &held.case.subject)]);
        commands.push(Command { what, shell });
    }
    // The one about which most was decided, by components above all.
    let cases = told.iter().filter_map(|told| Some((told, told.case.as_ref()?)));
    let weight = |told: &Told| (told.policies.iter().filter(|id| names.is_component(id)).count(), told.policies.len());
    if let Some((told, case)) = cases.max_by_key(|(told, _)| weight(told)) {
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

/// The one whose inbox has the most in it.
async fn most_told(names: &Names, client: &Client) -> Result<Option<String>, DemoError> {
    let mut most: Option<(usize, String)> = None;
    for owner in names.people() {
        let entries = client.list::<IgnoredAny>(&owner, "/v1/inbox").await?.len();
        if entries > most.as_ref().map_or(0, |(entries, _)| *entries) {
            most = Some((entries, owner));
        }
    }
    Ok(most.map(|(_, owner)| owner))
}

/// Somebody who has something to approve, and what.
async fn awaiting(names: &Names, client: &Client) -> Result<Option<(String, Held)>, DemoError> {
    for owner in names.people() {
        if let Some(held) = client.tasks(&owner).await?.into_iter().find(|held| held.task.kind == "approve") {
            return Ok(Some((owner, held)));
        }
    }
    Ok(None)
}

/// A message as JSON within a shell's quotes, on lines that fit a terminal.
fn spread(message: &Value) -> String {
    let mut text = String::from("{");
    let mut columns = 0;
    for (index, (field, value)) in message.as_object().into_iter().flatten().enumerate() {
        let piece = format!("{}: {value}", json!(field));
        columns += piece.chars().count();
        match index {
            0 => {}
            _ if columns > LINE_CHARS => {
                text.push_str(",\n       ");
                columns = piece.chars().count();
            }
            _ => text.push_str(", "),
        }
        text.push_str(&piece);
    }
    text.push('}');
    text.replace('\'', r"'\''")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
