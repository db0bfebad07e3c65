//! Asking a table: facts in, the rows whose conditions hold out.

use std::fmt;

use herald_core::nearest::did_you_mean;
use rust_decimal::Decimal;

use super::rows::Rows;
use super::{Index, Row, Table};
use crate::vocabulary::one_of;

/// How many cells of conditions count as one operation of a policy.
const CELLS_PER_OPERATION: usize = 512;
/// For how many flips a lookup makes room at first.
const FLIPS_EXPECTED: usize = 64;

/// What is known about the value that a condition speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A text; also a date or a time.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number with digits behind the point.
    Decimal(Decimal),
    /// True or false.
    Boolean(bool),
}

impl Fact<'_> {
    fn title(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) | Self::Decimal(_) => "a number",
            Self::Boolean(_) => "true or false",
        }
    }
}

/// Why a table has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The bundle has no table of this name.
    #[error("there is no table `{name}`{hint}")]
    NoTable {
        /// The name asked for.
        name: String,
        /// The nearest known name, or all, behind a semicolon; empty when there is nothing to say.
        hint: String,
    },
    /// A fact names no condition of the table.
    #[error("table `{table}` has no condition `{name}`{hint}")]
    NoCondition {
        /// The table.
        table: String,
        /// The name of the fact.
        name: String,
        /// As above.
        hint: String,
    },
    /// A result is asked for that the table does not have.
    #[error("table `{table}` has no result `{name}`{hint}")]
    NoResult {
        /// The table.
        table: String,
        /// The name asked for.
        name: String,
        /// As above.
        hint: String,
    },
    /// Two facts have one name.
    #[error("the fact `{name}` for table `{table}` is given twice")]
    Twice {
        /// The table.
        table: String,
        /// The name of the facts.
        name: String,
    },
    /// A fact has another type than the values of its column.
    #[error("the condition `{name}` of table `{table}` holds {wanted}, and the fact is {given}")]
    Type {
        /// The table.
        table: String,
        /// The condition.
        name: String,
        /// What the column holds, in words.
        wanted: &'static str,
        /// What was given, in words.
        given: &'static str,
    },
}

/// What `name` could have meant among `known` names, behind a semicolon.
pub(super) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let guess = did_you_mean(name, known.clone());
    let list = || Some(one_of(known)).filter(|list| !list.is_empty()).map(|list| format!("use {list}"));
    guess.or_else(list).map(|hint| format!("; {hint}")).unwrap_or_default()
}

/// The rows that a lookup found, in the order of the table.
#[derive(Clone)]
pub struct Matches<'t> {
    table: &'t Table,
    rows: Rows,
    word: usize,
    left: u32,
}

impl<'t> Iterator for Matches<'t> {
    type Item = Row<'t>;

    fn next(&mut self) -> Option<Row<'t>> {
        self.left = self.left.checked_sub(1)?;
        let (word, row) = self.rows.take_first(self.word)?;
        self.word = word;
        self.table.row(row)
    }
}

impl fmt::Debug for Matches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl Table {
    /// The first `limit` rows whose conditions hold for `facts`, in the order of the table. A condition that no fact
    /// names holds where its cell is empty.
    ///
    /// # Errors
    /// A fact that names no condition, is given twice, or has another type than the values of its column.
    pub fn lookup(&self, facts: &[(&str, Fact<'_>)], limit: u32) -> Result<Matches<'_>, LookupError> {
        let mut rows = Rows::all(self.lines.len());
        let mut kept = Vec::with_capacity(FLIPS_EXPECTED);
        let mut named = 0_u64;
        for (name, fact) in facts {
            let known = self.conditions.iter().zip(0..).find(|(condition, _)| *condition.name == **name);
            let (condition, at) = known.ok_or_else(|| self.no_condition(name))?;
            if named & 1 << at != 0 {
                return Err(LookupError::Twice { table: self.name.to_string(), name: (*name).to_owned() });
            }
            named |= 1 << at;
            condition.index.cut(&mut rows, fact, &mut kept).map_err(|wanted| LookupError::Type {
                table: self.name.to_string(),
                name: (*name).to_owned(),
                wanted,
                given: fact.title(),
            })?;
        }
        for (condition, at) in self.conditions.iter().zip(0..) {
            if named & 1 << at == 0 {
                condition.index.cut_empty(&mut rows, &mut kept);
            }
        }
        Ok(Matches { table: self, rows, word: 0, left: limit })
    }

    /// What a lookup counts as, in operations of a policy.
    pub(crate) fn operations(&self) -> u64 {
        let cells = self.lines.len().saturating_mul(self.conditions.len());
        u64::try_from(cells / CELLS_PER_OPERATION).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Whether the table has a condition `name`.
    ///
    /// # Errors
    /// [`LookupError::NoCondition`].
    pub(crate) fn condition(&self, name: &str) -> Result<(), LookupError> {
        let known = self.conditions.iter().any(|condition| *condition.name == *name);
        if known { Ok(()) } else { Err(self.no_condition(name)) }
    }

    fn no_condition(&self, name: &str) -> LookupError {
        let known = self.conditions.iter().map(|condition| &*condition.name);
        LookupError::NoCondition { table: self.name.to_string(), name: name.to_owned(), hint: hint(name, known) }
    }
}

impl Index {
    /// Keeps of `rows` those whose cell `fact` lies in.
    ///
    /// # Errors
    /// What the column holds, in words, when it does not hold such facts.
    fn cut(&self, rows: &mut Rows, fact: &Fact<'_>, kept: &mut Vec<u32>) -> Result<(), &'static str> {
        match (self, fact) {
            (Self::Any, _) => {}
            (Self::Text(axis), Fact::Text(text)) => axis.cut(rows, *text, kept),
            (Self::Number(axis), Fact::Integer(number)) => axis.cut(rows, &Decimal::from(*number), kept),
            (Self::Number(axis), Fact::Decimal(number)) => axis.cut(rows, number, kept),
            (Self::Boolean(axis), Fact::Boolean(flag)) => axis.cut(rows, flag, kept),
            (Self::Text(_), _) => return Err("texts"),
            (Self::Number(_), _) => return Err("numbers"),
            (Self::Boolean(_), _) => return Err("true or false"),
        }
        Ok(())
    }

    /// Keeps of `rows` those whose cell is empty.
    pub(super) fn cut_empty(&self, rows: &mut Rows, kept: &mut Vec<u32>) {
        match self {
            Self::Any => {}
            Self::Text(axis) => axis.cut_empty(rows, kept),
            Self::Number(axis) => axis.cut_empty(rows, kept),
            Self::Boolean(axis) => axis.cut_empty(rows, kept),
        }
    }

    /// Keeps of `rows` those that match in a stretch of the column's axis.
    pub(super) fn cut_stretch(&self, rows: &mut Rows, stretch: u32, kept: &mut Vec<u32>) {
        match self {
            Self::Any => {}
            Self::Text(axis) => axis.cut_stretch(rows, stretch, kept),
            Self::Number(axis) => axis.cut_stretch(rows, stretch, kept),
            Self::Boolean(axis) => axis.cut_stretch(rows, stretch, kept),
        }
    }
}
