//! A recipient: whom to reach, through which channels, and what to ask of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::texts;
use crate::span::Span;

/// A recipient: whom to reach, through which channels, and what to ask of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Recipient {
    /// A target: `person:li.lei`, `role:production/head`, `department:sales` for its contact persons, `members:sales`
    /// for everybody who belongs to it, `leader:sales` for the leader in charge of it, `everyone`, `contact:acme`.
    pub to: String,
    /// Channels by name; none for the inbox.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<String>,
    /// Each person reached confirms having read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_within: Option<Span>,
    /// One of the people reached answers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within: Option<Span>,
    /// One of the people reached reports, again and again, until the case is resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_every: Option<Span>,
    /// How long before each of these deadlines whoever has not kept it is reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_before: Option<Span>,
    /// What else one of the people reached is to answer, each in a task of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Question>,
}

/// Something that somebody is to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Question {
    /// What, in words for them.
    pub about: String,
    /// Within which span.
    pub within: Span,
}

impl Recipient {
    /// Through which channels; without it, the inbox.
    pub fn by<T: Into<String>>(&mut self, channels: impl IntoIterator<Item = T>) -> &mut Self {
        self.by = texts(channels);
        self
    }

    /// Each person reached confirms having read it.
    pub fn acknowledge_within(&mut self, span: Span) -> &mut Self {
        self.acknowledge_within = Some(span);
        self
    }

    /// One of the people reached answers it.
    pub fn answer_within(&mut self, span: Span) -> &mut Self {
        self.answer_within = Some(span);
        self
    }

    /// One of the people reached reports, again and again, until the case is resolved.
    pub fn report_every(&mut self, span: Span) -> &mut Self {
        self.report_every = Some(span);
        self
    }

    /// How long before each of these deadlines whoever has not kept it is reminded.
    ///
    /// ```
    /// use herald_policy_sdk::{RoutePlan, working_days, working_hours};
    ///
    /// let mut plan = RoutePlan::default();
    /// plan.send("members:production").acknowledge_within(working_days(1)).remind_before(working_hours(2));
    /// ```
    pub fn remind_before(&mut self, span: Span) -> &mut Self {
        self.remind_before = Some(span);
        self
    }

    /// One of the people reached answers this within a span, in a task of its own; as many as are asked.
    ///
    /// ```
    /// use herald_policy_sdk::{RoutePlan, hours, working_days};
    ///
    /// let mut plan = RoutePlan::default();
    /// let head = plan.send("role:production/head");
    /// head.ask("which line stands still?", hours(4)).ask("what does it cost?", working_days(1));
    /// ```
    pub fn ask(&mut self, about: impl Into<String>, within: Span) -> &mut Self {
        self.asks.push(Question { about: about.into(), within });
        self
    }
}

pub(super) fn add(list: &mut Vec<Recipient>, to: String) -> &mut Recipient {
    list.push_mut(Recipient {
        to,
        by: BTreeSet::new(),
        acknowledge_within: None,
        answer_within: None,
        report_every: None,
        remind_before: None,
        asks: Vec::new(),
    })
}
