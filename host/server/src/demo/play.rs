//! Plays the samples: turns the clock from one thing to the next, and has people do over HTTP what the samples say.
//!
//! The clock stops at every moment at which something is due, so that Herald notices it then and not later.

use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use herald_engine::Clock as _;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::DemoError;
use super::client::{Answer, Client, refusal};
use super::clock::DemoClock;
use super::names::Names;
use super::page::Ticker;
use super::receiver::Receiver;
use super::sample::{Act, Sample, UNTIL, Way, Who};
use super::words::Phrase;
use crate::http::App;

/// How long an hour of the story takes when somebody watches: four days in some ten seconds.
const HOUR: Duration = Duration::from_millis(100);
/// How long the host may take to do what is due; one that takes longer is left to it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before looking again whether it has.
const GLANCE: Duration = Duration::from_millis(2);

/// The stage.
pub(super) struct Play<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) clock: &'a DemoClock,
    pub(super) client: &'a Client,
    pub(super) names: &'a Names,
    pub(super) receiver: &'a Receiver,
    pub(super) samples: &'a [(&'static str, Sample)],
}

/// What became of the samples.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// What was answered to each sample, in their order.
    pub(super) answers: Vec<Option<Answer>>,
    /// How often somebody did something.
    pub(super) done: u32,
    /// What somebody wanted to do and could not.
    pub(super) missed: Vec<Missed>,
}

/// What somebody wanted to do and could not: the rules are not those that the samples were written for.
#[derive(Debug, Serialize)]
pub(super) struct Missed {
    /// When.
    pub(super) at: Timestamp,
    /// Who, by name.
    pub(super) who: String,
    /// The verb.
    pub(super) deed: &'static str,
    /// Which sample it is about, counted from 0.
    pub(super) sample: usize,
    /// Why not, in the host's words.
    pub(super) why: String,
}

/// Something to do: to send a sample, or what somebody does about it.
type Step<'a> = (usize, Option<&'a Act>);

