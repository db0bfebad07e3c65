//! Deliveries: one recipient through one channel, with every try.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{DeliveryNumber, GoalNumber};
use crate::names::ChannelName;
use crate::target::Recipient;
use crate::words::words;

words! {
    /// What a delivery tells its recipient.
    Purpose {
        /// The message itself.
        Message = "message",
        /// That a goal of theirs is nearly due.
        Warning = "warning",
        /// That a goal was breached.
        Escalation = "escalation",
        /// That a message they got was withdrawn.
        Withdrawal = "withdrawal",
        /// That a policy of theirs failed, and a message waits for its release.
        Held = "held",
        /// That their own message was returned or rejected.
        Verdict = "verdict",
        /// That a task was passed on to them, or that they are asked to approve as well.
        Task = "task",
        /// That somebody waits for what they have to do.
        Reminder = "reminder",
        /// That their message was answered.
        Answer = "answer",
        /// That what their message asks was declined.
        Decline = "decline",
        /// That their message is settled, in the eyes of whoever answers for it.
        Resolution = "resolution",
        /// That they have promised something: the clock of a goal of theirs runs.
        Promise = "promise",
        /// That somebody wrote a comment.
        Comment = "comment",
        /// The message, shown to them by somebody who takes part in it.
        Copy = "copy",
    }
    /// Where a delivery is.
    DeliveryStatus {
        /// Waiting for its next try.
        Pending = "pending",
        /// Arrived, as far as the channel can tell.
        Delivered = "delivered",
        /// Ran out of tries; kept for replay.
        Dead = "dead",
        /// No longer wanted.
        Cancelled = "cancelled",
    }
}

impl Purpose {
    /// Whether it lets somebody know what the message says who need not have sent it.
    #[must_use]
    pub fn shows_the_message(self) -> bool {
        match self {
            Self::Message
            | Self::Escalation
            | Self::Warning
            | Self::Task
            | Self::Reminder
            | Self::Promise
            | Self::Comment
            | Self::Copy => true,
            Self::Withdrawal | Self::Held | Self::Verdict | Self::Answer | Self::Decline | Self::Resolution => false,
        }
    }
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its number within the case.
    pub number: DeliveryNumber,
    /// What it tells.
    pub purpose: Purpose,
    /// Whom it goes to.
    pub to: Recipient,
    /// Through which channel.
    pub channel: ChannelName,
    /// Where it is.
    pub status: DeliveryStatus,
    /// The goal that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<GoalNumber>,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// When it is tried next, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was decided on.
    pub made_at: Timestamp,
    /// When it arrived or was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}
