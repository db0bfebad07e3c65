//! Tells the stories of the samples, and what to do next, to whoever reads standard output.

use std::collections::BTreeSet;
use std::time::Duration;

use herald_core::case::{Outstanding, Status};
use herald_core::message::Urgency;
use herald_core::names::DepartmentId;
use herald_engine::Clock as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DemoError;
use super::client::{Answer, Client, refusal};
use super::clock::DemoClock;
use super::commands::{self, Command};
use super::house::{ADMIN, Place};
use super::names::Names;
use super::page::{Page, Tone};
use super::play::{Missed, Played};
use super::receiver::Receiver;
use super::sample::Sample;
use super::story::{self, Entry, Line, Story};
use super::words::{Language, Phrase};
use crate::http::Evaluated;
use crate::output::{self, Style};

/// A sample's story.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// The sample's name.
    pub(super) sample: &'static str,
    /// What it is called in the demo.
    pub(super) title: String,
    /// What one should look at.
    shows: String,
    /// Its case, if it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) case: Option<String>,
    /// The kind of message, and what it is about.
    headline: String,
    /// Who sent it: `person:li.lei`.
    pub(super) by: String,
    /// The policies that decided about it.
    pub(super) policies: BTreeSet<String>,
    /// What happened.
    lines: Vec<Line>,
    /// Where it stands at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

/// All that a demo has to say, for programs.
#[derive(Debug, Serialize)]
struct Report<'a> {
    url: &'a str,
    folder: String,
    stories: &'a [Told],
    /// What people wanted to do and could not.
    missed: &'a [Missed],
    commands: &'a [Command],
}

/// A case, as far as its story needs it.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    subject: String,
    status: Status,
    urgency: Urgency,
    department: DepartmentId,
    outstanding: Outstanding,
    timeline: Timeline,
}

#[derive(Debug, Deserialize)]
struct Timeline {
    items: Vec<Entry>,
    next: Option<String>,
}

/// Who tells, and with what.
pub(super) struct Telling<'a> {
    pub(super) names: &'a Names,
    pub(super) client: &'a Client,
    pub(super) place: &'a Place,
    pub(super) samples: &'a [(&'static str, Sample)],
    pub(super) style: Style,
}

