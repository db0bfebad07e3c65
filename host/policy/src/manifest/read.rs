//! Reading a manifest, field by field, so that everything that is wrong is found at once and in its place.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use herald_core::decision::{BundleId, Hook};
use herald_core::message::{Audience, Classification, Urgency};
use herald_core::names::{BundleName, DepartmentId, KindName};
use herald_core::organisation::Organisation;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Language, Manifest, OnFailure};
use crate::applies::AppliesTo;
use crate::diagnostic::{Diagnostic, Place};
use crate::files::MANIFEST;
use crate::limits::{HostLimits, Limits};
use crate::vocabulary::{Wrong, unknown};

type Entry<'t> = Spanned<DeValue<'t>>;

pub(super) fn manifest(
    text: &str,
    organisation: Option<&Organisation>,
    host: &HostLimits,
) -> Result<Manifest, (Option<BundleId>, Vec<Diagnostic>)> {
    // What was published before the host allowed less is held to that, rather than refused.
    let mut reader = Reader { text, holds_to_limits: organisation.is_none(), problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    // The table keeps numbers as they are written; reading the text as values finds those that are none.
    for error in errors.into_iter().chain(text.parse::<toml::Table>().err()) {
        reader.say(error.span().unwrap_or(0..0), &Wrong::new(error.message()));
    }
    if !reader.problems.is_empty() {
        return Err((None, reader.problems));
    }
    let table = table.get_ref();
    let known = ["name", "department", "language", "hooks", "applies_to", "settings", "limits", "on_failure"];
    reader.only(table, &known, "");

    let name = reader.required(table, "name").and_then(|entry| reader.name(entry, "name", BundleName::new));
    let department =
        reader.required(table, "department").and_then(|entry| reader.name(entry, "department", DepartmentId::new));
    let id = department.zip(name).map(|(department, name)| BundleId { department, name });
    if let (Some(organisation), Some(id), Some(entry)) = (organisation, &id, table.get("department"))
        && !organisation.departments.contains_key(&id.department)
    {
        let names = organisation.departments.keys().map(|name| name.as_str());
        reader.say(entry.span(), &unknown("department", id.department.as_str(), names));
    }
    let language = reader.required(table, "language").and_then(|entry| reader.word(entry, "language", &Language::ALL));
    let hooks = reader.required(table, "hooks").map(|entry| {
        let hooks: BTreeSet<Hook> = reader.words(entry, "hook", &pairs(Hook::ALL, Hook::as_str));
        if hooks.is_empty() && reader.problems.is_empty() {
            reader.say(entry.span(), &Wrong::new("`hooks` is empty: a bundle offers at least one"));
        }
        hooks
    });
    let applies_to = reader.applies_to(table, organisation);
    let settings = reader.table(table, "settings").map(json_table).unwrap_or_default();
    let limits = reader.limits(table, host);
    let OnFailures { route, approve, suspends } = reader.on_failure(table);

    match (id, language, hooks) {
        (Some(id), Some(language), Some(hooks)) if reader.problems.is_empty() => Ok(Manifest {
            id,
            language,
            hooks,
            applies_to,
            settings: Arc::new(settings),
            limits,
            suspends,
            on_route_failure: route,
            on_approve_failure: approve,
        }),
        (id, _, _) => Err((id, reader.problems)),
    }
}

/// What a manifest says about failures.
#[derive(Default)]
struct OnFailures {
    route: Option<OnFailure>,
    approve: Option<OnFailure>,
    suspends: bool,
}

struct Reader<'t> {
    text: &'t str,
    /// Whether what asks for more than the host allows gets that, and is not wrong.
    holds_to_limits: bool,
    problems: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn say(&mut self, span: Range<usize>, wrong: &Wrong) {
        let place = Place::of_offset(self.text, span.start);
        self.problems.push(Diagnostic::about(MANIFEST, wrong.message.clone()).at(Some(place)).hint(wrong.hint.clone()));
    }

    /// Names every key of `table` that is not among `known`.
    fn only(&mut self, table: &DeTable<'t>, known: &[&str], of: &str) {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let what = if of.is_empty() { "field".to_owned() } else { format!("field of `{of}`") };
                self.say(key.span(), &unknown(&what, name, known.iter().copied()));
            }
        }
    }

    fn required<'v>(&mut self, table: &'v DeTable<'t>, key: &str) -> Option<&'v Entry<'t>> {
        let entry = table.get(key);
        if entry.is_none() {
            self.problems.push(Diagnostic::about(MANIFEST, format!("`{key}` is missing")));
        }
        entry
    }

    fn text_of<'v>(&mut self, entry: &'v Entry<'t>, what: &str) -> Option<&'v str> {
        let text = entry.get_ref().as_str();
        if text.is_none() {
            self.say(entry.span(), &Wrong::new(format!("`{what}` is a text, not {}", title(entry.get_ref()))));
        }
        text
    }

    fn name<T, E: std::fmt::Display>(
        &mut self,
        entry: &Entry<'t>,
        what: &str,
        new: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text_of(entry, what)?;
        new(text).map_err(|error| self.say(entry.span(), &Wrong::new(error))).ok()
    }

    fn word<T: Copy>(&mut self, entry: &Entry<'t>, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text_of(entry, what)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            self.say(entry.span(), &unknown(what, text, words.iter().map(|(word, _)| *word)));
        }
        found
    }

    fn list<'v>(&mut self, entry: &'v Entry<'t>, what: &str) -> &'v [Entry<'t>] {
        if let Some(list) = entry.get_ref().as_array() {
            return list;
        }
        let message = format!("a {what} is not enough here, nor is {}", title(entry.get_ref()));
        self.say(entry.span(), &Wrong::new(message).hint(Some("write a list: `[\"…\"]`".to_owned())));
        &[]
    }

    fn words<T: Copy + Ord>(&mut self, entry: &Entry<'t>, what: &str, words: &[(&str, T)]) -> BTreeSet<T> {
        self.list(entry, what).iter().filter_map(|entry| self.word(entry, what, words)).collect()
    }

    fn table<'v>(&mut self, table: &'v DeTable<'t>, key: &str) -> Option<&'v DeTable<'t>> {
        let entry = table.get(key)?;
        let found = entry.get_ref().as_table();
        if found.is_none() {
            self.say(entry.span(), &Wrong::new(format!("`{key}` is a table, not {}", title(entry.get_ref()))));
        }
        found
    }

    fn applies_to(&mut self, table: &DeTable<'t>, organisation: Option<&Organisation>) -> AppliesTo {
        let Some(table) = self.table(table, "applies_to") else { return AppliesTo::default() };
        let known = ["kinds", "urgency", "audience", "classification", "departments", "labels"];
        self.only(table, &known, "applies_to");
        let kinds = organisation.map(|organisation| organisation.kinds.keys().map(|name| name.as_str()).collect());
        let departments =
            organisation.map(|organisation| organisation.departments.keys().map(|name| name.as_str()).collect());
        let mut applies = AppliesTo {
            kinds: self.names(table, "kinds", "kind", kinds, KindName::new),
            departments: self.names(table, "departments", "department", departments, DepartmentId::new),
            ..AppliesTo::default()
        };
        if let Some(entry) = table.get("urgency") {
            applies.urgency = self.words(entry, "urgency", &pairs(Urgency::ALL, Urgency::as_str));
        }
        if let Some(entry) = table.get("audience") {
            applies.audience = self.words(entry, "audience", &pairs(Audience::ALL, Audience::as_str));
        }
        if let Some(entry) = table.get("classification") {
            applies.classification =
                self.words(entry, "classification", &pairs(Classification::ALL, Classification::as_str));
        }
        for (label, entry) in self.table(table, "labels").into_iter().flatten() {
            let name: &str = label.get_ref();
            let one = entry.get_ref().is_str().then_some(std::slice::from_ref(entry));
            let values = one.unwrap_or_else(|| self.list(entry, "value"));
            let values: BTreeSet<String> =
                values.iter().filter_map(|value| self.text_of(value, name)).map(str::to_owned).collect();
            if values.is_empty() {
                self.say(entry.span(), &Wrong::new(format!("no value of label `{name}` is given: it can never apply")));
            }
            applies.labels.insert(name.to_owned(), values);
        }
        applies
    }

    fn names<T: Ord, E: std::fmt::Display>(
        &mut self,
        table: &DeTable<'t>,
        key: &str,
        what: &str,
        known: Option<Vec<&str>>,
        new: impl Fn(&str) -> Result<T, E>,
    ) -> BTreeSet<T> {
        let Some(entry) = table.get(key) else { return BTreeSet::new() };
        let mut names = BTreeSet::new();
        for entry in self.list(entry, what) {
            let Some(text) = self.text_of(entry, what) else { continue };
            match &known {
                Some(known) if !known.contains(&text) => {
                    self.say(entry.span(), &unknown(what, text, known.iter().copied()));
                }
                _ => names.extend(self.name(entry, what, &new)),
            }
        }
        names
    }

    fn limits(&mut self, table: &DeTable<'t>, host: &HostLimits) -> Limits {
        let (default, most) = (host.default, host.most);
        let Some(table) = self.table(table, "limits") else { return default };
        let known = [
            "time_limit_ms",
            "operation_limit",
            "memory_limit_mib",
            "plan_limit_kib",
            "log_limit_kib",
            "host_call_limit",
            "answer_limit_kib",
        ];
        self.only(table, &known, "limits");
        let mut small = |name, default, most| self.limit(table, name, u64::from(default), u64::from(most));
        let [time, memory, plan, log, host_calls, answers] = [
            small("time_limit_ms", default.time_limit_ms, most.time_limit_ms),
            small("memory_limit_mib", default.memory_limit_mib, most.memory_limit_mib),
            small("plan_limit_kib", default.plan_limit_kib, most.plan_limit_kib),
            small("log_limit_kib", default.log_limit_kib, most.log_limit_kib),
            small("host_call_limit", default.host_call_limit, most.host_call_limit),
            small("answer_limit_kib", default.answer_limit_kib, most.answer_limit_kib),
        ]
        .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
        Limits {
            time_limit_ms: time,
            operation_limit: self.limit(table, "operation_limit", default.operation_limit, most.operation_limit),
            memory_limit_mib: memory,
            plan_limit_kib: plan,
            log_limit_kib: log,
            host_call_limit: host_calls,
            answer_limit_kib: answers,
        }
    }

    fn limit(&mut self, table: &DeTable<'t>, name: &str, default: u64, most: u64) -> u64 {
        let Some(entry) = table.get(name) else { return default };
        match integer(entry.get_ref()).and_then(|number| u64::try_from(number).ok()) {
            Some(number) if (1..=most).contains(&number) => number,
            Some(number) if number > most && self.holds_to_limits => most,
            _ => {
                let message = format!("`{name}` is a whole number from 1 to {most}, which this host allows at most");
                self.say(entry.span(), &Wrong::new(message));
                default
            }
        }
    }

    fn on_failure(&mut self, table: &DeTable<'t>) -> OnFailures {
        let Some(table) = self.table(table, "on_failure") else { return OnFailures::default() };
        if let Some((key, _)) = table.iter().find(|(key, _)| key.get_ref() == Hook::Escalate.as_str()) {
            let message = "nothing can be said about a failed `escalate`: the host's own chain takes over";
            self.say(key.span(), &Wrong::new(message));
        }
        self.only(table, &["route", "approve", "escalate", "after_three"], "on_failure");
        let words = [("skip", OnFailure::Skip), ("hold", OnFailure::Hold)];
        let mut word = |key| self.word(table.get(key)?, "way to fail", &words);
        let (route, approve) = (word("route"), word("approve"));
        let words = [("keep-trying", false), ("suspend", true)];
        let suspends = table.get("after_three").and_then(|entry| self.word(entry, "way to go on", &words));
        OnFailures { route, approve, suspends: suspends.unwrap_or(false) }
    }
}

fn pairs<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (word(*value), *value)).collect()
}

fn title(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn json_table(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

/// A setting as JSON; a time is the text it was written as.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Integer(_) => integer(value).map_or(Value::Null, Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(list) => list.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(json_table(table)),
    }
}
