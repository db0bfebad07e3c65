//! One partition's writer: one thread, one loop, one synchronous handler.
//!
//! The loop waits for input or for a moment; [`Writer::turn`] does everything else. A turn judges what was
//! received, new cases last, in as few frames as it fits, and answers everybody once their frame is durable. Then
//! it looks at the clock's due timers, and says what is to be done outside: [`Effect`]s, whose outcomes come
//! back as [`Input`].
//!
//! Policies are not evaluated here and nothing here waits for a network, another thread or a person.
//!
//! # When a row cannot be read
//!
//! The command that needs it is refused as a defect, and a timer that needs it rests; everything else goes on.
//!
//! # When the disk fails
//!
//! The thread ends. Whoever had a command in the frame is told that its outcome is unknown, everybody else that
//! nothing was done. Reading goes on, of what is in memory: a store reads nothing more from a file that has failed
//! it. Only opening the partition again tells how the frame ended, and the same request under the same key finds
//! out.

mod input;
mod judge;
mod oversized;
mod tally;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use herald_core::command::Command;
use herald_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::host::{Host, LONGEST_SLEEP, Lane};
use crate::request::Refused;
use crate::settings::FRAME_LIMIT_COMMANDS;
pub(crate) use input::{Input, Origin, Reply, Settled, Work};
pub(crate) use judge::repeat;
use judge::{Carried, Judge, Trouble};
use tally::Tally;
pub(crate) use timers::Breached;
use timers::Timers;

/// How often tasks of people who have gone away meanwhile are looked for. A person who leaves at nine has their
/// tasks given to somebody else within this time.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// The same while messages are held because the host was not ready.
const RELEASE_INTERVAL: SignedDuration = SignedDuration::from_secs(2);

/// What a turn wants to have done outside. Nothing waits for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// To ask the policies about a breach; comes back as [`Input::Escalated`].
    Escalate(Breached),
    /// To look for tasks of people who are away; they come back as commands.
    Sweep,
    /// To look after policies that keep failing.
    Attend,
}

/// Why a writer ends before its time.
#[derive(Debug)]
pub(crate) struct Stopped(String);

/// What a turn leaves to its caller.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) effects: Vec<Effect>,
    /// Whether there is more to do at once.
    pub(crate) more: bool,
    /// When there is something to do, if nothing comes in before.
    pub(crate) next: Option<Timestamp>,
    /// Whether the writer was told to end.
    pub(crate) ended: bool,
}

/// One partition's writer.
pub(crate) struct Writer {
    host: Arc<Host>,
    lane: Arc<Lane>,
    timers: Timers,
    sweeps: Sweeps,
    /// Whether a policy has begun to keep failing in this turn.
    begins_to_fail: bool,
}

/// When tasks of people who are away were looked for last.
struct Sweeps {
    under_way: Arc<AtomicBool>,
    /// Whether messages are held that wait for the host.
    waiting: Arc<AtomicBool>,
    /// The publication that was seen; another one may say that other people are away.
    revision: Option<u64>,
    /// When the last one began.
    last: Timestamp,
}

impl Writer {
    pub(crate) fn new(host: Arc<Host>, lane: Arc<Lane>) -> Self {
        // Who went away while the host was down is looked for at once.
        let sweeps =
            Sweeps { under_way: Arc::default(), waiting: Arc::default(), revision: None, last: Timestamp::MIN };
        Self { host, lane, timers: Timers::default(), sweeps, begins_to_fail: false }
    }

    /// The thread: turns until it is told to end, or cannot go on.
    pub(crate) fn run(mut self, inbox: &Receiver<Input>) {
        let lane = Arc::clone(&self.lane);
        let reason = match catch_unwind(AssertUnwindSafe(|| self.turn_until_ended(inbox))) {
            Ok(Ok(())) => return inbox.try_iter().for_each(|input| input.refuse(&|| Refused::Closing)),
            Ok(Err(Stopped(reason))) => reason,
            Err(_) => "the writer failed; this is a defect, and the log says more".to_owned(),
        };
        tracing::error!(reason, "a partition's writer has stopped; nothing is written until the next start");
        // Only this thread sets it; a frame that failed has done so already.
        let _ = lane.stopped.set(reason);
        for input in inbox.try_iter() {
            input.refuse(&|| Refused::Stopped);
        }
    }

    fn turn_until_ended(&mut self, inbox: &Receiver<Input>) -> Result<(), Stopped> {
        let mut patience = Duration::ZERO;
        loop {
            let first = inbox.recv_timeout(patience).ok();
            let now = self.host.clock.now();
            // What was received before the clock was read is judged before any timer that is due by then.
            let received = inbox.len();
            let turn = self.turn(now, first.into_iter().chain(inbox.try_iter().take(received)))?;
            if turn.ended {
                return Ok(());
            }
            for effect in turn.effects {
                self.perform(effect);
            }
            patience = match turn.next {
                _ if turn.more => Duration::ZERO,
                Some(next) if next > now => self.host.clock.until(next).min(LONGEST_SLEEP),
                // What is due already waits for something to come back.
                _ => LONGEST_SLEEP,
            };
        }
    }

