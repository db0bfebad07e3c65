//! Asking a table: facts in, the rows whose conditions hold out.

use std::fmt;

use herald_core::nearest::did_you_mean;
use rust_decimal::Decimal;

use super::axis::Stretch;
use super::rows::Rows;
use super::{COLUMN_LIMIT, Row, Table, Values};
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

/// The rows that are left while columns are asked, and at last found.
#[derive(Clone)]
enum Left {
    /// In order.
    Few(std::vec::IntoIter<u32>),
    Many {
        rows: Rows,
        /// Before this word of the set there are none.
        word: usize,
    },
}

/// The rows that a lookup found, in the order of the table.
#[derive(Clone)]
pub struct Matches<'t> {
    table: &'t Table,
    left: Left,
    limit: u32,
}

impl<'t> Iterator for Matches<'t> {
    type Item = Row<'t>;

    fn next(&mut self) -> Option<Row<'t>> {
        self.limit = self.limit.checked_sub(1)?;
        let row = match &mut self.left {
            Left::Few(rows) => rows.next()?,
            Left::Many { rows, word } => {
                let (at, row) = rows.take_first(*word)?;
                *word = at;
                row
            }
        };
        self.table.row(row)
    }
}

impl fmt::Debug for Matches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// What is known of each condition, in the order of the table.
type Given<'f> = [Option<&'f Fact<'f>>; COLUMN_LIMIT];

impl Table {
    /// The first `limit` rows whose conditions hold for `facts`, in the order of the table. A condition that no fact
    /// names holds where its cell is empty.
    ///
    /// # Errors
    /// A fact that names no condition, is given twice, or has another type than the values of its column.
    pub fn lookup(&self, facts: &[(&str, Fact<'_>)], limit: u32) -> Result<Matches<'_>, LookupError> {
        let given = self.given(facts)?;
        let left = self.few(&given).unwrap_or_else(|| Left::Many { rows: self.many(&given), word: 0 });
        Ok(Matches { table: self, left, limit })
    }

    fn given<'f>(&self, facts: &'f [(&str, Fact<'f>)]) -> Result<Given<'f>, LookupError> {
        let mut given: Given<'f> = [None; COLUMN_LIMIT];
        for (name, fact) in facts {
            let known = self.conditions.iter().zip(&mut given).find(|(condition, _)| *condition.name == **name);
            let (condition, given) = known.ok_or_else(|| self.no_condition(name))?;
            condition.values.takes(fact).map_err(|wanted| LookupError::Type {
                table: self.name.to_string(),
                name: (*name).to_owned(),
                wanted,
                given: fact.title(),
            })?;
            if given.replace(fact).is_some() {
                return Err(LookupError::Twice { table: self.name.to_string(), name: (*name).to_owned() });
            }
        }
        Ok(given)
    }

    /// The rows found, if a column without empty cells leaves so few that each can be looked at: it is something like
    /// a key.
    fn few(&self, given: &Given<'_>) -> Option<Left> {
        let asked = || self.conditions.iter().zip(given).enumerate();
        let (key, mut rows) = asked().find_map(|(at, (condition, fact))| {
            Some((at, condition.sets.few(|| fact.map(|fact| condition.values.find(fact)))?))
        })?;
        for (_, (condition, fact)) in asked().filter(|(at, _)| *at != key) {
            condition.sets.keep_few(&mut rows, || fact.map(|fact| condition.values.find(fact)));
        }
        Some(Left::Few(rows.into_iter()))
    }

    /// The rows found, by cutting the set of all rows with that of each column.
    fn many(&self, given: &Given<'_>) -> Rows {
        let mut rows = Rows::all(self.lines.len());
        let mut kept = Vec::with_capacity(FLIPS_EXPECTED);
        for (condition, fact) in self.conditions.iter().zip(given) {
            rows.cut(condition.sets.matching(fact.map(|fact| condition.values.find(fact))), &mut kept);
        }
        rows
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

impl Values {
    /// How many stretches the axis has.
    pub(super) fn stretches(&self) -> usize {
        match self {
            Self::Any => 1,
            Self::Text(axis) => axis.stretches(),
            Self::Number(axis) => axis.stretches(),
            Self::Boolean(axis) => axis.stretches(),
        }
    }

    /// Whether facts of this type can lie on the axis.
    ///
    /// # Errors
    /// What the column holds, in words, when it does not hold such facts.
    fn takes(&self, fact: &Fact<'_>) -> Result<(), &'static str> {
        match (self, fact) {
            (Self::Any, _)
            | (Self::Text(_), Fact::Text(_))
            | (Self::Number(_), Fact::Integer(_) | Fact::Decimal(_))
            | (Self::Boolean(_), Fact::Boolean(_)) => Ok(()),
            (Self::Text(_), _) => Err("texts"),
            (Self::Number(_), _) => Err("numbers"),
            (Self::Boolean(_), _) => Err("true or false"),
        }
    }

    /// The stretch that a fact lies in; the first for one that the axis does not take.
    fn find(&self, fact: &Fact<'_>) -> Stretch {
        match (self, fact) {
            (Self::Text(axis), Fact::Text(text)) => axis.find(*text),
            (Self::Number(axis), Fact::Integer(number)) => axis.find(&Decimal::from(*number)),
            (Self::Number(axis), Fact::Decimal(number)) => axis.find(number),
            (Self::Boolean(axis), Fact::Boolean(flag)) => axis.find(flag),
            _ => 0,
        }
    }
}
