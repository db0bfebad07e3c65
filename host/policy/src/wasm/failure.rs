//! What went wrong in a guest, in its author's words.

use herald_core::decision::FailureCause;
use wasmtime::{PoolConcurrencyLimitError, Trap};

use super::call::{Call, HOSTCALL_LIMIT_BYTES, Refused, Stop};
use super::engine::TABLE_ELEMENT_LIMIT;
use super::wasi::Exit;

/// Why the call failed. Traps are told apart by their type, never by their text.
pub(super) fn explain(error: &wasmtime::Error, call: &Call) -> (FailureCause, String) {
    let reached = |cause| (cause, call.evaluation.limits.reached(cause));
    if let Some(Stop(cause)) = error.downcast_ref() {
        return reached(*cause);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return (FailureCause::Busy, BUSY.to_owned());
    }
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) => return reached(FailureCause::Time),
        Some(Trap::StackOverflow) => {
            return (FailureCause::Depth, "functions call each other too deeply".to_owned());
        }
        // Whoever comes to reckon with what it got did not give up over what it did not get.
        Some(Trap::IntegerDivisionByZero | Trap::IntegerOverflow | Trap::BadConversionToInteger) => {}
        _ => match call.memory.refused() {
            Some(Refused::Memory) => return reached(FailureCause::Memory),
            Some(Refused::Table) => {
                let message = format!("it wanted a table of more than {TABLE_ELEMENT_LIMIT} elements");
                return (FailureCause::Memory, message);
            }
            Some(Refused::Machine) => return (FailureCause::Busy, NO_MEMORY.to_owned()),
            None => {}
        },
    }
    if let Some(panic) = call.words.panic() {
        return (FailureCause::Error, panic);
    }
    let cause = error.root_cause().to_string();
    if cause.starts_with(TOO_MUCH) {
        let (most, plan) = (HOSTCALL_LIMIT_BYTES >> 20, call.evaluation.limits.plan_limit_kib);
        let message = format!(
            "it handed the host more than {most} MiB of texts and lists; a plan has at most {plan} KiB, \
            its plan_limit_kib"
        );
        return (FailureCause::Size, message);
    }
    let message = match (error.downcast_ref::<Exit>(), trap) {
        (Some(exit), _) => exit.to_string(),
        (None, Some(trap)) => format!("it trapped: {}", what(*trap)),
        (None, None) => format!("it broke off: {cause}"),
    };
    match call.words.last_line() {
        Some(line) => (FailureCause::Error, format!("{message}; the last it wrote: {line}")),
        None => (FailureCause::Error, message),
    }
}

/// How wasmtime begins to say so; it has a type for it that is its own.
const TOO_MUCH: &str = "too much data is being copied";

/// What a call is told for which there was no room.
pub(super) const BUSY: &str = "the host is busy: too many policies run at once; it is no fault of this one";

/// What a call is told that got less than it may have.
const NO_MEMORY: &str = "the machine has no more memory to give it; it is no fault of the policy";

/// What a call is told whose component is still being compiled.
pub(super) const NOT_READY: &str = "the host is still compiling it; it is no fault of the policy";

fn what(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "it came where it must not come, most often by a panic; \
            a panic hook that logs the panic says more"
            .to_owned(),
        Trap::MemoryOutOfBounds => "it reached beyond its memory".to_owned(),
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "it called a function by a pointer that points to none".to_owned()
        }
        Trap::IntegerDivisionByZero => "it divided by zero".to_owned(),
        Trap::IntegerOverflow => "a whole number grew too large".to_owned(),
        Trap::BadConversionToInteger => "it made a whole number of what is none".to_owned(),
        other => other.to_string().trim_start_matches("wasm trap: ").to_owned(),
    }
}
