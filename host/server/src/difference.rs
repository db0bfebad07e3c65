//! What a publication would change, for people to read: fields as they were and as they would be, lines of files, and
//! the open cases that it touches.
//!
//! What differs at all is the store's to say; here it is only put into words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use herald_core::access::Requester;
use herald_core::case::{Case, Goal, Status};
use herald_core::decision::BundleId;
use herald_core::ids::{CaseId, GoalNumber};
use herald_core::names::PersonId;
use herald_core::organisation::Organisation;
use herald_core::workspace::Rows as _;
use herald_store::StoreError;
use herald_store::configuration::{BundleFiles, ChangeKind, ConfigChange, Loaded, Section};
use herald_store::partition::{CaseFilter, Partition, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

use crate::publish::Proposal;

/// The most lines that are shown of one change; how many more there are is said.
pub const LINES_LIMIT: usize = 200;
/// The most characters that are shown of one value or line.
const VALUE_LIMIT_CHARS: usize = 120;
/// The largest file whose lines are compared, in bytes; of a larger one its size is said.
const COMPARED_LIMIT_BYTES: usize = 256 * 1024;
/// How long the lines of one file are compared; what is found until then is shown, and may be more than differs.
const COMPARING_LIMIT: Duration = Duration::from_millis(100);
/// The most open cases that are looked at, newest first of each status.
pub const SCAN_LIMIT_CASES: usize = 10_000;
/// How many cases are read at once.
const PAGE_LIMIT_CASES: usize = 200;
/// The most goals that are looked at of one case.
const GOALS_LIMIT: u32 = 64;
/// The most cases that are named with one change.
const NAMED_LIMIT_CASES: usize = 5;
/// Where cases wait for something.
const LIVE: [Status; 5] = [Status::Held, Status::AwaitingApproval, Status::Returned, Status::Open, Status::Resolved];

/// One change, in lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The section.
    pub section: String,
    /// The entry's name; a bundle's id.
    pub name: String,
    /// What differs, a line each: `+` is new, `-` is gone, `~` was and is.
    pub lines: Vec<String>,
    /// How many lines are left out.
    pub lines_left_out: usize,
    /// How many open cases it touches: those of a kind, those that a department sent or received, those with deadlines of
    /// a bundle or with tasks of a person. Absent where cases were not looked at: of other sections, and without a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_cases: Option<usize>,
    /// Whether there were more open cases than are looked at, so that it may touch more of them.
    pub open_cases_cut: bool,
    /// The newest of them that the caller may see, by id and subject.
    pub first_cases: Vec<String>,
}

/// Puts `changes` into words, from what is stored to what is proposed.
///
/// # Errors
/// When a part of an organisation has no JSON form, which none has.
pub fn find(
    changes: &[ConfigChange],
    stored: &Loaded,
    proposal: &Proposal,
) -> Result<Vec<Difference>, serde_json::Error> {
    let before = serde_json::to_value(&stored.organisation)?;
    let after = match &proposal.organisation {
        Some(organisation) => serde_json::to_value(organisation)?,
        None => before.clone(),
    };
    let bundles: BTreeMap<String, &BundleFiles> =
        stored.bundles.iter().map(|bundle| (bundle.id.to_string(), &bundle.files)).collect();
    let differences = changes.iter().map(|change| {
        let mut lines = Lines::default();
        if change.section == Section::Bundles {
            let proposed = change.name.parse::<BundleId>().ok().and_then(|id| proposal.bundles.get(&id));
            let is_gone = change.kind == ChangeKind::Removed;
            lines.files(bundles.get(&change.name).copied(), proposed.filter(|_| !is_gone));
        } else {
            lines.values("", entry(&before, change), entry(&after, change));
        }
        Difference {
            section: change.section.to_string(),
            name: change.name.clone(),
            lines: lines.shown,
            lines_left_out: lines.left_out,
            ..Difference::default()
        }
    });
    Ok(differences.collect())
}

/// An entry of an organisation's JSON; the house rules are one.
fn entry<'v>(organisation: &'v Value, change: &ConfigChange) -> Option<&'v Value> {
    let section = organisation.get(change.section.as_str())?;
    if change.section == Section::Rules { Some(section) } else { section.get(&change.name) }
}

#[derive(Default)]
struct Lines {
    shown: Vec<String>,
    left_out: usize,
}

impl Lines {
    fn say(&mut self, line: String) {
        if self.shown.len() < LINES_LIMIT { self.shown.push(line) } else { self.left_out += 1 }
    }

