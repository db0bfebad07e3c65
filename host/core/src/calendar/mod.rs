//! Working time: when an organisation is open, and how promises run on it.
//!
//! A [`Calendar`] is compiled from the [`CalendarSpec`] that administrators
//! write. It turns a [`Span`] into a due time, a due time into the instant of
//! a warning, and two instants into the working time between them.
//!
//! It reads no clock and no files: instants are arguments, and the time zones
//! are those bundled with the program, so that every machine computes the same
//! due time. It knows nothing of goals; whoever keeps them records the due
//! time, and a later change of the calendar leaves that as it is.
//!
//! # When a calendar is open
//!
//! At an instant, the calendar is open when the wall clock of its zone shows a
//! time within one of that date's ranges. A range holds its first minute and
//! not its last: `09:00-12:00` is open at 09:00 and closed at 12:00. The ranges
//! of a date are its weekday's; none on a holiday; `extra_hours` on an extra
//! working day, in place of the weekday's.
//!
//! The rule settles the nights on which clocks are changed as well. Clocks that
//! go forward skip the times in the gap, and `00:00-06:00` lasts five hours; a
//! range that begins or ends within the gap begins or ends where the clocks
//! jump, and one wholly inside it does not open. Clocks that go back show some
//! times twice, and a range is open each time: `00:00-06:00` lasts seven hours,
//! and `01:00-01:30` opens twice if the hour from 01:00 is repeated.
//!
//! # Working time
//!
//! Working time is the time that elapses, to the nanosecond, while the calendar
//! is open. A *working day* is a date on which it opens at all.
//!
//! # Limits
//!
//! Every operation looks at most [`SEARCH_LIMIT_DAYS`] away from where it
//! starts, in steps of a day.

mod openings;
mod spec;

use std::{cmp::Reverse, fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use self::spec::{CalendarSpec, DATES_LIMIT, RANGES_PER_DAY_LIMIT, SpecError, SpecErrorKind, WeeklySpec};
use crate::span::{Span, Unit};

/// How far an operation looks, in days of 24 hours: 25 years of 365 days.
///
/// It is enough for [the longest span of working days](crate::span::WORKING_DAYS_LIMIT)
/// on a calendar that opens once a week.
pub const SEARCH_LIMIT_DAYS: i32 = 25 * 365;

/// An organisation's or department's working time, compiled and valid.
///
/// Cheap to clone. Serialized as the [`CalendarSpec`] it was made from.
///
/// # Examples
///
/// ```
/// use herald_core::{calendar::Calendar, span::Span};
/// use jiff::Timestamp;
///
/// let calendar: Calendar = serde_json::from_str(
///     r#"{
///         "time_zone": "Asia/Shanghai",
///         "weekly": {
///             "thu": ["09:00-12:00", "13:00-18:00"],
///             "fri": ["09:00-12:00", "13:00-18:00"]
///         },
///         "holidays": ["2026-10-02"]
///     }"#,
/// )
/// .unwrap();
///
/// // Thursday at 17:00; Friday is a holiday, so one hour is left this week.
/// let from: Timestamp = "2026-10-01T17:00:00+08:00".parse().unwrap();
/// let due = calendar.due(from, &Span::working_hours(2).unwrap()).unwrap();
/// assert_eq!(due, "2026-10-08T10:00:00+08:00".parse().unwrap());
/// assert_eq!(calendar.working_minutes_between(from, due), Ok(120));
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "CalendarSpec", into = "CalendarSpec")]
pub struct Calendar(Arc<Compiled>);

struct Compiled {
    spec: CalendarSpec,
    zone: TimeZone,
    hours: spec::Hours,
}

/// What a paused goal has left, to be kept until it [resumes](Calendar::resume).
///
/// Never negative. As JSON, `{"clock": "PT1H"}` or `{"working": "PT1H30M"}`:
/// ISO 8601 durations that may have parts of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remaining {
    /// Clock time.
    Clock(SignedDuration),
    /// Working time.
    Working(SignedDuration),
}

/// Why a calendar cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The calendar opens too seldom for so much working time.
    #[error(
        "{length} from {from} on is more than the calendar opens within {SEARCH_LIMIT_DAYS} days; \
         shorten the span or add working days to the calendar"
    )]
    TooSeldomOpen {
        /// The working time that was asked for.
        length: String,
        /// The instant the search began at.
        from: Timestamp,
    },
    /// As [`CalendarError::TooSeldomOpen`], looking back.
    #[error(
        "{length} before {due} is more than the calendar was open within {SEARCH_LIMIT_DAYS} days; \
         shorten the span or add working days to the calendar"
    )]
    TooSeldomOpenBefore {
        /// The working time that was asked for.
        length: String,
        /// The instant the search began at.
        due: Timestamp,
    },
    /// Two instants are too far apart to count the working time between them.
    #[error("{from} and {to} are more than {SEARCH_LIMIT_DAYS} days apart")]
    TooFarApart {
        /// One end.
        from: Timestamp,
        /// The other end.
        to: Timestamp,
    },
    /// A clock span leads past the years -9999 to 9999.
    #[error("{length} from {from} is outside the years that can be represented")]
    OutOfTime {
        /// The clock time that was asked for.
        length: String,
        /// The instant it was counted from.
        from: Timestamp,
    },
}

