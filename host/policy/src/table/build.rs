//! From a sheet to a table: what sort of values each column holds, its index, its results.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::axis::{Axis, Span};
use super::cell::{self, Interval, Item, Key, Sort};
use super::sets::Sets;
use super::sheet::Sheet;
use super::{Condition, INDEX_LIMIT_MIB, Outcome, Table, Value, Values};
use crate::diagnostic::{Diagnostic, Place};
use crate::vocabulary::Wrong;

/// Bytes that a value of a condition may take while its column is indexed.
const VALUE_BYTES: usize = 128;

/// A table, and what the cells of its conditions cover on the axes of their columns: by column and row.
pub(super) struct Built {
    pub(super) table: Table,
    pub(super) spans: Vec<Vec<Box<[Span]>>>,
}

/// Builds the table `name` of `sheet`, the content of `file`, whose indexes may take so many bytes.
///
/// # Errors
/// Every cell that cannot be read, or does not fit the others of its column.
pub(super) fn build(file: &str, name: &str, sheet: &Sheet, budget_bytes: &mut usize) -> Result<Built, Vec<Diagnostic>> {
    let mut builder = Builder { file, column: "", budget_bytes, problems: Vec::new() };
    let (mut conditions, mut spans) = (Vec::new(), Vec::new());
    for (at, column) in sheet.conditions.iter().enumerate() {
        builder.column = column;
        let (values, covered) = builder.condition(sheet.condition(at));
        let sets = builder.sets(&values, &covered);
        conditions.push(Condition { name: column.as_str().into(), values, sets });
        spans.push(covered);
    }
    let mut outcomes = Vec::new();
    for (at, column) in sheet.results.iter().enumerate() {
        builder.column = column;
        outcomes.push(Outcome { name: column.as_str().into(), values: builder.outcome(sheet.result(at)) });
    }
    if !builder.problems.is_empty() {
        return Err(builder.problems);
    }
    let lines = sheet.lines().collect();
    Ok(Built { table: Table { name: name.into(), conditions, outcomes, lines }, spans })
}

struct Builder<'a> {
    file: &'a str,
    column: &'a str,
    budget_bytes: &'a mut usize,
    problems: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn say(&mut self, line: u32, wrong: Wrong) {
        let message = format!("in `{}`, {}", self.column, wrong.message);
        let at = Some(Place { line, column: 1 });
        self.problems.push(Diagnostic::about(self.file, message).at(at).hint(wrong.hint));
    }

    fn condition<'c>(&mut self, cells: impl Iterator<Item = (u32, &'c str)>) -> (Values, Vec<Box<[Span]>>) {
        let mut read = Vec::new();
        for (line, cell) in cells {
            let items = cell::parse(cell).unwrap_or_else(|wrong| {
                self.say(line, wrong);
                Vec::new()
            });
            read.push((line, cell, items));
        }
        let items = || read.iter().flat_map(|(.., items)| items);
        let all = |sort| items().all(|item| item.sort() == sort);
        if items().next().is_none() {
            return (Values::Any, vec![Box::default(); read.len()]);
        }
        if all(Sort::Number) {
            let (axis, spans) = self.axis::<Decimal>(&read);
            (Values::Number(axis), spans)
        } else if all(Sort::Boolean) {
            let (axis, spans) = self.axis::<bool>(&read);
            (Values::Boolean(axis), spans)
        } else {
            self.no_ranges_of_numbers(&read);
            let (axis, spans) = self.axis::<Box<str>>(&read);
            (Values::Text(axis), spans)
        }
    }

    /// In a column of texts, `>=100000` would compare texts.
    fn no_ranges_of_numbers(&mut self, read: &[(u32, &str, Vec<Item<'_>>)]) {
        let is_text = |item: &Item<'_>| item.sort() != Sort::Number;
        let Some((line, cell, _)) = read.iter().find(|(.., items)| items.iter().any(is_text)) else { return };
        let is_range = |item: &Item<'_>| matches!(item, Item::Range { .. }) && item.sort() == Sort::Number;
        for (range_line, range, _) in read.iter().filter(|(.., items)| items.iter().any(is_range)) {
            let hint = format!("it holds texts because of `{cell}` in line {line}; ranges want a column of numbers");
            self.say(*range_line, Wrong::new(format!("`{range}` is a range of numbers")).hint(Some(hint)));
        }
    }

    fn axis<K: Key>(&mut self, read: &[(u32, &str, Vec<Item<'_>>)]) -> (Axis<K>, Vec<Box<[Span]>>) {
        let (mut cells, mut intervals, mut text_bytes) = (Vec::with_capacity(read.len()), 0_usize, 0_usize);
        for (line, cell, items) in read {
            let of_cell: Vec<Interval<K>> = items.iter().filter_map(Interval::of).collect();
            if of_cell.iter().any(Interval::is_empty) {
                let hint = "the least is greater than the most".to_owned();
                self.say(*line, Wrong::new(format!("nothing lies in `{cell}`")).hint(Some(hint)));
            }
            intervals = intervals.saturating_add(of_cell.len());
            text_bytes = text_bytes.saturating_add(cell.len().saturating_mul(2));
            cells.push(of_cell);
        }
        // A hostile column is refused before it is indexed.
        if intervals.saturating_mul(VALUE_BYTES) > *self.budget_bytes {
            self.too_much();
            cells.clear();
        }
        let (axis, spans) = Axis::new(&cells);
        self.pay(axis.bytes().saturating_add(text_bytes));
        (axis, spans)
    }

    fn sets(&mut self, values: &Values, spans: &[Box<[Span]>]) -> Sets {
        let sets = Sets::new(values.stretches(), spans);
        self.pay(sets.bytes());
        sets
    }

    fn pay(&mut self, bytes: usize) {
        match self.budget_bytes.checked_sub(bytes) {
            Some(rest) => *self.budget_bytes = rest,
            None => self.too_much(),
        }
    }

    fn too_much(&mut self) {
        let hint = format!("the indexes of a bundle's tables take at most {INDEX_LIMIT_MIB} MiB; use fewer");
        self.say(1, Wrong::new("there are too many values").hint(Some(hint)));
    }

    fn outcome<'c>(&mut self, cells: impl Iterator<Item = (u32, &'c str)>) -> Vec<Option<Value>> {
        let mut read = Vec::new();
        for (line, cell) in cells {
            match cell::literal(cell) {
                Ok(value) => read.push(value),
                Err(wrong) => self.say(line, wrong),
            }
        }
        let all = |sort| read.iter().flatten().all(|(text, quoted)| !quoted && cell::sort(text) == sort);
        let value: fn(&str) -> Option<Value> = if all(Sort::Boolean) {
            |text| text.parse().ok().map(Value::Boolean)
        } else if !all(Sort::Number) {
            |text| Some(Value::Text(text.into()))
        } else if read.iter().flatten().all(|(text, _)| integer(text).is_some()) {
            |text| integer(text).map(Value::Integer)
        } else {
            |text| cell::number(text).map(Value::Decimal)
        };
        read.iter().map(|cell| cell.as_ref().and_then(|(text, _)| value(text))).collect()
    }
}

fn integer(text: &str) -> Option<i64> {
    cell::number(text).filter(|number| number.scale() == 0).and_then(|number| number.to_i64())
}
