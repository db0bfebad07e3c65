//! The length of a promise: so many clock seconds, or so much working time.
//!
//! A span is only a length. It does not know a calendar, a zone or a starting
//! point; [`Calendar`](crate::calendar::Calendar) turns it into an instant.
//!
//! Written as JSON or TOML, a span is one of
//!
//! | form | means |
//! | --- | --- |
//! | `"PT2H"`, `"PT1H30M"`, `"PT45S"` | clock time: ISO 8601, in hours, minutes and seconds |
//! | `{"working_minutes": 90}` | minutes during which the calendar is open |
//! | `{"working_hours": 4}` | hours during which the calendar is open |
//! | `{"working_days": 2}` | until the close of the second working day after today |
//!
//! ISO 8601 also has days, weeks, months and years. They are refused: in an
//! office nobody knows whether `P2D` means 48 hours or the day after tomorrow
//! at closing time, and a deadline must not depend on the reader.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, fmt::temporal::SpanParser};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};

/// The longest clock span, in hours: five years of 366 days.
pub const CLOCK_LIMIT_HOURS: u32 = 5 * 366 * 24;
/// The longest span of working minutes: [`WORKING_HOURS_LIMIT`] in minutes.
pub const WORKING_MINUTES_LIMIT: u32 = WORKING_HOURS_LIMIT * 60;
/// The longest span of working hours: five years of 2,000 hours.
pub const WORKING_HOURS_LIMIT: u32 = 10_000;
/// The longest span of working days: four years of 250 days.
pub const WORKING_DAYS_LIMIT: u32 = 1_000;

/// What a [`Span`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Elapsed seconds, whether anybody works or not.
    ClockSeconds,
    /// Elapsed minutes during which the calendar is open.
    WorkingMinutes,
    /// Elapsed hours during which the calendar is open.
    WorkingHours,
    /// Dates on which the calendar opens at all.
    WorkingDays,
}

impl Unit {
    /// The most that a span may count in this unit. The least is 1.
    pub const fn limit(self) -> u32 {
        match self {
            Self::ClockSeconds => CLOCK_LIMIT_HOURS * 3_600,
            Self::WorkingMinutes => WORKING_MINUTES_LIMIT,
            Self::WorkingHours => WORKING_HOURS_LIMIT,
            Self::WorkingDays => WORKING_DAYS_LIMIT,
        }
    }

    /// The key that names the unit in the object form; clock time has none.
    const fn key(self) -> Option<&'static str> {
        match self {
            Self::ClockSeconds => None,
            Self::WorkingMinutes => Some("working_minutes"),
            Self::WorkingHours => Some("working_hours"),
            Self::WorkingDays => Some("working_days"),
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        [Self::WorkingMinutes, Self::WorkingHours, Self::WorkingDays].into_iter().find(|unit| unit.key() == Some(key))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClockSeconds => "seconds",
            Self::WorkingMinutes => "working minutes",
            Self::WorkingHours => "working hours",
            Self::WorkingDays => "working days",
        })
    }
}

/// The length of a promise: a positive whole number of one [`Unit`], within
/// that unit's [limit](Unit::limit).
///
/// Equal spans are written alike: `PT90M` reads as the same span as `PT1H30M`
/// and is written as the latter. A working hour equals 60 working minutes in
/// length, but the two stay distinct, so that people see what they wrote.
///
/// # Examples
///
/// ```
/// use herald_core::span::Span;
///
/// let span: Span = serde_json::from_str(r#""PT90M""#).unwrap();
/// assert_eq!(span.to_string(), "PT1H30M");
///
/// let span: Span = serde_json::from_str(r#"{"working_days": 2}"#).unwrap();
/// assert_eq!(span, Span::working_days(2).unwrap());
/// assert_eq!(span.to_string(), "2 working days");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    unit: Unit,
    count: u32,
}

