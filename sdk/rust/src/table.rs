//! Decision tables: `tables/NAME.csv` of the bundle.

use serde::Deserialize;
use serde_json::Map;

use crate::call;
use crate::error::{Result, without_place};
use crate::fields;

/// Asks a table of the bundle's own.
///
/// ```
/// use herald_policy_sdk::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Refunds {}
///
/// impl Policy for Refunds {
///     fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
///         let amount: i64 = message.field("amount_cents")?;
///         if let Some(row) = table("clerks").given("amount_cents", amount).first()? {
///             plan.send(row.field::<String>("clerk")?);
///         }
///         Ok(())
///     }
/// }
///
/// let clerks = "amount_cents,->,clerk\n>=100000,,role:sales/head\n,,role:sales/account-manager\n";
/// let harness = Harness::<Refunds>::new().table("clerks", clerks);
/// let plan = harness.route(json!({"kind": "refund", "body": {"amount_cents": 250_000}})).unwrap();
/// assert_eq!(plan.sends[0].to, "role:sales/head");
/// ```
pub fn table(name: impl Into<String>) -> Lookup {
    Lookup { table: name.into(), facts: Vec::new() }
}

/// A question to a table, being put.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before `first` or `all`"]
pub struct Lookup {
    table: String,
    facts: Vec<(String, Value)>,
}

impl Lookup {
    /// What holds for a condition column. A column that is not named matches only rows whose cell there is empty.
    pub fn given(mut self, column: impl Into<String>, value: impl Into<Value>) -> Self {
        self.facts.push((column.into(), value.into()));
        self
    }

    /// The first row whose conditions hold, in the table's order.
    ///
    /// # Errors
    /// When there is no such table or column; the text names the nearest one.
    pub fn first(self) -> Result<Option<Row>> {
        Ok(self.rows(1)?.into_iter().next())
    }

    /// All rows whose conditions hold, in the table's order.
    ///
    /// # Errors
    /// As [`Lookup::first`]; and when more than 1,000 rows are found.
    pub fn all(self) -> Result<Vec<Row>> {
        self.rows(u32::MAX)
    }

    fn rows(self, limit: u32) -> Result<Vec<Row>> {
        let rows = call::lookup(&self.table, self.facts, limit)?;
        let row = |cells: Vec<(String, Value)>| Row {
            what: format!("a row of table `{}`", self.table),
            cells: cells.into_iter().map(|(column, value)| (column, value.into())).collect(),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

/// The result columns of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    what: String,
    cells: Map<String, serde_json::Value>,
}

impl Row {
    /// One column. A number with a fraction is a text, so that no digit is lost.
    ///
    /// # Errors
    /// When there is no such column, or it is empty or of another type.
    pub fn field<'a, T: Deserialize<'a>>(&'a self, column: &str) -> Result<T> {
        fields::field(&self.cells, &self.what, column)
    }

    /// One column, if its cell is not empty.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn optional<'a, T: Deserialize<'a>>(&'a self, column: &str) -> Result<Option<T>> {
        fields::optional(&self.cells, &self.what, column)
    }

    /// The whole row as a type of the policy's own.
    ///
    /// # Errors
    /// When it has another shape; the text names the column.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        T::deserialize(&self.cells).map_err(|error| format!("{}: {}", self.what, without_place(&error)).into())
    }
}

/// A value that a table is asked with, or answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number as text: `12.50`.
    Decimal(String),
    /// `true` or `false`.
    Boolean(bool),
}

macro_rules! values {
    ($($from:ty => $variant:ident),* $(,)?) => { $(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )* };
}

values! {
    &str => Text, String => Text,
    i64 => Integer, i32 => Integer, u32 => Integer, u16 => Integer, u8 => Integer,
    bool => Boolean,
}

impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) | Value::Decimal(text) => text.into(),
            Value::Integer(number) => number.into(),
            Value::Boolean(truth) => truth.into(),
        }
    }
}
