//! From a sheet to a table: what sort of values each column holds, its index, its results.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::axis::{Axis, Span, bytes_at_most};
use super::cell::{self, Interval, Item, Key, Sort};
use super::sheet::Sheet;
use super::{Condition, INDEX_LIMIT_MIB, Index, Outcome, Table, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::vocabulary::Wrong;

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
        let (index, covered) = builder.condition(sheet.condition(at));
        conditions.push(Condition { name: column.as_str().into(), index });
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

    fn condition<'c>(&mut self, cells: impl Iterator<Item = (u32, &'c str)>) -> (Index, Vec<Box<[Span]>>) {
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
            return (Index::Any, vec![Box::default(); read.len()]);
        }
        if all(Sort::Number) {
            let (axis, spans) = self.axis::<Decimal>(&read);
            (Index::Number(axis), spans)
        } else if all(Sort::Boolean) {
            let (axis, spans) = self.axis::<bool>(&read);
            (Index::Boolean(axis), spans)
        } else {
            self.no_ranges_of_numbers(&read);
            let (axis, spans) = self.axis::<Box<str>>(&read);
            (Index::Text(axis), spans)
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
        let bytes = bytes_at_most::<K>(read.len(), intervals).saturating_add(text_bytes);
        match self.budget_bytes.checked_sub(bytes) {
            Some(rest) => *self.budget_bytes = rest,
            None => {
                let hint = format!("the indexes of a bundle's tables take at most {INDEX_LIMIT_MIB} MiB; use fewer");
                self.say(1, Wrong::new("there are too many values").hint(Some(hint)));
                cells.clear();
            }
        }
        Axis::new(&cells)
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
