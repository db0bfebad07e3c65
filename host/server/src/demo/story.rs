//! The story of one case, told from its timeline and its decisions as the API gives them.
//!
//! Nothing is known here of how a case should have gone: an event that happened becomes a line, and one that did not
//! happen has none.

use std::collections::{BTreeMap, BTreeSet};

use herald_core::case::{Purpose, TaskKind, Verdict};
use herald_core::decision::{Contribution, Cut, Decision, Escalation};
use herald_core::event::{Event, Holders};
use herald_core::names::{ChannelName, PersonId};
use herald_core::plan::GoalName;
use herald_core::target::{Actor, Recipient};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ledger::{KnownGoal, Ledger};
use super::names::Names;
use super::words::Phrase;
use super::{DemoError, fold};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Line {
    /// When.
    pub(super) at: Timestamp,
    /// What it is about: one of the phrases `Tag…`.
    pub(super) tag: Phrase,
    /// What happened, in words.
    pub(super) text: String,
}

/// A command that was carried out, as a timeline shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    at: Timestamp,
    actor: Actor,
    events: Vec<Value>,
}

/// What policies decided once.
#[derive(Debug, Deserialize)]
pub(super) struct Ruling {
    kind: String,
    ruling: Value,
}

impl Ruling {
    /// What each bundle contributed, and what it did not get.
    fn read(self) -> Result<(Vec<Contribution>, Vec<Cut>), serde_json::Error> {
        if self.kind == "escalation" {
            let Escalation { contributions, cuts, .. } = serde_json::from_value(self.ruling)?;
            Ok((contributions, cuts))
        } else {
            let Decision { contributions, cuts, .. } = serde_json::from_value(self.ruling)?;
            Ok((contributions, cuts))
        }
    }
}

/// What is told of a case.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// What happened, in order.
    pub(super) lines: Vec<Line>,
    /// The policies that decided something.
    pub(super) policies: BTreeSet<String>,
}

/// Tells what `timeline` and `rulings` say of a case that was sent for the department called `department`.
///
/// # Errors
/// [`DemoError::Ask`] when they are not what this program knows.
pub(super) fn tell(
    names: &Names,
    department: &str,
    is_urgent: bool,
    timeline: Vec<Entry>,
    rulings: Vec<Ruling>,
) -> Result<Story, DemoError> {
    let mut teller = Teller {
        names,
        department,
        is_urgent,
        ledger: Ledger::default(),
        rulings: rulings.into_iter(),
        story: Story::default(),
        moment: Moment::default(),
    };
    for entry in timeline {
        if teller.moment.at != entry.at {
            teller.end_moment();
            teller.moment.at = entry.at;
        }
        teller
            .entry(&entry)
            .map_err(|error| DemoError::Ask { what: "a timeline".into(), reason: error.to_string() })?;
    }
    teller.end_moment();
    let Story { lines, policies } = teller.story;
    Ok(Story { lines: fold::repeated(names, lines), policies })
}

/// Tells what policies would decide about a message that was not sent.
pub(super) fn would_be(names: &Names, at: Timestamp, decision: &Decision) -> (Vec<Line>, BTreeSet<String>) {
    let said =
        decision.contributions.iter().filter_map(|part| Some((part.bundle.to_string(), names.contribution(part)?)));
    let (policies, texts): (BTreeSet<String>, Vec<String>) = said.unzip();
    let mut lines: Vec<_> = texts.into_iter().map(|text| Line { at, tag: Phrase::TagPolicy, text }).collect();
    if let Some(accountable) = &decision.plan.accountable {
        let holes = [("level", decision.plan.level.to_string()), ("accountable", names.target(accountable))];
        lines.push(Line { at, tag: Phrase::TagCase, text: names.language.say(Phrase::WouldBe, &holes) });
    }
    (lines, policies)
}

/// What happened at one moment and is told together: many people do the same, many deliveries arrive.
#[derive(Default)]
struct Moment {
    at: Timestamp,
    acknowledged: Vec<Actor>,
    arrived: BTreeMap<ChannelName, u32>,
}

/// Tasks that were given together and are told together.
struct Given {
    phrase: Phrase,
    kind: TaskKind,
    stage: Option<String>,
    goal: Option<KnownGoal>,
    people: Vec<PersonId>,
}

struct Teller<'a> {
    names: &'a Names,
    department: &'a str,
    is_urgent: bool,
    ledger: Ledger,
    rulings: std::vec::IntoIter<Ruling>,
    story: Story,
    moment: Moment,
}

