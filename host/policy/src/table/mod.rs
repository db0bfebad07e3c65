//! Decision tables: CSV files of a bundle, `tables/NAME.csv`, that policies look facts up in.
//!
//! ```text
//! tier,amount,machine,->,to,level
//! strategic|key,>=100000,,->,role:sales/director,1
//! ,,IM-*,->,role:production/head,2
//! ```
//!
//! Conditions stand before the column `->`, results after it. A row matches when every condition does, and rows
//! keep their order. What a cell may say is described in [`cell`]; what `rules/README.md` tells those who write one
//! is the same, in fewer words.
//!
//! A column holds numbers when all that stands in it are numbers, booleans when all are `true` or `false`, and texts
//! otherwise; an empty cell says nothing about it. Numbers are decimals, never floats. Dates are texts, and compare
//! rightly because of the way they are written. Results are read the same way, each cell as one value.
//!
//! A table is read once, when its bundle is compiled, and never changes. Looking something up asks nobody outside of
//! the bundle, so nothing of it need be recorded for a replay.
//!
//! * [`sheet`] reads the file, [`build`] gives columns their types; [`lint`] finds what cannot be meant.
//! * A column's [`axis`] says where a value lies, and its [`sets`] which [`rows`] match there; [`lookup`] asks all
//!   columns.

mod axis;
mod build;
mod cell;
mod lint;
mod lookup;
mod rows;
mod sets;
mod sheet;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use herald_core::names::KindName;
use rust_decimal::Decimal;

use self::axis::Axis;
use self::sets::Sets;
use self::sheet::Sheet;
use crate::diagnostic::Diagnostic;
use crate::files::BundleFiles;
use crate::world::World;

pub use lookup::{Fact, LookupError, Matches};

/// What parts conditions from results.
const ARROW: &str = "->";
/// Rows of a table. What is larger is data of another system, not a rule that people keep.
const ROW_LIMIT: usize = 100_000;
/// Columns of a table, the arrow's included; as many as a word has bits.
const COLUMN_LIMIT: usize = 64;
/// Characters in the name of a column.
const NAME_LIMIT_CHARS: usize = 64;
/// Bytes of a cell.
const CELL_LIMIT_BYTES: usize = 1_024;
/// Rows that a policy gets at once. One that goes through more has a table that decides nothing.
pub(crate) const ROWS_LIMIT: u32 = 1_000;
/// Memory in MiB of the indexes of all tables of a bundle.
const INDEX_LIMIT_MIB: usize = 64;
/// How many problems of one table are told; who has more has one mistake many times.
const PROBLEM_LIMIT: usize = 50;

/// The decision tables of a bundle, by name.
#[derive(Debug, Default)]
pub struct Tables(BTreeMap<String, Arc<Table>>);

/// What tables are checked against.
#[derive(Clone, Copy)]
pub(crate) struct Against<'a> {
    pub(crate) world: &'a World,
    /// The kinds that the bundle is for, whose forms conditions may be named after.
    pub(crate) kinds: &'a BTreeSet<KindName>,
}

/// What reading the tables of a bundle came to.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) tables: Tables,
    /// What is wrong; the tables are then not all there.
    pub(crate) errors: Vec<Diagnostic>,
    /// What is likely to be a mistake.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Tables {
    /// Reads the tables of a bundle; looks for mistakes where there is something to check them `against`.
    pub(crate) fn read(files: &BundleFiles, against: Option<Against<'_>>) -> Reading {
        let mut reading = Reading::default();
        let mut budget_bytes = INDEX_LIMIT_MIB * 1_024 * 1_024;
        for (name, file) in files.tables() {
            let read = files.text(file).unwrap_or(Ok("")).map_err(|wrong| vec![wrong]).and_then(|text| {
                let sheet = Sheet::read(file, text)?;
                let built = build::build(file, name, &sheet, &mut budget_bytes)?;
                let warnings = against.map_or(Ok(Vec::new()), |against| lint::lint(file, &sheet, &built, against))?;
                Ok((built.table, warnings))
            });
            match read {
                Ok((table, warnings)) => {
                    reading.tables.0.insert(name.to_owned(), Arc::new(table));
                    reading.warnings.extend(some(file, warnings));
                }
                Err(problems) => reading.errors.extend(some(file, problems)),
            }
        }
        reading
    }

    /// The table of a name.
    ///
    /// # Errors
    /// [`LookupError::NoTable`], with the nearest name.
    pub fn get(&self, name: &str) -> Result<&Arc<Table>, LookupError> {
        self.0.get(name).ok_or_else(|| LookupError::NoTable {
            name: name.to_owned(),
            hint: lookup::hint(name, self.0.keys().map(String::as_str)),
        })
    }
}

