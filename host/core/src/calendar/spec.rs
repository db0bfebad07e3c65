//! How a calendar is written, and the check that makes it a [`Calendar`].
//!
//! The specification keeps the words of whoever wrote it, so that it can be
//! shown and compared as written. Nothing here computes with instants.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

use super::{Calendar, Compiled, openings::MINUTES_PER_DAY};

/// The most dates in each of `holidays` and `extra_working_days`: 50 years of
/// forty.
pub const DATES_LIMIT: usize = 2_000;
/// The most ranges in a day.
pub const RANGES_PER_DAY_LIMIT: usize = 24;

/// A calendar as administrators write it, in TOML or JSON. Dates are texts, in
/// quotes in TOML too.
///
/// # Examples
///
/// ```
/// use herald_core::calendar::{Calendar, CalendarSpec};
///
/// let spec: CalendarSpec = serde_json::from_str(
///     r#"{
///         "time_zone": "Asia/Shanghai",
///         "weekly": {"mon": ["09:00-12:00", "13:00-18:00"]},
///         "holidays": ["2026-10-05"],
///         "extra_working_days": ["2026-10-10"],
///         "extra_hours": ["09:00-12:00"]
///     }"#,
/// )
/// .unwrap();
/// let calendar = Calendar::try_from(spec.clone()).unwrap();
/// assert_eq!(calendar.spec(), &spec);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// The IANA name of the time zone, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// The opening hours of an ordinary week.
    #[serde(default)]
    pub weekly: WeeklySpec,
    /// Dates, `YYYY-MM-DD`, on which the calendar does not open; at most
    /// [`DATES_LIMIT`].
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Dates, `YYYY-MM-DD`, that are worked whatever their weekday, such as the
    /// make-up days (调休) around a long holiday; at most [`DATES_LIMIT`].
    #[serde(default)]
    pub extra_working_days: Vec<String>,
    /// The opening hours on extra working days, in place of their weekday's.
    #[serde(default)]
    pub extra_hours: Vec<String>,
}

/// The opening hours of each weekday: ranges `HH:MM-HH:MM` in order, at most
/// [`RANGES_PER_DAY_LIMIT`], the end of the day being `24:00`. A weekday that
/// is left out does not open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the weekdays")]
pub struct WeeklySpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<String>,
}

/// What is wrong with a [`CalendarSpec`], and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {kind}")]
pub struct SpecError {
    /// The field, such as `weekly.mon[1]`; elements are counted from 0.
    pub field: String,
    /// What is wrong with it.
    pub kind: SpecErrorKind,
}

/// What is wrong with a field of a [`CalendarSpec`], and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecErrorKind {
    /// The time zone is not among the bundled ones.
    #[error("`{name}` is not a known time zone; {}", zone_hint(.nearest.as_deref()))]
    UnknownZone {
        /// The name that was given.
        name: String,
        /// A known name that is written much alike.
        nearest: Option<String>,
    },
    /// Not of the form `HH:MM-HH:MM`, or a time that no clock shows.
    #[error("`{range}` is not a range of hours; write `HH:MM-HH:MM`, from `00:00` to `24:00`")]
    NotARange {
        /// The range that was given.
        range: String,
    },
    /// A range that does not end after it begins.
    #[error(
        "`{range}` does not end after it begins; \
         hours past midnight belong to the next day, before it use `24:00`"
    )]
    EmptyRange {
        /// The range that was given.
        range: String,
    },
    /// A range that begins before the one listed before it ends.
    #[error("`{range}` begins before `{previous}` ends; list ranges in order, without overlap")]
    Overlap {
        /// The range that was given.
        range: String,
        /// The range before it.
        previous: String,
    },
    /// Not a date of the Gregorian calendar.
    #[error("`{date}` is not a date; write `YYYY-MM-DD`, such as `2026-10-01`")]
    NotADate {
        /// The date that was given.
        date: String,
    },
    /// A date that has been named before.
    #[error("`{date}` is already in `{field}`; keep it in one place")]
    Repeated {
        /// The date that was given.
        date: String,
        /// The list that has it already.
        field: &'static str,
    },
    /// Extra working days are named, but no hours for them.
    #[error("is empty, but `extra_working_days` is not; give the hours of those days")]
    NoExtraHours,
    /// No weekday and no date has opening hours.
    #[error("the calendar never opens; give at least one day hours, such as `09:00-17:00`")]
    NeverOpens,
    /// A list is too long.
    #[error("has {count} entries, more than {limit}; shorten it")]
    TooMany {
        /// The entries it has.
        count: usize,
        /// The entries it may have.
        limit: usize,
    },
}

