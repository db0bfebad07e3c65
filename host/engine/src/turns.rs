//! Whose turn it is on the evaluation threads: each department has a queue of its own, and so has the host.
//!
//! The next job is of whoever has had the threads for the least time, so that nobody waits for all that others have
//! asked. A guest cannot be put aside half-way: whose evaluations take long leave one thread free of them, where there
//! are several, so that the others never wait for one to end.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use herald_core::names::DepartmentId;

/// On whose behalf something is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Behalf {
    /// Somebody who waits for an answer about a message of this department.
    Department(DepartmentId),
    /// Somebody who waits for an answer about a message that is there already.
    Caller,
    /// The host: timers, sweeps.
    Host,
}

/// What takes longer, usually, must not take every thread. Ordinary policies take less than a hundredth of it.
const LONG: Duration = Duration::from_millis(10);
/// In how many jobs what is usual changes.
const USUAL: u32 = 8;
/// How many queues are remembered that are empty, before any of them is forgotten.
const KEPT: usize = 256;

/// The queue is full; the work was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Jobs that wait, and those that run, by whose they are.
pub(crate) struct Turns<J> {
    queues: BTreeMap<Behalf, Queue<J>>,
    threads: usize,
    limit: usize,
    /// What the queue had had whose turn was last. Whoever comes later has as much: what was not asked for is not owed.
    last: Duration,
}

struct Queue<J> {
    waiting: VecDeque<J>,
    running: usize,
    /// How long the threads worked for it; of jobs that run, as long as they usually do.
    had: Duration,
    /// How long one of its jobs takes, the latest counting most.
    usual: Duration,
}

impl<J> Queue<J> {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running == 0
    }

    /// Whether one of its jobs may begin.
    fn may_begin(&self, threads: usize) -> bool {
        !self.waiting.is_empty() && (self.usual <= LONG || threads == 1 || self.running + 1 < threads)
    }
}

/// A job that runs, until [`Turns::ended`] hears of it.
pub(crate) struct Turn {
    behalf: Behalf,
    /// What was counted for it beforehand.
    expected: Duration,
}

impl<J> Turns<J> {
    /// For so many threads; of each queue, `limit` jobs may wait.
    pub(crate) fn new(threads: usize, limit: usize) -> Self {
        Self { queues: BTreeMap::new(), threads, limit, last: Duration::ZERO }
    }

