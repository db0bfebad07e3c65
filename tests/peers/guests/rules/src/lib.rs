//! Rules in a guest's own code: the first that holds is found by asking one after the other. Both guests are built with
//! them, so that what is compared is the call around it.

mod rows;

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A message, as far as rules look at it.
#[derive(Debug, Clone, Deserialize)]
pub struct Facts<'a> {
    /// Kind, department, urgency, region and tier.
    #[serde(borrow)]
    pub texts: [&'a str; 5],
    /// The amount.
    pub amount: i64,
}

/// Who gets a message, and how urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// A target: `role:department-07/head`.
    pub to: &'static str,
    /// 1, 2 or 3.
    pub level: u8,
}

/// Conditions that must all hold, and what follows. `None` is any.
struct Row {
    texts: [Option<&'static str>; 5],
    amount: Option<Range<i64>>,
    outcome: Outcome,
}

/// What follows from the first row whose conditions hold, if there is one.
#[must_use]
pub fn first(facts: &Facts<'_>) -> Option<Outcome> {
    let holds = |row: &&Row| {
        row.texts.iter().zip(facts.texts).all(|(wanted, text)| wanted.is_none_or(|wanted| wanted == text))
            && row.amount.as_ref().is_none_or(|range| range.contains(&facts.amount))
    };
    rows::ROWS.iter().find(holds).map(|row| row.outcome)
}