    /// Judges `inputs` and what is due at `now`. The partition's time is `now`, or that of its last frame if the
    /// clock went back.
    pub(crate) fn turn(&mut self, now: Timestamp, inputs: impl Iterator<Item = Input>) -> Result<Turn, Stopped> {
        let now = self.lane.partition.last_time().map_or(now, |last| last.max(now));
        let mut turn = Turn::default();
        let mut works = VecDeque::new();
        for input in inputs {
            self.receive(now, input, &mut works, &mut turn);
        }
        self.carry_out(now, works)?;
        if turn.ended || self.host.is_closing() {
            return Ok(turn);
        }
        self.fire(now, &mut turn)?;
        if std::mem::take(&mut self.begins_to_fail) {
            turn.effects.push(Effect::Attend);
        }
        let revision = self.host.configured.get().organisation().revision;
        if self.sweeps.begin(now, revision) {
            turn.effects.push(Effect::Sweep);
        }
        turn.next = turn.next.into_iter().chain([self.sweeps.next()]).min();
        Ok(turn)
    }

    fn receive(&mut self, now: Timestamp, input: Input, works: &mut VecDeque<Work>, turn: &mut Turn) {
        match input {
            Input::Work(work) => works.push_back(*work),
            Input::Escalated { case, goals, escalation: Some(escalation) } => {
                self.timers.escalated(case);
                let command = Command::GoalDue { goals: goals.clone(), escalation };
                works.push_back(Work::of_host(case, command, Origin::Timers(goals)));
            }
            Input::Escalated { case, goals, escalation: None } => {
                self.timers.escalated(case);
                self.timers.rest(case, &goals, now);
            }
            Input::Wake => {}
            Input::Shutdown => turn.ended = true,
        }
    }

    /// Fires the timers that are due at `now`.
    fn fire(&mut self, now: Timestamp, turn: &mut Turn) -> Result<(), Stopped> {
        let snapshot = || self.lane.partition.snapshot();
        let due = snapshot().and_then(|snapshot| self.timers.due(&snapshot, now)).map_err(stopped)?;
        turn.more = due.more;
        self.carry_out(now, due.commands.into())?;
        turn.effects.extend(due.breaches.into_iter().map(Effect::Escalate));
        let snapshot = self.lane.partition.snapshot().map_err(stopped)?;
        turn.next = self.timers.next(&snapshot, now).map_err(stopped)?;
        Ok(())
    }

    /// Judges `works` in as few frames as they fit: in their order, and after them new cases in that of their ids.
    /// Ascending keys fill a table's pages, where any other order splits them in halves. Whoever asks for something new
    /// has no answer yet to what else is in the turn, so that they cannot rely on any order.
    fn carry_out(&mut self, now: Timestamp, mut works: VecDeque<Work>) -> Result<(), Stopped> {
        let new_case = |work: &Work| matches!(work.command, Command::Submit { .. }).then_some(work.case);
        works.make_contiguous().sort_by_key(new_case);
        while !works.is_empty() {
            if let Err(error) = self.write_frame(now, &mut works) {
                for work in works {
                    work.refuse(&|| Refused::Stopped);
                }
                return Err(stopped(error));
            }
        }
        Ok(())
    }

    /// Takes commands off `works` into one frame, makes it durable, and tells everybody.
    fn write_frame(&mut self, now: Timestamp, works: &mut VecDeque<Work>) -> Result<(), StoreError> {
        let began = Instant::now();
        let configured = self.host.configured.get();
        let (lane, random) = (Arc::clone(&self.lane), &self.host.random);
        let judge = Judge { configured: &configured, random, share: lane.share };
        let mut judged = Vec::new();
        let mut is_complete = false;
        let before = lane.partition.head().sequence;
        let written = lane.partition.write(now, |frame| {
            while judged.len() < FRAME_LIMIT_COMMANDS
                && let Some(work) = works.pop_front()
            {
                match judge.judge(frame, &work) {
                    Ok(carried) => judged.push((work, Ok(carried))),
                    Err(Trouble::Refused(refused)) => judged.push((work, Err(refused))),
                    Err(Trouble::Full) => {
                        works.push_front(work);
                        break;
                    }
                    Err(Trouble::Store(error)) => {
                        works.push_front(work);
                        return Err(error);
                    }
                }
            }
            is_complete = true;
            Ok(frame.at())
        });
        match written {
            Ok((at, head)) => {
                if head.sequence != before {
                    self.host.stats.frames.add(1);
                    self.host.stats.batch.record(judged.len() as u64);
                    self.host.stats.commit.record_duration(began.elapsed());
                    lane.committed.send_replace(head.sequence);
                }
                let mut failed = Tally::default();
                for (work, mut result) in judged {
                    if let Ok(carried) = &mut result {
                        failed.add(std::mem::take(&mut carried.failed));
                        if carried.waits {
                            self.sweeps.waiting.store(true, Ordering::Release);
                        }
                    }
                    self.settle(at, work, result);
                }
                self.begins_to_fail |= failed.reaches_the_limit(&self.lane.partition).unwrap_or_else(|error| {
                    tracing::error!(%error, "how policies fail could not be read; all of them are looked after");
                    true
                });
                Ok(())
            }
            Err(error) => {
                // First of all: whoever is told may look at once whether the host is ready.
                let _ = lane.stopped.set(error.to_string());
                // A frame that was given up before its commit has changed nothing.
                let why = || if is_complete { Refused::Unknown } else { Refused::Stopped };
                judged.into_iter().for_each(|(work, _)| work.refuse(&why));
                Err(error)
            }
        }
    }

