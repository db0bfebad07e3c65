//! zen-engine: a decision table of its JSON decision model with hit policy `first`, compiled and indexed before it is
//! asked. It has no executor of its own, and a table never waits.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::{Map, Value, json};
use zen_engine::model::{DecisionContent, GraphContent};
use zen_engine::{Decision, Variable};

use super::{Asker, Loaded, System};
use crate::Failure;
use crate::workload::{Facts, Outcome, Rule, TEXT_FIELDS};

/// The system.
pub(crate) struct Zen;

/// A compiled model, which threads share.
struct Model(Arc<GraphContent>);

/// What one thread evaluates.
struct Evaluation(Decision);

impl System for Zen {
    fn text(&self, rules: &[Rule]) -> Result<String, Failure> {
        let rows = rules.iter().enumerate().map(|(number, rule)| {
            let mut row = Map::from_iter([
                ("_id".to_owned(), json!(number.to_string())),
                ("to".to_owned(), json!(format!("\"{}\"", rule.outcome.to))),
                ("level".to_owned(), json!(rule.outcome.level.to_string())),
            ]);
            row.extend(rule.named().map(|(field, text)| (field.to_owned(), json!(format!("\"{text}\"")))));
            if let Some(range) = &rule.amount {
                row.insert("amount".to_owned(), json!(format!("[{}..{})", range.start, range.end)));
            }
            Value::Object(row)
        });
        let column = |name: &str| json!({"id": name, "name": name, "field": name});
        let inputs: Vec<_> = TEXT_FIELDS.into_iter().chain(["amount"]).map(column).collect();
        let table = json!({
            "hitPolicy": "first", "rules": rows.collect::<Vec<_>>(), "inputs": inputs,
            "outputs": [column("to"), column("level")],
        });
        let model = json!({
            "nodes": [
                {"id": "in", "name": "message", "type": "inputNode"},
                {"id": "table", "name": "rules", "type": "decisionTableNode", "content": table},
                {"id": "out", "name": "outcome", "type": "outputNode"},
            ],
            "edges": [
                {"id": "1", "sourceId": "in", "targetId": "table"},
                {"id": "2", "sourceId": "table", "targetId": "out"},
            ],
        });
        Ok(model.to_string())
    }

    fn load(&self, text: String) -> Result<Box<dyn Loaded>, Failure> {
        let DecisionContent::Graph(mut graph) = serde_json::from_str(&text)? else { return Err("no graph".into()) };
        Arc::make_mut(&mut graph).compile();
        Decision::from(Arc::clone(&graph)).validate().map_err(|error| format!("{error:?}"))?;
        Ok(Box::new(Model(graph)))
    }
}

impl Loaded for Model {
    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure> {
        Ok(Box::new(Evaluation(Decision::from(Arc::clone(&self.0)))))
    }
}

impl Asker for Evaluation {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        let input = Variable::empty_object();
        if let Some(object) = input.as_object() {
            let mut object = object.borrow_mut();
            for (field, text) in facts.named() {
                object.insert_str(field, Variable::String(text.into()));
            }
            object.insert_str("amount", Variable::Number(facts.amount.into()));
        }
        let call = pin!(self.0.evaluate(input));
        let Poll::Ready(response) = call.poll(&mut Context::from_waker(Waker::noop())) else {
            return Err("a table waits for nothing".into());
        };
        let result = response.map_err(|error| format!("{error:?}"))?.result;
        let (Some(to), Some(level)) = (result.dot("to"), result.dot("level")) else { return Ok(None) };
        let to = to.as_str().ok_or("`to` is a text")?.to_owned();
        let level = level.as_number().ok_or("`level` is a number")?.try_into()?;
        Ok(Some(Outcome { to, level }))
    }
}
