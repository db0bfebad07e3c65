//! Cases: examples beside a bundle that say what it decides, run before every publication.
//!
//! A case is a JSON file under `cases/`:
//!
//! ```json
//! {
//!   "about": "a strategic customer's complaint also reaches the sales director",
//!   "hook": "route",
//!   "message": {"kind": "complaint", "body": {"amount_cents": 500}, "labels": {"tier": "strategic"}},
//!   "expect": {"sends": [{"to": "role:sales/director"}]},
//!   "compare": "subset"
//! }
//! ```
//!
//! * `message` is a message; what it leaves out is filled in: the kind's defaults, the bundle's own department,
//!   an anonymous sender, a subject, a time of submission (2026-01-05T09:00:00+08:00, a Monday).
//! * `hook` is `route` unless it says otherwise. A case of `approve` gives `route`: level, classification, audience and
//!   content type (the message's, if left out), recipients, channels and labels. A case of `escalate` gives `breach`:
//!   `goal`, and as far as it matters `due`, `at`, `owners`, `declined`, `case_status`, `level`, `reached`.
//! * `expect` is the plan, as decisions show it. Every field counts unless `compare` is `subset`: then what the
//!   case leaves out of an object may be anything, while lists are compared element by element.
//! * `fails` instead of `expect` is a text that the failure's message contains.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use herald_core::decision::{Contribution, Hook, HookOutcome, HookPlan};
use herald_core::message::{Audience, Classification, ContentType, Level, Message, Urgency};
use herald_core::names::{DepartmentId, KindName};
use herald_core::target::Actor;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::bundle::Bundle;
use crate::diagnostic::{Diagnostic, Place};
use crate::evaluation::Input;
use crate::world::World;

/// The time of submission of a case that names none: a working Monday morning in China.
const SUBMITTED_AT: &str = "2026-01-05T09:00:00+08:00";

/// A case as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    about: String,
    #[serde(default = "route")]
    hook: Hook,
    message: Map<String, Value>,
    #[serde(default)]
    route: Map<String, Value>,
    #[serde(default)]
    breach: Map<String, Value>,
    #[serde(default)]
    expect: Option<Value>,
    #[serde(default)]
    fails: Option<String>,
    #[serde(default)]
    compare: Compare,
}

fn route() -> Hook {
    Hook::Route
}

/// What a bundle of `department` is tried with before there is a message: one that says nothing.
pub(crate) fn no_message(department: &DepartmentId) -> Message {
    Message {
        kind: KindName::new("none").unwrap_or_else(|_| unreachable!("`none` is a name")),
        subject: String::new(),
        summary: None,
        body: Map::new(),
        sender: Actor::Anonymous,
        department: department.clone(),
        urgency: Urgency::Normal,
        audience: Audience::Department,
        classification: Classification::Internal,
        content_type: ContentType::Notice,
        to: Vec::new(),
        labels: BTreeMap::new(),
        dedup_key: None,
        caused_by: None,
        submitted_at: SUBMITTED_AT.parse().unwrap_or_default(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Compare {
    #[default]
    Exact,
    Subset,
}

/// A case, read.
#[derive(Debug, Clone)]
pub(crate) struct CaseFile {
    file: String,
    written: Written,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseOutcome {
    /// The file within the bundle.
    pub file: String,
    /// What the case is about, in its author's words.
    pub about: String,
    /// Where the plan differs from what was expected; empty when the case passed.
    pub differences: Vec<Difference>,
    /// Why there is no plan to compare, or no case to run.
    pub failure: Option<String>,
    /// What the hook came to: its plan, its log and its cost; `None` when there was nothing to call.
    pub contribution: Option<Contribution>,
}

/// One place in which a plan differs from what a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The place, as a JSON pointer into the plan.
    pub pointer: String,
    /// What was expected there, as JSON; `None` for nothing.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
}

impl CaseOutcome {
    /// Whether it went as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failure.is_none() && self.differences.is_empty()
    }
}

impl fmt::Display for CaseOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.about.is_empty() { String::new() } else { format!(" ({})", self.about) };
        if self.passed() {
            return write!(f, "the case passed{about}");
        }
        write!(f, "the case failed{about}")?;
        if let Some(failure) = &self.failure {
            write!(f, ": {failure}")?;
        }
        for difference in &self.differences {
            write!(f, "\n  {difference}")?;
        }
        Ok(())
    }
}

/// Why the policy was not asked.
enum Unasked {
    /// The kind's form refuses the message, which may be what the case shows.
    Form(String),
    /// The case itself is wrong.
    Case(String),
}

