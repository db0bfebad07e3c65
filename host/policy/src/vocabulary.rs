//! The words that policies name things by, checked against the organisation: targets, channels, spans, moments
//! and the closed sets. The check of a script's literals and its verbs at run time ask the same functions.

use std::borrow::Cow;
use std::fmt;

use herald_core::message::{Audience, Classification, ContentType, KEY_LIMIT_BYTES, Level};
use herald_core::names::{CalendarName, ChannelName, StageName};
use herald_core::nearest::did_you_mean;
use herald_core::organisation::{ArchiveClass, Organisation};
use herald_core::plan::{AtDeadline, GoalName, Moment, Phase};
use herald_core::span::Span;
use herald_core::target::Target;

/// The most characters of a reason, or of what somebody is asked.
const WORDS_LIMIT_CHARS: usize = 1_000;
/// The most characters that the name of a digest may have.
const DIGEST_LIMIT_CHARS: usize = 64;

/// Why a value is not one that can be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Wrong {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{}; {hint}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// What an argument of a verb has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// Whom to reach.
    Target,
    /// A list of them.
    Targets,
    /// A list of registered channels.
    Channels,
    /// The length of a promise.
    Span,
    /// A moment in a case's life.
    Moment,
    /// The name of a goal.
    Goal,
    /// The name of a stage.
    Stage,
    /// When a stage's turn comes.
    Phase,
    /// What happens when a stage is late.
    AtDeadline,
    /// How urgent: 1, 2 or 3.
    Level,
    /// How confidential.
    Classification,
    /// Whom it is meant for.
    Audience,
    /// What it is for.
    ContentType,
    /// How long a case is kept.
    Archive,
    /// A calendar.
    Calendar,
    /// One of the manifest's settings.
    Setting,
    /// A moment in time.
    Time,
    /// A part of the message's body, or a row of a table.
    Body,
    /// A decision table of the bundle.
    Table,
    /// What is known, by the names of a table's conditions.
    Facts,
}

impl Sort {
    /// In words, for messages and the reference.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "whole number",
            Self::Target => "target",
            Self::Targets => "list of targets",
            Self::Channels => "list of channels",
            Self::Span => "span",
            Self::Moment => "moment",
            Self::Goal => "goal name",
            Self::Stage => "stage name",
            Self::Phase => "phase",
            Self::AtDeadline => "`escalate`, `approve` or `reject`",
            Self::Level => "level",
            Self::Classification => "classification",
            Self::Audience => "audience",
            Self::ContentType => "content type",
            Self::Archive => "archive class",
            Self::Calendar => "calendar name",
            Self::Setting => "setting name",
            Self::Time => "time",
            Self::Body => "body or row",
            Self::Table => "table name",
            Self::Facts => "map of facts",
        }
    }

    /// Checks a text that stands where this is wanted; of a list, one of its elements.
    pub(crate) fn check_text(self, organisation: &Organisation, text: &str) -> Result<(), Wrong> {
        match self {
            Self::Text | Self::Setting | Self::Table => Ok(()),
            Self::Target | Self::Targets => target(organisation, text).map(drop),
            Self::Channels => channel(organisation, text).map(drop),
            Self::Span => span(text).map(drop),
            Self::Moment => moment(text).map(drop),
            Self::Goal => goal(text).map(drop),
            Self::Stage => stage(text).map(drop),
            Self::Phase => phase(text).map(drop),
            Self::AtDeadline => at_deadline(text).map(drop),
            Self::Classification => classification(text).map(drop),
            Self::Audience => audience(text).map(drop),
            Self::ContentType => content_type(text).map(drop),
            Self::Archive => archive(text).map(drop),
            Self::Calendar => calendar(organisation, text).map(drop),
            Self::Level => Err(Wrong::new(format!("`{text}` is no level; write 1, 2 or 3 without quotes"))),
            Self::Number | Self::Time | Self::Body | Self::Facts => {
                Err(Wrong::new(format!("a {} is wanted here, not the text `{text}`", self.title())))
            }
        }
    }

    /// Checks a whole number that stands where this is wanted.
    pub(crate) fn check_number(self, number: i64) -> Result<(), Wrong> {
        match self {
            Self::Number => Ok(()),
            Self::Level => level(number).map(drop),
            _ => Err(Wrong::new(format!("a {} is wanted here, not the number {number}", self.title()))),
        }
    }
}

