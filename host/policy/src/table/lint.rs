//! What can be read, and cannot be meant: values that no form allows, people who do not exist, rows that another row
//! makes pointless.
//!
//! What is a mistake whatever a policy does with the table is an error. A row that an earlier one covers is never
//! found by `first`, but is by `all`; which of them policies ask, a table does not know. So that is a warning, and so
//! is a range in which nothing lies that the form allows: it may be there for what the form will allow one day. A row
//! that only several others cover together is not noticed.

mod allowed;

use std::collections::BTreeSet;

use jsonschema::Validator;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::Value as Json;

use self::allowed::{Allowed, Typed, written};
use super::axis::Span;
use super::build::Built;
use super::cell::{self, Interval, Item};
use super::rows::Rows;
use super::sheet::Sheet;
use super::{Against, Values};
use crate::diagnostic::{Diagnostic, Place};
use crate::form::Form;
use crate::vocabulary::{self, Wrong};

/// How many earlier rows are compared with a row, beyond those that its ends rule out.
const COMPARE_LIMIT: usize = 64;
/// What a text begins with that names somebody.
const TARGETS: [&str; 4] = ["person:", "role:", "department:", "contact:"];

/// Looks for mistakes in a table that was `built` of `sheet`, and returns warnings.
///
/// # Errors
/// What is surely a mistake.
pub(super) fn lint(
    file: &str,
    sheet: &Sheet,
    built: &Built,
    against: Against<'_>,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let mut lint = Lint { file, sheet, built, errors: Vec::new(), warnings: Vec::new() };
    for at in 0..sheet.conditions.len() {
        lint.values(at, against);
    }
    for at in 0..sheet.results.len() {
        lint.targets(at, against);
    }
    lint.rows();
    if lint.errors.is_empty() { Ok(lint.warnings) } else { Err(lint.errors) }
}