/// The first of many problems.
fn some(file: &str, mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = problems.len().saturating_sub(PROBLEM_LIMIT);
    if more > 0 {
        problems.truncate(PROBLEM_LIMIT);
        problems.push(Diagnostic::about(file, format!("and {more} more")));
    }
    problems
}

/// A decision table.
#[derive(Debug)]
pub struct Table {
    name: Box<str>,
    conditions: Vec<Condition>,
    outcomes: Vec<Outcome>,
    /// The line of each row in the file, from 1.
    lines: Vec<u32>,
}

#[derive(Debug)]
struct Condition {
    name: Box<str>,
    values: Values,
    sets: Sets,
}

/// The axis of a condition, by what its cells hold.
#[derive(Debug)]
enum Values {
    /// All cells are empty, so that any fact will do.
    Any,
    Text(Axis<Box<str>>),
    Number(Axis<Decimal>),
    Boolean(Axis<bool>),
}

/// A column of results.
#[derive(Debug)]
struct Outcome {
    name: Box<str>,
    values: Vec<Option<Value>>,
}

/// What a row gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Box<str>),
    /// A whole number.
    Integer(i64),
    /// A number of a column of which not all are whole.
    Decimal(Decimal),
    /// True or false.
    Boolean(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
        }
    }
}

impl Table {
    /// Reads the table `name` from the text of its file, by itself.
    ///
    /// # Errors
    /// Everything that is wrong with the file; it is looked at no further than that.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let file = format!("{name}.csv");
        let sheet = Sheet::read(&file, text)?;
        build::build(&file, name, &sheet, &mut (INDEX_LIMIT_MIB * 1_024 * 1_024)).map(|built| built.table)
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// A row by its number, from 0.
    #[must_use]
    pub fn row(&self, number: u32) -> Option<Row<'_>> {
        let at = usize::try_from(number).ok()?;
        (at < self.lines.len()).then_some(Row { table: self, number, at })
    }

    /// The result column of a name.
    fn outcome(&self, name: &str) -> Result<&Outcome, LookupError> {
        let known = self.outcomes.iter().find(|outcome| *outcome.name == *name);
        known.ok_or_else(|| LookupError::NoResult {
            table: self.name.to_string(),
            name: name.to_owned(),
            hint: lookup::hint(name, self.outcomes.iter().map(|outcome| &*outcome.name)),
        })
    }

    /// Whether the table has a result `name`.
    ///
    /// # Errors
    /// [`LookupError::NoResult`].
    pub(crate) fn result(&self, name: &str) -> Result<(), LookupError> {
        self.outcome(name).map(drop)
    }
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    number: u32,
    at: usize,
}

impl<'t> Row<'t> {
    /// Its number in the table, from 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A result; `None` where its cell is empty.
    ///
    /// # Errors
    /// [`LookupError::NoResult`] when the table has no such column.
    pub fn get(&self, name: &str) -> Result<Option<&'t Value>, LookupError> {
        Ok(self.table.outcome(name)?.values.get(self.at).and_then(Option::as_ref))
    }

    /// The results whose cells are not empty, with the names of their columns, in the order of the table.
    pub fn results(&self) -> impl Iterator<Item = (&'t str, &'t Value)> + use<'t> {
        let at = self.at;
        let of = move |outcome: &'t Outcome| Some((&*outcome.name, outcome.values.get(at)?.as_ref()?));
        self.table.outcomes.iter().filter_map(of)
    }
}
