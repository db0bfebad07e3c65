//! Policies as Rhai scripts.
//!
//! Each thread has one engine for the scripts of all bundles: a script cannot change it, and everything that belongs
//! to one call travels with the call. What scripts may do is registered here and nowhere else; they have
//! no clock, no randomness, no files, no network, no modules and no `eval`.
//!
//! * [`api`] is how verbs are registered, so that each has a signature, a sentence and an example.
//! * [`message`], [`plan`], [`chain`], [`host`], [`table`] register them; [`draft`] is the plan while it is built.
//! * [`check`] finds in the text of a script what would fail when it runs.
//! * [`meter`] stops what takes too much, [`contain`] what it could not interrupt; [`error`] says in an author's words what went wrong.

mod api;
mod call;
mod chain;
mod check;
mod compare;
mod contain;
mod draft;
mod engine;
mod error;
mod host;
mod message;
mod meter;
mod plan;
pub mod reference;
mod table;
#[cfg(test)]
mod tests;
mod time;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use ::rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, OptimizationLevel, Scope};
use herald_core::decision::{Cost, FailureCause, HookPlan};
use thread_local::ThreadLocal;

use self::call::Call;
use self::engine::{ENGINE, runtime};
use self::meter::Meter;
use crate::diagnostic::{Diagnostic, Place};
use crate::evaluation::{Evaluated, Evaluation, Failure, Input, Program};
use crate::files::SCRIPT;
use crate::manifest::Manifest;
use crate::table::Tables;
use crate::world::World;

/// A script, compiled.
pub(crate) struct Script {
    text: String,
    /// One for each thread that has run it: a call counts references to the parts of what it runs, and threads that shared
    /// them would write to the same counters.
    compiled: ThreadLocal<AST>,
}

impl Script {
    /// Compiles `text`. Hooks are compared with those of `manifest`, and names looked up in `world` and `tables`, as
    /// far as they are given.
    ///
    /// # Errors
    /// The first syntax error; without one, everything that the check finds.
    pub(crate) fn compile(
        text: &str,
        manifest: Option<&Manifest>,
        world: Option<&Arc<World>>,
        tables: Option<&Tables>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let runtime = runtime();
        let ast = runtime.engine.compile(text).map_err(|error| {
            let (message, place) = error::syntax(&error);
            vec![Diagnostic::about(SCRIPT, message).at(place)]
        })?;
        let problems = check::check(runtime, text, &ast, manifest, world.map(AsRef::as_ref), tables);
        if !problems.is_empty() {
            return Err(problems);
        }
        let compiled = ThreadLocal::new();
        compiled.get_or(|| optimized(&runtime.engine, ast));
        Ok(Self { text: text.to_owned(), compiled })
    }

    /// What this thread runs.
    fn ast(&self, engine: &Engine) -> Result<&AST, Failure> {
        let compile = || engine.compile(&self.text).map(|ast| optimized(engine, ast));
        self.compiled.get_or_try(compile).map_err(|error| Failure {
            cause: FailureCause::Host,
            message: format!("it was compiled before, and cannot be compiled again: {error}"),
            place: None,
        })
    }

    fn run(engine: &Engine, ast: &AST, call: &Arc<Call>) -> Result<HookPlan, Failure> {
        let options = CallFnOptions::new().eval_ast(false).with_tag(call::Tag(call.clone()));
        let scope = &mut Scope::new();
        let hook = call.evaluation.input.hook();
        let name = hook.as_str();
        let message = message::Message(call.clone());
        let result: Result<Dynamic, Box<EvalAltResult>> = match call.evaluation.input {
            Input::Route => {
                engine.call_fn_with_options(options, scope, ast, name, (message, plan::Route(call.clone())))
            }
            Input::Approve(_) => {
                let args = (message, message::RouteView(call.clone()), plan::Approve(call.clone()));
                engine.call_fn_with_options(options, scope, ast, name, args)
            }
            Input::Escalate(_) => {
                let args = (message, message::Breach(call.clone()), plan::Escalate(call.clone()));
                engine.call_fn_with_options(options, scope, ast, name, args)
            }
        };
        // What the last line of a hook comes to means nothing: the plan is what the verbs built.
        let _value = result.map_err(|error| error::failure(&error, &call.evaluation.limits))?;
        call.work().draft.finish(hook).map_err(|(message, place)| Failure {
            cause: FailureCause::Error,
            message,
            place,
        })
    }

    fn evaluate_on(&self, engine: &Engine, evaluation: Evaluation) -> Evaluated {
        let limits = evaluation.limits;
        // Before the meter starts: no policy's limits pay for what a thread does once.
        let ast = self.ast(engine);
        let meter = Meter::start(&limits);
        let call = Arc::new(Call::new(evaluation));
        let ran = catch_unwind(AssertUnwindSafe(|| Self::run(engine, ast?, &call)));
        let cost = meter.cost();
        let outcome = match (ran, meter.stopped()) {
            (Err(panic), _) if !meter::is_end(panic.as_ref()) => resume_unwind(panic),
            // Whoever swallowed the reason, the call was stopped, and its plan is half a plan.
            (ran, Some(why)) => {
                let place = ran.ok().and_then(Result::err).and_then(|failure| failure.place);
                Err(error::stopped(why, place, &limits))
            }
            (Ok(outcome), None) => outcome,
            (Err(panic), None) => resume_unwind(panic),
        };
        let ledger = &mut call.work().ledger;
        let (cost, (answers, log)) = (Cost { host_calls: ledger.host_calls(), ..cost }, ledger.close());
        Evaluated { outcome, answers, log, cost }
    }
}

impl Program for Script {
    fn evaluate(&self, evaluation: Evaluation) -> Evaluated {
        ENGINE.with(|engine| self.evaluate_on(engine, evaluation))
    }
}

fn optimized(engine: &Engine, ast: AST) -> AST {
    engine.optimize_ast(&Scope::new(), ast, OptimizationLevel::Simple)
}

/// Where in the script.
fn place(position: ::rhai::Position) -> Option<Place> {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(Place { line: small(position.line()?), column: small(position.position().unwrap_or(1)) })
}
