//! A message before it is one: what somebody fills in, checked against its kind and the organisation.

use std::collections::BTreeMap;

use herald_core::ids::CaseId;
use herald_core::message::{
    Audience, Classification, ContentType, KEY_LIMIT_BYTES, LABELS_LIMIT, Message, SUBJECT_LIMIT_CHARS,
    SUMMARY_LIMIT_CHARS, TO_LIMIT, Urgency,
};
use herald_core::names::{DepartmentId, KindName};
use herald_core::target::{Actor, Target};
use herald_policy::FieldProblem;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::configured::Configured;

/// What is submitted. Fields left out are filled in from the kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The kind it is to be checked against.
    pub kind: KindName,
    /// One line, 1 to [`SUBJECT_LIMIT_CHARS`] characters.
    pub subject: String,
    /// At most [`SUMMARY_LIMIT_CHARS`] characters.
    pub summary: Option<String>,
    /// The kind's form, filled in.
    pub body: Map<String, Value>,
    /// The department it is sent for.
    pub department: DepartmentId,
    /// What the sender says about haste.
    pub urgency: Option<Urgency>,
    /// Whom it is meant for.
    pub audience: Option<Audience>,
    /// How confidential it is.
    pub classification: Option<Classification>,
    /// What it is for.
    pub content_type: Option<ContentType>,
    /// Whom the sender names, at most [`TO_LIMIT`].
    pub to: Vec<Target>,
    /// At most [`LABELS_LIMIT`], names and values of at most [`KEY_LIMIT_BYTES`].
    pub labels: BTreeMap<String, String>,
    /// The same event submitted twice while its case is live is one case. At most [`KEY_LIMIT_BYTES`].
    pub dedup_key: Option<String>,
    /// The case this one came out of.
    pub caused_by: Option<CaseId>,
}

impl Draft {
    /// The message that `sender` submits with it at `now`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with a JSON pointer into the submission.
    pub fn into_message(
        self,
        configured: &Configured,
        sender: Actor,
        now: Timestamp,
    ) -> Result<Message, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        self.check_sizes(&mut problems);
        self.check_names(configured, &mut problems);
        let Some(kind) = configured.organisation().kinds.get(&self.kind) else {
            problems.say("/kind", format!("there is no kind `{}`", self.kind));
            return Err(problems.0);
        };
        let wrong = configured.world.forms().get(&self.kind).map(|form| form.validate(&self.body)).unwrap_or_default();
        problems.0.extend(
            wrong.into_iter().map(|problem| FieldProblem { pointer: format!("/body{}", problem.pointer), ..problem }),
        );
        if !problems.0.is_empty() {
            return Err(problems.0);
        }
        Ok(Message {
            subject: self.subject,
            summary: self.summary,
            body: self.body,
            sender,
            department: self.department,
            urgency: self.urgency.unwrap_or(kind.urgency),
            audience: self.audience.unwrap_or(kind.audience),
            classification: self.classification.unwrap_or(kind.classification),
            content_type: self.content_type.unwrap_or(kind.content_type),
            kind: self.kind,
            to: self.to,
            labels: self.labels,
            dedup_key: self.dedup_key,
            caused_by: self.caused_by,
            submitted_at: now,
        })
    }

    fn check_sizes(&self, problems: &mut Problems) {
        let subject = self.subject.chars().count();
        if self.subject.trim().is_empty() {
            problems.say("/subject", "a subject is required");
        } else if subject > SUBJECT_LIMIT_CHARS {
            problems.over("/subject", subject, SUBJECT_LIMIT_CHARS, "characters");
        } else if self.subject.contains(char::is_control) {
            problems.say("/subject", "a subject is one line, without control characters");
        }
        let summary = self.summary.as_ref().map_or(0, |summary| summary.chars().count());
        if summary > SUMMARY_LIMIT_CHARS {
            problems.over("/summary", summary, SUMMARY_LIMIT_CHARS, "characters");
        }
        if self.to.len() > TO_LIMIT {
            problems.over("/to", self.to.len(), TO_LIMIT, "targets");
        }
        if self.labels.len() > LABELS_LIMIT {
            problems.over("/labels", self.labels.len(), LABELS_LIMIT, "labels");
        }
        if let Some((name, value)) =
            self.labels.iter().find(|(name, value)| name.len().max(value.len()) > KEY_LIMIT_BYTES)
        {
            problems.over("/labels", name.len().max(value.len()), KEY_LIMIT_BYTES, "bytes in a label");
        }
        match self.dedup_key.as_deref() {
            Some("") => problems.say("/dedup_key", "a dedup key may not be empty; leave it out"),
            Some(key) if key.len() > KEY_LIMIT_BYTES => {
                problems.over("/dedup_key", key.len(), KEY_LIMIT_BYTES, "bytes");
            }
            _ => {}
        }
    }

    fn check_names(&self, configured: &Configured, problems: &mut Problems) {
        let organisation = configured.organisation();
        if !organisation.departments.contains_key(&self.department) {
            problems.say("/department", format!("there is no department `{}`", self.department));
        }
        for (index, target) in self.to.iter().enumerate().take(TO_LIMIT) {
            let known = match target {
                Target::Person(person) => organisation.people.contains_key(person),
                Target::Department(department) | Target::Members(department) => {
                    organisation.departments.contains_key(department)
                }
                Target::Leader(department) => {
                    organisation.departments.get(department).is_some_and(|found| found.leader.is_some())
                }
                Target::Role(department, role) => {
                    organisation.departments.get(department).is_some_and(|found| found.roles.contains_key(role))
                }
                Target::Contact(contact) => organisation.contacts.contains_key(contact),
                Target::Everyone => true,
            };
            if !known {
                problems.say(format!("/to/{index}"), format!("the directory does not know `{target}`"));
            }
        }
    }
}

#[derive(Default)]
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn say(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem { pointer: pointer.into(), message: message.into() });
    }

    fn over(&mut self, pointer: &str, found: usize, limit: usize, unit: &str) {
        self.say(pointer, format!("{found} are over the limit of {limit} {unit}"));
    }
}