impl Teller<'_> {
    fn line(&mut self, tag: Phrase, text: String) {
        self.story.lines.push(Line { at: self.moment.at, tag, text });
    }

    fn say(&mut self, tag: Phrase, phrase: Phrase, holes: &[(&str, &str)]) {
        let text = self.names.language.say(phrase, holes);
        self.line(tag, text);
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), serde_json::Error> {
        let mut told: BTreeMap<Purpose, BTreeMap<Recipient, BTreeSet<ChannelName>>> = BTreeMap::new();
        let mut given: Vec<Given> = Vec::new();
        for event in &entry.events {
            let who = self.names.actor(&entry.actor);
            // What has a resource of its own is only named in a timeline.
            let name = event.as_object().and_then(|event| event.keys().next()).map(String::as_str);
            match name {
                Some("submitted") => {
                    let phrase = if self.is_urgent { Phrase::SentUrgent } else { Phrase::Sent };
                    self.say(Phrase::TagSent, phrase, &[("who", &who), ("department", self.department)]);
                    continue;
                }
                Some("resubmitted") => {
                    self.say(Phrase::TagSent, Phrase::SentAgain, &[("who", &who)]);
                    continue;
                }
                Some("decided" | "escalated") => {
                    if let Some(ruling) = self.rulings.next() {
                        self.ruling(ruling)?;
                    }
                    continue;
                }
                _ => {}
            }
            let event: Event = serde_json::from_value(event.clone())?;
            self.ledger.note(&event);
            match &event {
                Event::Told { purpose, channel, to, .. } => {
                    let told = told.entry(*purpose).or_default();
                    for recipient in to {
                        told.entry(recipient.clone()).or_default().insert(channel.clone());
                    }
                }
                Event::Asked { .. } => give(&mut given, &event, &self.ledger),
                event => self.event(event, entry, &who),
            }
        }
        given.into_iter().for_each(|given| self.given(&given));
        for (purpose, recipients) in told {
            self.told(purpose, recipients);
        }
        Ok(())
    }

    /// What policies decided, a line for each that had something to say.
    fn ruling(&mut self, ruling: Ruling) -> Result<(), serde_json::Error> {
        let (contributions, cuts) = ruling.read()?;
        for contribution in &contributions {
            if let Some(text) = self.names.contribution(contribution) {
                self.story.policies.insert(contribution.bundle.to_string());
                self.line(Phrase::TagPolicy, text);
            }
        }
        for Cut { bundle, what, why } in &cuts {
            let what = self.names.language.say(Phrase::NotGranted, &[("what", what), ("why", why)]);
            let policy = self.names.policy(bundle);
            self.say(Phrase::TagPolicy, Phrase::PolicySays, &[("policy", &policy), ("what", &what)]);
        }
        Ok(())
    }

    fn event(&mut self, event: &Event, entry: &Entry, who: &str) {
        let names = self.names;
        match event {
            Event::GoalSet { goal } => {
                let known = self.ledger.goal(goal.number).filter(|goal| stands_alone(goal)).cloned();
                let starts = names.moment(&goal.starts);
                known.iter().for_each(|goal| self.promised(goal, &starts));
            }
            Event::GoalStarted { goal, .. } => {
                let known = self.ledger.goal(*goal).filter(|goal| stands_alone(goal)).cloned();
                known.iter().for_each(|goal| self.promised(goal, ""));
            }
            Event::GoalsWarned { goals } => {
                for goal in self.ledger.together(goals) {
                    let (name, owners) = (names.goal(&goal.name), names.persons(&goal.owners));
                    let due = goal.due.map(|due| names.time(due)).unwrap_or_default();
                    let holes = [("goal", name.as_str()), ("owners", &owners), ("due", &due)];
                    self.say(Phrase::TagWarned, Phrase::Warned, &holes);
                }
            }
            Event::GoalsBreached { goals } => {
                for goal in self.ledger.together(goals) {
                    self.deadline(Phrase::TagOverdue, Phrase::Overdue, &goal, "");
                }
            }
            Event::GoalMet { goal } => {
                let known = self.ledger.goal(*goal).filter(|goal| matches!(goal.name, GoalName::Own(_))).cloned();
                if let Some(goal) = known {
                    let phrase = if goal.breached { Phrase::DidMeetLate } else { Phrase::DidMeet };
                    self.say(Phrase::TagDone, phrase, &[("who", who), ("goal", &names.goal(&goal.name))]);
                }
            }
            Event::TaskDone { task, verdict, text } => {
                let known = self.ledger.task(*task).cloned();
                let kind = known.as_ref().map(|task| task.kind);
                if kind == Some(TaskKind::Acknowledge) {
                    self.moment.acknowledged.push(entry.actor.clone());
                    return;
                }
                let phrase = match (kind, verdict) {
                    (_, Some(Verdict::Approved)) => Phrase::DidApprove,
                    (_, Some(Verdict::Rejected)) => Phrase::DidReject,
                    (_, Some(Verdict::Returned)) => Phrase::DidReturn,
                    (Some(TaskKind::Answer), None) => Phrase::DidAnswer,
                    (Some(TaskKind::Report), None) => Phrase::DidReport,
                    _ => Phrase::DidOther,
                };
                let stage = known.and_then(|task| task.stage).map(|stage| stage.to_string()).unwrap_or_default();
                let text = text.as_deref().unwrap_or_default();
                self.say(Phrase::TagDone, phrase, &[("who", who), ("stage", &stage), ("text", text)]);
            }
            Event::Reported { text, .. } => {
                self.say(Phrase::TagDone, Phrase::DidReport, &[("who", who), ("text", text)]);
            }
            Event::Declined { reason, .. } => {
                self.say(Phrase::TagDone, Phrase::DidDecline, &[("who", who), ("text", reason)]);
            }
            Event::Reminded { .. } => self.say(Phrase::TagDone, Phrase::Reminds, &[("who", who)]),
            Event::Commented { text, .. } => {
                self.say(Phrase::TagDone, Phrase::Comments, &[("who", who), ("text", text)]);
            }
            Event::Regiven { holders, .. } | Event::Passed { holders, .. } => {
                self.say(Phrase::TagAsked, Phrase::PassedOn, &[("people", &names.persons(holders))]);
            }
            Event::Delivered { delivery } => {
                let channel = self.ledger.channel(*delivery).cloned();
                channel.into_iter().for_each(|channel| *self.moment.arrived.entry(channel).or_default() += 1);
            }
            Event::AttemptFailed { delivery, reason, .. } | Event::DeliveryDead { delivery, reason } => {
                let channel = self.ledger.channel(*delivery).map(|channel| names.channel(channel)).unwrap_or_default();
                self.say(Phrase::TagArrived, Phrase::Undelivered, &[("channel", &channel), ("why", reason)]);
            }
            event => self.case(event, who),
        }
    }

    /// What became of the case as a whole.
    fn case(&mut self, event: &Event, who: &str) {
        let names = self.names;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match event {
            Event::Opened { accountable: Some(person), .. } => {
                self.say(Phrase::TagCase, Phrase::Opened, &[("person", &names.person(person))]);
            }
            Event::Opened { accountable: None, .. } => self.say(Phrase::TagCase, Phrase::OpenedAlone, &[]),
            Event::Held => self.say(Phrase::TagCase, Phrase::Held, &[]),
            Event::Assigned { accountable } => {
                self.say(Phrase::TagCase, Phrase::Assigned, &[("person", &names.person(accountable))]);
            }
            Event::Levelled { level } => {
                self.say(Phrase::TagCase, Phrase::Levelled, &[("level", &level.to_string())]);
            }
            Event::Numbered { text, .. } => self.say(Phrase::TagCase, Phrase::Numbered, &[("text", text)]),
            Event::Returned { .. } => self.say(Phrase::TagCase, Phrase::Returned, &[]),
            Event::Rejected { .. } => self.say(Phrase::TagCase, Phrase::Rejected, &[]),
            Event::Withdrawn { .. } => self.say(Phrase::TagCase, Phrase::Withdrawn, &[]),
            Event::Resolved { reason: None } => self.say(Phrase::TagCase, Phrase::Resolved, &[("who", who)]),
            Event::Resolved { reason } => {
                self.say(Phrase::TagCase, Phrase::ResolvedSaying, &[("who", who), ("text", &text(reason))]);
            }
            Event::Reopened { .. } => self.say(Phrase::TagCase, Phrase::Reopened, &[]),
            Event::Closed { score: Some(score), reason } => {
                let holes = [("who", who), ("score", &score.to_string()), ("text", &text(reason))];
                self.say(Phrase::TagCase, Phrase::ClosedScore, &holes);
            }
            Event::Closed { score: None, .. } => self.say(Phrase::TagCase, Phrase::Closed, &[]),
            // The rest is either told with what it came with, or of no weight in a story.
            _ => {}
        }
    }

    fn promised(&mut self, goal: &KnownGoal, starts: &str) {
        let phrase = if goal.due.is_some() { Phrase::Promised } else { Phrase::PromisedOnce };
        self.deadline(Phrase::TagPromise, phrase, goal, starts);
    }

    /// A goal with its deadline, how it is counted, and whose word set it.
    fn deadline(&mut self, tag: Phrase, phrase: Phrase, goal: &KnownGoal, starts: &str) {
        let names = self.names;
        let (name, owners) = (names.goal(&goal.name), names.persons(&goal.owners));
        let (due, span) = (self.due(goal), names.span(goal.within, goal.calendar.as_ref()));
        let policy = names.set_by(&goal.set_by);
        let holes = [
            ("goal", name.as_str()),
            ("owners", &owners),
            ("due", &due),
            ("span", &span),
            ("moment", starts),
            ("policy", &policy),
        ];
        self.say(tag, phrase, &holes);
    }

    fn due(&self, goal: &KnownGoal) -> String {
        goal.due.map(|due| self.names.time(due)).unwrap_or_default()
    }

    fn given(&mut self, given: &Given) {
        let names = self.names;
        let task = match given.kind {
            TaskKind::Approve => {
                names.language.say(Phrase::Approve, &[("stage", given.stage.as_deref().unwrap_or_default())])
            }
            TaskKind::Acknowledge => names.language.word(Phrase::Acknowledge).to_owned(),
            TaskKind::Answer => names.language.word(Phrase::Answer).to_owned(),
            TaskKind::Report => names.language.word(Phrase::Report).to_owned(),
        };
        let people = names.persons(&given.people);
        let Some(goal) = &given.goal else {
            return self.say(Phrase::TagAsked, Phrase::AskedNoDue, &[("people", &people), ("task", &task)]);
        };
        let (due, span) = (self.due(goal), names.span(goal.within, goal.calendar.as_ref()));
        let holes = [("people", people.as_str()), ("task", &task), ("due", &due), ("span", &span)];
        self.say(Phrase::TagAsked, given.phrase, &holes);
    }

    /// Who was told, those by the same channels together.
    fn told(&mut self, purpose: Purpose, recipients: BTreeMap<Recipient, BTreeSet<ChannelName>>) {
        let names = self.names;
        let tag = match purpose {
            Purpose::Escalation | Purpose::Reminder => Phrase::TagChased,
            // The goals that it is about have said so.
            Purpose::Warning | Purpose::Promise => return,
            _ => Phrase::TagTold,
        };
        let mut alike: Vec<(BTreeSet<ChannelName>, Vec<Recipient>)> = Vec::new();
        for (recipient, channels) in recipients {
            match alike.iter_mut().find(|(others, _)| *others == channels) {
                Some((_, recipients)) => recipients.push(recipient),
                None => alike.push((channels, vec![recipient])),
            }
        }
        let parts = alike.into_iter().map(|(channels, recipients)| {
            let people = names.list(recipients.iter().map(|recipient| names.recipient(recipient)));
            let channels = names.channels(&channels);
            names.language.say(Phrase::PeopleBy, &[("people", &people), ("channels", &channels)])
        });
        let said = parts.collect::<Vec<_>>().join(names.language.word(Phrase::PartSign));
        self.line(tag, said);
    }

    /// Tells what many did, or what arrived, at the moment that ends.
    fn end_moment(&mut self) {
        let names = self.names;
        let acknowledged = std::mem::take(&mut self.moment.acknowledged);
        let arrived = std::mem::take(&mut self.moment.arrived);
        if !acknowledged.is_empty() {
            let who = names.list(acknowledged.iter().map(|actor| names.actor(actor)));
            self.say(Phrase::TagDone, Phrase::DidAcknowledge, &[("who", &who)]);
        }
        if !arrived.is_empty() {
            let parts = arrived.iter().map(|(channel, count)| {
                let holes = [("count", count.to_string()), ("channel", names.channel(channel))];
                names.language.say(Phrase::Arrived, &holes)
            });
            let said = parts.collect::<Vec<_>>().join(names.language.word(Phrase::ListSign));
            self.line(Phrase::TagArrived, said);
        }
    }
}

