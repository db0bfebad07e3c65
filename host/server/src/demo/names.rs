//! What things are called in the story: people, departments, roles, channels, spans and times.
//!
//! In English by their ids, which a reader of any language can follow; in Chinese by the organisation's own titles, as
//! the host's API gives them.

use std::collections::BTreeMap;

use herald_core::calendar::CalendarSpec;
use herald_core::case::SetBy;
use herald_core::decision::BundleId;
use herald_core::names::{CalendarName, ChannelName, DepartmentId, PersonId, RoleName};
use herald_core::organisation::{ORGANISATION, Rules};
use herald_core::plan::{GoalName, Moment};
use herald_core::span::{Span, Unit};
use herald_core::target::{Actor, Recipient, Target};
use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::client::Client;
use super::sample::{FROM, UNTIL};
use super::words::{Language, Phrase};
use super::{DemoError, house};
use crate::http::BundleSummary;

/// How many names of a list are given before the rest is counted.
const NAMES_SHOWN: usize = 4;

/// Roles that organisations commonly have, for readers of Chinese; others go by their ids.
const ROLES: &[(&str, &str)] = &[
    ("account-manager", "客户经理"),
    ("agent", "客服专员"),
    ("buyer", "采购员"),
    ("compliance", "合规专员"),
    ("deputy-general-manager", "副总经理"),
    ("director", "总监"),
    ("duty", "值班"),
    ("general-manager", "总经理"),
    ("head", "负责人"),
    ("inspector", "检验员"),
    ("lead", "主管"),
    ("leader", "分管领导"),
    ("plant-manager", "厂长"),
    ("planner", "计划员"),
    ("reviewer", "审核员"),
    ("shift-leader", "班长"),
    ("supervisor", "主管"),
    ("technician", "技术员"),
];

#[derive(Debug, Deserialize)]
struct Titled {
    title: String,
}

type Titles = BTreeMap<String, Titled>;

#[derive(Debug, Deserialize)]
struct Directory {
    rules: Rules,
    departments: Titles,
    people: Titles,
    contacts: Titles,
}

/// The names of an organisation's people and things, and its time zone.
#[derive(Debug)]
pub(super) struct Names {
    /// The language in which they are given.
    pub(super) language: Language,
    zone: TimeZone,
    directory: Directory,
    channels: Titles,
    policies: BTreeMap<String, String>,
}

impl Names {
    /// Asks the host for them.
    pub(super) async fn ask(client: &Client, language: Language) -> Result<Self, DemoError> {
        let directory: Directory = client.get(house::ADMIN, "/v1/directory").await?;
        let calendars: BTreeMap<CalendarName, CalendarSpec> = client.get(house::ADMIN, "/v1/calendars").await?;
        let zone = directory.rules.calendar.as_ref().and_then(|name| calendars.get(name));
        let zone = zone.and_then(|calendar| TimeZone::get(&calendar.time_zone).ok());
        let policies: Vec<BundleSummary> = client.get(house::ADMIN, "/v1/policies").await?;
        Ok(Self {
            language,
            zone: zone.unwrap_or(TimeZone::UTC),
            directory,
            channels: client.get(house::ADMIN, "/v1/channels").await?,
            policies: policies.into_iter().map(|policy| (policy.id, policy.language)).collect(),
        })
    }

    /// When it is `at` by the organisation's clock.
    pub(super) fn instant(&self, at: DateTime) -> Timestamp {
        house::instant(&self.zone, at)
    }

    /// How many people, departments, policies, scripts and components there are.
    pub(super) fn counts(&self) -> [usize; 5] {
        let components = self.policies.values().filter(|language| *language == "wasm").count();
        let departments = self.directory.departments.keys().filter(|id| *id != ORGANISATION).count();
        let policies = self.policies.len();
        [self.directory.people.len(), departments, policies, policies - components, components]
    }

    /// Every person, as a token's owner.
    pub(super) fn people(&self) -> impl Iterator<Item = String> {
        self.directory.people.keys().map(|id| format!("person:{id}"))
    }

    fn say(&self, phrase: Phrase, holes: &[(&str, &str)]) -> String {
        self.language.say(phrase, holes)
    }

