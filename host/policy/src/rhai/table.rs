//! Decision tables as scripts ask them: `table("tiers").first(#{tier: "key"})`.
//!
//! A row is a view, as the body is: reading a result that the table does not have, or one whose cell is empty, is an
//! error. Lookups are no questions to the host: a table is part of the bundle, and the same in a replay. What bounds
//! them is that each counts as operations, by the size of the table.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Map, NativeCallContext};
use rust_decimal::Decimal;

use super::api::{Api, Form, Owner, Verb, read_only};
use super::call::{Raised, call_of, raise};
use super::error::title_of;
use super::meter;
use super::time::Time;
use crate::table::{Fact, ROWS_LIMIT, Row as Found, Table, Value};
use crate::vocabulary::{Sort, Wrong};

/// The function that gives a table.
pub(super) const TABLE: &str = "table";
/// The verb that gives the first row.
pub(super) const FIRST: &str = "first";

/// A table of the bundle.
#[derive(Clone)]
struct Handle(Arc<Table>);

/// A row of a table.
#[derive(Clone)]
struct Row {
    table: Arc<Table>,
    number: u32,
}

pub(super) fn register(api: &mut Api) {
    api.handle::<Handle>(Owner::Table);
    api.handle::<Row>(Owner::Row);
    api.verb(
        Verb::new(Owner::Nothing, Form::Function, TABLE).takes(&[("name", Sort::Table)]).gives("a decision table").doc(
            "The decision table of a name: `tables/NAME.csv` of the bundle.",
            r#"let row = table("tiers").first(#{tier: message.label("tier")});"#,
        ),
        |context: NativeCallContext<'_>, name: ImmutableString| -> Raised<Handle> {
            let call = call_of(&context)?;
            call.evaluation.given.tables.get(&name).map(|table| Handle(table.clone())).map_err(raise)
        },
    );
    let verb = |name, gives| Verb::new(Owner::Table, Form::Method, name).takes(&[("facts", Sort::Facts)]).gives(gives);
    api.verb(
        verb(FIRST, "a row, or `()`").doc(
            "The first row whose conditions hold; a condition that is not named holds where its cell is empty.",
            r#"let row = table("tiers").first(#{tier: "key"}); if row != () { plan.level = row.level; }"#,
        ),
        |handle: &mut Handle, facts: Map| {
            find(handle, facts, 1).map(|rows| rows.into_iter().next().unwrap_or_default())
        },
    );
    api.verb(
        verb("all", "list of rows").doc(
            "All rows whose conditions hold, in the order of the table.",
            r#"for row in table("tiers").all(#{tier: "key"}) { plan.send(row.to); }"#,
        ),
        |handle: &mut Handle, facts: Map| -> Raised<Array> {
            let rows = find(handle, facts, ROWS_LIMIT + 1)?;
            if rows.len() > ROWS_LIMIT.try_into().unwrap_or(usize::MAX) {
                return Err(raise(
                    Wrong::new(format!("`all` finds more than {ROWS_LIMIT} rows"))
                        .hint(Some("give it more facts, or ask for `first`".to_owned())),
                ));
            }
            Ok(rows)
        },
    );
    api.verb(super::message::HAS, |row: Row, name: ImmutableString| row.read(&name).map(|value| value.is_some()));
    api.engine
        .register_indexer_get(|row: &mut Row, name: ImmutableString| -> Raised<Dynamic> {
            row.read(&name)?.ok_or_else(|| {
                raise(
                    Wrong::new(format!("`{name}` is empty in this row"))
                        .hint(Some(format!("ask `has(row, \"{name}\")` first"))),
                )
            })
        })
        .register_indexer_set(|_: &mut Row, _: ImmutableString, _: Dynamic| -> Raised<()> { Err(read_only()) });
    api.seal::<Handle>(Owner::Table);
}

impl Row {
    fn read(&self, name: &str) -> Raised<Option<Dynamic>> {
        let row = self.table.row(self.number);
        let value = row.map(|row: Found<'_>| row.get(name)).transpose().map_err(raise)?.flatten();
        Ok(value.map(|value| match value {
            Value::Text(text) => Dynamic::from(ImmutableString::from(&**text)),
            Value::Integer(number) => Dynamic::from(*number),
            Value::Decimal(number) => Dynamic::from(*number),
            Value::Boolean(flag) => Dynamic::from(*flag),
        }))
    }
}

/// The first rows whose conditions hold.
fn find(handle: &Handle, facts: Map, limit: u32) -> Raised<Array> {
    let table = &handle.0;
    meter::charge(table.operations());
    let held = facts
        .into_iter()
        .map(|(name, value)| Held::of(&name, value).map(|held| (name, held)))
        .collect::<Result<Vec<_>, _>>()?;
    let facts: Vec<_> = held.iter().map(|(name, held)| (name.as_str(), held.fact())).collect();
    let rows = table.lookup(&facts, limit).map_err(raise)?;
    Ok(rows.map(|row| Dynamic::from(Row { table: Arc::clone(table), number: row.number() })).collect())
}

/// A fact as a script gives it.
enum Held {
    Text(ImmutableString),
    Other(Fact<'static>),
}

impl Held {
    fn of(name: &str, value: Dynamic) -> Result<Self, Box<EvalAltResult>> {
        let title = title_of(&value);
        let number = |text: String| text.parse::<Decimal>().ok().map(|number| Self::Other(Fact::Decimal(number)));
        let held = if let Some(text) = value.read_lock::<ImmutableString>() {
            Some(Self::Text(text.clone()))
        } else if let Ok(number) = value.as_int() {
            Some(Self::Other(Fact::Integer(number)))
        } else if let Ok(flag) = value.as_bool() {
            Some(Self::Other(Fact::Boolean(flag)))
        } else if let Some(decimal) = value.read_lock::<Decimal>() {
            Some(Self::Other(Fact::Decimal(*decimal)))
        } else if let Some(time) = value.read_lock::<Time>() {
            Some(Self::Text(time.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()))
        } else {
            // A number of the body as the form has it: the shortest text that means it is what was written.
            value.as_float().ok().and_then(|float| number(float.to_string()))
        };
        held.ok_or_else(|| {
            raise(
                Wrong::new(format!("the fact `{name}` is {title}")).hint(Some(
                    "a fact is a text, a number, a time, or true or false; leave out what is not known".into(),
                )),
            )
        })
    }

    fn fact(&self) -> Fact<'_> {
        match self {
            Self::Text(text) => Fact::Text(text),
            Self::Other(fact) => *fact,
        }
    }
}