/// Whether a goal is told of by itself: one of a stage is told with its tasks, and closing is nobody's.
fn stands_alone(goal: &KnownGoal) -> bool {
    !matches!(goal.name, GoalName::Close | GoalName::Stage(_))
}

/// Adds the tasks that `event` gives to those that were given with it in the same words.
fn give(given: &mut Vec<Given>, event: &Event, ledger: &Ledger) {
    let Event::Asked { kind, holders, seat, goal, shared_goal, .. } = event else { return };
    let (phrase, people) = match holders {
        Holders::Each(people) => (Phrase::AskedEach, people),
        Holders::Any(people) if people.len() == 1 => (Phrase::AskedEach, people),
        Holders::Any(people) => (Phrase::AskedOne, people),
    };
    let number = goal.as_ref().map(|goal| goal.first).or(*shared_goal);
    let goal = number.and_then(|number| ledger.goal(number)).cloned();
    let stage = seat.as_ref().map(|(stage, _)| stage.to_string());
    let same = |other: &&mut Given| {
        let due = |goal: &Option<KnownGoal>| goal.as_ref().map(|goal| (goal.due, goal.within));
        other.phrase == Phrase::AskedEach
            && phrase == Phrase::AskedEach
            && other.kind == *kind
            && other.stage == stage
            && due(&other.goal) == due(&goal)
    };
    match given.iter_mut().find(same) {
        Some(other) => other.people.extend(people.iter().cloned()),
        None => given.push(Given { phrase, kind: *kind, stage, goal, people: people.clone() }),
    }
}
