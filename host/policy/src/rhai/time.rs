//! Times and spans as scripts hold them: opaque values that compare and print. There is no clock.

use herald_core::names::CalendarName;
use herald_core::span::{Span, Unit};
use jiff::Timestamp;

use ::rhai::{Dynamic, ImmutableString, NativeCallContext};

use super::api::{Api, Form, Owner, Verb};
use super::call::{Raised, call_of, raise};
use super::chain::span;
use crate::questions;
use crate::vocabulary::{self, Sort};

/// A moment in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub(super) Timestamp);

/// A span that a function made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(pub(super) Span);

/// A calendar, looked up.
#[derive(Clone)]
struct Calendar(CalendarName);

pub(super) fn register(api: &mut Api) {
    api.handle::<Time>(Owner::Time);
    api.handle::<Length>(Owner::Span);
    api.handle::<Calendar>(Owner::Calendar);
    register_times(api);
    register_spans(api);
    register_calendars(api);
    api.seal::<Time>(Owner::Time);
    api.seal::<Length>(Owner::Span);
    api.seal::<Calendar>(Owner::Calendar);
}

fn register_times(api: &mut Api) {
    api.verb(
        Verb::new(Owner::Time, Form::Method, "to_string").gives("text").doc(
            "The time as RFC 3339 in UTC. Two times compare with `<`, `<=`, `==`, `!=`, `>=`, `>`.",
            "if breach.at > breach.due { log(breach.at.to_string()); }",
        ),
        |time: &mut Time| ImmutableString::from(time.0.to_string()),
    );
    api.engine
        .register_fn("to_debug", |time: &mut Time| ImmutableString::from(time.0.to_string()))
        .register_fn("==", |a: Time, b: Time| a == b)
        .register_fn("!=", |a: Time, b: Time| a != b)
        .register_fn("<", |a: Time, b: Time| a < b)
        .register_fn("<=", |a: Time, b: Time| a <= b)
        .register_fn(">", |a: Time, b: Time| a > b)
        .register_fn(">=", |a: Time, b: Time| a >= b);
}

fn register_spans(api: &mut Api) {
    api.verb(
        Verb::new(Owner::Span, Form::Method, "to_string")
            .gives("text")
            .doc("The span in words.", "log(working_days(2).to_string());"),
        |length: &mut Length| ImmutableString::from(length.0.to_string()),
    );
    for (name, unit, doc, example) in [
        (
            "working_days",
            Unit::WorkingDays,
            "So many working days; the day on which they begin does not count.",
            r#"plan.goal("repair").within(working_days(3));"#,
        ),
        (
            "working_hours",
            Unit::WorkingHours,
            "So many hours during which the owner's calendar is open.",
            r#"plan.goal("repair").within(working_hours(4));"#,
        ),
        (
            "working_minutes",
            Unit::WorkingMinutes,
            "So many minutes during which the owner's calendar is open.",
            r#"plan.goal("repair").within(working_minutes(90));"#,
        ),
    ] {
        let verb = Verb::new(Owner::Nothing, Form::Function, name).takes(&[("count", Sort::Number)]).gives("a span");
        api.verb(verb.doc(doc, example), move |count: i64| Span::new(unit, count).map(Length).map_err(raise));
    }
}

fn register_calendars(api: &mut Api) {
    api.verb(
        Verb::new(Owner::Nothing, Form::Function, "calendar")
            .takes(&[("name", Sort::Calendar)])
            .gives("a calendar")
            .doc(
                "The working hours under a name.",
                r#"log(`${calendar("office").add(message.submitted_at, "PT2H")}`);"#,
            ),
        |context: NativeCallContext<'_>, name: ImmutableString| -> Raised<Calendar> {
            let call = call_of(&context)?;
            vocabulary::calendar(call.organisation(), &name).map(Calendar).map_err(raise)
        },
    );
    api.verb(
        Verb::new(Owner::Calendar, Form::Method, "add")
            .takes(&[("time", Sort::Time), ("span", Sort::Span)])
            .gives("a time")
            .doc(
                "When a span that begins at a time ends, by this calendar.",
                r#"log(`${calendar("office").add(message.submitted_at, working_days(2))}`);"#,
            ),
        |context: NativeCallContext<'_>, calendar: &mut Calendar, time: Time, length: Dynamic| -> Raised<Time> {
            let call = call_of(&context)?;
            call.ask()?;
            let length = span(&length)?;
            let (question, due) =
                questions::add_time(call.organisation(), &calendar.0, time.0, &length).map_err(raise)?;
            call.answer(question, due.to_string().into())?;
            Ok(Time(due))
        },
    );
}