fn zone_hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "write an IANA name, such as `Asia/Shanghai`".to_owned(),
    }
}

/// Part of a date's wall clock, in minutes since 00:00: from `opens_minute`,
/// before `closes_minute`, which is at most 1,440.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) opens_minute: u16,
    pub(super) closes_minute: u16,
}

/// The opening hours of every date.
pub(super) struct Hours {
    /// From Monday to Sunday.
    weekly: [Vec<Range>; 7],
    extra: Vec<Range>,
    special_days: BTreeMap<Date, DayKind>,
}

#[derive(Clone, Copy)]
enum DayKind {
    Holiday,
    Extra,
}

impl DayKind {
    const fn field(self) -> &'static str {
        match self {
            Self::Holiday => "holidays",
            Self::Extra => "extra_working_days",
        }
    }
}

impl Hours {
    /// The ranges of a date, in order and without overlap.
    pub(super) fn on(&self, date: Date) -> &[Range] {
        match self.special_days.get(&date) {
            Some(DayKind::Holiday) => &[],
            Some(DayKind::Extra) => &self.extra,
            None => {
                let days_since_monday = date.weekday().to_monday_zero_offset();
                usize::try_from(days_since_monday)
                    .ok()
                    .and_then(|index| self.weekly.get(index))
                    .map_or(&[], Vec::as_slice)
            }
        }
    }
}

impl TryFrom<CalendarSpec> for Calendar {
    type Error = SpecError;

    /// Checks the specification and names the first field that is wrong.
    fn try_from(spec: CalendarSpec) -> Result<Self, SpecError> {
        let zone = find_zone(&spec.time_zone)?;
        let WeeklySpec { mon, tue, wed, thu, fri, sat, sun } = &spec.weekly;
        let weekly = [
            ranges("weekly.mon", mon)?,
            ranges("weekly.tue", tue)?,
            ranges("weekly.wed", wed)?,
            ranges("weekly.thu", thu)?,
            ranges("weekly.fri", fri)?,
            ranges("weekly.sat", sat)?,
            ranges("weekly.sun", sun)?,
        ];
        let extra = ranges("extra_hours", &spec.extra_hours)?;
        let mut special_days = BTreeMap::new();
        add_days(&mut special_days, DayKind::Holiday, &spec.holidays)?;
        add_days(&mut special_days, DayKind::Extra, &spec.extra_working_days)?;

        if extra.is_empty() && !spec.extra_working_days.is_empty() {
            return Err(error("extra_hours", SpecErrorKind::NoExtraHours));
        }
        if weekly.iter().all(Vec::is_empty) && spec.extra_working_days.is_empty() {
            return Err(error("weekly", SpecErrorKind::NeverOpens));
        }
        Ok(Self(Arc::new(Compiled { zone, hours: Hours { weekly, extra, special_days }, spec })))
    }
}

impl From<Calendar> for CalendarSpec {
    fn from(calendar: Calendar) -> Self {
        calendar.spec().clone()
    }
}

fn error(field: impl Into<String>, kind: SpecErrorKind) -> SpecError {
    SpecError { field: field.into(), kind }
}

fn element_error(list: &str, index: usize, kind: SpecErrorKind) -> SpecError {
    error(format!("{list}[{index}]"), kind)
}

fn check_count(list: &str, count: usize, limit: usize) -> Result<(), SpecError> {
    if count > limit {
        return Err(error(list, SpecErrorKind::TooMany { count, limit }));
    }
    Ok(())
}