    /// What differs between two values, field by field.
    fn values(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                for name in names {
                    let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    self.values(&at, before.get(name), after.get(name));
                }
            }
            (before, after) if before == after => {}
            // A whole entry is told by its fields.
            (None, Some(Value::Object(after))) if at.is_empty() => {
                after.iter().for_each(|(name, value)| self.values(name, None, Some(value)));
            }
            (Some(Value::Object(before)), None) if at.is_empty() => {
                before.iter().for_each(|(name, value)| self.values(name, Some(value), None));
            }
            (None, Some(after)) => self.say(format!("+ {at}: {}", short(&after.to_string()))),
            (Some(before), None) => self.say(format!("- {at}: {}", short(&before.to_string()))),
            (Some(before), Some(after)) => {
                self.say(format!("~ {at}: {} → {}", short(&before.to_string()), short(&after.to_string())));
            }
            (None, None) => {}
        }
    }

    fn files(&mut self, before: Option<&BundleFiles>, after: Option<&BundleFiles>) {
        let paths: BTreeSet<&String> = before.into_iter().chain(after).flat_map(BTreeMap::keys).collect();
        for path in paths {
            let of = |files: Option<&'_ BundleFiles>| files.and_then(|files| files.get(path)).cloned();
            match (of(before), of(after)) {
                (before, after) if before == after => {}
                (None, Some(after)) => self.say(format!("+ {path}: {} bytes", after.len())),
                (Some(before), None) => self.say(format!("- {path}: {} bytes", before.len())),
                (Some(before), Some(after)) => self.file(path, &before, &after),
                (None, None) => {}
            }
        }
    }

    fn file(&mut self, path: &str, before: &[u8], after: &[u8]) {
        self.say(format!("~ {path}: {} → {} bytes", before.len(), after.len()));
        let text = |bytes: &[u8]| -> Option<String> {
            let bytes = Some(bytes).filter(|bytes| bytes.len() <= COMPARED_LIMIT_BYTES)?;
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        };
        let (Some(before), Some(after)) = (text(before), text(after)) else { return };
        for change in TextDiff::configure().timeout(COMPARING_LIMIT).diff_lines(&before, &after).iter_all_changes() {
            let (sign, number) = match change.tag() {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => ('-', change.old_index()),
                ChangeTag::Insert => ('+', change.new_index()),
            };
            let number = number.map_or(0, |index| index + 1);
            self.say(format!("  {sign} {number}: {}", short(change.value().trim_end())));
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(VALUE_LIMIT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Says of each change which open cases it touches. Cases are counted whoever asks, and named to those who may see them.
///
/// # Errors
/// When a store cannot be read.
pub fn touch<'p>(
    differences: &mut [Difference],
    partitions: impl Iterator<Item = &'p Partition>,
    organisation: &Organisation,
    requester: &Requester,
) -> Result<(), StoreError> {
    let mut known: Vec<_> = differences.iter_mut().filter(|difference| difference.can_touch()).collect();
    if known.is_empty() {
        return Ok(());
    }
    known.iter_mut().for_each(|difference| difference.open_cases = Some(0));
    let mut looked_at = 0;
    for partition in partitions {
        let snapshot = partition.snapshot()?;
        let held = known.iter().map(|difference| held_by(&snapshot, difference));
        let held = held.collect::<Result<Vec<_>, StoreError>>()?;
        for status in LIVE {
            let filter = CaseFilter { status: Some(status), ..CaseFilter::default() };
            let mut before: Option<CaseId> = None;
            loop {
                if looked_at >= SCAN_LIMIT_CASES {
                    known.iter_mut().for_each(|difference| difference.open_cases_cut = true);
                    return Ok(());
                }
                let page = snapshot.cases(filter, before, PAGE_LIMIT_CASES)?;
                looked_at += page.cases.len();
                for case in &page.cases {
                    let set_by = bundles_of(&snapshot, case)?;
                    for (difference, held) in known.iter_mut().zip(&held) {
                        if held.contains(&case.id) || concerns(difference, case, &set_by) {
                            difference.name_case(&snapshot, case, organisation, requester)?;
                        }
                    }
                }
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// The cases in which a person who changes holds open tasks: they are given again when they go.
fn held_by(snapshot: &Snapshot, difference: &Difference) -> Result<BTreeSet<CaseId>, StoreError> {
    match difference.name.parse::<PersonId>() {
        Ok(person) if difference.section == Section::People.as_str() => {
            let tasks = snapshot.inbox_tasks(&person, None, SCAN_LIMIT_CASES)?;
            Ok(tasks.into_iter().map(|item| item.task.case).collect())
        }
        _ => Ok(BTreeSet::new()),
    }
}

fn concerns(difference: &Difference, case: &Case, set_by: &BTreeSet<String>) -> bool {
    match difference.section.as_str() {
        "kinds" => case.kind.as_str() == difference.name,
        "departments" => {
            std::iter::once(&case.department).chain(&case.receivers).any(|id| id.as_str() == difference.name)
        }
        "bundles" => set_by.contains(&difference.name),
        _ => false,
    }
}

/// The bundles whose `escalate` a breach in the case would ask: those that set its live goals and pending stages.
fn bundles_of(snapshot: &Snapshot, case: &Case) -> Result<BTreeSet<String>, StoreError> {
    let pending = case.stages.iter().filter(|stage| stage.is_pending());
    let mut bundles: BTreeSet<String> =
        pending.filter_map(|stage| stage.set_by.bundle()).map(ToString::to_string).collect();
    for number in (1..=case.made.goals.min(GOALS_LIMIT)).map(GoalNumber) {
        let goal = snapshot.goal(case.id, number)?;
        bundles.extend(goal.filter(Goal::is_live).and_then(|goal| goal.set_by.bundle().map(ToString::to_string)));
    }
    Ok(bundles)
}

impl Difference {
    /// Whether it is of a section whose entries open cases refer to.
    fn can_touch(&self) -> bool {
        matches!(self.section.as_str(), "kinds" | "departments" | "bundles" | "people")
    }

    fn name_case(
        &mut self,
        snapshot: &Snapshot,
        case: &Case,
        organisation: &Organisation,
        requester: &Requester,
    ) -> Result<(), StoreError> {
        *self.open_cases.get_or_insert_default() += 1;
        let participates = |person: &PersonId| snapshot.participates(person, case.id);
        if self.first_cases.len() < NAMED_LIMIT_CASES
            && herald_core::access::sees(organisation, case, requester, participates)?
        {
            self.first_cases.push(format!("{} {}", case.id, case.subject));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The lines that tell `before` from `after`.
    fn lines(tell: impl FnOnce(&mut Lines)) -> Vec<String> {
        let mut lines = Lines::default();
        tell(&mut lines);
        lines.shown
    }

    #[test]
    fn values_differ_field_by_field() {
        let kind = json!({"title": "通知", "form": {"type": "object", "required": ["a"]}});
        let mut other = kind.clone();
        other["form"]["required"] = json!(["a", "b"]);
        other["archive"] = json!("extended");
        other.as_object_mut().unwrap().remove("title");
        let cases: &[(Option<&Value>, Option<&Value>, &[&str])] = &[
            (Some(&kind), Some(&kind), &[]),
            (
                Some(&kind),
                Some(&other),
                &["+ archive: \"extended\"", "~ form.required: [\"a\"] → [\"a\",\"b\"]", "- title: \"通知\""],
            ),
            (None, Some(&json!({"title": "x"})), &["+ title: \"x\""]),
            (Some(&json!({"title": "x"})), None, &["- title: \"x\""]),
        ];
        for (before, after, expected) in cases {
            assert_eq!(lines(|lines| lines.values("", *before, *after)), *expected, "{before:?} {after:?}");
        }
        let long = json!("长".repeat(VALUE_LIMIT_CHARS + 1));
        assert!(lines(|lines| lines.values("a", None, Some(&long)))[0].ends_with('…'));
    }

    #[test]
    fn files_differ_line_by_line() {
        let files = |script: &[u8]| BundleFiles::from([("policy.rhai".to_owned(), script.to_vec())]);
        let before = files(b"fn route(message, plan) {\n    plan.level = 1;\n}\n");
        let after = files(b"fn route(message, plan) {\n    plan.level = 2;\n    log(\"x\");\n}\n");
        assert_eq!(
            lines(|lines| lines.files(Some(&before), Some(&after))),
            [
                "~ policy.rhai: 48 → 62 bytes",
                "  - 2:     plan.level = 1;",
                "  + 2:     plan.level = 2;",
                "  + 3:     log(\"x\");"
            ]
        );
        assert_eq!(lines(|lines| lines.files(Some(&before), Some(&before))), [""; 0]);
        assert_eq!(lines(|lines| lines.files(None, Some(&before))), ["+ policy.rhai: 48 bytes"]);
        let binary = files(&[0xff, 0, 1]);
        assert_eq!(lines(|lines| lines.files(Some(&before), Some(&binary))), ["~ policy.rhai: 48 → 3 bytes"]);
        let many = files("x\n".repeat(LINES_LIMIT + 10).as_bytes());
        let mut shown = Lines::default();
        shown.files(Some(&files(b"")), Some(&many));
        assert_eq!((shown.shown.len(), shown.left_out), (LINES_LIMIT, 11));
    }
}
