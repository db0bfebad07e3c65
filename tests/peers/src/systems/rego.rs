//! regorus, in the two ways in which such rules are written in Rego: as data that a few lines look through, and as one
//! rule with an `else` for each of them.
//!
//! Both are compiled before they are asked, for the register machine of the library; what that refuses, its
//! interpreter evaluates, which is as public. The table says which of them answered.

use std::fmt::Write as _;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Engine, PolicyLengthConfig, Rc, Value};
use serde_json::{Map, json};

use super::{Asker, Loaded, System};
use crate::Failure;
use crate::workload::{Facts, Outcome, Rule};

/// What is asked for.
const ANSWER: &str = "data.routing.answer";
/// What looks through rules that are data. A set has no order, so the smallest index of all that hold is taken.
const LOOKUP: &str = r#"
package routing

holds contains index if {
    some index, rule in data.rules
    every field, wanted in rule.texts { input[field] == wanted }
    input.amount >= rule.from
    input.amount < rule.to
}

answer := data.rules[min(holds)].outcome
"#;

/// The system.
pub(crate) enum Rego {
    /// Rules as data.
    Data,
    /// Rules as code.
    Code,
}

/// A compiled policy with its data.
struct Policy {
    compiled: CompiledPolicy,
    program: Option<Arc<Program>>,
    data: Value,
}

/// The register machine of one thread.
struct Machine(RegoVM);

impl System for Rego {
    fn text(&self, rules: &[Rule]) -> Result<String, Failure> {
        match self {
            Self::Data => Ok(data(rules)),
            Self::Code => code(rules),
        }
    }

    fn load(&self, text: String) -> Result<Box<dyn Loaded>, Failure> {
        let mut engine = Engine::new();
        // A file of 10,000 rules is longer than is allowed unless it is asked for.
        engine.set_policy_length_config(PolicyLengthConfig {
            max_col: NonZeroU32::MAX,
            max_file_bytes: NonZeroUsize::MAX,
            max_lines: NonZeroUsize::MAX,
        });
        let (policy, data) = match self {
            Self::Data => (LOOKUP.to_owned(), Value::from_json_str(&text)?),
            Self::Code => (text, Value::new_object()),
        };
        engine.add_policy("routing.rego".to_owned(), policy)?;
        engine.add_data(data.clone())?;
        let compiled = engine.compile_with_entrypoint(&Rc::from(ANSWER))?;
        let program = Compiler::compile_from_policy(&compiled, &[ANSWER]).ok();
        Ok(Box::new(Policy { compiled, program, data }))
    }
}

impl Loaded for Policy {
    fn way(&self) -> Option<&'static str> {
        Some(if self.program.is_some() { "register machine" } else { "interpreter" })
    }

    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure> {
        let Some(program) = &self.program else { return Ok(Box::new(&self.compiled)) };
        let mut machine = RegoVM::new();
        machine.load_program(Arc::clone(program));
        machine.set_data(self.data.clone())?;
        // 25,000 unless it is told otherwise.
        machine.set_max_instructions(usize::MAX);
        Ok(Box::new(Machine(machine)))
    }
}

impl Asker for Machine {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        self.0.set_input(input(facts)?);
        outcome(&self.0.execute()?)
    }
}

impl Asker for &CompiledPolicy {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        outcome(&self.eval_with_input(input(facts)?)?)
    }
}

fn input(facts: &Facts) -> Result<Value, Failure> {
    let mut input = Value::new_object();
    let object = input.as_object_mut()?;
    for (field, text) in facts.named() {
        object.insert(field.into(), text.into());
    }
    object.insert("amount".into(), facts.amount.into());
    Ok(input)
}

fn outcome(answer: &Value) -> Result<Option<Outcome>, Failure> {
    if *answer == Value::Undefined {
        return Ok(None);
    }
    let answer = answer.as_object()?;
    let field = |name: &str| answer.get(&name.into()).ok_or("an outcome has both fields");
    Ok(Some(Outcome { to: field("to")?.as_string()?.to_string(), level: field("level")?.as_u8()? }))
}

fn data(rules: &[Rule]) -> String {
    let rules = rules.iter().map(|rule| {
        let texts: Map<_, _> = rule.named().map(|(field, text)| (field.to_owned(), json!(text))).collect();
        let range = rule.amount.clone().unwrap_or(i64::MIN..i64::MAX);
        let Outcome { to, level } = &rule.outcome;
        json!({"texts": texts, "from": range.start, "to": range.end, "outcome": {"to": to, "level": level}})
    });
    json!({"rules": rules.collect::<Vec<_>>()}).to_string()
}

fn code(rules: &[Rule]) -> Result<String, Failure> {
    let mut text = String::from("package routing\n\n");
    let mut word = "answer";
    for rule in rules {
        let mut conditions: Vec<_> =
            rule.named().map(|(field, wanted)| format!("input.{field} == \"{wanted}\"")).collect();
        if let Some(range) = &rule.amount {
            conditions.push(format!("input.amount >= {}; input.amount < {}", range.start, range.end));
        }
        let (conditions, Outcome { to, level }) = (conditions.join("; "), &rule.outcome);
        writeln!(text, "{word} := {{\"to\": \"{to}\", \"level\": {level}}} if {{ {conditions} }}")?;
        word = "else";
    }
    Ok(text)
}