impl From<String> for Unasked {
    fn from(failure: String) -> Self {
        Self::Case(failure)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = "nothing";
        let expected = self.expected.as_deref().unwrap_or(nothing);
        write!(f, "{}: expected {expected}, found {}", self.pointer, self.found.as_deref().unwrap_or(nothing))
    }
}

impl CaseFile {
    pub(crate) fn read(file: &str, text: Option<&str>) -> Result<Self, Diagnostic> {
        let written: Written = serde_json::from_str(text.unwrap_or_default()).map_err(|error| {
            let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let place = Place { line: small(error.line()), column: small(error.column()) };
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            Diagnostic::about(file, message).at((place.line > 0).then_some(place))
        })?;
        if written.expect.is_some() == written.fails.is_some() {
            let hint = Some("give the plan it expects, or a text of the failure it expects".to_owned());
            return Err(Diagnostic::about(file, "a case has either `expect` or `fails`").hint(hint));
        }
        Ok(Self { file: file.to_owned(), written })
    }

    pub(crate) fn run(&self, bundle: &Bundle, world: &Arc<World>) -> CaseOutcome {
        let contribution = self.contribution(bundle, world);
        let (differences, failure) = match contribution.as_ref().map(|contribution| self.judge(&contribution.outcome)) {
            Ok(Ok(differences)) => (differences, None),
            Ok(Err(failure)) => (Vec::new(), Some(failure)),
            Err(Unasked::Form(problem)) if self.written.fails.as_ref().is_some_and(|part| problem.contains(part)) => {
                (Vec::new(), None)
            }
            Err(Unasked::Form(failure) | Unasked::Case(failure)) => (Vec::new(), Some(failure.clone())),
        };
        let (file, about) = (self.file.clone(), self.written.about.clone());
        CaseOutcome { file, about, differences, failure, contribution: contribution.ok() }
    }

    /// Calls the hook.
    fn contribution(&self, bundle: &Bundle, world: &Arc<World>) -> Result<Contribution, Unasked> {
        if !bundle.manifest().hooks.contains(&self.written.hook) {
            return Err(format!("the manifest does not list the hook `{}`", self.written.hook).into());
        }
        let message = Arc::new(self.message(bundle, world)?);
        let input = self.input(&message)?;
        Ok(bundle.ask_alone(world, message, input))
    }

    /// Where the outcome is not as expected.
    fn judge(&self, outcome: &HookOutcome) -> Result<Vec<Difference>, String> {
        match (outcome, &self.written.fails) {
            (HookOutcome::Plan(plan), None) => self.compare(plan),
            (HookOutcome::Failed { message, .. }, None) => Err(message.clone()),
            (HookOutcome::Failed { message, .. }, Some(part)) if message.contains(part.as_str()) => Ok(Vec::new()),
            (HookOutcome::Failed { message, .. }, Some(part)) => {
                Err(format!("a failure that says `{part}` was expected; it says `{message}`"))
            }
            (HookOutcome::Plan(_), Some(part)) => {
                Err(format!("a failure that says `{part}` was expected; there was a plan"))
            }
        }
    }

    fn message(&self, bundle: &Bundle, world: &Arc<World>) -> Result<Message, Unasked> {
        let mut message = self.written.message.clone();
        let kind =
            message.get("kind").and_then(Value::as_str).ok_or_else(|| "the message names no `kind`".to_owned())?;
        let defaults = world.organisation().kinds.get(kind).ok_or_else(|| format!("there is no kind `{kind}`"))?;
        let filled_in = [
            ("subject", json!("")),
            ("body", json!({})),
            ("sender", json!("anonymous")),
            ("department", json!(bundle.id().department)),
            ("urgency", json!(defaults.urgency)),
            ("audience", json!(defaults.audience)),
            ("classification", json!(defaults.classification)),
            ("content_type", json!(defaults.content_type)),
            ("submitted_at", json!(SUBMITTED_AT)),
        ];
        fill_in(&mut message, filled_in);
        let message: Message = read("message", message)?;
        let problems = world.forms().get(&message.kind).map(|form| form.validate(&message.body)).unwrap_or_default();
        match problems.first() {
            Some(problem) => Err(Unasked::Form(format!("the message's body{}: {}", problem.pointer, problem.message))),
            None => Ok(message),
        }
    }

