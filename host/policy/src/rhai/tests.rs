mod limits;
mod messages;
mod plans;
mod reference;
mod tables;

use std::sync::Arc;

use herald_core::decision::{Contribution, Hook, HookOutcome, HookPlan, Layer};
use serde_json::{Value, json};

use crate::evaluation::Input;
use crate::testing::{load, subject};

/// Calls `hook` of `script` for a complaint, whose fields `change` overrides.
fn call(hook: Hook, script: &str, change: Value, more: &str) -> Contribution {
    let input = match hook {
        Hook::Route => Input::Route,
        Hook::Approve => Input::Approve(Arc::new(
            serde_json::from_value(json!({
                "level": 1, "classification": "internal", "audience": "external", "content_type": "notice",
                "recipients": ["department:sales", "everyone"], "channels": ["group"], "labels": {"line": "2"}
            }))
            .unwrap(),
        )),
        Hook::Escalate => Input::Escalate(Arc::new(
            serde_json::from_value(json!({
                "goal": "answer", "due": "2026-11-21T08:30:00Z", "at": "2026-11-21T08:30:01Z", "owners": ["han"],
                "declined": "no part", "case_status": "open", "level": 2, "reached": ["person:han"]
            }))
            .unwrap(),
        )),
    };
    load("customer-service/complaint", script, more).ask(&subject(change), input, Layer::Sender)
}

/// What came of it: the plan as JSON, or the failure.
fn outcome(contribution: &Contribution) -> Result<Value, String> {
    match &contribution.outcome {
        HookOutcome::Plan(HookPlan::Route(plan)) => Ok(serde_json::to_value(plan).unwrap()),
        HookOutcome::Plan(HookPlan::Approve(plan)) => Ok(serde_json::to_value(plan).unwrap()),
        HookOutcome::Plan(HookPlan::Escalate(plan)) => Ok(serde_json::to_value(plan).unwrap()),
        HookOutcome::Failed { message, .. } => Err(message.clone()),
    }
}

/// The plan of a route whose body is `lines`.
fn route(lines: &str, change: Value) -> Result<Value, String> {
    outcome(&call(Hook::Route, &format!("fn route(message, plan) {{\n{lines}\n}}"), change, ""))
}
