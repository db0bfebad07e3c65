//! The evaluation threads: a fixed number of them, with short queues in front.
//!
//! Guests run here and nowhere else, so neither an HTTP worker nor a partition's writer ever waits for one. Each
//! department has its queue, and the host: a flood of submissions cannot keep an escalation waiting for ever, nor a
//! department whose policies loop the messages of the others. Nothing here knows what is evaluated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use herald_policy::{STACK_BYTES, computed};

use crate::stats::Stats;
pub(crate) use crate::turns::{Behalf, Full};
use crate::turns::{Turn, Turns};

/// A piece of work. One that panics loses nothing but itself: whoever waits for it sees its end of the channel
/// closed.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The threads and what they are to do.
pub(crate) struct Pool {
    work: Arc<Work>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Work {
    state: Mutex<State>,
    /// Something may begin, or nothing more is taken.
    changed: Condvar,
}

struct State {
    turns: Turns<Job>,
    closed: bool,
}

impl Pool {
    /// Starts `threads` threads; of one department `queue_limit` jobs may wait, as [`Turns::new`] says.
    pub(crate) fn start(threads: usize, queue_limit: usize, stats: &Arc<Stats>) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let state = State { turns: Turns::new(threads, queue_limit), closed: false };
        let work = Arc::new(Work { state: Mutex::new(state), changed: Condvar::new() });
        let threads = (0..threads)
            .map(|number| {
                let (work, stats) = (Arc::clone(&work), Arc::clone(stats));
                let name = format!("herald-policy-{number}");
                let thread = std::thread::Builder::new().name(name).stack_size(STACK_BYTES);
                thread.spawn(move || work.go_on(&stats))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { work, threads: Mutex::new(threads) })
    }

    /// Has `job` done when it is its turn.
    ///
    /// # Errors
    /// [`Full`]: the queue is, or the pool is closed.
    pub(crate) fn run(&self, behalf: Behalf, job: Job) -> Result<(), Full> {
        let mut state = self.work.state();
        if state.closed {
            return Err(Full);
        }
        state.turns.add(behalf, job, Instant::now())?;
        drop(state);
        self.work.changed.notify_one();
        Ok(())
    }

    /// Takes no more work, finishes what was taken, and ends the threads.
    pub(crate) fn close(&self) {
        self.work.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread contains the panics of its jobs, so there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Whoever does not wait for the threads lets them end.
        self.work.close();
    }
}

impl Work {
    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until there is nothing left and nothing more is taken.
    fn go_on(&self, stats: &Stats) {
        let mut over = None;
        while let Some((turn, job)) = self.next(over) {
            let (began, before) = (Instant::now(), computed());
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                stats.defects.add(1);
                tracing::error!("an evaluation panicked");
            }
            stats.evaluation.record_duration(began.elapsed());
            // That the machine has others to serve is nobody's fault here.
            over = Some((turn, computed().saturating_sub(before)));
        }
    }

    /// What is to be done after what is `over`; `None` once that is nothing any more.
    fn next(&self, over: Option<(Turn, Duration)>) -> Option<(Turn, Job)> {
        let mut state = self.state();
        if let Some((turn, took)) = over {
            state.turns.ended(&turn, took);
        }
        loop {
            let now = Instant::now();
            let next = state.turns.next(now);
            if state.closed && state.turns.is_empty() {
                self.changed.notify_all();
                return next;
            }
            if next.is_some() {
                // What is over may have been in the way of more than one.
                if state.turns.has_next(now) {
                    self.changed.notify_one();
                }
                return next;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

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