    fn input(&self, message: &Message) -> Result<Input, String> {
        let level = json!(Level::of_urgency(message.urgency));
        match self.written.hook {
            Hook::Route => Ok(Input::Route),
            Hook::Approve => {
                let mut facts = self.written.route.clone();
                let classification = json!(message.classification);
                let (audience, content_type) = (json!(message.audience), json!(message.content_type));
                fill_in(
                    &mut facts,
                    [
                        ("level", level),
                        ("classification", classification),
                        ("audience", audience),
                        ("content_type", content_type),
                        ("labels", json!(message.labels)),
                    ],
                );
                Ok(Input::Approve(Arc::new(read("route", facts)?)))
            }
            Hook::Escalate => {
                let mut facts = self.written.breach.clone();
                let at = facts.get("due").cloned().unwrap_or_else(|| json!(message.submitted_at));
                fill_in(
                    &mut facts,
                    [("level", level), ("case_status", json!("open")), ("due", at.clone()), ("at", at)],
                );
                Ok(Input::Escalate(Arc::new(read("breach", facts)?)))
            }
        }
    }

    fn compare(&self, plan: &HookPlan) -> Result<Vec<Difference>, String> {
        let expect = self.written.expect.clone().unwrap_or_default();
        // Read as a plan and written again, so that `PT60M` is `PT1H` and a mistyped field is named.
        let (found, expected) = match plan {
            HookPlan::Route(plan) => (to_json(plan)?, normal::<herald_core::plan::RoutePlan>(&expect)?),
            HookPlan::Approve(plan) => (to_json(plan)?, normal::<herald_core::plan::ApprovePlan>(&expect)?),
            HookPlan::Escalate(plan) => (to_json(plan)?, normal::<herald_core::plan::EscalatePlan>(&expect)?),
        };
        let mut differences = Vec::new();
        let expected = if self.written.compare == Compare::Subset { mask(&expected, &expect) } else { expected };
        differ(&expected, &found, self.written.compare, &mut String::new(), &mut differences);
        Ok(differences)
    }
}

fn fill_in<const N: usize>(into: &mut Map<String, Value>, defaults: [(&str, Value); N]) {
    for (key, value) in defaults {
        into.entry(key).or_insert(value);
    }
}

fn read<T: for<'de> Deserialize<'de>>(what: &str, object: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(object)).map_err(|error| format!("in `{what}`: {error}"))
}

fn to_json(plan: &impl serde::Serialize) -> Result<Value, String> {
    serde_json::to_value(plan).map_err(|error| error.to_string())
}

fn normal<T: for<'de> Deserialize<'de> + serde::Serialize>(expect: &Value) -> Result<Value, String> {
    let plan: T = serde_json::from_value(expect.clone()).map_err(|error| format!("in `expect`: {error}"))?;
    to_json(&plan)
}

/// What of the `normal` form was `written`: reading fills in defaults that a subset does not mean.
fn mask(normal: &Value, written: &Value) -> Value {
    match (normal, written) {
        (Value::Object(normal), Value::Object(written)) => {
            // What reading drops, such as an empty list, is expected not to be there.
            let part = |(key, written): (&String, &Value)| {
                (key.clone(), normal.get(key).map_or(Value::Null, |normal| mask(normal, written)))
            };
            Value::Object(written.iter().map(part).collect())
        }
        (Value::Array(normal), Value::Array(written)) if normal.len() == written.len() => {
            normal.iter().zip(written).map(|(normal, written)| mask(normal, written)).collect()
        }
        _ => normal.clone(),
    }
}

fn differ(expected: &Value, found: &Value, compare: Compare, at: &mut String, differences: &mut Vec<Difference>) {
    let mut child = |name: &str, expected: Option<&Value>, found: Option<&Value>| {
        let length = at.len();
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        match (expected, found) {
            (Some(expected), Some(found)) => differ(expected, found, compare, at, differences),
            (Some(Value::Null), None) => {}
            (expected, found) => differences.push(Difference {
                pointer: at.clone(),
                expected: expected.map(ToString::to_string),
                found: found.map(ToString::to_string),
            }),
        }
        at.truncate(length);
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                child(name, Some(value), found.get(name));
            }
            if compare == Compare::Exact {
                let unexpected = found.iter().filter(|(name, _)| !expected.contains_key(*name));
                unexpected.for_each(|(name, value)| child(name, None, Some(value)));
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            for index in 0..expected.len().max(found.len()) {
                child(&index.to_string(), expected.get(index), found.get(index));
            }
        }
        _ if expected == found => {}
        _ => differences.push(Difference {
            pointer: at.clone(),
            expected: (!expected.is_null()).then(|| expected.to_string()),
            found: Some(found.to_string()),
        }),
    }
}