    /// Tells whoever waits for `work` what came of it, now that it is durable.
    fn settle(&mut self, at: Timestamp, work: Work, result: Result<Carried, Refused>) {
        let stats = &self.host.stats;
        match &result {
            Ok(Carried { changed: true, .. }) => stats.carried_out.add(1),
            Ok(Carried { answer: Some(answer), .. }) if answer.repeated => stats.repeated.add(1),
            Ok(_) => {}
            Err(refused) => {
                stats.refused.add(1);
                stats.defects.add(usize::from(matches!(refused, Refused::Internal)));
            }
        }
        let verb = work.command.verb();
        match (work.origin, result) {
            (Origin::Caller(reply), Ok(carried)) => {
                reply.send(carried.answer.ok_or(Refused::Internal), Some(work.command));
            }
            (Origin::Caller(reply), Err(refused)) => reply.send(Err(refused), Some(work.command)),
            (Origin::Timers(goals), Ok(Carried { changed: true, .. })) => {
                stats.timers_fired.add(goals.len());
                self.timers.release(work.case, &goals);
            }
            // Kept meanwhile, or broken: in either case it must not fire again at once.
            (Origin::Timers(goals), Ok(_)) => self.timers.rest(work.case, &goals, at),
            (Origin::Timers(goals), Err(refused)) => {
                tracing::error!(case = %work.case, %verb, %refused, "a timer could not be carried out; it will fire again");
                self.timers.rest(work.case, &goals, at);
            }
            (Origin::Host(done), result) => {
                // Whoever waited may have been stopped meanwhile.
                let _ = done.send(result.is_ok());
                if let Err(refused) = result {
                    tracing::error!(case = %work.case, %verb, %refused, "a command of the host was refused");
                }
            }
            (Origin::Nobody, Err(refused)) => {
                tracing::warn!(case = %work.case, %verb, %refused, "a command of the host was refused");
            }
            (Origin::Nobody, Ok(_)) => {}
        }
    }

    /// Has an effect done by an evaluation thread. One for which there is no room comes again.
    fn perform(&mut self, effect: Effect) {
        let (host, lane) = (Arc::clone(&self.host), Arc::clone(&self.lane));
        match effect {
            Effect::Escalate(breached) => {
                if let Err(breached) = crate::escalate::start(host, lane, breached) {
                    self.timers.escalated(breached.case);
                    self.timers.release(breached.case, &breached.goals);
                }
            }
            Effect::Sweep => {
                let Sweeps { under_way, waiting, .. } = &self.sweeps;
                if crate::sweep::start(host, lane, Arc::clone(under_way), Arc::clone(waiting)).is_err() {
                    self.sweeps.last = Timestamp::MIN;
                }
            }
            Effect::Attend => {
                if crate::failing::start(&host).is_err() {
                    self.sweeps.last = Timestamp::MIN;
                }
            }
        }
    }
}

impl Sweeps {
    fn next(&self) -> Timestamp {
        let is_waiting = self.waiting.load(Ordering::Acquire);
        let interval = if is_waiting { RELEASE_INTERVAL } else { SWEEP_INTERVAL };
        self.last.saturating_add(interval).unwrap_or(self.last)
    }

    /// Whether it is time for another.
    fn begin(&mut self, now: Timestamp, revision: u64) -> bool {
        let is_over = !self.under_way.load(Ordering::Acquire);
        let is_time = is_over && (now >= self.next() || self.revision != Some(revision));
        if is_time {
            self.revision = Some(revision);
            self.last = now;
        }
        is_time
    }
}

fn stopped(error: StoreError) -> Stopped {
    Stopped(error.to_string())
}
