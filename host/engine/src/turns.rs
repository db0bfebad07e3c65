//! Whose turn it is on the evaluation threads: each department has a queue of its own, and so has the host.
//!
//! The next job is of whoever has had the threads for the least time, so that nobody waits for all that others have
//! asked. A guest cannot be put aside half-way: while others ask, those whose evaluations take long leave one thread
//! free of them, where there are several.
//!
//! What counts is the department that a message is sent for. What the policies of a receiver or of the house take for it
//! is counted as that department's.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use herald_core::names::DepartmentId;

/// On whose behalf something is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Behalf {
    /// Somebody who waits for an answer about a message of this department, which there is: names that anybody makes
    /// up would each have a share.
    Department(DepartmentId),
    /// Somebody who waits for a message to be released, of whichever department.
    Caller,
    /// The host, about a breach.
    Host,
    /// The host, looking through what it has.
    Sweep,
}

/// What takes longer, usually, must not take every thread. Ordinary policies take less than a hundredth of it.
const LONG: Duration = Duration::from_millis(10);
/// For how long a thread is kept free for somebody who has asked for something.
const KEPT_FREE: Duration = Duration::from_secs(1);
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
    /// How long the threads computed for it; of jobs that run, as long as they usually do.
    had: Duration,
    /// How long one of its jobs computes, the latest counting most.
    usual: Duration,
    /// When it was asked for something last.
    asked: Instant,
}

impl<J> Queue<J> {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running == 0
    }

    fn is_long(&self) -> bool {
        self.usual > LONG
    }
}

/// A job that runs, until [`Turns::ended`] hears of it.
pub(crate) struct Turn {
    behalf: Behalf,
    /// What was counted for it beforehand.
    expected: Duration,
}

impl<J> Turns<J> {
    /// For so many threads. A queue has room for `limit` jobs while the others are empty: all share twice as much, and
    /// none may be longer than what is left of that. So whoever comes later finds room, however many have none.
    pub(crate) fn new(threads: usize, limit: usize) -> Self {
        Self { queues: BTreeMap::new(), threads, limit, last: Duration::ZERO }
    }

    /// Adds a job at `now`.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn add(&mut self, behalf: Behalf, job: J, now: Instant) -> Result<(), Full> {
        if self.queues.len() > KEPT && !self.queues.contains_key(&behalf) {
            self.queues.retain(|_, queue| !queue.is_idle() || queue.is_long());
        }
        let waiting: usize = self.queues.values().map(|queue| queue.waiting.len()).sum();
        let (last, room) = (self.last, (2 * self.limit).saturating_sub(waiting));
        let queue = self.queues.entry(behalf).or_insert_with(|| Queue {
            waiting: VecDeque::new(),
            running: 0,
            had: last,
            usual: Duration::ZERO,
            asked: now,
        });
        if queue.waiting.len() >= room {
            return Err(Full);
        }
        if queue.is_idle() {
            queue.had = queue.had.max(last);
        }
        queue.asked = now;
        queue.waiting.push_back(job);
        Ok(())
    }

    /// The job whose turn it is at `now`. `None` if none waits, or none that may begin beside what runs.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(Turn, J)> {
        let takes_long = self.has_room_for_long(now);
        let ready = self.queues.iter_mut().filter(|(_, queue)| may_begin(queue, takes_long));
        let (behalf, queue) = ready.min_by_key(|(_, queue)| queue.had)?;
        let job = queue.waiting.pop_front()?;
        self.last = self.last.max(queue.had);
        queue.running += 1;
        queue.had += queue.usual;
        Some((Turn { behalf: behalf.clone(), expected: queue.usual }, job))
    }

    /// Whether a job waits that may begin at `now`.
    pub(crate) fn has_next(&self, now: Instant) -> bool {
        let takes_long = self.has_room_for_long(now);
        self.queues.values().any(|queue| may_begin(queue, takes_long))
    }

    /// Whether a job may begin that takes long: if a thread is left for the others, or there are none who ask.
    fn has_room_for_long(&self, now: Instant) -> bool {
        let long = self.queues.values().filter(|queue| queue.is_long());
        let running: usize = long.map(|queue| queue.running).sum();
        let asks = |queue: &Queue<J>| !queue.is_idle() || now.saturating_duration_since(queue.asked) < KEPT_FREE;
        let mut others = self.queues.values().filter(|queue| !queue.is_long());
        running + 1 < self.threads.max(2) || !others.any(asks)
    }

    /// Counts what a job took, which is over.
    pub(crate) fn ended(&mut self, turn: &Turn, took: Duration) {
        let Some(queue) = self.queues.get_mut(&turn.behalf) else { return };
        queue.running = queue.running.saturating_sub(1);
        queue.had = queue.had.saturating_sub(turn.expected) + took;
        queue.usual = (queue.usual * (USUAL - 1) + took) / USUAL;
    }

    /// Whether no job waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queues.values().all(|queue| queue.waiting.is_empty())
    }
}

