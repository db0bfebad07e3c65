//! The shape of a scenario's file, and reading it. What a field means in a story is said in
//! `tests/scenarios/FORMAT.md`; a field that is not here is an error with its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::Failure;

/// What a client sends: the body of `POST /v1/messages`.
pub type Message = Map<String, Value>;

/// A story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name of its file, without the ending.
    #[serde(skip)]
    pub name: String,
    /// What it tells, in a sentence.
    pub title: String,
    /// The requirements that it shows, by their ids.
    pub requirements: Vec<String>,
    /// The bundles without which it could not come out like this.
    pub about: Vec<String>,
    /// When it begins: `2026-09-30 16:00`, local time.
    pub begin: String,
    /// Whose local time it is told in; without it, that of the house.
    #[serde(default = "house_zone")]
    pub zone: String,
    /// Who is away, and when.
    #[serde(default)]
    pub away: Vec<Away>,
    /// Services with a token, and the departments they speak for.
    #[serde(default)]
    pub services: BTreeMap<String, Vec<String>>,
    /// Who may publish the policies of which departments.
    #[serde(default)]
    pub authors: BTreeMap<String, Vec<String>>,
    /// The messages, by the names that steps call them by.
    #[serde(default)]
    pub messages: BTreeMap<String, Message>,
    /// What happens, in order.
    pub steps: Vec<Spanned<Step>>,
    /// Where each line of the file ends, to tell a step's line.
    #[serde(skip)]
    line_ends: Vec<usize>,
}

/// An absence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// Whose.
    pub who: String,
    /// From when on.
    pub from: String,
    /// Until when.
    pub until: String,
}

/// Something that happens, and what has to be true then.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// When: the clock is turned to it. Without it, no time has passed.
    pub at: Option<String>,
    /// Who does it.
    pub by: Option<String>,
    /// What: a verb of the API, or `publish`, `retire`, `restart`. Without it, nobody does anything.
    pub does: Option<String>,
    /// The case: the name of the message it began with, or the kind of one that Herald began. Without it, the one that
    /// was spoken of last.
    pub case: Option<String>,
    /// The message that is submitted, evaluated or sent again.
    pub message: Option<String>,
    /// What differs in it: fields of the message, and fields of its body.
    pub with: Message,
    /// What is said: an answer, a report, a reason.
    pub text: Option<String>,
    /// From 1 to 5, to close.
    pub score: Option<u8>,
    /// The goal that is paused, resumed or met.
    pub goal: Option<String>,
    /// The stage that is decided, when several ask the same person.
    pub stage: Option<String>,
    /// The task that is done, by what it asks in words, when several ask the same person.
    pub task: Option<String>,
    /// To whom a task or a case is handed on, or copied.
    pub to: Vec<String>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The bundle that is published, retired or resumed.
    pub bundle: Option<String>,
    /// What is replaced in which of its files, before it is published.
    pub replace: Vec<Replace>,
    /// The attempt of the hostile corpus in whose place its component is published, without its cases.
    pub component: Option<String>,
    /// By which parameters cases are listed.
    pub query: Option<String>,
    /// The messages whose cases are found, and no others.
    pub finds: Vec<String>,
    /// Columns of the same list as a table, by the messages of its rows.
    pub table: BTreeMap<String, BTreeMap<String, String>>,
    /// What is read of the organisation: a path of the API.
    pub path: Option<String>,
    /// Fields of what is read.
    pub shows: BTreeMap<String, String>,
    /// The kind of problem that it is refused with.
    pub refused: Option<String>,
    /// What the refusal says.
    pub says: Option<String>,
    /// The fields that the refusal names.
    pub fields: Vec<String>,
    /// The message whose case the answer names: it was the same all along.
    pub same_as: Option<String>,
    /// What has to be true afterwards.
    pub expect: Option<Expect>,
}

/// A change of a bundle's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The file.
    pub file: String,
    /// What stands there, once.
    pub text: String,
    /// What is to stand there.
    pub by: String,
}

/// What has to be true of a case. A list that is given is the whole list, unless its comment says otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Where it is in its life.
    pub status: Option<String>,
    /// How urgent it is.
    pub level: Option<u8>,
    /// Its name.
    pub name: Option<String>,
    /// Whom it is meant for.
    pub audience: Option<String>,
    /// What it is for.
    pub content_type: Option<String>,
    /// How confidential it is.
    pub classification: Option<String>,
    /// The number of its document.
    pub document_number: Option<String>,
    /// How long it is kept.
    pub archive: Option<String>,
    /// Who answers for it.
    pub accountable: Option<String>,
    /// The departments that receive it.
    pub receivers: Option<Vec<String>>,
    /// Labels; there may be others.
    pub labels: BTreeMap<String, String>,
    /// What a reader should know.
    pub flags: Option<Vec<String>>,
    /// The bundle that holds it.
    pub held: Option<String>,
    /// Stages by name, as they stand; there may be others.
    pub stages: BTreeMap<String, String>,
    /// The open tasks of people.
    pub tasks: BTreeMap<String, Vec<String>>,
    /// Goals by name, or by name and owner: `acknowledge of li.lei`.
    pub goals: BTreeMap<String, Lines>,
    /// Who is told what through which channel, since the case was last looked at.
    pub told: BTreeMap<String, Vec<String>>,
    /// Who did what since the case was last looked at, in this order; there may be more in between.
    pub timeline: Vec<String>,
    /// How policies ruled last; there may be others.
    pub decided: Vec<String>,
    /// What was written into it: answers, reports, reasons; there may be more.
    pub written: Vec<String>,
    /// Who sees it.
    pub seen_by: Vec<String>,
    /// For whom it does not exist.
    pub unseen_by: Vec<String>,
    /// Fields of its approval form, as somebody sees it.
    pub form: BTreeMap<String, BTreeMap<String, String>>,
    /// Who has not acknowledged it yet, as somebody finds them listed.
    pub unread: BTreeMap<String, Vec<String>>,
}

/// One line that holds for all that bear the name, or a line for each of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Lines {
    /// For all.
    Each(String),
    /// In their order.
    List(Vec<String>),
}

fn house_zone() -> String {
    "Asia/Shanghai".to_owned()
}

/// The folder of the scenarios.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Every scenario, by name.
///
/// # Errors
/// What is wrong with the first file that is.
pub fn all() -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)?;
            scenarios.push(Scenario::read(&name, &text)?);
        }
    }
    scenarios.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(scenarios)
}

impl Scenario {
    /// Reads the text of the scenario `name`.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn read(name: &str, text: &str) -> Result<Self, Failure> {
        let mut scenario: Self =
            toml::from_str(text).map_err(|error| format!("tests/scenarios/{name}.toml: {error}"))?;
        scenario.name = name.to_owned();
        scenario.line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Ok(scenario)
    }

    /// The line, from 1, in which a step begins.
    #[must_use]
    pub fn line(&self, step: &Spanned<Step>) -> usize {
        self.line_ends.partition_point(|end| *end < step.span().start) + 1
    }
}
