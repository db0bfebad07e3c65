//! Compares a case with what a scenario expects of it. Everything that an expectation names has to hold; what it does
//! not name may be as it likes.

use std::collections::BTreeMap;
use std::fmt;

use herald_core::case::Goal;

use super::format::{Expect, Lines};
use super::found::{Found, Mark};
use super::lines;
use super::times::Times;

/// What stands for all people that an expectation does not name.
const OTHERS: &str = "others";

/// Something that is not as it was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What: `the tasks of li.lei`.
    pub what: String,
    /// As it should be.
    pub expected: String,
    /// As it is.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}\n    expected: {}\n    found:    {}", self.what, self.expected, self.found)
    }
}

/// Whether `found` is the line `expected`, or that with more said after it.
fn is_line(found: &str, expected: &str) -> bool {
    found.strip_prefix(expected).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',', ':']))
}

/// What of `case` is not as `expect` wants it; what is told and done is counted from `mark` on.
#[must_use]
pub fn differences(expect: &Expect, found: &Found, mark: Mark, times: &Times) -> Vec<Difference> {
    let mut compared = Compared::default();
    compared.case(expect, found);
    compared.rows(expect, found, times);
    compared.people("told to", &expect.told, &told(found, mark));
    compared.people("the tasks of", &expect.tasks, &tasks(found, times));
    compared.log(expect, found, mark);
    compared.0
}

#[derive(Default)]
struct Compared(Vec<Difference>);

impl Compared {
    fn text(&mut self, what: impl Into<String>, expected: &str, found: &str, holds: bool) {
        if !holds {
            let (expected, found) = (expected.to_owned(), found.to_owned());
            self.0.push(Difference { what: what.into(), expected, found });
        }
    }

    fn same(&mut self, what: &str, expected: Option<&str>, found: &str) {
        if let Some(expected) = expected {
            self.text(what, expected, found, expected == found);
        }
    }

    fn list(&mut self, what: impl Into<String>, expected: &[String], found: &[String]) {
        let holds = expected.len() == found.len() && expected.iter().zip(found).all(|(e, f)| is_line(f, e));
        self.text(what, &show(expected), &show(found), holds);
    }

    fn case(&mut self, expect: &Expect, found: &Found) {
        let case = &found.case;
        self.same("the status", expect.status.as_deref(), case.status.as_str());
        self.same("the level", expect.level.map(|level| level.to_string()).as_deref(), &case.level.to_string());
        self.same("the name", expect.name.as_deref(), &case.name);
        self.same("the audience", expect.audience.as_deref(), case.audience.as_str());
        self.same("what it is for", expect.content_type.as_deref(), case.content_type.as_str());
        self.same("the classification", expect.classification.as_deref(), case.classification.as_str());
        self.same("how long it is kept", expect.archive.as_deref(), case.archive.as_str());
        let document_number = case.document_number.as_deref().unwrap_or("none");
        self.same("the document number", expect.document_number.as_deref(), document_number);
        let accountable = case.accountable.as_ref().map_or("nobody", |person| person.as_str());
        self.same("who answers for it", expect.accountable.as_deref(), accountable);
        let held = case.held.as_ref().map_or_else(|| "no bundle".to_owned(), |hold| hold.bundle.to_string());
        self.same("which bundle holds it", expect.held.as_deref(), &held);
        if let Some(expected) = &expect.receivers {
            let receivers: Vec<_> = case.receivers.iter().map(ToString::to_string).collect();
            self.list("the departments that receive it", expected, &receivers);
        }
        if let Some(expected) = &expect.flags {
            let flags: Vec<_> = case.flags.iter().map(ToString::to_string).collect();
            self.list("its flags", expected, &flags);
        }
        for (name, expected) in &expect.labels {
            let label = case.labels.get(name).map_or("none", String::as_str);
            self.same(&format!("the label `{name}`"), Some(expected), label);
        }
    }