impl Calendar {
    /// The time zone whose wall clock it goes by.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// The specification that the calendar was made from, as it was written.
    pub fn spec(&self) -> &CalendarSpec {
        &self.0.spec
    }

    /// When a promise of `span` given at `from` is due. Never before `from`.
    ///
    /// - Clock time elapses whether the calendar is open or not.
    /// - Working minutes and hours elapse while it is open. Begun while it is
    ///   closed, they begin at the next opening; ending exactly at a closing,
    ///   they end there.
    /// - Working days end at the last closing of the Nth working day after the
    ///   date of `from`, which never counts.
    ///
    /// # Errors
    ///
    /// [`CalendarError::TooSeldomOpen`] when the calendar does not open enough
    /// within [`SEARCH_LIMIT_DAYS`], [`CalendarError::OutOfTime`] past the year
    /// 9999.
    pub fn due(&self, from: Timestamp, span: &Span) -> Result<Timestamp, CalendarError> {
        match (span.unit(), span.duration()) {
            (Unit::ClockSeconds, Some(length)) => add_clock(from, length),
            (_, Some(length)) => self.add_working(from, length),
            (_, None) => self.add_days(from, span),
        }
    }

    /// The instant that lies `span` before `due`, for a warning. Never after
    /// `due`; the mirror image of [`Calendar::due`].
    ///
    /// - Working minutes and hours that reach back exactly to an opening begin
    ///   there, not at the closing before it.
    /// - Working days begin at the first opening of the Nth working day before
    ///   the date of `due`, which never counts. A `due` at midnight belongs to
    ///   the date that ends. Where `due` is the closing of a working day, a
    ///   promise of the same working days given at the result is due at `due`.
    ///
    /// # Errors
    ///
    /// As [`Calendar::due`], with [`CalendarError::TooSeldomOpenBefore`].
    pub fn before(&self, due: Timestamp, span: &Span) -> Result<Timestamp, CalendarError> {
        match (span.unit(), span.duration()) {
            (Unit::ClockSeconds, Some(length)) => add_clock(due, -length),
            (_, Some(length)) => self.subtract_working(due, length),
            (_, None) => self.subtract_days(due, span),
        }
    }

    /// The working time that elapses from `from` to `to`, exactly. Negative
    /// when `to` comes first: the working time by which `to` is past.
    ///
    /// # Errors
    ///
    /// [`CalendarError::TooFarApart`] beyond [`SEARCH_LIMIT_DAYS`].
    pub fn working_time_between(&self, from: Timestamp, to: Timestamp) -> Result<SignedDuration, CalendarError> {
        if to < from {
            return self.working_time_between(to, from).map(|elapsed| -elapsed);
        }
        if to.duration_since(from) > search_limit() {
            return Err(CalendarError::TooFarApart { from, to });
        }
        Ok(self.openings(from, to).map(|opening| opening.length()).sum())
    }

    /// The whole working minutes that elapse from `from` to `to`; negative when
    /// `to` comes first. A part of a minute is dropped.
    ///
    /// # Errors
    ///
    /// As [`Calendar::working_time_between`].
    pub fn working_minutes_between(&self, from: Timestamp, to: Timestamp) -> Result<i64, CalendarError> {
        Ok(self.working_time_between(from, to)?.as_mins())
    }

    /// What is left at `now` of a promise of `span` that is due at `due`: clock
    /// time for a clock span, working time for others, and nothing once `due`
    /// has come.
    ///
    /// # Errors
    ///
    /// As [`Calendar::working_time_between`].
    pub fn remaining(&self, now: Timestamp, due: Timestamp, span: &Span) -> Result<Remaining, CalendarError> {
        let due = due.max(now);
        Ok(match span.unit() {
            Unit::ClockSeconds => Remaining::Clock(due.duration_since(now)),
            _ => Remaining::Working(self.working_time_between(now, due)?),
        })
    }

