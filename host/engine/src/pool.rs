//! The evaluation threads: a fixed number of them, with short queues in front.
//!
//! Guests run here and nowhere else, so neither an HTTP worker nor a partition's writer ever waits for one.
//! Callers and the host itself have a queue each, and a free thread takes from either: a flood of submissions
//! cannot keep an escalation waiting for ever. Nothing here knows what is evaluated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use herald_policy::STACK_BYTES;

use crate::stats::Stats;

/// A piece of work. One that panics loses nothing but itself: whoever waits for it sees its end of the channel
/// closed.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// On whose behalf something is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behalf {
    /// Somebody who waits for an answer.
    Caller,
    /// The host: timers, sweeps.
    Host,
}

/// The queue is full, or the pool is closed; the work was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// The threads and their queues.
pub(crate) struct Pool {
    queues: Mutex<Option<Queues<Sender<Job>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Queues<T> {
    callers: T,
    host: T,
}

impl Pool {
    /// Starts `threads` threads, with room for `queue_limit` waiting jobs of callers and as many of the host.
    pub(crate) fn start(threads: usize, queue_limit: usize, stats: &Arc<Stats>) -> std::io::Result<Self> {
        let (callers, host) = (bounded(queue_limit), bounded(queue_limit));
        let receivers = Queues { callers: callers.1, host: host.1 };
        let threads = (0..threads.max(1))
            .map(|number| {
                let (receivers, stats) = (receivers.clone(), Arc::clone(stats));
                let name = format!("herald-policy-{number}");
                let thread = std::thread::Builder::new().name(name).stack_size(STACK_BYTES);
                thread.spawn(move || work(&receivers, &stats))
            })
            .collect::<Result<_, _>>()?;
        let queues = Queues { callers: callers.0, host: host.0 };
        Ok(Self { queues: Mutex::new(Some(queues)), threads: Mutex::new(threads) })
    }

    /// Has `job` done by the next free thread.
    pub(crate) fn run(&self, behalf: Behalf, job: Job) -> Result<(), Full> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queues = queues.as_ref().ok_or(Full)?;
        let queue = match behalf {
            Behalf::Caller => &queues.callers,
            Behalf::Host => &queues.host,
        };
        queue.try_send(job).map_err(|_| Full)
    }

    /// Takes no more work, finishes what was taken, and ends the threads.
    pub(crate) fn close(&self) {
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread contains the panics of its jobs, so there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

/// Works until both queues are closed and empty.
fn work(queues: &Queues<Receiver<Job>>, stats: &Stats) {
    while let Some(job) = next(queues) {
        let began = Instant::now();
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            stats.defects.add(1);
            tracing::error!("an evaluation panicked");
        }
        stats.evaluation.record_duration(began.elapsed());
    }
}

/// The next job of either queue, without preference; `None` once both are closed and empty.
fn next(queues: &Queues<Receiver<Job>>) -> Option<Job> {
    let mut select = crossbeam_channel::Select::new();
    select.recv(&queues.callers);
    select.recv(&queues.host);
    let ready = select.select();
    let (taken, other) = match ready.index() {
        0 => (ready.recv(&queues.callers), &queues.host),
        _ => (ready.recv(&queues.host), &queues.callers),
    };
    // A closed queue is always ready; the other may still hold work.
    taken.or_else(|_| other.recv()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_job_and_closing_finishes_the_rest() {
        let stats = Arc::new(Stats::default());
        let pool = Pool::start(2, 64, &stats).unwrap();
        let (done, results) = bounded(64);
        for number in 0..20 {
            let done = done.clone();
            let behalf = if number % 2 == 0 { Behalf::Caller } else { Behalf::Host };
            let job = move || if number == 7 { panic!("seven") } else { done.send(number).unwrap() };
            pool.run(behalf, Box::new(job)).unwrap();
        }
        pool.close();
        drop(done);
        let mut finished: Vec<_> = results.iter().collect();
        finished.sort_unstable();
        let expected: Vec<_> = (0..20).filter(|number| *number != 7).collect();
        assert_eq!(finished, expected);
        assert_eq!(stats.defects.get(), 1);
        assert_eq!(pool.run(Behalf::Caller, Box::new(|| ())), Err(Full));
    }

    #[test]
    fn a_full_queue_refuses_and_the_other_does_not() {
        let stats = Arc::new(Stats::default());
        let pool = Pool::start(1, 1, &stats).unwrap();
        let (begin, begun) = bounded(0);
        let (release, released) = bounded::<()>(0);
        let block = move || {
            begin.send(()).unwrap();
            let _ = released.recv();
        };
        pool.run(Behalf::Caller, Box::new(block)).unwrap();
        begun.recv().unwrap();
        assert_eq!(pool.run(Behalf::Caller, Box::new(|| ())), Ok(()));
        assert_eq!(pool.run(Behalf::Caller, Box::new(|| ())), Err(Full));
        assert_eq!(pool.run(Behalf::Host, Box::new(|| ())), Ok(()));
        release.send(()).unwrap();
        pool.close();
    }
}