    fn rows(&mut self, expect: &Expect, found: &Found, times: &Times) {
        for (name, expected) in &expect.stages {
            // The last of a name: a resubmission decides its stages anew.
            let stage = found.case.stages.iter().rev().find(|stage| stage.name.as_str() == name);
            let stage = stage.map_or_else(|| "none".to_owned(), lines::stage);
            self.text(format!("the stage `{name}`"), expected, &stage, is_line(&stage, expected));
        }
        for (name, expected) in &expect.goals {
            let goals: Vec<_> =
                found.goals.iter().filter(|goal| is_named(goal, name)).map(|goal| lines::goal(goal, times)).collect();
            let what = format!("the goal `{name}`");
            match expected {
                Lines::List(expected) => self.list(what, expected, &goals),
                Lines::Each(expected) if goals.is_empty() => self.text(what, expected, "none", expected == "none"),
                Lines::Each(expected) => {
                    let holds = goals.iter().all(|goal| is_line(goal, expected));
                    self.text(what, expected, &show(&goals), holds);
                }
            }
        }
    }

    /// Compares lists by person. For whom an expectation names, the list is whole; `others` are all the rest together.
    fn people(&mut self, what: &str, expected: &BTreeMap<String, Vec<String>>, found: &BTreeMap<String, Vec<String>>) {
        let none = Vec::new();
        for (who, expected) in expected.iter().filter(|(who, _)| *who != OTHERS) {
            let mut expected = expected.clone();
            expected.sort();
            self.list(format!("{what} {who}"), &expected, found.get(who).unwrap_or(&none));
        }
        if let Some(wanted) = expected.get(OTHERS) {
            let others = found.iter().filter(|(who, _)| !expected.contains_key(*who));
            let others: Vec<_> =
                others.flat_map(|(who, lines)| lines.iter().map(move |line| format!("{who}: {line}"))).collect();
            self.list(format!("{what} others"), wanted, &others);
        }
    }

    fn log(&mut self, expect: &Expect, found: &Found, mark: Mark) {
        let entries: Vec<_> = found.records_after(mark).iter().map(lines::entry).collect();
        let mut rest = entries.iter();
        let in_order = expect.timeline.iter().all(|wanted| rest.any(|entry| entry == wanted));
        self.text("what happened", &show(&expect.timeline), &show(&entries), in_order);

        let ruled: Vec<_> = found.last_ruling().iter().map(lines::contribution).collect();
        for wanted in &expect.decided {
            let holds = ruled.iter().any(|line| is_line(line, wanted));
            self.text("how policies ruled", wanted, &show(&ruled), holds);
        }
        let written: Vec<_> = found.records.iter().flat_map(lines::written).collect();
        for wanted in &expect.written {
            self.text("what was written", wanted, &show(&written), written.contains(wanted));
        }
    }
}

/// Whether a goal bears `name`: its own, or its own with that of an owner.
fn is_named(goal: &Goal, name: &str) -> bool {
    let own = goal.name.to_string();
    match name.split_once(" of ") {
        Some((name, owner)) => own == name && goal.owners.iter().any(|person| person.as_str() == owner),
        None => own == name,
    }
}

/// What everybody is told after `mark`, sorted.
fn told(found: &Found, mark: Mark) -> BTreeMap<String, Vec<String>> {
    let lines = found.deliveries_after(mark).map(|delivery| (lines::recipient(delivery), lines::delivery(delivery)));
    by_person(lines)
}

/// The open tasks of everybody, sorted. One that is offered to several is a task of each.
fn tasks(found: &Found, times: &Times) -> BTreeMap<String, Vec<String>> {
    let lines = found.tasks.iter().filter_map(|task| Some((task, lines::task(task, times)?)));
    by_person(lines.flat_map(|(task, line)| task.holders.iter().map(move |who| (who.to_string(), line.clone()))))
}

fn by_person(lines: impl Iterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (who, line) in lines {
        people.entry(who).or_default().push(line);
    }
    people.values_mut().for_each(|lines| lines.sort());
    people
}

fn show(lines: &[String]) -> String {
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(" · ") }
}
