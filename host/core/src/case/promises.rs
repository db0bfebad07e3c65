//! Promises by name, counted: what waits for `met:NAME` goes by the count, not by looking through all goals.
//!
//! A breached goal and what follows from its breach under the same name are one promise: whoever keeps either has kept
//! it. A goal that repeats is met each time, and a step of the built-in escalation promises nothing of its own: neither
//! is counted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::goal::{Goal, GoalStatus};

/// How a goal, or the promise that it stands for, counts among those of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is still to be kept, in time or late.
    Unkept,
    /// It was kept, in time or late.
    Kept,
    /// It does not count, or no longer.
    Out,
}

/// The promises of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// How many are still to be kept.
    pub unkept: u32,
    /// How many were kept.
    pub kept: u32,
    /// When the last of them was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<Timestamp>,
}

impl Promises {
    /// When all of them were kept, if they are: what ten people have to acknowledge has been when the last of them has.
    #[must_use]
    pub fn met_at(&self) -> Option<Timestamp> {
        self.kept_at.filter(|_| self.unkept == 0 && self.kept > 0)
    }

    /// A promise stood as `was` and stands as `is`, kept at `at` if it was.
    pub(crate) fn change(&mut self, was: Standing, is: Standing, at: Option<Timestamp>) {
        move_one(&mut self.unkept, &mut self.kept, was, is);
        if is == Standing::Kept {
            self.kept_at = self.kept_at.max(at);
        } else if self.kept == 0 {
            self.kept_at = None;
        }
    }
}

/// The goals that stand for one promise besides the first, by count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Followers {
    /// How many are still to be kept.
    pub unkept: u32,
    /// How many were kept.
    pub kept: u32,
}

impl Followers {
    /// How the promise stands of which the first goal stands as `first`: kept, if any was.
    pub(crate) fn promise(self, first: Standing) -> Standing {
        if self.kept > 0 || first == Standing::Kept {
            Standing::Kept
        } else if self.unkept > 0 || first == Standing::Unkept {
            Standing::Unkept
        } else {
            Standing::Out
        }
    }

    pub(crate) fn change(&mut self, was: Standing, is: Standing) {
        move_one(&mut self.unkept, &mut self.kept, was, is);
    }
}

fn move_one(unkept: &mut u32, kept: &mut u32, was: Standing, is: Standing) {
    match was {
        Standing::Unkept => *unkept = unkept.saturating_sub(1),
        Standing::Kept => *kept = kept.saturating_sub(1),
        Standing::Out => {}
    }
    match is {
        Standing::Unkept => *unkept += 1,
        Standing::Kept => *kept += 1,
        Standing::Out => {}
    }
}

impl Goal {
    /// How it counts among the promises of its name.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let is_late = self.status == GoalStatus::Breached && !self.unneeded;
        if self.step > 0 || self.repeats {
            Standing::Out
        } else if self.met_at.is_some() {
            Standing::Kept
        } else if self.is_live() || is_late {
            Standing::Unkept
        } else {
            Standing::Out
        }
    }
}