    /// When a promise that has `remaining` left at `now` is due. With nothing
    /// left, at `now`.
    ///
    /// A promise in working days that was paused ends after the working time it
    /// had left, which need not be at a closing.
    ///
    /// # Errors
    ///
    /// As [`Calendar::due`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use herald_core::{calendar::Calendar, span::Span};
    /// # let calendar: Calendar = serde_json::from_str(
    /// #     r#"{"time_zone": "UTC", "weekly": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}}"#,
    /// # ).unwrap();
    /// # let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    /// let span = Span::working_hours(4).unwrap();
    /// let due = calendar.due(at("2026-11-23T09:00:00Z"), &span).unwrap();
    /// let left = calendar.remaining(at("2026-11-23T10:00:00Z"), due, &span).unwrap();
    /// let due = calendar.resume(at("2026-11-23T16:00:00Z"), left).unwrap();
    /// assert_eq!(due, at("2026-11-24T11:00:00Z"));
    /// ```
    pub fn resume(&self, now: Timestamp, remaining: Remaining) -> Result<Timestamp, CalendarError> {
        match remaining {
            Remaining::Clock(length) => add_clock(now, length.max(SignedDuration::ZERO)),
            Remaining::Working(length) => self.add_working(now, length),
        }
    }

    /// The earliest instant by which `length` of working time has elapsed since
    /// `from`.
    fn add_working(&self, from: Timestamp, length: SignedDuration) -> Result<Timestamp, CalendarError> {
        if !length.is_positive() {
            return Ok(from);
        }
        let mut left = length;
        for opening in self.openings(from, later_limit(from)) {
            if left <= opening.length() {
                return Ok(opening.start + left);
            }
            left -= opening.length();
        }
        Err(CalendarError::TooSeldomOpen { length: format!("{length:#} of working time"), from })
    }

    /// The latest instant from which `length` of working time elapses until
    /// `due`.
    fn subtract_working(&self, due: Timestamp, length: SignedDuration) -> Result<Timestamp, CalendarError> {
        let mut left = length;
        for opening in self.openings_back(earlier_limit(due), due) {
            if left <= opening.length() {
                return Ok(opening.end - left);
            }
            left -= opening.length();
        }
        Err(CalendarError::TooSeldomOpenBefore { length: format!("{length:#} of working time"), due })
    }

    fn add_days(&self, from: Timestamp, span: &Span) -> Result<Timestamp, CalendarError> {
        let limit = later_limit(from);
        let closings = self.openings(from, limit).map(|opening| (opening.date, opening.end));
        edge_of_nth_day(self.date_at(from), span.count(), closings)
            // What ends at the limit may have been cut off there.
            .filter(|closing| *closing < limit)
            .ok_or_else(|| CalendarError::TooSeldomOpen { length: span.to_string(), from })
    }

    fn subtract_days(&self, due: Timestamp, span: &Span) -> Result<Timestamp, CalendarError> {
        let limit = earlier_limit(due);
        let last_moment = due.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(due);
        let openings = self.openings_back(limit, due).map(|opening| (Reverse(opening.date), opening.start));
        edge_of_nth_day(Reverse(self.date_at(last_moment)), span.count(), openings)
            .filter(|opening| *opening > limit)
            .ok_or_else(|| CalendarError::TooSeldomOpenBefore { length: span.to_string(), due })
    }

    fn date_at(&self, instant: Timestamp) -> Date {
        self.0.zone.to_datetime(instant).date()
    }
}

/// The last of the `edges` on the `count`th distinct day after `first_day`;
/// "after" and "last" in the order of the edges, which may run backwards.
///
/// A day that comes again after a later one, as when clocks go back across
/// midnight, is not counted again: it ends where the later one first opens.
fn edge_of_nth_day<Day: Ord>(
    first_day: Day,
    count: u32,
    edges: impl Iterator<Item = (Day, Timestamp)>,
) -> Option<Timestamp> {
    let mut current = first_day;
    let mut counted = 0;
    let mut found = None;
    for (day, edge) in edges {
        if day > current {
            if counted == count {
                break;
            }
            current = day;
            counted += 1;
        }
        if counted == count {
            found = Some(edge);
        }
    }
    found
}

fn add_clock(from: Timestamp, length: SignedDuration) -> Result<Timestamp, CalendarError> {
    from.checked_add(length).map_err(|_| CalendarError::OutOfTime { length: format!("{length:#}"), from })
}

fn search_limit() -> SignedDuration {
    SignedDuration::from_hours(i64::from(SEARCH_LIMIT_DAYS) * 24)
}

fn later_limit(from: Timestamp) -> Timestamp {
    from.checked_add(search_limit()).unwrap_or(Timestamp::MAX)
}

fn earlier_limit(due: Timestamp) -> Timestamp {
    due.checked_sub(search_limit()).unwrap_or(Timestamp::MIN)
}

/// Calendars are equal when they were written alike.
impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.spec() == other.spec()
    }
}

impl Eq for Calendar {}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calendar").field(self.spec()).finish()
    }
}

#[cfg(test)]
mod tests;