    /// Adds a job.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn add(&mut self, behalf: Behalf, job: J) -> Result<(), Full> {
        if self.queues.len() > KEPT && !self.queues.contains_key(&behalf) {
            self.queues.retain(|_, queue| !queue.is_idle() || queue.usual > LONG);
        }
        let new = || Queue { waiting: VecDeque::new(), running: 0, had: Duration::ZERO, usual: Duration::ZERO };
        let queue = self.queues.entry(behalf).or_insert_with(new);
        if queue.waiting.len() >= self.limit {
            return Err(Full);
        }
        if queue.is_idle() {
            queue.had = queue.had.max(self.last);
        }
        queue.waiting.push_back(job);
        Ok(())
    }

    /// The job whose turn it is. `None` if none waits, or none that may begin beside what runs.
    pub(crate) fn next(&mut self) -> Option<(Turn, J)> {
        let ready = self.queues.iter_mut().filter(|(_, queue)| queue.may_begin(self.threads));
        let (behalf, queue) = ready.min_by_key(|(_, queue)| queue.had)?;
        let job = queue.waiting.pop_front()?;
        self.last = self.last.max(queue.had);
        queue.running += 1;
        queue.had += queue.usual;
        Some((Turn { behalf: behalf.clone(), expected: queue.usual }, job))
    }

    /// Counts what a job took, which is over.
    pub(crate) fn ended(&mut self, turn: &Turn, took: Duration) {
        let Some(queue) = self.queues.get_mut(&turn.behalf) else { return };
        queue.running = queue.running.saturating_sub(1);
        queue.had = queue.had.saturating_sub(turn.expected) + took;
        queue.usual = (queue.usual * (USUAL - 1) + took) / USUAL;
    }

    /// Whether a job waits that may begin.
    pub(crate) fn has_next(&self) -> bool {
        self.queues.values().any(|queue| queue.may_begin(self.threads))
    }

    /// Whether no job waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queues.values().all(|queue| queue.waiting.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(name: &str) -> Behalf {
        Behalf::Department(name.parse().unwrap())
    }

    /// Has every job taken and ended, one after the other, each with the time that it takes.
    fn in_order(turns: &mut Turns<(&'static str, u64)>) -> Vec<&'static str> {
        let mut names = Vec::new();
        while let Some((turn, (name, millis))) = turns.next() {
            turns.ended(&turn, Duration::from_millis(millis));
            names.push(name);
        }
        names
    }

    #[test]
    fn who_has_had_less_comes_first() {
        let mut turns = Turns::new(1, 64);
        for _ in 0..3 {
            turns.add(department("sales"), ("sales", 4)).unwrap();
        }
        for _ in 0..6 {
            turns.add(department("it"), ("it", 2)).unwrap();
        }
        turns.add(Behalf::Host, ("host", 1)).unwrap();
        let order = in_order(&mut turns);
        // For each job of sales there are two of the department whose jobs take half as long.
        assert_eq!(order[..3], ["it", "sales", "host"]);
        let firsts = order.iter().take(7);
        assert_eq!(firsts.filter(|name| **name == "it").count(), 4, "{order:?}");
        assert!(turns.is_empty() && order.len() == 10);
    }

    #[test]
    fn who_comes_later_is_owed_nothing() {
        let mut turns = Turns::new(1, 64);
        for millis in [500, 5, 5] {
            turns.add(department("sales"), ("sales", millis)).unwrap();
        }
        for _ in 0..2 {
            let (turn, (_, millis)) = turns.next().unwrap();
            turns.ended(&turn, Duration::from_millis(millis));
        }
        for _ in 0..2 {
            turns.add(department("it"), ("it", 100)).unwrap();
        }
        assert_eq!(in_order(&mut turns), ["it", "sales", "it"]);
    }

    #[test]
    fn what_takes_long_leaves_a_thread_to_the_others() {
        let mut turns = Turns::new(3, 64);
        for _ in 0..8 {
            turns.add(department("sales"), "sales").unwrap();
        }
        // Nobody knows yet what it takes.
        let first = [turns.next().unwrap().0, turns.next().unwrap().0, turns.next().unwrap().0];
        first.iter().for_each(|turn| turns.ended(turn, Duration::from_secs(1)));
        let (one, _) = turns.next().unwrap();
        turns.next().unwrap();
        assert!(!turns.has_next() && turns.next().is_none() && !turns.is_empty());
        turns.add(department("it"), "it").unwrap();
        assert_eq!(turns.next().unwrap().1, "it");
        turns.ended(&one, Duration::ZERO);
        assert_eq!(turns.next().unwrap().1, "sales");
    }

    #[test]
    fn who_has_become_fast_has_all_threads_again() {
        let mut turns = Turns::new(2, 64);
        let mut at_once = |millis| {
            let took = Duration::from_millis(millis);
            for _ in 0..3 {
                turns.add(department("sales"), ()).unwrap();
            }
            let (first, ()) = turns.next().unwrap();
            turns.ended(&first, took);
            let running: Vec<_> = std::iter::from_fn(|| turns.next()).collect();
            running.iter().for_each(|(turn, ())| turns.ended(turn, took));
            while let Some((turn, ())) = turns.next() {
                turns.ended(&turn, took);
            }
            running.len()
        };
        assert_eq!([at_once(1), at_once(100), at_once(100)], [2, 1, 1]);
        assert!((0..20).any(|_| at_once(1) == 2));
    }

    #[test]
    fn one_queue_that_is_full_leaves_room_in_the_others() {
        let mut turns = Turns::new(1, 2);
        let sales = || department("sales");
        assert_eq!([(); 3].map(|()| turns.add(sales(), ())), [Ok(()), Ok(()), Err(Full)]);
        assert_eq!(turns.add(Behalf::Caller, ()), Ok(()));
        assert_eq!(turns.add(Behalf::Host, ()), Ok(()));
    }

    #[test]
    fn what_is_over_is_forgotten_in_the_end() {
        let mut turns = Turns::new(1, 2);
        for number in 0..2 * KEPT {
            turns.add(department(&format!("d{number}")), ("one", 1)).unwrap();
            in_order(&mut turns);
        }
        assert!(turns.queues.len() <= KEPT + 1, "{}", turns.queues.len());
    }
}