    fn titled(&self, titles: &Titles, id: &str) -> String {
        match (self.language, titles.get(id)) {
            (Language::Zh, Some(titled)) => titled.title.clone(),
            _ => id.to_owned(),
        }
    }

    pub(super) fn person(&self, id: &PersonId) -> String {
        self.titled(&self.directory.people, id.as_str())
    }

    pub(super) fn department(&self, id: &DepartmentId) -> String {
        self.titled(&self.directory.departments, id.as_str())
    }

    /// The organisation as a whole.
    pub(super) fn organisation(&self) -> String {
        let titled = self.directory.departments.get(ORGANISATION);
        titled.map(|titled| titled.title.clone()).unwrap_or_default()
    }

    pub(super) fn channel(&self, name: &ChannelName) -> String {
        self.channel_called(name.as_str())
    }

    pub(super) fn channel_called(&self, name: &str) -> String {
        self.titled(&self.channels, name)
    }

    pub(super) fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person(person) => self.person(person),
            Actor::Contact(contact) => self.titled(&self.directory.contacts, contact.as_str()),
            Actor::Service(name) => self.service(name.as_str()),
            Actor::Anonymous => self.language.word(Phrase::Anonymous).to_owned(),
            Actor::Host => self.language.word(Phrase::Host).to_owned(),
        }
    }

    /// The owner of a token, written as `person:li.lei`.
    pub(super) fn owner(&self, owner: &str) -> String {
        let (sort, name) = owner.split_once(':').unwrap_or(("", owner));
        if sort == "person" { self.titled(&self.directory.people, name) } else { self.service(name) }
    }

    fn service(&self, name: &str) -> String {
        self.say(Phrase::Service, &[("name", name)])
    }

    pub(super) fn target(&self, target: &Target) -> String {
        match target {
            Target::Person(person) => self.person(person),
            Target::Role(department, role) if department.as_str() == ORGANISATION => {
                self.say(Phrase::RoleOfHouse, &[("role", &self.role(role))])
            }
            Target::Role(department, role) => {
                let (department, role) = (self.department(department), self.role(role));
                self.say(Phrase::RoleOf, &[("department", &department), ("role", &role)])
            }
            Target::Department(department) => self.department(department),
            Target::Members(department) => self.say(Phrase::MembersOf, &[("department", &self.department(department))]),
            Target::Leader(department) => self.say(Phrase::LeaderOf, &[("department", &self.department(department))]),
            Target::Everyone => self.language.word(Phrase::Everyone).to_owned(),
            Target::Contact(contact) => self.titled(&self.directory.contacts, contact.as_str()),
        }
    }

    fn role(&self, role: &RoleName) -> String {
        let known = ROLES.iter().find(|(id, _)| self.language == Language::Zh && *id == role.as_str());
        known.map_or_else(|| role.to_string(), |(_, title)| (*title).to_owned())
    }

    pub(super) fn recipient(&self, recipient: &Recipient) -> String {
        match recipient {
            Recipient::Person(person) => self.person(person),
            Recipient::Contact(contact) => self.titled(&self.directory.contacts, contact.as_str()),
            Recipient::Group(target) => self.target(target),
        }
    }

    /// Names after each other; of many, the first and how many there are.
    pub(super) fn list(&self, names: impl IntoIterator<Item = String>) -> String {
        let names: Vec<String> = names.into_iter().collect();
        let sign = self.language.word(Phrase::ListSign);
        if names.len() <= NAMES_SHOWN + 1 {
            return names.join(sign);
        }
        let shown: Vec<_> = names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
        let (count, total) = ((names.len() - NAMES_SHOWN).to_string(), names.len().to_string());
        self.say(Phrase::AndOthers, &[("names", &shown.join(sign)), ("count", &count), ("total", &total)])
    }

    /// Names after each other, all of them.
    pub(super) fn all(&self, names: impl IntoIterator<Item = String>) -> String {
        names.into_iter().collect::<Vec<_>>().join(self.language.word(Phrase::ListSign))
    }

    /// People after each other.
    pub(super) fn persons<'a>(&self, people: impl IntoIterator<Item = &'a PersonId>) -> String {
        self.list(people.into_iter().map(|person| self.person(person)))
    }

    /// A bundle, and whether it is a script or a component.
    pub(super) fn policy(&self, bundle: &BundleId) -> String {
        let bundle = bundle.to_string();
        let language = self.language.word(if self.is_component(&bundle) { Phrase::Component } else { Phrase::Script });
        self.say(Phrase::PolicyName, &[("bundle", &bundle), ("language", language)])
    }

    /// Whether the bundle of this id is a component.
    pub(super) fn is_component(&self, bundle: &str) -> bool {
        self.policies.get(bundle).is_some_and(|language| language == "wasm")
    }

    /// Whose word something was.
    pub(super) fn set_by(&self, set_by: &SetBy) -> String {
        match set_by {
            SetBy::Bundle(bundle) => self.policy(bundle),
            SetBy::Host => self.language.word(Phrase::Herald).to_owned(),
        }
    }

    pub(super) fn goal(&self, goal: &GoalName) -> String {
        match goal {
            GoalName::Acknowledge => self.language.word(Phrase::Acknowledge).to_owned(),
            GoalName::Answer => self.language.word(Phrase::Answer).to_owned(),
            GoalName::Report => self.language.word(Phrase::Report).to_owned(),
            GoalName::Stage(stage) => self.say(Phrase::Approve, &[("stage", stage.as_str())]).replace(['“', '”'], ""),
            GoalName::Close | GoalName::Own(_) => goal.to_string(),
        }
    }

    pub(super) fn moment(&self, moment: &Moment) -> String {
        match moment {
            Moment::Submitted => self.language.word(Phrase::OnSubmitted).to_owned(),
            Moment::Opened => self.language.word(Phrase::OnOpened).to_owned(),
            Moment::Resolved => self.language.word(Phrase::OnResolved).to_owned(),
            Moment::Closed => self.language.word(Phrase::OnClosed).to_owned(),
            Moment::Met(goal) => self.say(Phrase::OnMet, &[("goal", &self.goal(goal))]),
        }
    }

    /// A span, with the calendar that counts it if working time is meant.
    pub(super) fn span(&self, span: Span, calendar: Option<&CalendarName>) -> String {
        let count = span.count();
        let counted = |phrase, count: u32| self.say(phrase, &[("count", &count.to_string())]);
        let said = match span.unit() {
            Unit::ClockSeconds => return self.clock_span(count),
            Unit::WorkingMinutes => counted(Phrase::WorkingMinutes, count),
            Unit::WorkingHours => counted(Phrase::WorkingHours, count),
            Unit::WorkingDays if count == 1 => self.language.word(Phrase::WorkingDay).to_owned(),
            Unit::WorkingDays => counted(Phrase::WorkingDays, count),
        };
        match calendar {
            Some(calendar) => self.say(Phrase::OnCalendar, &[("span", &said), ("calendar", calendar.as_str())]),
            None => said,
        }
    }

    fn clock_span(&self, seconds: u32) -> String {
        let counted = |phrase, count: u32| self.say(phrase, &[("count", &count.to_string())]);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        match (hours, minutes, seconds % 60) {
            (0, 0, _) => counted(Phrase::Seconds, seconds),
            (_, 0, _) => counted(Phrase::Hours, hours),
            (0, ..) => counted(Phrase::Minutes, minutes),
            _ => self.say(Phrase::HoursMinutes, &[("hours", &hours.to_string()), ("minutes", &minutes.to_string())]),
        }
    }

    /// The organisation's local time: the day of the week within the story, otherwise the date.
    pub(super) fn time(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.zone.clone());
        let (date, time) = (at.date(), at.strftime("%H:%M"));
        let is_within = (FROM.date()..=UNTIL.date()).contains(&date);
        match (self.language, is_within) {
            (Language::En, true) => format!("{} {time}", at.strftime("%a")),
            (Language::En, false) => format!("{} {time}", at.strftime("%-d %b")),
            (Language::Zh, true) => format!("{} {time}", weekday(date.weekday())),
            (Language::Zh, false) => format!("{}月{}日 {time}", date.month(), date.day()),
        }
    }

    /// The date and the time, in full.
    pub(super) fn date(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.zone.clone());
        match self.language {
            Language::En => at.strftime("%a %-d %b %Y, %H:%M").to_string(),
            Language::Zh => format!("{} {}", at.strftime("%Y-%m-%d %H:%M"), weekday(at.date().weekday())),
        }
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}
