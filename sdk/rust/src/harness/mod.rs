//! Runs hooks natively: no Wasm, no host. For tests of a policy, in its own crate.
//!
//! It answers for the host in a simple way: people as they are given, tables without an index, calendars without
//! holidays. It does not check a plan's words, and what it accepts the host may still refuse: `herald plugin run` and
//! the check at publication have the last word.

mod bundle;
mod calendar;
pub(crate) mod calls;
mod cases;
mod table;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::{Map, Value, json};

pub use calendar::OfficeHours;
pub use cases::CaseOutcome;

use self::cases::Case;
use self::table::Table;
use crate::message::{Breach, Message, RouteFacts};
use crate::plan::{ApprovePlan, EscalatePlan, RoutePlan};
use crate::policy::{Policy, with_settings};

/// The time of submission of a message that names none: a working Monday morning in China.
const SUBMITTED_AT: &str = "2026-01-05T09:00:00+08:00";

/// Runs the hooks of a policy natively.
///
/// ```
/// use herald_policy_sdk::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Faults {}
///
/// impl Policy for Faults {
///     fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
///         for person in people("role:maintenance/technician")? {
///             plan.send(person).acknowledge_within(minutes(30));
///         }
///         Ok(())
///     }
/// }
///
/// let harness = Harness::<Faults>::new().people("role:maintenance/technician", ["person:liu.yang"]);
/// let plan = harness.route(json!({"kind": "equipment-fault"})).unwrap();
/// assert_eq!(plan.sends[0].to, "person:liu.yang");
/// ```
///
/// A plugin's own test runs the cases of its bundle, as publication does:
///
/// ```no_run
/// # use herald_policy_sdk::prelude::*;
/// # #[derive(Deserialize)]
/// # struct Faults {}
/// # impl Policy for Faults {}
/// let harness = Harness::<Faults>::of_bundle("../../rules/production/equipment-fault").unwrap();
/// harness.assert_cases();
/// ```
#[derive(Debug)]
pub struct Harness<P> {
    policy: PhantomData<P>,
    settings: Value,
    department: String,
    world: World,
    cases: Vec<Case>,
}

/// What answers for the host.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    people: BTreeMap<String, Vec<String>>,
    tiers: BTreeMap<String, String>,
    tables: BTreeMap<String, Result<Table, String>>,
    calendars: BTreeMap<String, OfficeHours>,
}

impl<P: Policy> Default for Harness<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Policy> Harness<P> {
    /// A policy without settings, in a world without people, tables and calendars.
    #[must_use]
    pub fn new() -> Self {
        Self {
            policy: PhantomData,
            settings: json!({}),
            department: "organisation".to_owned(),
            world: World::default(),
            cases: Vec::new(),
        }
    }

