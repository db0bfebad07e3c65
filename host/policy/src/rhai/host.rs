//! The functions by which a script asks the host. Answers are recorded, so that the decision can be explained
//! and replayed.

use ::rhai::{Array, Dynamic, ImmutableString, NativeCallContext};
use serde_json::Value;

use super::api::{Api, Form, Owner, Verb};
use super::call::{Raised, call_of, raise};
use crate::questions;
use crate::vocabulary::{Sort, unknown};

pub(super) fn register(api: &mut Api) {
    const fn function(name: &'static str) -> Verb {
        Verb::new(Owner::Nothing, Form::Function, name)
    }
    api.verb(
        function("people").takes(&[("target", Sort::Target)]).gives("list of texts").doc(
            "Whom a target comes to now, substitutes for those who are away included.",
            r#"if people("role:production/head").is_empty() { plan.send("everyone"); }"#,
        ),
        |context: NativeCallContext<'_>, target: ImmutableString| -> Raised<Array> {
            let call = call_of(&context)?;
            call.ask()?;
            let target = call.world().target(&target).map_err(raise)?;
            let (question, found) = questions::people(&call.evaluation, &target);
            let answer = found.iter().map(|text| Dynamic::from(ImmutableString::from(text.as_str()))).collect();
            call.answer(question, Value::from(found))?;
            Ok(answer)
        },
    );
    api.verb(
        function("tier").takes(&[("contact", Sort::Target)]).gives("text").doc(
            "How much a contact matters to the business, by the directory: `strategic` or `ordinary`.",
            r#"if tier("contact:acme") == "strategic" { plan.level = 1; }"#,
        ),
        |context: NativeCallContext<'_>, target: ImmutableString| -> Raised<ImmutableString> {
            let call = call_of(&context)?;
            call.ask()?;
            let target = call.world().target(&target).map_err(raise)?;
            let (question, tier) = questions::tier(call.world().organisation(), &target).map_err(raise)?;
            call.answer(question, Value::from(tier.as_str()))?;
            Ok(tier.as_str().into())
        },
    );
    api.verb(
        function("setting").takes(&[("name", Sort::Setting)]).gives("what the manifest says").doc(
            "One of the manifest's settings.",
            r#"if message.body.amount_cents > setting("threshold_cents") { plan.level = 1; }"#,
        ),
        |context: NativeCallContext<'_>, name: ImmutableString| -> Raised<Dynamic> {
            let call = call_of(&context)?;
            let settings = &call.evaluation.given.settings;
            match settings.get(name.as_str()) {
                Some(value) => Ok(value_of(value)),
                None => Err(raise(unknown("setting", &name, settings.keys().map(String::as_str)))),
            }
        },
    );
    api.verb(
        function("log")
            .takes(&[("text", Sort::Text)])
            .doc("Writes a line into the decision's log.", r#"log(`over the limit: ${message.subject}`);"#),
        |context: NativeCallContext<'_>, text: ImmutableString| -> Raised<()> {
            call_of(&context)?.log(&text);
            Ok(())
        },
    );
}

fn value_of(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => Dynamic::from(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Dynamic::from(whole),
            None => Dynamic::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Dynamic::from(ImmutableString::from(text.as_str())),
        Value::Array(list) => Dynamic::from_array(list.iter().map(value_of).collect()),
        Value::Object(map) => {
            Dynamic::from_map(map.iter().map(|(name, value)| (name.as_str().into(), value_of(value))).collect())
        }
    }
}