/// A target whose names exist.
pub(crate) fn target(organisation: &Organisation, text: &str) -> Result<Target, Wrong> {
    let target: Target = text.parse().map_err(|error| {
        // A bare name is most often a target without its sort.
        let sorts = ["person:", "role:", "department:", "members:", "leader:", "contact:", "everyone"];
        let guess = text.split_once(':').and_then(|(sort, _)| did_you_mean(&format!("{sort}:"), sorts));
        Wrong::new(error).hint(guess)
    })?;
    let unknown = |what: &str, name: &str, hint| Err(Wrong::new(format!("there is no {what} `{name}`")).hint(hint));
    match &target {
        Target::Person(person) if !organisation.people.contains_key(person) => {
            let hint = did_you_mean(person.as_str(), organisation.people.keys().map(|id| id.as_str()));
            return unknown("person", person.as_str(), hint);
        }
        Target::Contact(contact) if !organisation.contacts.contains_key(contact) => {
            let hint = did_you_mean(contact.as_str(), organisation.contacts.keys().map(|id| id.as_str()));
            return unknown("contact", contact.as_str(), hint);
        }
        Target::Department(id) | Target::Members(id) | Target::Leader(id) | Target::Role(id, _) => {
            let Some(department) = organisation.departments.get(id) else {
                let hint = did_you_mean(id.as_str(), organisation.departments.keys().map(|id| id.as_str()));
                return unknown("department", id.as_str(), hint);
            };
            if let Target::Role(_, role) = &target
                && !department.roles.contains_key(role)
            {
                let hint =
                    did_you_mean(role.as_str(), department.roles.keys().map(|role| role.as_str())).or_else(|| {
                        (!department.roles.is_empty())
                            .then(|| format!("it has {}", one_of(department.roles.keys().map(|role| role.as_str()))))
                    });
                return Err(Wrong::new(format!("department `{id}` has no role `{role}`")).hint(hint));
            }
            if matches!(target, Target::Leader(_)) && department.leader.is_none() {
                let hint = "name one as `leader` of the department in the directory".to_owned();
                return Err(Wrong::new(format!("department `{id}` has no leader in charge")).hint(Some(hint)));
            }
        }
        Target::Person(_) | Target::Contact(_) | Target::Everyone => {}
    }
    Ok(target)
}

/// What is said to somebody in words: a reason, or what they are asked.
pub(crate) fn words(text: &str) -> Result<String, Wrong> {
    let characters = text.chars().count();
    if text.trim().is_empty() {
        Err(Wrong::new("is empty; write what people are to read"))
    } else if characters > WORDS_LIMIT_CHARS {
        Err(Wrong::new(format!("{characters} characters are over the limit of {WORDS_LIMIT_CHARS}")))
    } else {
        Ok(text.to_owned())
    }
}

/// A registered channel.
pub(crate) fn channel(organisation: &Organisation, text: &str) -> Result<ChannelName, Wrong> {
    match organisation.channels.get_key_value(text) {
        Some((name, _)) => Ok(name.clone()),
        None => Err(unknown("channel", text, organisation.channels.keys().map(|name| name.as_str()))),
    }
}

/// A calendar.
pub(crate) fn calendar(organisation: &Organisation, text: &str) -> Result<CalendarName, Wrong> {
    match organisation.calendars.get_key_value(text) {
        Some((name, _)) => Ok(name.clone()),
        None => Err(unknown("calendar", text, organisation.calendars.keys().map(|name| name.as_str()))),
    }
}

/// A policy's own words as a terminal may show them: what would steer it is replaced, control characters but for ends of
/// lines and tabs, and what turns the direction of writing.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |letter: char| match letter {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => letter.is_control(),
    };
    if text.contains(is_harmful) { text.replace(is_harmful, "\u{fffd}").into() } else { text.into() }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What `name` could have meant among the `known` names of a `what`.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Wrong {
    /// Above so many names a list helps nobody.
    const LIST_LIMIT: usize = 12;
    let few = known.clone().take(LIST_LIMIT + 1).count() <= LIST_LIMIT;
    let list = || {
        let list = one_of(known.clone());
        (few && !list.is_empty()).then(|| format!("use {list}"))
    };
    let hint = did_you_mean(name, known.clone()).or_else(list);
    Wrong::new(format!("there is no {what} `{name}`")).hint(hint)
}