impl Play<'_> {
    /// Plays all of it.
    pub(super) async fn play(&self) -> Result<Played, DemoError> {
        let mut steps: Vec<(DateTime, Step<'_>)> = Vec::new();
        for (index, (_, sample)) in self.samples.iter().enumerate() {
            steps.push((sample.at, (index, None)));
            steps.extend(sample.acts.iter().map(|act| (act.at, (index, Some(act)))));
        }
        steps.sort_by_key(|(at, _)| *at);
        let mut played = Played { answers: self.samples.iter().map(|_| None).collect(), ..Played::default() };
        let mut ticker = Ticker::new(stderr().is_terminal());
        for (at, (index, act)) in steps {
            self.turn_to(self.names.instant(at), &played, &mut ticker).await?;
            match act {
                None => self.send(index, &mut played).await?,
                Some(act) => self.act(index, act, &mut played).await?,
            }
            self.rest().await?;
        }
        self.turn_to(self.names.instant(UNTIL), &played, &mut ticker).await?;
        ticker.clear();
        Ok(played)
    }

    async fn send(&self, index: usize, played: &mut Played) -> Result<(), DemoError> {
        let (Some((_, sample)), Some(answer)) = (self.samples.get(index), played.answers.get_mut(index)) else {
            return Ok(());
        };
        let path = if sample.what_if { "/v1/evaluate" } else { "/v1/messages" };
        *answer = match self.client.knows(&sample.by) {
            true => Some(self.client.post(&sample.by, path, &sample.message).await?),
            false => None,
        };
        Ok(())
    }

    async fn act(&self, index: usize, act: &Act, played: &mut Played) -> Result<(), DemoError> {
        let answer = played.answers.get(index).and_then(Option::as_ref);
        let case = answer.and_then(|answer| answer.body.get("id")).and_then(Value::as_str).map(str::to_owned);
        let (actors, everyone) = match &act.who {
            Who::One(owner) => (vec![owner.clone()], false),
            Who::Everyone { everyone_but } => {
                (self.names.people().filter(|owner| !everyone_but.contains(owner)).collect(), true)
            }
        };
        for who in actors {
            let refused = match (&case, self.client.knows(&who)) {
                (Some(case), true) => self.ask(case, &who, act).await?,
                _ => Some(self.names.language.word(Phrase::NoTask).to_owned()),
            };
            match refused {
                None => played.done += 1,
                // Not everyone has to have one.
                Some(_) if everyone => {}
                Some(why) => {
                    let (at, deed) = (self.clock.now(), act.deed.verb());
                    played.missed.push(Missed { at, who: self.names.owner(&who), deed, sample: index, why });
                }
            }
        }
        Ok(())
    }

    /// Has `who` do `act` about `case`; says why it could not be done.
    async fn ask(&self, case: &str, who: &str, act: &Act) -> Result<Option<String>, DemoError> {
        let verb = act.deed.verb();
        let path = match act.deed.way() {
            Way::Task(kind) => {
                let tasks = self.client.tasks(who).await?;
                let found = tasks.into_iter().find(|held| held.case.id == case && held.task.kind == kind);
                match found {
                    Some(held) => format!("/v1/tasks/{}/{verb}", held.task.id),
                    None => return Ok(Some(self.names.language.word(Phrase::NoTask).to_owned())),
                }
            }
            Way::Case => format!("/v1/messages/{case}/{verb}"),
            Way::Goal => format!("/v1/messages/{case}/goals/{}/{verb}", act.goal.as_deref().unwrap_or_default()),
        };
        let Answer { status, body } = self.client.post(who, &path, &act.body(self.names.language)).await?;
        Ok((status != 200).then(|| refusal(&body).unwrap_or_else(|| status.to_string())))
    }

    /// Turns the clock to `until`, stopping wherever something is due.
    async fn turn_to(&self, until: Timestamp, played: &Played, ticker: &mut Ticker) -> Result<(), DemoError> {
        loop {
            let now = self.clock.now();
            let next = self.next_due(now)?.filter(|due| *due < until).unwrap_or(until).max(now);
            if ticker.is_watched() {
                self.pass(now, next, played, ticker).await;
            }
            self.clock.turn_to(next);
            self.rest().await?;
            if next == until {
                return Ok(());
            }
        }
    }

    /// Lets the time from `now` to `next` pass before the eyes of who watches. The host's clock stands meanwhile.
    async fn pass(&self, now: Timestamp, next: Timestamp, played: &Played, ticker: &mut Ticker) {
        let quarter = SignedDuration::from_mins(15);
        let mut shown = now;
        while shown < next {
            let step = next.duration_since(shown).min(quarter);
            shown += step;
            let part = step.as_secs_f64() / 3_600.0;
            tokio::time::sleep(HOUR.mul_f64(part)).await;
            let cases = played.answers.iter().flatten().count().to_string();
            let delivered: u32 = self.receiver.came().values().sum();
            let holes = [
                ("time", self.names.date(shown)),
                ("cases", cases),
                ("done", played.done.to_string()),
                ("delivered", delivered.to_string()),
            ];
            ticker.show(&self.names.language.say(Phrase::Turning, &holes));
        }
    }

    /// When something is due next, after `now`.
    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, DemoError> {
        let mut next = None;
        for partition in self.app.engine.partitions() {
            let snapshot = partition.snapshot()?;
            let outbox = snapshot.outbox(Timestamp::MAX, 1)?;
            next = next
                .into_iter()
                .chain(snapshot.next_timer(now)?)
                .chain(outbox.iter().map(|item| item.next_attempt))
                .min();
        }
        Ok(next)
    }

    /// Waits until everything that is due has been done.
    async fn rest(&self) -> Result<(), DemoError> {
        let began = Instant::now();
        while !self.is_at_rest()? {
            if began.elapsed() > PATIENCE {
                tracing::warn!(now = %self.clock.now(), "something that is due is not done yet; the demo goes on");
                return Ok(());
            }
            self.app.engine.wake();
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    fn is_at_rest(&self) -> Result<bool, DemoError> {
        let now = self.clock.now();
        for partition in self.app.engine.partitions() {
            let snapshot = partition.snapshot()?;
            if !snapshot.due_timers(now, 1)?.is_empty() || !snapshot.outbox(now, 1)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(self.app.engine.status().iter().all(|lane| lane.queued == 0 && lane.sending == 0))
    }
}
