//! Working time without holidays.

use crate::span::Span;
use crate::time::{Date, Timestamp};

/// Working hours from Monday to Friday, without holidays: enough for tests that keep away from them.
///
/// ```
/// use herald_policy_sdk::{OfficeHours, Timestamp, working_days, working_hours};
///
/// let office = OfficeHours::new([(8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60 + 30)], 8 * 60);
/// let friday: Timestamp = "2026-01-09T16:30:00+08:00".parse().unwrap();
/// assert_eq!(office.add(friday, working_hours(2)), "2026-01-12T09:30:00+08:00".parse().unwrap());
/// assert_eq!(office.add(friday, working_days(1)), "2026-01-12T17:30:00+08:00".parse().unwrap());
/// ```
#[derive(Debug, Clone)]
pub struct OfficeHours {
    /// In seconds of the day, in order.
    ranges: Vec<(u32, u32)>,
    utc_offset_minutes: i32,
}

impl OfficeHours {
    /// Hours as ranges of minutes of the day, in order, where clocks are `utc_offset_minutes` ahead of UTC.
    pub fn new(ranges_minutes: impl IntoIterator<Item = (u32, u32)>, utc_offset_minutes: i32) -> Self {
        let ranges = ranges_minutes.into_iter().map(|(from, to)| (from * 60, to * 60)).filter(|(from, to)| from < to);
        Self { ranges: ranges.collect(), utc_offset_minutes }
    }

    /// When `span`, begun at `start`, ends. Without any hours, working time never passes: `start`.
    #[must_use]
    pub fn add(&self, start: Timestamp, span: Span) -> Timestamp {
        match span {
            Span::Clock { seconds } => Timestamp::from_unix_seconds(start.unix_seconds() + i64::from(seconds)),
            Span::WorkingMinutes(count) => self.add_seconds(start, i64::from(count) * 60),
            Span::WorkingHours(count) => self.add_seconds(start, i64::from(count) * 3_600),
            Span::WorkingDays(count) => self.add_days(start, count),
        }
    }

    fn add_days(&self, start: Timestamp, count: u32) -> Timestamp {
        let Some(&(_, close)) = self.ranges.last() else { return start };
        let mut day = start.date(self.utc_offset_minutes);
        for _ in 0..count {
            day = next_weekday(day);
        }
        day.at(close, self.utc_offset_minutes)
    }

    fn add_seconds(&self, start: Timestamp, mut left: i64) -> Timestamp {
        if self.ranges.is_empty() {
            return start;
        }
        let mut day = start.date(self.utc_offset_minutes);
        if day.weekday() > 5 {
            day = next_weekday(day);
        }
        loop {
            for &(open, close) in &self.ranges {
                let open = day.at(open, self.utc_offset_minutes).max(start).unix_seconds();
                let close = day.at(close, self.utc_offset_minutes).unix_seconds();
                if open < close && left <= close - open {
                    return Timestamp::from_unix_seconds(open + left);
                }
                left -= (close - open).max(0);
            }
            day = next_weekday(day);
        }
    }
}

fn next_weekday(day: Date) -> Date {
    let next = day.plus_days(1);
    if next.weekday() > 5 { day.plus_days(8 - i64::from(day.weekday())) } else { next }
}