/// A span written as clock time.
pub(crate) fn span(text: &str) -> Result<Span, Wrong> {
    text.parse().map_err(|error: herald_core::span::SpanError| {
        // The object form of a span is for files; a script has functions instead.
        let message = error.to_string();
        let message = ["working_minutes", "working_hours", "working_days"].iter().fold(message, |message, unit| {
            let (before, after) = (format!("{{\"{unit}\": "), format!("{unit}("));
            match message.split_once(&before) {
                Some((head, tail)) => format!("{head}`{after}{}", tail.replacen('}', ")`", 1)),
                None => message,
            }
        });
        Wrong::new(message.replace("an object such as ", ""))
    })
}

/// A moment in a case's life.
pub(crate) fn moment(text: &str) -> Result<Moment, Wrong> {
    text.parse()
        .map_err(|error| Wrong::new(error).hint(did_you_mean(text, ["submitted", "opened", "resolved", "closed"])))
}

/// The name of a goal of a policy's own; the host's names are taken.
pub(crate) fn goal(text: &str) -> Result<GoalName, Wrong> {
    let name: GoalName = text.parse().map_err(Wrong::new)?;
    match name {
        GoalName::Own(_) => Ok(name),
        GoalName::Acknowledge | GoalName::Answer | GoalName::Report => {
            let verb = match name {
                GoalName::Acknowledge => "acknowledge_within",
                GoalName::Answer => "answer_within",
                _ => "report_every",
            };
            Err(Wrong::new(format!("`{text}` is a goal that comes with a recipient"))
                .hint(Some(format!("write `plan.send(…).{verb}(…)`, or choose another name"))))
        }
        GoalName::Stage(_) | GoalName::Close => {
            Err(Wrong::new(format!("`{text}` is a goal that the host sets"))
                .hint(Some("choose another name".to_owned())))
        }
    }
}

/// The name of a stage.
pub(crate) fn stage(text: &str) -> Result<StageName, Wrong> {
    StageName::new(text).map_err(Wrong::new)
}

/// The name of a digest: 1 to [`DIGEST_LIMIT_CHARS`] characters.
pub(crate) fn digest(text: &str) -> Result<(), Wrong> {
    if text.is_empty() || text.chars().count() > DIGEST_LIMIT_CHARS {
        return Err(Wrong::new(format!("a digest's name has 1 to {DIGEST_LIMIT_CHARS} characters")));
    }
    Ok(())
}

/// A label to add, and its value.
pub(crate) fn label(name: &str, value: &str) -> Result<(), Wrong> {
    if name.is_empty() || name.len() > KEY_LIMIT_BYTES || value.len() > KEY_LIMIT_BYTES {
        return Err(Wrong::new(format!("a label and its value have 1 to {KEY_LIMIT_BYTES} bytes")));
    }
    Ok(())
}

/// A level from 1 to 3.
pub(crate) fn level(number: i64) -> Result<Level, Wrong> {
    u8::try_from(number)
        .ok()
        .and_then(|small| Level::try_from(small).ok())
        .ok_or_else(|| Wrong::new(herald_core::message::LevelError(number)))
}

macro_rules! words {
    ($($(#[$doc:meta])* $function:ident: $set:ty = $what:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $function(text: &str) -> Result<$set, Wrong> {
            <$set>::from_word(text).ok_or_else(|| {
                let words = <$set>::ALL.iter().map(|word| word.as_str());
                unknown($what, text, words)
            })
        }
    )*};
}

words! {
    /// A phase of an approval.
    phase: Phase = "phase";
    /// What happens when a stage is late.
    at_deadline: AtDeadline = "way to go on at a deadline";
    /// How confidential.
    classification: Classification = "classification";
    /// Whom a message is meant for.
    audience: Audience = "audience";
    /// What a message is for.
    content_type: ContentType = "content type";
    /// How long a case is kept.
    archive: ArchiveClass = "archive class";
}
