//! The instants at which a calendar opens and closes, in order.
//!
//! Time is walked in *stretches*: parts of one local date during which the
//! zone's offset stays the same. Within a stretch wall clock and elapsed time
//! run alike, so gaps, repeated hours and dates that a zone skipped need no
//! rules of their own. This module only lists openings; it counts nothing.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};

use super::Calendar;

/// A time during which the calendar is open throughout: from `start`, before
/// `end`, on the local date `date`. Never empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) date: Date,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Opening {
    pub(super) fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }
}

/// From `start`, before `end`: within the date `date`, which begins or would
/// begin at `midnight` if the offset were that of the stretch all along.
#[derive(Clone, Copy)]
struct Stretch {
    date: Date,
    midnight: Timestamp,
    start: Timestamp,
    end: Timestamp,
}

impl Calendar {
    /// The openings between two instants, earliest first, cut off at both.
    pub(super) fn openings(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Opening> {
        let first = self.stretch_from(from);
        std::iter::successors(first, |stretch| self.stretch_from(stretch.end))
            .take_while(move |stretch| stretch.start < to)
            .flat_map(move |stretch| {
                let end = stretch.end.min(to);
                self.openings_within(Stretch { end, ..stretch })
            })
    }

    /// The openings between two instants, latest first, cut off at both.
    pub(super) fn openings_back(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Opening> {
        let first = self.stretch_until(to);
        std::iter::successors(first, |stretch| self.stretch_until(stretch.start))
            .take_while(move |stretch| stretch.end > from)
            .flat_map(move |stretch| {
                let start = stretch.start.max(from);
                self.openings_within(Stretch { start, ..stretch }).rev()
            })
    }

    fn openings_within(&self, stretch: Stretch) -> impl DoubleEndedIterator<Item = Opening> {
        let Stretch { date, midnight, .. } = stretch;
        self.0.hours.on(date).iter().filter_map(move |range| {
            let start = after(midnight, range.opens_minute).max(stretch.start);
            let end = after(midnight, range.closes_minute).min(stretch.end);
            (start < end).then_some(Opening { date, start, end })
        })
    }

    /// The stretch that `start` lies in, from `start` on. None at the end of
    /// representable time.
    fn stretch_from(&self, start: Timestamp) -> Option<Stretch> {
        let zone = &self.0.zone;
        let (date, midnight) = local_date(zone.to_offset(start), start)?;
        let day_ends = after(midnight, MINUTES_PER_DAY);
        let end = match zone.following(start).next() {
            Some(transition) => day_ends.min(transition.timestamp()),
            None => day_ends,
        };
        (start < end).then_some(Stretch { date, midnight, start, end })
    }

    /// The stretch that lies before `end`, up to `end`. None at the beginning
    /// of representable time.
    fn stretch_until(&self, end: Timestamp) -> Option<Stretch> {
        let zone = &self.0.zone;
        let last_moment = end.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        let (date, midnight) = local_date(zone.to_offset(last_moment), last_moment)?;
        let start = match zone.preceding(end).next() {
            Some(transition) => midnight.max(transition.timestamp()),
            None => midnight,
        };
        Some(Stretch { date, midnight, start, end })
    }
}

/// The last minute of a date's wall clock, as the end of a range: `24:00`.
pub(super) const MINUTES_PER_DAY: u16 = 24 * 60;

fn local_date(offset: Offset, instant: Timestamp) -> Option<(Date, Timestamp)> {
    let date = offset.to_datetime(instant).date();
    let midnight = offset.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some((date, midnight))
}

fn after(midnight: Timestamp, minutes: u16) -> Timestamp {
    midnight.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}
