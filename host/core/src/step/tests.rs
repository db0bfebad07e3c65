//! The case machine, by scenarios: what is asked of a case, and what is to be seen afterwards.

mod approval;
mod escalations;
mod goals;
mod life;
mod passing;
mod promises;
mod random;
mod sending;
mod statuses;
mod talk;

use serde_json::{Value, json};

use crate::fixture::World;

const SUBMIT: (&str, &str) = ("11-23 09:00 p.worker submit", "");

/// A goal of the sales head that differs from the usual one in `edit`.
fn goal(name: &str, edit: Value) -> Value {
    let usual = json!({"name": name, "within": "PT8H", "owner": "role:sales/head", "set_by": "sales/x"});
    crate::fixture::merged(usual, edit)
}

/// A plan that sets these goals.
fn goals(goals: &[Value]) -> Value {
    json!({"accountable": "role:sales/agent", "goals": goals})
}

/// A world that decides for `plan`, and for each breached goal as `escalations` say.
fn escalating(plan: Value, escalations: &[(&str, Value)]) -> World {
    let mut world = World::new(plan);
    for (goal, made) in escalations {
        world.escalations.insert((*goal).to_owned(), serde_json::from_value(made.clone()).unwrap());
    }
    world
}
