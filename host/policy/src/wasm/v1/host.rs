//! What a guest may ask: the contract's `host`. Answers are recorded, so that the decision can be explained and
//! replayed.

use serde_json::Value;

use super::contract::herald::policy::{host, types};
use super::plans::read_span;
use crate::questions;
use crate::vocabulary::{self, Wrong, unknown};
use crate::wasm::call::{Call, Stop};

/// An answer, or the sentence that the guest gets instead; the outer error ends the call.
type Answer<T> = wasmtime::Result<Result<T, String>>;

impl types::Host for Call {}

impl host::Host for Call {
    fn lookup(&mut self, table: String, _facts: Vec<host::Cell>, _limit: u32) -> Answer<Vec<Vec<host::Cell>>> {
        self.ledger.ask().map_err(Stop)?;
        Ok(Err(unknown("table", &table, std::iter::empty()).to_string()))
    }

    fn resolve(&mut self, target: String) -> Answer<Vec<String>> {
        self.ledger.ask().map_err(Stop)?;
        let target = match vocabulary::target(self.evaluation.world.organisation(), &target) {
            Ok(target) => target,
            Err(wrong) => return Ok(Err(wrong.to_string())),
        };
        let (question, found) = questions::people(&self.evaluation, &target);
        self.ledger.answer(question, Value::from(found.clone())).map_err(Stop)?;
        Ok(Ok(found))
    }

    fn add_working_time(&mut self, calendar: String, start: String, span: host::Span) -> Answer<String> {
        self.ledger.ask().map_err(Stop)?;
        let organisation = self.evaluation.world.organisation();
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
                self.ledger.answer(question, Value::from(due.clone())).map_err(Stop)?;
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
