//! What is measured of a system: loading, memory, and how fast it answers on one thread and on two.
//!
//! Every answer is checked against the plain matcher: all messages, as far as the time allows, before anything is
//! timed, and again each answer that is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use herald_policy::STACK_BYTES;
use serde::{Deserialize, Serialize};

use crate::systems::{Asker, Entry, Loaded};
use crate::workload::{Facts, MESSAGES, Outcome, messages, rules};
use crate::{Failure, matcher, process};

/// How long a pass over the messages may take; what it did not come to is left out.
const PASS_LIMIT: Duration = Duration::from_secs(20);
/// Passes on one thread and on two, taking turns; fewer if they take more than [`PASS_LIMIT`] together.
const PASSES: usize = 15;

/// What a run found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// What answered, as [`Loaded::way`] has it.
    pub(crate) way: Option<String>,
    /// From the text of the rules to a system that is ready, in seconds.
    pub(crate) load_s: f64,
    /// What the process has in memory after loading and one answer that it did not have before, in KiB.
    pub(crate) memory_kib: u64,
    /// The time of the call in the middle, in seconds.
    pub(crate) p50_s: f64,
    /// The time that one call in a hundred exceeds, in seconds.
    pub(crate) p99_s: f64,
    /// Messages a second on one thread: the pass in the middle.
    pub(crate) one: f64,
    /// Messages a second on two threads together: the pass in the middle.
    pub(crate) two: f64,
    /// Messages that were answered and checked in the first pass.
    pub(crate) checked: usize,
    /// How many of them match no rule.
    pub(crate) unmatched: usize,
}

/// A message and what is right for it.
type Question = (Facts, Option<Outcome>);

/// Measures a system with so many rules, whose text is `text`.
pub(crate) fn measure(entry: &Entry, size: usize, text: String) -> Result<Figures, Failure> {
    let system = (entry.new)()?;
    let nobody = Facts { texts: ["kind-other", "department-other", "normal", "", ""].map(str::to_owned), amount: 0 };
    let before = process::resident_kib()?;
    let began = Instant::now();
    let loaded = system.load(text)?;
    let load_s = began.elapsed().as_secs_f64();
    let loaded = loaded.as_ref();
    on_threads(1, || loaded.asker()?.ask(&nobody).map(drop))?;
    let memory_kib = process::resident_kib()?.saturating_sub(before);

    let rules = rules(size);
    let right = |facts: Facts| {
        let outcome = matcher::first(&rules, &facts).cloned();
        (facts, outcome)
    };
    let questions: Vec<Question> = messages(&rules).into_iter().map(right).collect();
    let checked = pass(loaded, &questions, 1)?.times.len();
    let unmatched = questions.iter().take(checked).filter(|(_, outcome)| outcome.is_none()).count();

    let (mut times, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
    let began = Instant::now();
    while one.len() < PASSES && (one.is_empty() || began.elapsed() < PASS_LIMIT) {
        let alone = pass(loaded, &questions, 1)?;
        one.push(alone.rate());
        times.extend(alone.times);
        two.push(pass(loaded, &questions, 2)?.rate());
    }
    times.sort_unstable();
    let at = |hundredths: usize| times.get(times.len() * hundredths / 100).map_or(0.0, Duration::as_secs_f64);
    Ok(Figures {
        way: loaded.way().map(str::to_owned),
        load_s,
        memory_kib,
        p50_s: at(50),
        p99_s: at(99),
        one: median(one),
        two: median(two),
        checked,
        unmatched,
    })
}

/// What a pass took.
struct Pass {
    /// Of each call.
    times: Vec<Duration>,
    /// Of all, by the wall clock.
    all: Duration,
}

impl Pass {
    fn rate(&self) -> f64 {
        u32::try_from(self.times.len()).map_or(0.0, f64::from) / self.all.as_secs_f64()
    }
}

/// Asks `questions`, each of so many threads the next that is left, until all are answered or the time is up.
fn pass(loaded: &dyn Loaded, questions: &[Question], threads: usize) -> Result<Pass, Failure> {
    let (next, ready) = (AtomicUsize::new(0), Barrier::new(threads));
    let (times, longest) = (Mutex::new(Vec::with_capacity(MESSAGES)), Mutex::new(Duration::ZERO));
    on_threads(threads, || {
        let asker = loaded.asker();
        ready.wait();
        let began = Instant::now();
        let taken = asker.and_then(|mut asker| ask(asker.as_mut(), questions, &next, began + PASS_LIMIT));
        let all = began.elapsed();
        times.lock().unwrap_or_else(PoisonError::into_inner).extend(taken?);
        let mut longest = longest.lock().unwrap_or_else(PoisonError::into_inner);
        *longest = all.max(*longest);
        Ok(())
    })?;
    let times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Pass { times, all: longest.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

/// One thread's part of a pass: how long each of its calls took.
fn ask(
    asker: &mut dyn Asker,
    questions: &[Question],
    next: &AtomicUsize,
    until: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(questions.len());
    while let Some((facts, right)) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = Instant::now();
        let answer = asker.ask(facts)?;
        let ended = Instant::now();
        times.push(ended - began);
        if answer != *right {
            return Err(format!("for {facts:?} it says {answer:?}; right is {right:?}").into());
        }
        if ended > until {
            break;
        }
    }
    Ok(times)
}

/// Runs `work` on so many threads with the stack that an evaluation needs.
fn on_threads(count: usize, work: impl Fn() -> Result<(), Failure> + Sync) -> Result<(), Failure> {
    thread::scope(|scope| {
        let spawn = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, &work);
        let threads = (0..count).map(spawn).collect::<Result<Vec<_>, _>>()?;
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread failed")?)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