impl Telling<'_> {
    fn say(&self, phrase: Phrase, holes: &[(&str, impl AsRef<str>)]) -> String {
        self.names.language.say(phrase, holes)
    }

    /// Says what this is, before anything happens.
    pub(super) fn greet(&self) {
        if self.style == Style::Json {
            return;
        }
        let page = Page::new();
        page.paragraph(Tone::Heading, self.names.language.word(Phrase::Title));
        let [people, departments, policies, scripts, components] = self.names.counts().map(|count| count.to_string());
        let organisation = self.names.organisation();
        let holes = [
            ("organisation", organisation.as_str()),
            ("people", &people),
            ("departments", &departments),
            ("policies", &policies),
            ("scripts", &scripts),
            ("components", &components),
        ];
        page.paragraph(Tone::Plain, &self.say(Phrase::House, &holes));
    }

    /// Tells what was `played`, which took so long, and what to do next if the host goes on.
    pub(super) async fn tell(
        &self,
        played: &Played,
        receiver: &Receiver,
        took: Duration,
        clock: &DemoClock,
        goes_on: bool,
    ) -> Result<(), DemoError> {
        let mut told = Vec::new();
        for (index, answer) in played.answers.iter().enumerate() {
            told.extend(self.sample(index, answer.as_ref(), &told).await?);
        }
        let commands = match goes_on {
            true => commands::commands(self.names, self.client, self.place, self.samples, &told).await?,
            false => Vec::new(),
        };
        if self.style == Style::Json {
            let folder = self.place.path().display().to_string();
            let missed = &played.missed;
            let report = Report { url: self.client.origin(), folder, stories: &told, missed, commands: &commands };
            output::result(self.style, &report, |_| String::new());
            return Ok(());
        }
        let page = Page::new();
        told.iter().enumerate().for_each(|(index, told)| self.print(&page, index, told));
        self.sum_up(&page, played, receiver, took);
        if goes_on {
            self.advise(&page, clock, &commands);
        }
        Ok(())
    }

    /// The story of the sample with this index; `before` are those that have been told.
    async fn sample(&self, index: usize, answer: Option<&Answer>, before: &[Told]) -> Result<Option<Told>, DemoError> {
        let Some((name, sample)) = self.samples.get(index) else { return Ok(None) };
        let language = self.names.language;
        let of_message = |field: &str| sample.message.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut told = Told {
            sample: name,
            title: sample.title.of(language).to_owned(),
            shows: sample.shows.of(language).to_owned(),
            case: None,
            headline: self.headline(sample, of_message("kind"), of_message("subject")),
            by: sample.by.clone(),
            policies: BTreeSet::new(),
            lines: Vec::new(),
            end: None,
        };
        let at = self.names.instant(sample.at);
        let who = self.names.owner(&sample.by);
        let Some(Answer { status, body }) = answer else {
            let why = self.names.language.word(Phrase::NoToken);
            told.lines.push(Line { at, tag: Phrase::TagSent, text: self.refused(0, why) });
            return Ok(Some(told));
        };
        let case = body.get("id").and_then(Value::as_str);
        if sample.what_if && *status == 200 {
            let text = self.say(Phrase::WhatIf, &[("who", &who)]);
            told.lines.push(Line { at, tag: Phrase::TagSent, text });
            let evaluated: Evaluated = serde_json::from_value(body.clone())?;
            let (lines, policies) = story::would_be(self.names, at, &evaluated.decision);
            told.lines.extend(lines);
            told.policies = policies;
        } else if let Some(number) = before.iter().position(|other| other.case.as_deref() == case && case.is_some()) {
            let other = before.get(number).map(|other| other.title.as_str()).unwrap_or_default();
            told.lines = self.existing(sample, *status, number, other);
        } else if let (Some(case), 200 | 201) = (case, *status) {
            self.case(&mut told, case).await?;
        } else {
            let why = refusal(body).unwrap_or_default();
            told.lines.push(Line { at, tag: Phrase::TagSent, text: self.refused(*status, &why) });
        }
        Ok(Some(told))
    }

    /// A message that was answered with the case of the sample with the index `number`, which is called `other`.
    fn existing(&self, sample: &Sample, status: u16, number: usize, other: &str) -> Vec<Line> {
        let (at, who) = (self.names.instant(sample.at), self.names.owner(&sample.by));
        let department = sample.message.get("department").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let department = department.map(|id: DepartmentId| self.names.department(&id)).unwrap_or_default();
        let sent = self.say(Phrase::Sent, &[("who", &who), ("department", &department)]);
        let (status, number) = (status.to_string(), (number + 1).to_string());
        let existing = self.say(Phrase::Existing, &[("status", &*status), ("number", &number), ("case", other)]);
        [(Phrase::TagSent, sent), (Phrase::TagCase, existing)].map(|(tag, text)| Line { at, tag, text }).into()
    }

    fn refused(&self, status: u16, why: &str) -> String {
        self.say(Phrase::Refused, &[("status", &*status.to_string()), ("why", why)])
    }

    /// The kind of a sample's message and what it is about, so that the reader can follow.
    fn headline(&self, sample: &Sample, kind: &str, subject: &str) -> String {
        match self.names.language {
            Language::En => format!("{kind}: {subject} ({})", sample.subject_in_english),
            Language::Zh => subject.to_owned(),
        }
    }

    /// Asks for a case's timeline and decisions, as its sender sees them, and tells them.
    async fn case(&self, told: &mut Told, id: &str) -> Result<(), DemoError> {
        let path = format!("/v1/messages/{id}");
        let mut case: Case = self.client.get(&told.by, &format!("{path}?limit=200")).await?;
        while let Some(next) = case.timeline.next.take() {
            let more: Case = self.client.get(&told.by, &format!("{path}?limit=200&cursor={next}")).await?;
            case.timeline.items.extend(more.timeline.items);
            case.timeline.next = more.timeline.next;
        }
        let rulings = self.client.list(&told.by, &format!("{path}/decisions")).await?;
        let department = self.names.department(&case.department);
        let is_urgent = case.urgency == Urgency::Urgent;
        let Story { lines, policies } = story::tell(self.names, &department, is_urgent, case.timeline.items, rulings)?;
        if self.names.language == Language::Zh {
            told.headline = match case.name.contains(&case.subject) {
                true => case.name,
                false => format!("{} · {}", case.name, case.subject),
            };
        }
        let Outstanding { approvals, acknowledgements, answers, reports, goals, .. } = case.outstanding;
        let tasks = approvals + acknowledgements + answers + reports;
        let status = self.names.language.word(status_word(case.status));
        let holes = [("status", status.to_owned()), ("tasks", tasks.to_string()), ("goals", goals.to_string())];
        let phrase = if tasks + goals == 0 { Phrase::Now } else { Phrase::StillOpen };
        (told.case, told.lines, told.policies) = (Some(id.to_owned()), lines, policies);
        told.end = Some(self.say(phrase, &holes));
        Ok(())
    }

    fn print(&self, page: &Page, index: usize, told: &Told) {
        page.paragraph(Tone::Plain, "");
        page.paragraph(Tone::Heading, &format!("{}. {}", index + 1, told.title));
        page.paragraph(Tone::Plain, &told.headline);
        page.paragraph(Tone::Plain, &self.say(Phrase::Shows, &[("shows", &told.shows)]));
        page.story(self.names, &told.lines, told.end.as_deref());
    }

    fn sum_up(&self, page: &Page, played: &Played, receiver: &Receiver, took: Duration) {
        page.paragraph(Tone::Plain, "");
        let holes = [("seconds", format!("{:.1}", took.as_secs_f64())), ("done", played.done.to_string())];
        page.paragraph(Tone::Plain, &self.say(Phrase::Turned, &holes));
        let came = receiver.came();
        let channels = self.names.all(came.keys().map(|channel| self.names.channel_called(channel)));
        let count: u32 = came.values().sum();
        let holes = [("count", count.to_string()), ("channels", channels)];
        page.paragraph(Tone::Plain, &self.say(Phrase::Deliveries, &holes));
        for missed in &played.missed {
            let case = self.samples.get(missed.sample).map(|(_, sample)| sample.title.of(self.names.language));
            let holes = [
                ("time", self.names.time(missed.at)),
                ("who", missed.who.clone()),
                ("deed", missed.deed.to_owned()),
                ("case", case.unwrap_or_default().to_owned()),
                ("why", missed.why.clone()),
            ];
            page.paragraph(Tone::Alarm, &self.say(Phrase::NotDone, &holes));
        }
    }

    fn advise(&self, page: &Page, clock: &DemoClock, commands: &[Command]) {
        page.paragraph(Tone::Plain, "");
        let holes = [("time", self.names.date(clock.now())), ("url", self.client.origin().to_owned())];
        page.paragraph(Tone::Heading, &self.say(Phrase::Serving, &holes));
        let folder = self.place.path().display().to_string();
        let kept = if self.place.is_kept() { Phrase::Kept } else { Phrase::Gone };
        page.paragraph(Tone::Plain, &self.say(kept, &[("folder", &folder)]));
        let admin = self.place.token(ADMIN);
        let admin = admin.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tokens = self.place.tokens().display().to_string();
        page.paragraph(Tone::Plain, &self.say(Phrase::Tokens, &[("tokens", &tokens), ("admin", &admin)]));
        page.paragraph(Tone::Plain, self.names.language.word(Phrase::TryIt));
        for Command { what, shell } in commands {
            page.verbatim("");
            page.verbatim(&format!("# {what}"));
            page.verbatim(shell);
        }
    }
}

fn status_word(status: Status) -> Phrase {
    match status {
        Status::Held => Phrase::IsHeld,
        Status::AwaitingApproval => Phrase::IsAwaitingApproval,
        Status::Returned => Phrase::IsReturned,
        Status::Rejected => Phrase::IsRejected,
        Status::Withdrawn => Phrase::IsWithdrawn,
        Status::Open => Phrase::IsOpen,
        Status::Resolved => Phrase::IsResolved,
        Status::Closed => Phrase::IsClosed,
        Status::Archived => Phrase::IsArchived,
    }
}
