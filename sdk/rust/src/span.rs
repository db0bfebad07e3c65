//! How long something may take.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How long something may take. The host refuses a span of nothing and one of more than a few years.
///
/// In settings and tables it is written as everywhere in Herald: `"PT2H"`, `"PT1H30M"`, or `{ working_days = 3 }`.
/// Days, weeks and months of clock time are refused: nobody knows whether `P2D` is 48 hours or the day after tomorrow.
///
/// ```
/// use herald_policy_sdk::{Span, hours, minutes, working_days};
///
/// assert_eq!("PT1H30M".parse(), Ok(minutes(90)));
/// assert_eq!(hours(36).to_string(), "PT36H");
/// assert!("P2D".parse::<Span>().is_err());
/// assert_eq!(serde_json::from_str::<Span>(r#"{"working_days": 3}"#).unwrap(), working_days(3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Span {
    /// Clock time, whether anybody works or not.
    Clock {
        /// Its length.
        seconds: u32,
    },
    /// Minutes during which the owner's calendar is open.
    WorkingMinutes(u32),
    /// Hours during which the owner's calendar is open.
    WorkingHours(u32),
    /// Until the close of that working day after the one on which it begins.
    WorkingDays(u32),
}

/// So many seconds of clock time.
#[must_use]
pub const fn seconds(count: u32) -> Span {
    Span::Clock { seconds: count }
}

/// So many minutes of clock time.
#[must_use]
pub const fn minutes(count: u32) -> Span {
    seconds(count.saturating_mul(60))
}

/// So many hours of clock time.
#[must_use]
pub const fn hours(count: u32) -> Span {
    minutes(count.saturating_mul(60))
}

/// So many minutes during which the owner's calendar is open.
#[must_use]
pub const fn working_minutes(count: u32) -> Span {
    Span::WorkingMinutes(count)
}

/// So many hours during which the owner's calendar is open.
#[must_use]
pub const fn working_hours(count: u32) -> Span {
    Span::WorkingHours(count)
}

/// So many working days; the day on which they begin does not count.
#[must_use]
pub const fn working_days(count: u32) -> Span {
    Span::WorkingDays(count)
}

/// A text that is no span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanError {
    text: String,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no span; write hours, minutes and seconds such as `PT2H`, or working days", self.text)
    }
}

impl std::error::Error for SpanError {}

impl FromStr for Span {
    type Err = SpanError;

    /// Reads clock time: `PT1H30M`.
    fn from_str(text: &str) -> Result<Self, SpanError> {
        clock_seconds(text).map(seconds).ok_or_else(|| SpanError { text: text.to_owned() })
    }
}

fn clock_seconds(text: &str) -> Option<u32> {
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty())?;
    let mut total = 0_u32;
    for (letter, unit_seconds) in [('H', 3_600), ('M', 60), ('S', 1)] {
        if let Some((count, after)) = rest.split_once(letter) {
            let digits = count.bytes().all(|byte| byte.is_ascii_digit());
            let count: u32 = count.parse().ok().filter(|_| digits)?;
            total = total.checked_add(count.checked_mul(unit_seconds)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(total)
}

/// Clock time as ISO 8601 writes it, working time in words.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = match *self {
            Self::Clock { seconds } => seconds,
            Self::WorkingMinutes(count) => return write!(f, "{count} working minutes"),
            Self::WorkingHours(count) => return write!(f, "{count} working hours"),
            Self::WorkingDays(count) => return write!(f, "{count} working days"),
        };
        f.write_str("PT")?;
        for (count, letter) in [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')] {
            if count != 0 || (letter == 'S' && seconds == 0) {
                write!(f, "{count}{letter}")?;
            }
        }
        Ok(())
    }
}

/// A span as JSON and TOML have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "no span: write clock time such as `PT2H`, or such as {\"working_days\": 3}")]
enum Written {
    Clock(String),
    Working(Working),
}

#[derive(Serialize, Deserialize)]
enum Working {
    #[serde(rename = "working_minutes")]
    Minutes(u32),
    #[serde(rename = "working_hours")]
    Hours(u32),
    #[serde(rename = "working_days")]
    Days(u32),
}

impl TryFrom<Written> for Span {
    type Error = SpanError;
    fn try_from(written: Written) -> Result<Self, SpanError> {
        Ok(match written {
            Written::Clock(text) => text.parse()?,
            Written::Working(Working::Minutes(count)) => Self::WorkingMinutes(count),
            Written::Working(Working::Hours(count)) => Self::WorkingHours(count),
            Written::Working(Working::Days(count)) => Self::WorkingDays(count),
        })
    }
}

impl From<Span> for Written {
    fn from(span: Span) -> Self {
        match span {
            Span::Clock { .. } => Self::Clock(span.to_string()),
            Span::WorkingMinutes(count) => Self::Working(Working::Minutes(count)),
            Span::WorkingHours(count) => Self::Working(Working::Hours(count)),
            Span::WorkingDays(count) => Self::Working(Working::Days(count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_time_is_read_and_written() {
        for (text, span) in [
            ("PT2H", hours(2)),
            ("PT1H30M", minutes(90)),
            ("PT90M", minutes(90)),
            ("PT45S", seconds(45)),
            ("PT1H1S", seconds(3_601)),
        ] {
            assert_eq!(text.parse(), Ok(span), "{text}");
            assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        }
        for text in ["", "PT", "P2D", "PT2", "PTH", "PT+2H", "PT2H3", "PT1M1H", "2H", "PT99999999999H", "PT1.5H"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