struct Lint<'a> {
    file: &'a str,
    sheet: &'a Sheet,
    built: &'a Built,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Lint<'_> {
    fn diagnostic(&self, line: u32, wrong: Wrong) -> Diagnostic {
        Diagnostic::about(self.file, wrong.message).at(Some(Place { line, column: 1 })).hint(wrong.hint)
    }

    /// A condition named after a field of the form holds values that the field can have.
    fn values(&mut self, at: usize, against: Against<'_>) {
        let (Some(name), Some(condition)) = (self.sheet.conditions.get(at), self.built.table.conditions.get(at)) else {
            return;
        };
        let kinds = against.kinds.iter().filter_map(|kind| against.world.organisation().kinds.get(kind));
        let fields = kinds.filter_map(|kind| Some((&kind.form, Form::rule_of_field(&kind.form, name)?)));
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() {
            return;
        }
        let rules = || fields.iter().map(|(_, rule)| rule);
        let (mut seen, mut ranges) = (BTreeSet::new(), Vec::new());
        for (line, cell) in self.sheet.condition(at) {
            for item in cell::parse(cell).unwrap_or_default() {
                let Item::Value { text, .. } = &item else {
                    ranges.push((line, item));
                    continue;
                };
                let Some(value) = json(&condition.values, text) else { continue };
                if seen.insert(text.to_string()) && !rules().any(|rule| rule.is_valid(&value)) {
                    let why = rules().find_map(|rule| rule.validate(&value).err().map(|error| error.to_string()));
                    let message = format!("in `{name}`, the form does not allow `{text}`: {}", why.unwrap_or_default());
                    let hint = "write a value that the field can have, or name the column otherwise".to_owned();
                    self.errors.push(self.diagnostic(line, Wrong::new(message).hint(Some(hint))));
                }
            }
        }
        match &condition.values {
            Values::Number(_) => self.ranges::<Decimal>(name, &fields, &ranges),
            Values::Text(_) => self.ranges::<Box<str>>(name, &fields, &ranges),
            // There are no ranges of others.
            Values::Any | Values::Boolean(_) => {}
        }
    }

    /// In each of these ranges, or among the texts that begin so, is something that the field can have by one of the
    /// forms.
    fn ranges<K: Typed>(&mut self, name: &str, fields: &[(&Json, Validator)], ranges: &[(u32, Item<'_>)]) {
        if ranges.is_empty() {
            return;
        }
        let allowed: Vec<_> = fields.iter().map(|(form, rule)| Allowed::<K>::of(form, name, rule)).collect();
        let allows = allowed.first().map(ToString::to_string).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for (line, item) in ranges {
            let (text, Some(range)) = (said(item), Interval::of(item)) else { continue };
            if seen.insert(text.clone()) && !allowed.iter().any(|allowed| allowed.meets(&range)) {
                let message =
                    format!("in `{name}`, the form allows nothing that `{text}` holds for: it allows {allows}");
                let hint = "write what the field can have, or name the column otherwise".to_owned();
                self.warnings.push(self.diagnostic(*line, Wrong::new(message).hint(Some(hint))));
            }
        }
    }

    /// A result that names somebody names somebody who exists.
    fn targets(&mut self, at: usize, against: Against<'_>) {
        let Some(name) = self.sheet.results.get(at) else { return };
        let mut seen = BTreeSet::new();
        for (line, cell) in self.sheet.result(at) {
            if TARGETS.iter().any(|sort| cell.starts_with(sort))
                && seen.insert(cell)
                && let Err(wrong) = vocabulary::target(against.world.organisation(), cell)
            {
                let wrong = Wrong { message: format!("in `{name}`, {}", wrong.message), ..wrong };
                self.errors.push(self.diagnostic(line, wrong));
            }
        }
    }

    /// Rows that an earlier row covers.
    fn rows(&mut self) {
        let lines: Vec<u32> = self.sheet.lines().collect();
        for (row, line) in (0..).zip(&lines) {
            let Some(earlier) = self.covering(row) else { continue };
            let first = lines.get(index(earlier)).copied().unwrap_or_default();
            match (self.covers(row, earlier), self.results(row) == self.results(earlier)) {
                (true, true) => {
                    let wrong = Wrong::new(format!("the row says the same as line {first}"));
                    self.errors.push(self.diagnostic(*line, wrong.hint(Some("delete one of them".to_owned()))));
                }
                (true, false) => {
                    let message = format!("the row has the conditions of line {first} and other results");
                    let hint = "`first` never comes to it: change one of them, or ask for `all`".to_owned();
                    self.warnings.push(self.diagnostic(*line, Wrong::new(message).hint(Some(hint))));
                }
                (false, _) => {
                    let message = format!("line {first} matches whatever this row matches");
                    let hint = "`first` never comes to it: put it before that line, or ask for `all`".to_owned();
                    self.warnings.push(self.diagnostic(*line, Wrong::new(message).hint(Some(hint))));
                }
            }
        }
    }

    fn results(&self, row: u32) -> Vec<Option<&super::Value>> {
        self.built.table.outcomes.iter().map(|outcome| outcome.values.get(index(row))?.as_ref()).collect()
    }

    /// The first row before `row` that matches whatever it matches: one that the index finds at both ends of all
    /// that `row` covers.
    fn covering(&self, row: u32) -> Option<u32> {
        let mut found = Rows::all(self.built.table.rows());
        let mut kept = Vec::new();
        for (condition, spans) in self.built.table.conditions.iter().zip(&self.built.spans) {
            match spans.get(index(row)).map(AsRef::as_ref).unwrap_or_default() {
                [] => found.cut(condition.sets.matching(None), &mut kept),
                spans => {
                    for (from, to) in spans {
                        found.cut(condition.sets.matching(Some(*from)), &mut kept);
                        found.cut(condition.sets.matching(Some(to.saturating_sub(1))), &mut kept);
                    }
                }
            }
        }
        let mut word = 0;
        let found = std::iter::from_fn(|| {
            let (at, row) = found.take_first(word)?;
            word = at;
            Some(row)
        });
        found.take_while(|earlier| *earlier < row).take(COMPARE_LIMIT).find(|earlier| self.covers(*earlier, row))
    }

    /// Whether `wide` matches whatever `narrow` matches.
    fn covers(&self, wide: u32, narrow: u32) -> bool {
        self.built.spans.iter().all(|column| {
            let of = |row| column.get(index(row)).map(AsRef::as_ref).unwrap_or_default();
            let (wide, narrow): (&[Span], &[Span]) = (of(wide), of(narrow));
            let holds = |inner: &Span| wide.iter().any(|outer| outer.0 <= inner.0 && inner.1 <= outer.1);
            wide.is_empty() || !narrow.is_empty() && narrow.iter().all(holds)
        })
    }
}

/// A value of a cell as a form sees it; `None` where a form could count otherwise.
fn json(values: &Values, text: &str) -> Option<Json> {
    match values {
        Values::Any => None,
        Values::Text(_) => Some(Json::from(text)),
        Values::Boolean(_) => text.parse::<bool>().ok().map(Json::from),
        Values::Number(_) => {
            let whole = cell::number(text).filter(|number| number.scale() == 0)?;
            whole.to_i64().map(Json::from)
        }
    }
}

/// A range or a beginning, as its cell says it.
fn said(item: &Item<'_>) -> String {
    match item {
        Item::Prefix(text) => format!("{text}*"),
        item => Interval::<Box<str>>::of(item).as_ref().map(written).unwrap_or_default(),
    }
}

fn index(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
