//! How benches measure: calls that take turns, and evaluations a second of a thread.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use herald_core::message::Message;
use herald_policy::{PolicySet, World};
use rustix::time::{ClockId, clock_gettime};

use crate::report::{Target, median, row};

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
fn rate(call: impl Fn() -> usize) -> Rate {
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

/// A second thread, which lives as long as what it is compared with is measured: threads that evaluate are not made anew
/// for each evaluation either.
pub struct Second {
    begin: Sender<()>,
    rates: Receiver<Rate>,
}

impl Second {
    /// Starts a thread that makes calls when it is told to. It prepares them itself, in memory of its own.
    pub fn start<'scope, C: Fn() -> usize>(
        scope: &'scope Scope<'scope, '_>,
        prepare: impl FnOnce() -> C + Send + 'scope,
    ) -> Self {
        let ((begin, begun), (sender, rates)) = (channel(), channel());
        scope.spawn(move || {
            let call = prepare();
            begun.into_iter().try_for_each(|()| sender.send(rate(&call)))
        });
        Self { begin, rates }
    }

    /// Calls for a round on this thread alone, and for another beside the second one.
    ///
    /// # Errors
    /// When the second thread has failed.
    pub fn round(&self, call: impl Fn() -> usize) -> Result<Round, crate::Failure> {
        let alone = rate(&call);
        self.begin.send(())?;
        let beside = rate(call);
        Ok((alone, (beside, self.rates.recv()?)))
    }
}

/// What one thread did alone, and what two did beside each other.
pub type Round = (Rate, (Rate, Rate));

/// Rows that say how much more two threads do than one. What is compared are the rounds that followed each other: a
/// machine that others use, too, is now faster and now slower.
pub fn two_beside_one(name: &str, rounds: &[Round], target: Target) {
    let compare = |how: &str, of: fn(&Rate) -> f64| {
        let (ones, twos): (Vec<f64>, Vec<f64>) = rounds.iter().map(|(one, (a, b))| (of(one), of(a) + of(b))).unzip();
        let ratio = median(ones.iter().zip(&twos).map(|(one, two)| two / one).collect());
        let (one, two) = (per_second(median(ones)), per_second(median(twos)));
        row(&format!("{name}, by {how}"), &two, &format!("one {one}"), ratio, "", target);
    };
    compare("the wall clock", |rate| rate.by_the_wall);
    compare("what each computed", |rate| rate.computed);
}

/// How long this thread has computed.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Evaluations a second as a report shows them.
#[must_use]
pub fn per_second(rate: f64) -> String {
    format!("{rate:.0} /s")
}
