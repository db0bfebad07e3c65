//! What a guest may ask: the contract's `host`. Answers are recorded, so that the decision can be explained and
//! replayed.

use serde_json::json;

use super::bindings::herald::policy::{host, types};
use super::plans::read_span;
use crate::questions;
use crate::table::{Fact, ROWS_LIMIT, Value};
use crate::vocabulary::{self, Wrong};
use crate::wasm::call::{Call, Stop};

fn fact<'v>(name: &str, value: &'v host::Value) -> Result<Fact<'v>, Wrong> {
    Ok(match value {
        host::Value::Text(text) => Fact::Text(text),
        host::Value::Integer(number) => Fact::Integer(*number),
        host::Value::Decimal(text) => Fact::Decimal(
            text.parse()
                .map_err(|_| Wrong::new(format!("the fact `{name}` is `{text}`, which is no decimal number")))?,
        ),
        host::Value::Boolean(flag) => Fact::Boolean(*flag),
    })
}

fn cell((name, value): (&str, &Value)) -> host::Cell {
    let value = match value {
        Value::Text(text) => host::Value::Text(text.to_string()),
        Value::Integer(number) => host::Value::Integer(*number),
        Value::Decimal(number) => host::Value::Decimal(number.to_string()),
        Value::Boolean(flag) => host::Value::Boolean(*flag),
    };
    (name.to_owned(), value)
}

/// An answer, or the sentence that the guest gets instead; the outer error ends the call.
type Answer<T> = wasmtime::Result<Result<T, String>>;

impl types::Host for Call {}

impl host::Host for Call {
    /// Not recorded: a table is part of the bundle, and the same in a replay.
    fn lookup(&mut self, table: String, facts: Vec<host::Cell>, limit: u32) -> Answer<Vec<Vec<host::Cell>>> {
        self.ledger.ask().map_err(Stop)?;
        let find = || {
            let table = self.evaluation.given.tables.get(&table).map_err(Wrong::new)?;
            let facts = facts.iter().map(|(name, value)| Ok((name.as_str(), fact(name, value)?)));
            let facts = facts.collect::<Result<Vec<_>, Wrong>>()?;
            let found = table.lookup(&facts, limit.min(ROWS_LIMIT + 1)).map_err(Wrong::new)?;
            let rows: Vec<_> = found.map(|row| row.results().map(cell).collect()).collect();
            if rows.len() > usize::try_from(ROWS_LIMIT).unwrap_or(usize::MAX) {
                return Err(Wrong::new(format!("the lookup finds more than {ROWS_LIMIT} rows"))
                    .hint(Some("give it more facts, or ask for the first".to_owned())));
            }
            Ok(rows)
        };
        Ok(find().map_err(|wrong: Wrong| wrong.to_string()))
    }

    fn resolve(&mut self, target: String) -> Answer<Vec<String>> {
        self.ledger.ask().map_err(Stop)?;
        let target = match vocabulary::target(self.evaluation.subject.world.organisation(), &target) {
            Ok(target) => target,
            Err(wrong) => return Ok(Err(wrong.to_string())),
        };
        let (question, found) = questions::people(&self.evaluation, &target);
        self.ledger.answer(question, json!(found)).map_err(Stop)?;
        Ok(Ok(found))
    }

    fn tier(&mut self, contact: String) -> Answer<String> {
        self.ledger.ask().map_err(Stop)?;
        let organisation = self.evaluation.subject.world.organisation();
        let asked =
            vocabulary::target(organisation, &contact).and_then(|target| questions::tier(organisation, &target));
        match asked {
            Ok((question, tier)) => {
                self.ledger.answer(question, json!(tier)).map_err(Stop)?;
                Ok(Ok(tier.as_str().to_owned()))
            }
            Err(wrong) => Ok(Err(wrong.to_string())),
        }
    }

    fn add_working_time(&mut self, calendar: String, start: String, span: host::Span) -> Answer<String> {
        self.ledger.ask().map_err(Stop)?;
        let organisation = self.evaluation.subject.world.organisation();
        let asked = || {
            let name = vocabulary::calendar(organisation, &calendar)?;
            let start = start.parse().map_err(|_| {
                let hint = "write it in RFC 3339, as in `2026-10-09T08:30:00Z`".to_owned();
                Wrong::new(format!("`{start}` is no moment")).hint(Some(hint))
            })?;
            questions::add_time(organisation, &name, start, &read_span(&span)?)
        };
        match asked() {
            Ok((question, due)) => {
                let due = due.to_string();
                self.ledger.answer(question, json!(due)).map_err(Stop)?;
                Ok(Ok(due))
            }
            Err(wrong) => Ok(Err(wrong.to_string())),
        }
    }

    fn log(&mut self, text: String) -> wasmtime::Result<()> {
        self.words.log_line(&text);
        self.ledger.log(&text);
        Ok(())
    }
}