fn may_begin<J>(queue: &Queue<J>, takes_long: bool) -> bool {
    !queue.waiting.is_empty() && (takes_long || !queue.is_long())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    /// The same moment throughout.
    fn now() -> Instant {
        static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);
        *NOW
    }

    fn department(name: &str) -> Behalf {
        Behalf::Department(name.parse().unwrap())
    }

    /// Has every job taken and ended, one after the other, each with the time that it takes.
    fn in_order(turns: &mut Turns<(&'static str, u64)>) -> Vec<&'static str> {
        let mut names = Vec::new();
        while let Some((turn, (name, millis))) = turns.next(now()) {
            turns.ended(&turn, Duration::from_millis(millis));
            names.push(name);
        }
        names
    }

    #[test]
    fn who_has_had_less_comes_first() {
        let mut turns = Turns::new(1, 64);
        for _ in 0..3 {
            turns.add(department("sales"), ("sales", 4), now()).unwrap();
        }
        for _ in 0..6 {
            turns.add(department("it"), ("it", 2), now()).unwrap();
        }
        turns.add(Behalf::Host, ("host", 1), now()).unwrap();
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
            turns.add(department("sales"), ("sales", millis), now()).unwrap();
        }
        for _ in 0..2 {
            let (turn, (_, millis)) = turns.next(now()).unwrap();
            turns.ended(&turn, Duration::from_millis(millis));
        }
        for _ in 0..2 {
            turns.add(department("it"), ("it", 100), now()).unwrap();
        }
        assert_eq!(in_order(&mut turns), ["it", "sales", "it"]);
    }

    /// Has jobs of the queue taken that take a second each, until that is known of it, and adds more.
    fn make_long(turns: &mut Turns<&'static str>, name: &'static str) {
        for _ in 0..8 {
            turns.add(department(name), name, now()).unwrap();
        }
        let (turn, taken) = turns.next(now()).unwrap();
        assert_eq!(taken, name);
        turns.ended(&turn, Duration::from_secs(1));
    }

    #[test]
    fn what_takes_long_leaves_a_thread_to_who_asks() {
        let mut turns = Turns::new(2, 64);
        make_long(&mut turns, "sales");
        make_long(&mut turns, "it");
        turns.add(department("hr"), "hr", now()).unwrap();
        let (short, name) = turns.next(now()).unwrap();
        assert_eq!(name, "hr");
        // Whichever it is of the two: one of them may have a thread, and not both.
        let (long, _) = turns.next(now()).unwrap();
        assert!(!turns.has_next(now()) && turns.next(now()).is_none() && !turns.is_empty());
        turns.ended(&short, Duration::ZERO);
        assert!(turns.next(now()).is_none(), "somebody asked just now");
        turns.add(department("hr"), "hr", now()).unwrap();
        assert_eq!(turns.next(now()).unwrap().1, "hr");
        turns.ended(&long, Duration::from_secs(1));
        assert_ne!(turns.next(now()).unwrap().1, "hr");
    }

    #[test]
    fn where_nobody_else_asks_all_threads_work() {
        let mut turns = Turns::new(2, 64);
        make_long(&mut turns, "sales");
        turns.add(department("hr"), "hr", now()).unwrap();
        let (short, _) = turns.next(now()).unwrap();
        turns.ended(&short, Duration::ZERO);
        assert!(turns.next(now()).is_some() && turns.next(now()).is_none());
        assert!(turns.next(now() + KEPT_FREE).is_some());
    }

    #[test]
    fn who_has_become_fast_has_all_threads_again() {
        let mut turns = Turns::new(2, 64);
        let mut at_once = |millis| {
            turns.add(department("hr"), (), now()).unwrap();
            for _ in 0..3 {
                turns.add(department("sales"), (), now()).unwrap();
            }
            for _ in 0..2 {
                let (turn, ()) = turns.next(now()).unwrap();
                let took = if turn.behalf == department("hr") { 0 } else { millis };
                turns.ended(&turn, Duration::from_millis(took));
            }
            let running: Vec<_> = std::iter::from_fn(|| turns.next(now())).collect();
            running.iter().for_each(|(turn, ())| turns.ended(turn, Duration::from_millis(millis)));
            while let Some((turn, ())) = turns.next(now()) {
                turns.ended(&turn, Duration::from_millis(millis));
            }
            running.len()
        };
        assert_eq!([at_once(1), at_once(100), at_once(100)], [2, 1, 1]);
        assert!((0..20).any(|_| at_once(1) == 2));
    }

    #[test]
    fn whoever_comes_finds_room() {
        let mut turns = Turns::new(1, 64);
        let mut fill = |name| (0..).take_while(|_| turns.add(department(name), (), now()).is_ok()).count();
        assert_eq!([fill("sales"), fill("it"), fill("hr"), fill("qa")], [64, 32, 16, 8]);
    }

    #[test]
    fn what_is_over_is_forgotten_in_the_end() {
        let mut turns = Turns::new(1, 2);
        for number in 0..2 * KEPT {
            turns.add(department(&format!("d{number}")), ("one", 1), now()).unwrap();
            in_order(&mut turns);
        }
        assert!(turns.queues.len() <= KEPT + 1, "{}", turns.queues.len());
    }
}
