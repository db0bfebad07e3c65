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
    /// A target: `person:li.lei`, `role:production/head`, `department:sales`, `everyone`, `contact:acme`.
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
}

pub(super) fn add(list: &mut Vec<Recipient>, to: String) -> &mut Recipient {
    let nothing_asked =
        Recipient { to, by: BTreeSet::new(), acknowledge_within: None, answer_within: None, report_every: None };
    list.push_mut(nothing_asked)
}
