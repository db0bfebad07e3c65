//! One call of a hook: what it may see, and what it has done so far.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::rhai::{Array, Dynamic, EvalAltResult, ImmutableString, NativeCallContext, Position};
use herald_core::decision::FailureCause;
use herald_core::organisation::Organisation;
use serde_json::Value;

use super::draft::Draft;
use super::error::title_of;
use super::meter;
use crate::evaluation::Evaluation;
use crate::ledger::Ledger;
use crate::vocabulary::Wrong;
use crate::world::World;

/// What a verb returns.
pub(super) type Raised<T> = Result<T, Box<EvalAltResult>>;

/// One call. Every handle that a script holds points to it.
pub(super) struct Call {
    pub(super) evaluation: Evaluation,
    work: Mutex<Work>,
}

/// What a call has done so far.
pub(super) struct Work {
    pub(super) draft: Draft,
    pub(super) ledger: Ledger,
}

impl Call {
    pub(super) fn new(evaluation: Evaluation) -> Self {
        let work = Work { draft: Draft::default(), ledger: Ledger::new(evaluation.limits) };
        Self { evaluation, work: Mutex::new(work) }
    }

    pub(super) fn world(&self) -> &World {
        &self.evaluation.subject.world
    }

    pub(super) fn organisation(&self) -> &Organisation {
        self.world().organisation()
    }

    /// What it has done so far. Held for the length of one verb, never while a script runs.
    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something to the plan that has `text_bytes` of text.
    pub(super) fn plan<T>(&self, text_bytes: usize, change: impl FnOnce(&mut Draft) -> T) -> Raised<T> {
        let mut work = self.work();
        work.ledger.plan(text_bytes).map_err(stop)?;
        Ok(change(&mut work.draft))
    }

    /// Counts a question to the host; one too many ends the call.
    pub(super) fn ask(&self) -> Raised<()> {
        self.work().ledger.ask().map_err(stop)
    }

    /// Records a question and its answer; those that grow too large together end the call.
    pub(super) fn answer(&self, question: String, answer: Value) -> Raised<()> {
        self.work().ledger.answer(question, answer).map_err(stop)
    }

    /// Adds a line to the log, as far as it fits.
    pub(super) fn log(&self, line: &str) {
        self.work().ledger.log(line);
    }
}

/// How verbs without a handle find their call.
#[derive(Clone)]
pub(super) struct Tag(pub(super) Arc<Call>);

/// The call that a function was called in.
pub(super) fn call_of(context: &NativeCallContext<'_>) -> Raised<Arc<Call>> {
    let tag = context.tag().and_then(|tag| tag.clone().try_cast::<Tag>());
    tag.map(|tag| tag.0).ok_or_else(|| raise(Wrong::new("this cannot be asked outside of a hook")))
}

/// The reason that ended a call; a script cannot catch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// One of the limits of the evaluation.
    Limit(FailureCause),
    /// A value that is too large or too deep to be written out or compared.
    Value,
}

impl Stop {
    pub(super) fn cause(self) -> FailureCause {
        match self {
            Self::Limit(cause) => cause,
            Self::Value => FailureCause::Size,
        }
    }
}

/// Ends the call at a limit, also if the error should be swallowed on its way out.
pub(super) fn stop(cause: FailureCause) -> Box<EvalAltResult> {
    let stop = Stop::Limit(cause);
    meter::stop(stop);
    EvalAltResult::ErrorTerminated(Dynamic::from(stop), Position::NONE).into()
}

/// An error at the line and column of the call.
pub(super) fn raise(wrong: impl Display) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(wrong.to_string().into(), Position::NONE).into()
}

/// A list of texts, as arguments bring them.
pub(super) fn texts(list: Array) -> Raised<Vec<ImmutableString>> {
    let text = |(index, value): (usize, Dynamic)| {
        let title = title_of(&value);
        value
            .into_immutable_string()
            .map_err(|_| raise(Wrong::new(format!("a list of texts is wanted; its element {} is {title}", index + 1))))
    };
    list.into_iter().enumerate().map(text).collect()
}