    /// Sets the settings, a JSON object.
    #[must_use]
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = settings;
        self
    }

    /// Says whom `target` comes to, as targets: `person:li.lei`.
    #[must_use]
    pub fn people<T: Into<String>>(mut self, target: &str, people: impl IntoIterator<Item = T>) -> Self {
        self.world.people.insert(target.to_owned(), people.into_iter().map(Into::into).collect());
        self
    }

    /// Says how much `contact` matters: `strategic` or `ordinary`.
    #[must_use]
    pub fn tier(mut self, contact: &str, tier: impl Into<String>) -> Self {
        self.world.tiers.insert(contact.to_owned(), tier.into());
        self
    }

    /// Gives the table `name`, as CSV. A table that cannot be read is an error of the lookup.
    #[must_use]
    pub fn table(mut self, name: &str, csv: &str) -> Self {
        self.world.tables.insert(name.to_owned(), Table::read(csv));
        self
    }

    /// Gives the calendar `name`.
    #[must_use]
    pub fn calendar(mut self, name: &str, hours: OfficeHours) -> Self {
        self.world.calendars.insert(name.to_owned(), hours);
        self
    }

    /// Runs `route` on a message, given as JSON; what it leaves out is filled in, as in a case.
    ///
    /// # Errors
    /// The hook's own error, or what is wrong with `message` or the settings.
    pub fn route(&self, message: Value) -> Result<RoutePlan, String> {
        let message = self.message(message)?;
        self.run(|policy, plan| policy.route(&message, plan)).0
    }

    /// Runs `approve` on a message and the facts of its route, given as JSON as in a case.
    ///
    /// # Errors
    /// The hook's own error, or what is wrong with what was given.
    pub fn approve(&self, message: Value, route: Value) -> Result<ApprovePlan, String> {
        let message = self.message(message)?;
        let route = route_facts(&message, route)?;
        self.run(|policy, plan| policy.approve(&message, &route, plan)).0
    }

    /// Runs `escalate` on a message and a breach, given as JSON as in a case.
    ///
    /// # Errors
    /// The hook's own error, or what is wrong with what was given.
    pub fn escalate(&self, message: Value, breach: Value) -> Result<EscalatePlan, String> {
        let message = self.message(message)?;
        let breach = breach_facts(&message, breach)?;
        self.run(|policy, plan| policy.escalate(&message, &breach, plan)).0
    }

    /// What the policy finds wrong with its settings.
    #[must_use]
    pub fn validate_settings(&self) -> Vec<String> {
        match with_settings::<P>(&self.settings.to_string()) {
            Ok(policy) => policy.validate_settings(),
            Err(error) => vec![error.text().to_owned()],
        }
    }

    /// What `route` writes into the log for a message.
    ///
    /// # Errors
    /// What is wrong with `message`. The log is there whether the hook gives a plan or not.
    pub fn log_of_route(&self, message: Value) -> Result<Vec<String>, String> {
        let message = self.message(message)?;
        Ok(self.run(|policy, plan: &mut RoutePlan| policy.route(&message, plan)).1)
    }

    /// Runs the cases of the bundle.
    #[must_use]
    pub fn run_cases(&self) -> Vec<CaseOutcome> {
        self.cases.iter().map(|case| case.run(self)).collect()
    }

    /// Runs the cases of the bundle, for a test.
    ///
    /// # Panics
    /// When there is no case, or one does not go as it says; the text lists every difference.
    #[expect(clippy::panic, reason = "this is how a test fails")]
    pub fn assert_cases(&self) {
        let failed: Vec<_> = self.run_cases().iter().filter(|case| !case.passed()).map(ToString::to_string).collect();
        if self.cases.is_empty() {
            panic!("the bundle has no cases");
        }
        if !failed.is_empty() {
            panic!("{} of {} cases failed\n{}", failed.len(), self.cases.len(), failed.join("\n"));
        }
    }

    /// A plan, or why there is none; and the log.
    fn run<T: Default>(&self, hook: impl FnOnce(&P, &mut T) -> crate::Result) -> (Result<T, String>, Vec<String>) {
        calls::within(&self.world, || {
            let mut plan = T::default();
            let policy = with_settings::<P>(&self.settings.to_string());
            let done = policy.and_then(|policy| hook(&policy, &mut plan));
            done.map(|()| plan).map_err(|error| error.text().to_owned())
        })
    }

    fn message(&self, message: Value) -> Result<Message, String> {
        let Value::Object(mut fields) = message else { return Err("a message is a JSON object".to_owned()) };
        let mut text = |name: &str, default: &str| match fields.remove(name) {
            None => Ok(default.to_owned()),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(format!("the message's `{name}` is a text, not {other}")),
        };
        let kind = text("kind", "")?;
        if kind.is_empty() {
            return Err("the message names no `kind`".to_owned());
        }
        let message = Message {
            kind,
            subject: text("subject", "")?,
            summary: Some(text("summary", "")?).filter(|summary| !summary.is_empty()),
            sender: text("sender", "anonymous")?,
            department: text("department", &self.department)?,
            urgency: text("urgency", "normal")?,
            audience: text("audience", "department")?,
            classification: text("classification", "internal")?,
            content_type: text("content_type", "notice")?,
            submitted_at: text("submitted_at", SUBMITTED_AT)?.parse().map_err(|error| format!("{error}"))?,
            body: fields.remove("body").unwrap_or_else(|| json!({})).to_string().into(),
            to: read("to", fields.remove("to").unwrap_or_else(|| json!([])))?,
            labels: read("labels", fields.remove("labels").unwrap_or_else(|| json!({})))?,
        };
        match fields.keys().next() {
            Some(unknown) => Err(format!("a message has no `{unknown}`")),
            None => Ok(message),
        }
    }
}

fn route_facts(message: &Message, facts: Value) -> Result<RouteFacts, String> {
    let defaults = [
        ("level", level(message)),
        ("classification", json!(message.classification)),
        ("audience", json!(message.audience)),
        ("content_type", json!(message.content_type)),
        ("labels", json!(message.labels)),
    ];
    read("route", filled_in(facts, defaults)?)
}

fn breach_facts(message: &Message, facts: Value) -> Result<Breach, String> {
    let due = facts.get("due").cloned().unwrap_or_else(|| json!(message.submitted_at));
    let defaults = [("level", level(message)), ("case_status", json!("open")), ("at", due.clone()), ("due", due)];
    let mut breach: Breach = read("breach", filled_in(facts, defaults)?)?;
    // Cases name people by their ids, hooks are given targets.
    breach.owners.iter_mut().for_each(|owner| owner.insert_str(0, "person:"));
    Ok(breach)
}

/// The level without a policy's word.
fn level(message: &Message) -> Value {
    if message.urgency == "urgent" { json!(1) } else { json!(3) }
}

fn filled_in<const N: usize>(facts: Value, defaults: [(&str, Value); N]) -> Result<Value, String> {
    let mut facts = match facts {
        Value::Object(facts) => facts,
        Value::Null => Map::new(),
        other => return Err(format!("facts are a JSON object, not {other}")),
    };
    for (name, value) in defaults {
        facts.entry(name).or_insert(value);
    }
    Ok(facts.into())
}

fn read<T: serde::de::DeserializeOwned>(what: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("in `{what}`: {error}"))
}

#[cfg(test)]
mod tests;
