//! What a call took, beside what its manifest gives it.
//!
//! That a call ended, and names the limit that ended it, does not show that it kept to that limit. Here the numbers are
//! compared, of every call and whatever came of it.

use std::time::Duration;

use herald_core::decision::{Contribution, FailureCause, HookOutcome};
use herald_policy::{Language, Limits};

const KIB: u64 = 1_024;
const MIB: u64 = 1_024 * KIB;

/// How much longer than its time limit a call may keep its thread computing. What nothing interrupts comes on top: one
/// native call of a script, giving back all that it held, two ticks of the clock that components are stopped by. In an
/// optimised build that is up to 30 ms; the rest is for a machine whose processors are shared and slow. Without
/// optimisation a native call alone may take seconds, and what nothing stops takes for ever.
const PATIENCE: Duration = if cfg!(debug_assertions) { Duration::from_secs(8) } else { Duration::from_millis(500) };
/// How long the check of a bundle may keep its thread computing. It reads up to 10 MiB a few times over, and calls a
/// component twice, for as long as its time limit allows; the compiler has threads of its own.
pub(super) const CHECK_LIMIT: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(9) } else { Duration::from_secs(2) };
/// What one native call of a script makes, which is looked at only after it; [`Limits`] says why so much.
const NATIVE_CALL_BYTES: u64 = 20 * MIB;
/// Operations that a script may still begin once it was stopped: what it does on its way out is counted, too.
const LAST_OPERATIONS: u64 = 256;

/// Whether a call kept within `limits`, for which its thread computed so long.
///
/// # Errors
/// Everything that it took more of than it may.
pub(super) fn within(asked: &Contribution, took: Duration, language: Language, limits: &Limits) -> Result<(), String> {
    let cost = &asked.cost;
    // What is granted to a component is counted before it has it.
    let unseen_bytes = match language {
        Language::Rhai => NATIVE_CALL_BYTES,
        Language::Wasm => 0,
    };
    // The question that is one too many is counted, and gets no answer.
    let refused = matches!(asked.outcome, HookOutcome::Failed { cause: FailureCause::HostCalls, .. });
    let answer_bytes: usize = asked.answers.iter().map(|it| it.question.len() + it.answer.to_string().len()).sum();
    let time_limit = Duration::from_millis(limits.time_limit_ms.into());
    let bounds = [
        ("µs of computing", micros(took), micros(time_limit + PATIENCE)),
        ("operations", cost.operations, limits.operation_limit + LAST_OPERATIONS),
        ("bytes of memory", cost.memory_bytes, u64::from(limits.memory_limit_mib) * MIB + unseen_bytes),
        // The mark that a log is full has its place in the limit.
        ("bytes of log", count(asked.log.len()), u64::from(limits.log_limit_kib) * KIB),
        ("questions", cost.host_calls.into(), u64::from(limits.host_call_limit) + u64::from(refused)),
        ("answers", count(asked.answers.len()), limits.host_call_limit.into()),
        ("bytes of answers", count(answer_bytes), u64::from(limits.answer_limit_kib) * KIB),
    ];
    let over = bounds.into_iter().filter(|(_, found, most)| found > most);
    let over: Vec<_> = over.map(|(what, found, most)| format!("{found} {what} instead of {most}")).collect();
    if over.is_empty() { Ok(()) } else { Err(format!("it took {}", over.join(", "))) }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

#[test]
fn what_goes_over_a_limit_is_told() {
    use herald_core::decision::{Cost, Hook, HostAnswer, Layer};

    let answer = |length: usize| HostAnswer { question: String::new(), answer: "x".repeat(length).into() };
    let moderate = Contribution {
        bundle: "production/hostile".parse().unwrap(),
        revision: 1,
        digest: "".into(),
        layer: Layer::Sender,
        hook: Hook::Route,
        outcome: HookOutcome::Failed { cause: FailureCause::Error, message: String::new() },
        answers: vec![answer(64 * 1_024 - 2)],
        log: "x".repeat(4 * 1_024),
        cost: Cost { operations: 1_000_000, memory_bytes: 32 * MIB, host_calls: 256, ..Cost::default() },
    };
    let limits = Limits::default();
    let time_limit = Duration::from_millis(limits.time_limit_ms.into());
    let told = |asked: &Contribution, took| within(asked, took, Language::Wasm, &limits);
    assert_eq!(told(&moderate, time_limit), Ok(()));
    let says = |says: &str, asked: Contribution, took| {
        let told = told(&asked, took).expect_err(says);
        assert!(told.contains(says) && !told.contains(", "), "{says}: {told}");
    };
    let cost = moderate.cost;
    let with = |cost| Contribution { cost, ..moderate.clone() };
    says("µs of computing", moderate.clone(), time_limit + PATIENCE + Duration::from_micros(1));
    says("operations", with(Cost { operations: 1_000_300, ..cost }), Duration::ZERO);
    says("bytes of memory", with(Cost { memory_bytes: 32 * MIB + 1, ..cost }), Duration::ZERO);
    says("questions", with(Cost { host_calls: 257, ..cost }), Duration::ZERO);
    says("bytes of log", Contribution { log: "x".repeat(4 * 1_024 + 1), ..moderate.clone() }, Duration::ZERO);
    says(
        "bytes of answers",
        Contribution { answers: vec![answer(64 * 1_024 - 1)], ..moderate.clone() },
        Duration::ZERO,
    );
}
