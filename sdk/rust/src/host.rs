//! What a policy may ask, besides tables. Every answer is kept with the decision, so that it can be replayed.

use crate::call;
use crate::error::Result;
use crate::span::Span;
use crate::time::Timestamp;

/// Whom `target` comes to now, substitutes for those who are away included, as targets: `person:li.lei`,
/// `contact:acme`.
///
/// ```no_run
/// # fn hook(plan: &mut herald_policy_sdk::RoutePlan) -> herald_policy_sdk::Result {
/// use herald_policy_sdk::people;
///
/// if people("role:production/shift-leader")?.is_empty() {
///     plan.send("role:production/head");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no such target; the text names the nearest one.
pub fn people(target: &str) -> Result<Vec<String>> {
    call::resolve(target)
}

/// How much a contact, `contact:acme`, matters to the business, by the directory: `strategic` or `ordinary`.
///
/// ```no_run
/// # fn hook(plan: &mut herald_policy_sdk::RoutePlan) -> herald_policy_sdk::Result {
/// use herald_policy_sdk::tier;
///
/// if tier("contact:acme")? == "strategic" {
///     plan.level(1);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When it is no contact of the directory.
pub fn tier(contact: &str) -> Result<String> {
    call::tier(contact)
}

/// The working hours that the organisation keeps under `name`.
///
/// ```no_run
/// # fn hook(message: &herald_policy_sdk::Message) -> herald_policy_sdk::Result<bool> {
/// use herald_policy_sdk::{calendar, working_days};
///
/// let answered = calendar("cn-office").add(message.submitted_at, working_days(2))?;
/// # Ok(answered > message.submitted_at)
/// # }
/// ```
pub fn calendar(name: impl Into<String>) -> Calendar {
    Calendar { name: name.into() }
}

/// Working hours under a name.
#[derive(Debug, Clone)]
pub struct Calendar {
    name: String,
}

impl Calendar {
    /// When `span`, begun at `start`, ends.
    ///
    /// # Errors
    /// When there is no such calendar, or the span is out of range.
    pub fn add(&self, start: Timestamp, span: Span) -> Result<Timestamp> {
        call::add_working_time(&self.name, start, span)
    }
}

/// Writes a line into the decision's log; [`log!`](crate::log!) formats it.
pub fn log(text: &str) {
    call::log(text);
}

/// Writes a line into the decision's log, formatted like `format!`.
///
/// ```no_run
/// # let amount_cents = 5;
/// herald_policy_sdk::log!("{} yuan are over the limit", amount_cents / 100);
/// ```
#[macro_export]
macro_rules! log {
    ($($argument:tt)*) => { $crate::log(&::std::format!($($argument)*)) };
}