/// Why something is not a span. Each says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The count is zero, negative, or past the unit's limit.
    #[error("{count} {unit} is out of range; a span is from 1 to {} {unit}", .unit.limit())]
    OutOfRange {
        /// What was counted.
        unit: Unit,
        /// The count that was given.
        count: i64,
    },
    /// A clock span that is zero, negative, or past the limit.
    #[error("`{text}` is out of range; a clock span is from `PT1S` to `PT{}H`", CLOCK_LIMIT_HOURS)]
    ClockOutOfRange {
        /// The span as it was written.
        text: String,
    },
    /// A clock span with a part of a second.
    #[error("`{text}`: parts of a second are not kept; write whole seconds, such as `PT1S`")]
    Fraction {
        /// The span as it was written.
        text: String,
    },
    /// A clock span in days or longer units.
    #[error("`{text}`: {units} are ambiguous; write {hint}")]
    Ambiguous {
        /// The span as it was written.
        text: String,
        /// The largest unit that is refused, in the plural.
        units: &'static str,
        /// What to write instead.
        hint: String,
    },
    /// A text that is not an ISO 8601 duration at all.
    #[error(
        "`{text}` is not a span; write clock time such as `PT2H` or `PT1H30M`, \
         or an object such as {{\"working_days\": 2}}"
    )]
    NotASpan {
        /// The text that was given.
        text: String,
    },
}

impl Span {
    /// A span of `count` of `unit`.
    ///
    /// # Errors
    ///
    /// [`SpanError::OutOfRange`] unless `count` is from 1 to [`Unit::limit`].
    pub fn new(unit: Unit, count: i64) -> Result<Self, SpanError> {
        match u32::try_from(count) {
            Ok(valid) if (1..=unit.limit()).contains(&valid) => Ok(Self { unit, count: valid }),
            _ => Err(SpanError::OutOfRange { unit, count }),
        }
    }

    /// A clock span of `count` seconds, up to [`CLOCK_LIMIT_HOURS`].
    ///
    /// # Errors
    ///
    /// As [`Span::new`].
    pub fn clock_seconds(count: i64) -> Result<Self, SpanError> {
        Self::new(Unit::ClockSeconds, count)
    }

    /// A span of `count` working minutes, up to [`WORKING_MINUTES_LIMIT`].
    ///
    /// # Errors
    ///
    /// As [`Span::new`].
    pub fn working_minutes(count: i64) -> Result<Self, SpanError> {
        Self::new(Unit::WorkingMinutes, count)
    }

    /// A span of `count` working hours, up to [`WORKING_HOURS_LIMIT`].
    ///
    /// # Errors
    ///
    /// As [`Span::new`].
    pub fn working_hours(count: i64) -> Result<Self, SpanError> {
        Self::new(Unit::WorkingHours, count)
    }

    /// A span of `count` working days, up to [`WORKING_DAYS_LIMIT`].
    ///
    /// # Errors
    ///
    /// As [`Span::new`].
    pub fn working_days(count: i64) -> Result<Self, SpanError> {
        Self::new(Unit::WorkingDays, count)
    }

    /// What the span counts.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// How many of [`Span::unit`]: from 1 to [`Unit::limit`].
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The span's length in seconds of clock or working time; `None` for
    /// working days, whose length only a calendar knows.
    pub(crate) fn duration(self) -> Option<SignedDuration> {
        let count = i64::from(self.count);
        match self.unit {
            Unit::ClockSeconds => Some(SignedDuration::from_secs(count)),
            Unit::WorkingMinutes => Some(SignedDuration::from_mins(count)),
            Unit::WorkingHours => Some(SignedDuration::from_hours(count)),
            Unit::WorkingDays => None,
        }
    }
}

