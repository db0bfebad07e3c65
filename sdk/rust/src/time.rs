//! Moments and dates, as far as policies need them: read, compared, counted. Working time is the host's to add, through
//! [`calendar`](crate::calendar); there is no clock here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DAY_SECONDS: i64 = 86_400;

/// A moment, to the nanosecond. Read and written as RFC 3339; written in UTC.
///
/// ```
/// use herald_policy_sdk::Timestamp;
///
/// let morning: Timestamp = "2026-01-05T09:00:00+08:00".parse().unwrap();
/// assert_eq!(morning.to_string(), "2026-01-05T01:00:00Z");
/// assert_eq!(morning.date(8 * 60).to_string(), "2026-01-05");
/// assert!(morning < "2026-01-05T01:00:00.5Z".parse().unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp {
    /// Since 1970-01-01T00:00:00Z.
    seconds: i64,
    nanoseconds: u32,
}

impl Timestamp {
    /// The moment so many seconds after the first of 1970 in UTC.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self { seconds, nanoseconds: 0 }
    }

    /// Whole seconds since the first of 1970 in UTC.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// The date then, where clocks are `utc_offset_minutes` ahead of UTC: 480 in China.
    #[must_use]
    pub const fn date(self, utc_offset_minutes: i32) -> Date {
        Date { days: (self.seconds + utc_offset_minutes as i64 * 60).div_euclid(DAY_SECONDS) }
    }
}

/// A day of the calendar. Read and written as `2026-10-09`.
///
/// ```
/// use herald_policy_sdk::Date;
///
/// let (promised, expected): (Date, Date) = ("2026-02-27".parse().unwrap(), "2026-03-02".parse().unwrap());
/// assert_eq!(promised.days_until(expected), 3);
/// assert_eq!(promised.plus_days(3), expected);
/// assert!("2026-02-29".parse::<Date>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    /// Since 1970-01-01.
    days: i64,
}

impl Date {
    /// How many days later `other` is; negative when it is earlier.
    #[must_use]
    pub const fn days_until(self, other: Self) -> i64 {
        other.days - self.days
    }

    /// The day so many days later.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self { days: self.days.saturating_add(days) }
    }

    /// The day of the week: 1 on Monday, 7 on Sunday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        // The first of 1970 was a Thursday.
        ((self.days + 3).rem_euclid(7) + 1) as u8
    }

    /// The moment so many seconds after its midnight, where clocks are `utc_offset_minutes` ahead of UTC.
    #[must_use]
    pub const fn at(self, seconds: u32, utc_offset_minutes: i32) -> Timestamp {
        Timestamp::from_unix_seconds(self.days * DAY_SECONDS + seconds as i64 - utc_offset_minutes as i64 * 60)
    }

    /// Days are counted in years that begin in March, so that the leap day is a year's last: Howard Hinnant,
    /// "chrono-compatible low-level date algorithms".
    const fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self { days: era * 146_097 + day_of_era - 719_468 }
    }

    const fn parts(self) -> (i64, i64, i64) {
        let days = self.days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.seconds.rem_euclid(DAY_SECONDS);
        write!(f, "{}T{:02}:{:02}:{:02}", self.date(0), second / 3_600, second / 60 % 60, second % 60)?;
        if self.nanoseconds != 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// A text that is no moment or no date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeError {
    text: String,
    example: &'static str,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not written like `{}`", self.text, self.example)
    }
}

impl std::error::Error for TimeError {}

impl FromStr for Date {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        date(text).ok_or_else(|| TimeError { text: text.to_owned(), example: "2026-10-09" })
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        moment(text).ok_or_else(|| TimeError { text: text.to_owned(), example: "2026-10-09T08:30:00Z" })
    }
}

fn date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let date = Date::of(number(year, 4)?, number(month, 2)?, number(day, 2)?);
    // A day that its month does not have comes out as another one.
    (date.to_string() == text).then_some(date)
}

fn moment(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_once(['T', 't'])?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':');
    let mut part = |least_above: i64| number(parts.next()?, 2).filter(|number| *number < least_above);
    let (hour, minute, second) = (part(24)?, part(60)?, part(60)?);
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let seconds = date(day)?.days * DAY_SECONDS + hour * 3_600 + minute * 60 + second - offset_seconds(zone)?;
    Some(Timestamp { seconds, nanoseconds })
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (number(hours, 2)? * 3_600 + number(minutes, 2)? * 60))
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let written = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if written { text.parse().ok() } else { None }
}

macro_rules! as_text {
    ($($time:ty),*) => { $(
        impl TryFrom<String> for $time {
            type Error = TimeError;
            fn try_from(text: String) -> Result<Self, TimeError> {
                text.parse()
            }
        }

        impl From<$time> for String {
            fn from(time: $time) -> Self {
                time.to_string()
            }
        }
    )* };
}

as_text!(Timestamp, Date);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_each_other() {
        let mut day = Date::of(1999, 12, 31);
        for next in ["2000-01-01", "2000-01-02"] {
            day = day.plus_days(1);
            assert_eq!(day.to_string(), next);
        }
        assert_eq!(Date::of(1970, 1, 1).days, 0);
        // Every day of four centuries is read as it is written, and follows the one before.
        for days in 0..146_097 {
            let day = Date::of(1900, 3, 1).plus_days(days);
            assert_eq!(day.to_string().parse(), Ok(day));
        }
        assert_eq!("2026-01-05".parse::<Date>().unwrap().weekday(), 1);
        assert_eq!("2026-01-04".parse::<Date>().unwrap().weekday(), 7);
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-05", "26-01-05", "2026-01-05Z", ""] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_read_and_written() {
        for (text, written) in [
            ("2026-10-09T08:30:00Z", "2026-10-09T08:30:00Z"),
            ("2026-10-09T08:30:00.250Z", "2026-10-09T08:30:00.25Z"),
            ("2026-10-09T00:30:00+08:00", "2026-10-08T16:30:00Z"),
            ("1969-12-31T23:59:59-00:30", "1970-01-01T00:29:59Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written);
        }
        for text in
            ["2026-10-09", "2026-10-09T08:30Z", "2026-10-09T24:00:00Z", "2026-10-09T08:30:00", "2026-10-09T08:30:00.Z"]
        {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
