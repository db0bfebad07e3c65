//! The channel registry: the ways out that an organisation has agreed on (requirement R4).

use serde::{Deserialize, Serialize};

use crate::names::ChannelName;
use crate::plan::StagePlan;
use crate::span::Span;
use crate::target::Target;
use crate::words::words;

/// The channel that every organisation has: the inbox that Herald itself keeps.
pub const INBOX: &str = "inbox";

/// Where a channel finds a person or a contact: a URL, a number, an account; the transport knows which.
pub type Address = String;

words! {
    /// How many deliveries a channel makes of one recipient that resolves to several people.
    FanOut {
        /// One delivery for each person.
        Person = "person",
        /// One delivery for the whole target: a room, a queue, a screen.
        Target = "target",
    }
}

/// How a channel carries a message out of Herald.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Transport {
    /// The inbox that Herald keeps: delivered as soon as it is durable.
    Inbox,
    /// A signed HTTP request by Standard Webhooks 1.0.0.
    Webhook {
        /// Where to post; a person's or a contact's own address for this channel takes precedence.
        url: String,
        /// Name of the secret that signs, as the host's settings hold it; the secret itself is never here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
        /// Seconds between tries, the first counted from the commit; without it, the schedule that
        /// Standard Webhooks recommends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<Vec<u32>>,
    },
}

/// A registered way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// For people to read: `车间大屏`.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Target>,
    /// Whom to turn to when it does not work, if not its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Target>,
    /// Whether it leaves the organisation: nothing confidential goes through such a channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// How it carries messages.
    pub transport: Transport,
    /// How many deliveries it makes of one recipient; without it, one a person for the inbox and one a
    /// target for everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<FanOut>,
    /// An approval of its own, asked after all others, in the phase `channel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<StagePlan>,
    /// Whose bundles may use it; empty for everybody's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_to: Vec<crate::names::DepartmentId>,
    /// How soon an answer is expected of who is reached through it; for people to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_within: Option<Span>,
    /// How many days after the end of what it was set up for, such as a project, it is archived; for people to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_after_days: Option<u32>,
}

impl Channel {
    /// How many deliveries it makes of one recipient.
    #[must_use]
    pub fn fan_out(&self) -> FanOut {
        self.per.unwrap_or(match self.transport {
            Transport::Inbox => FanOut::Person,
            Transport::Webhook { .. } => FanOut::Target,
        })
    }
}

/// The name of [`INBOX`].
#[must_use]
pub fn inbox() -> ChannelName {
    // `inbox` is a name: six letters.
    ChannelName::new(INBOX).unwrap_or_else(|_| unreachable!("`inbox` is a name"))
}
