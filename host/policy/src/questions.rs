//! What policies of every language may ask of the organisation: the question as it is recorded, and the answer.

use herald_core::names::CalendarName;
use herald_core::organisation::{ContactTier, Organisation};
use herald_core::span::Span;
use herald_core::target::Target;
use jiff::Timestamp;

use crate::evaluation::Evaluation;
use crate::vocabulary::{Wrong, unknown};

/// Whom a target comes to now, written as targets.
pub(crate) fn people(evaluation: &Evaluation, target: &Target) -> (String, Vec<String>) {
    let resolved = evaluation.subject.world.organisation().resolve(target, evaluation.now());
    let people = resolved.people.iter().map(|person| format!("person:{person}"));
    let contacts = resolved.contacts.iter().map(|contact| format!("contact:{contact}"));
    (format!("people({target})"), people.chain(contacts).collect())
}

/// How much a contact matters to the business.
///
/// # Errors
/// When it is no contact.
pub(crate) fn tier(organisation: &Organisation, target: &Target) -> Result<(String, ContactTier), Wrong> {
    let contact = match target {
        Target::Contact(id) => organisation.contacts.get(id),
        _ => None,
    };
    let none = || Wrong::new(format!("`{target}` has no tier; only a contact of the directory has one"));
    Ok((format!("tier({target})"), contact.ok_or_else(none)?.tier))
}

/// When a span that begins at `start` ends by a calendar.
///
/// # Errors
/// When there is no such calendar, or it never gets there.
pub(crate) fn add_time(
    organisation: &Organisation,
    calendar: &CalendarName,
    start: Timestamp,
    span: &Span,
) -> Result<(String, Timestamp), Wrong> {
    let names = || organisation.calendars.keys().map(|name| name.as_str());
    let hours = organisation.calendars.get(calendar).ok_or_else(|| unknown("calendar", calendar.as_str(), names()))?;
    let due = hours.due(start, span).map_err(Wrong::new)?;
    Ok((format!("calendar({calendar}).add({start}, {span})"), due))
}
