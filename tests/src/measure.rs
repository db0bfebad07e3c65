//! How benches measure: calls that take turns, and evaluations a second of a thread.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use herald_core::message::Message;
use herald_policy::{PolicySet, World, computed};

use crate::report::median;

/// Rounds of each of what is compared.
const ROUNDS: usize = 31;
/// How long a thread evaluates.
const RATE_ROUND: Duration = Duration::from_millis(300);
/// Calls between two looks at the clock.
const CALLS_PER_LOOK: u32 = 64;

/// The median time of one call of each, in seconds. They take turns, `calls_per_round` calls each, so that whatever
/// else the machine does disturbs them alike.
pub fn rounds(calls_per_round: u32, calls: &[&dyn Fn() -> usize]) -> Vec<f64> {
    let mut times = vec![Vec::new(); calls.len()];
    for _ in 0..ROUNDS {
        for (call, times) in calls.iter().zip(&mut times) {
            let began = Instant::now();
            for _ in 0..calls_per_round {
                black_box(call());
            }
            times.push(began.elapsed().as_secs_f64() / f64::from(calls_per_round));
        }
    }
    times.into_iter().map(median).collect()
}

/// Seconds as a report shows the time of a call.
#[must_use]
pub fn micros(seconds: f64) -> String {
    format!("{:.2} us", seconds * 1e6)
}

/// What is evaluated, and for what.
pub struct Job {
    /// The organisation.
    pub world: Arc<World>,
    /// What is decided on.
    pub message: Arc<Message>,
    /// What decides.
    pub policies: PolicySet,
}

/// Evaluations a second, of one thread.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// By the wall clock: shows locks that a thread waits for.
    pub by_the_wall: f64,
    /// By the time that the thread computed itself: shows what threads cost each other by sharing memory, on a busy
    /// machine, too.
    pub computed: f64,
}

impl Job {
    /// Evaluates for a round.
    #[must_use]
    pub fn rate(&self) -> Rate {
        rate(|| self.decide())
    }

    /// What another thread does beside it, with a message of its own.
    pub fn beside(&self) -> impl Fn() -> usize {
        let (world, policies) = (Arc::clone(&self.world), self.policies.clone());
        let other = Self { world, policies, message: Arc::new(self.message.as_ref().clone()) };
        move || other.decide()
    }

    /// Decides once.
    #[must_use]
    pub fn decide(&self) -> usize {
        self.policies.decide(&self.world, &self.message).contributions.len()
    }
}

/// Calls for a round.
pub(crate) fn rate(call: impl Fn() -> usize) -> Rate {
    // A thread's first call makes what all of its others have.
    black_box(call());
    let (began, before) = (Instant::now(), computed());
    let mut calls = 0_u32;
    while began.elapsed() < RATE_ROUND {
        for _ in 0..CALLS_PER_LOOK {
            black_box(call());
        }
        calls += CALLS_PER_LOOK;
    }
    let calls = f64::from(calls);
    let by_the_wall = calls / began.elapsed().as_secs_f64();
    Rate { by_the_wall, computed: calls / (computed() - before).as_secs_f64() }
}

/// Evaluations a second as a report shows them.
#[must_use]
pub fn per_second(rate: f64) -> String {
    format!("{rate:.0} /s")
}