fn ranges(list: &str, written: &[String]) -> Result<Vec<Range>, SpecError> {
    check_count(list, written.len(), RANGES_PER_DAY_LIMIT)?;
    let mut ranges: Vec<Range> = Vec::with_capacity(written.len());
    let mut previous: Option<(&String, Range)> = None;
    for (index, text) in written.iter().enumerate() {
        let range = parse_range(text).map_err(|kind| element_error(list, index, kind))?;
        if let Some((before, earlier)) = previous
            && range.opens_minute < earlier.closes_minute
        {
            let kind = SpecErrorKind::Overlap { range: text.clone(), previous: before.clone() };
            return Err(element_error(list, index, kind));
        }
        previous = Some((text, range));
        ranges.push(range);
    }
    Ok(ranges)
}

fn parse_range(text: &str) -> Result<Range, SpecErrorKind> {
    let minutes = text.split_once('-').and_then(|(opens, closes)| Some((parse_time(opens)?, parse_time(closes)?)));
    let range = text.to_owned();
    match minutes {
        None => Err(SpecErrorKind::NotARange { range }),
        Some((opens, closes)) if closes <= opens => Err(SpecErrorKind::EmptyRange { range }),
        Some((opens_minute, closes_minute)) => Ok(Range { opens_minute, closes_minute }),
    }
}

/// Minutes since 00:00 of a time written `HH:MM`, up to `24:00`.
fn parse_time(text: &str) -> Option<u16> {
    let two_digits = |part: &str| -> Option<u16> {
        let valid = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if valid { part.parse().ok() } else { None }
    };
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

fn add_days(special_days: &mut BTreeMap<Date, DayKind>, kind: DayKind, written: &[String]) -> Result<(), SpecError> {
    let list = kind.field();
    check_count(list, written.len(), DATES_LIMIT)?;
    for (index, text) in written.iter().enumerate() {
        let date = text.clone();
        let Some(day) = parse_date(text) else {
            return Err(element_error(list, index, SpecErrorKind::NotADate { date }));
        };
        if let Some(earlier) = special_days.insert(day, kind) {
            let field = earlier.field();
            let kind = SpecErrorKind::Repeated { date, field };
            return Err(element_error(list, index, kind));
        }
    }
    Ok(())
}

/// A date written `YYYY-MM-DD`. Its parser takes other forms too, which a
/// reader of the list would have to know: only the usual one is accepted.
fn parse_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

fn find_zone(name: &str) -> Result<TimeZone, SpecError> {
    let zones = TimeZoneDatabase::bundled();
    match zones.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err(error(
            "time_zone",
            SpecErrorKind::UnknownZone { name: name.to_owned(), nearest: nearest_zone(&zones, name) },
        )),
    }
}

/// The zone of which `name` is the city alone, else the one nearest to it by
/// the letters that differ. Guesses further away than [`GUESS_LIMIT_LETTERS`]
/// are worse than none.
fn nearest_zone(zones: &TimeZoneDatabase, name: &str) -> Option<String> {
    if name.len() > GUESS_NAME_LIMIT_BYTES {
        return None;
    }
    let name = name.to_ascii_lowercase().replace(' ', "_");
    let distance = |known: &str| {
        let known = known.to_ascii_lowercase();
        match known.rsplit_once('/') {
            Some((_, city)) if city == name => 0,
            _ => strsim::osa_distance(&known, &name),
        }
    };
    zones
        .available()
        .map(|known| (distance(known.as_str()), known))
        .filter(|(letters, _)| *letters <= GUESS_LIMIT_LETTERS)
        .min_by_key(|(letters, _)| *letters)
        .map(|(_, known)| known.as_str().to_owned())
}

/// How many letters a guessed zone may differ by.
const GUESS_LIMIT_LETTERS: usize = 2;
/// The longest name a zone is guessed for; the longest known one has 32 bytes.
const GUESS_NAME_LIMIT_BYTES: usize = 64;