/// Reads the clock form, such as `PT1H30M`.
///
/// # Examples
///
/// ```
/// use herald_core::span::Span;
///
/// let error = "P2D".parse::<Span>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`P2D`: days are ambiguous; write `PT48H` for clock hours or {\"working_days\": 2}"
/// );
/// ```
impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let owned = || text.to_owned();
        let Ok(parsed) = SpanParser::new().parse_span(text) else {
            return Err(SpanError::NotASpan { text: owned() });
        };
        if let Some((units, hint)) = refused_units(&parsed) {
            return Err(SpanError::Ambiguous { text: owned(), units, hint });
        }
        // Without days and longer units, a duration is the same everywhere.
        let Ok(duration) = SignedDuration::try_from(parsed) else {
            return Err(SpanError::ClockOutOfRange { text: owned() });
        };
        if duration.subsec_nanos() != 0 {
            return Err(SpanError::Fraction { text: owned() });
        }
        Self::clock_seconds(duration.as_secs()).map_err(|_| SpanError::ClockOutOfRange { text: owned() })
    }
}

/// The largest of the refused units that `parsed` has, with what to write
/// instead of the whole.
fn refused_units(parsed: &jiff::Span) -> Option<(&'static str, String)> {
    const IN_GENERAL: &str = "clock hours, such as `PT48H`, or {\"working_days\": 2}";
    if parsed.get_years() != 0 {
        return Some(("years", IN_GENERAL.to_owned()));
    }
    if parsed.get_months() != 0 {
        return Some(("months", IN_GENERAL.to_owned()));
    }
    let (weeks, days) = (i64::from(parsed.get_weeks()), i64::from(parsed.get_days()));
    let units = match (weeks, days) {
        (0, 0) => return None,
        (0, _) => "days",
        _ => "weeks",
    };
    let has_clock_part = parsed.get_hours() != 0
        || parsed.get_minutes() != 0
        || parsed.get_seconds() != 0
        || parsed.get_nanoseconds() != 0;
    let hint = if has_clock_part || weeks < 0 || days < 0 {
        IN_GENERAL.to_owned()
    } else if weeks == 0 {
        format!("`PT{}H` for clock hours or {{\"working_days\": {days}}}", days * 24)
    } else {
        // How many days of a week are worked is the calendar's to say.
        format!(
            "`PT{}H` for clock hours, or count working days, such as {{\"working_days\": 5}}",
            (weeks * 7 + days) * 24
        )
    };
    Some((units, hint))
}

/// Clock spans as they are written in JSON, others in words: `PT1H30M`,
/// `1 working day`, `90 working minutes`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        if self.unit != Unit::ClockSeconds {
            let unit = self.unit.to_string();
            let unit = if count == 1 { unit.trim_end_matches('s') } else { &unit };
            return write!(f, "{count} {unit}");
        }
        f.write_str("PT")?;
        for (amount, letter) in [(count / 3_600, 'H'), (count / 60 % 60, 'M'), (count % 60, 'S')] {
            if amount != 0 {
                write!(f, "{amount}{letter}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.unit.key() {
            None => serializer.collect_str(self),
            Some(key) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(key, &self.count)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl<'de> Visitor<'de> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a span: clock time such as `PT2H`, or an object with one of \
             `working_minutes`, `working_hours`, `working_days`",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Span, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let Some(unit) = Unit::from_key(&key) else {
            return Err(de::Error::custom(format_args!(
                "`{key}` is not a unit of a span; \
                 use `working_minutes`, `working_hours` or `working_days`"
            )));
        };
        let Count(count) = map.next_value()?;
        if let Some(second) = map.next_key::<String>()? {
            return Err(de::Error::custom(format_args!(
                "a span has one unit, not both `{key}` and `{second}`; keep one"
            )));
        }
        Span::new(unit, count).map_err(de::Error::custom)
    }
}

/// The number in a span's object form. A type of its own, because the message
/// for a number of another type would otherwise speak of bits.
struct Count(i64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;
        impl Visitor<'_> for CountVisitor {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a positive whole number")
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Count, E> {
                Ok(Count(count))
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Count, E> {
                // A count past this is out of every unit's range all the same.
                Ok(Count(i64::try_from(count).unwrap_or(i64::MAX)))
            }
        }
        deserializer.deserialize_i64(CountVisitor)
    }
}

#[cfg(test)]
mod tests;
