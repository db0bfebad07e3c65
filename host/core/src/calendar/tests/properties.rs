//! Laws that hold for any calendar, and a slow second opinion.

use jiff::civil::{DateTime, Weekday};
use proptest::prelude::*;

use super::*;

/// Zones whose clocks change by an hour, by half an hour, at midnight, across
/// midnight (St John's until 2011), and never.
const ZONES: [&str; 8] = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
];

/// How many minutes the second opinion steps: eight days.
const STEPS_LIMIT: i64 = 8 * 24 * 60;

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Starts near changes of clocks, with a part of a minute.
fn start() -> impl Strategy<Value = Timestamp> {
    let changes = prop::sample::select(vec![
        "2010-03-14T00:00:00Z",
        "2010-11-07T00:00:00Z",
        "2026-03-08T00:00:00Z",
        "2026-03-29T00:00:00Z",
        "2026-04-05T00:00:00Z",
        "2026-10-04T00:00:00Z",
        "2026-10-25T00:00:00Z",
        "2026-11-01T00:00:00Z",
    ]);
    (changes, -72 * 60..72 * 60_i64, 0..60_000_i64).prop_map(|(change, minutes, millis)| {
        at(change) + SignedDuration::from_mins(minutes) + SignedDuration::from_millis(millis)
    })
}

/// Up to three ranges that do not overlap, but may touch.
fn ranges() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(0..=96_u16, 0..=6).prop_map(|quarters| {
        let quarters: Vec<u16> = quarters.into_iter().collect();
        let time = |quarter: u16| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        quarters.chunks_exact(2).map(|pair| format!("{}-{}", time(pair[0]), time(pair[1]))).collect()
    })
}

/// Calendars that open at least once a week.
fn any_calendar() -> impl Strategy<Value = Calendar> {
    let dates = || {
        prop::collection::btree_set((1..=12_i8, 1..=28_i8), 0..20).prop_map(|days| {
            let date = |(month, day)| Date::new(2026, month, day).unwrap().to_string();
            days.into_iter().map(date).collect::<Vec<_>>()
        })
    };
    (prop::sample::select(ZONES.to_vec()), prop::collection::vec(ranges(), 7), dates(), dates(), ranges()).prop_map(
        |(zone, mut week, holidays, mut extra_days, extra_hours)| {
            if week.iter().all(Vec::is_empty) {
                week[2] = vec!["01:15-02:45".to_owned(), "02:45-24:00".to_owned()];
            }
            extra_days.retain(|day| !holidays.contains(day) && !extra_hours.is_empty());
            let weekly: BTreeMap<_, _> = WEEKDAYS.into_iter().zip(week).collect();
            let spec = serde_json::json!({
                "time_zone": zone,
                "weekly": weekly,
                "holidays": holidays,
                "extra_working_days": extra_days,
                "extra_hours": extra_hours,
            });
            serde_json::from_value(spec).unwrap()
        },
    )
}

/// Says from the specification alone whether a calendar is open at an instant.
struct SlowCalendar<'a> {
    spec: &'a CalendarSpec,
    zone: TimeZone,
}

impl<'a> SlowCalendar<'a> {
    fn new(calendar: &'a Calendar) -> Self {
        let spec = calendar.spec();
        let zone = TimeZone::get(&spec.time_zone).unwrap();
        Self { spec, zone }
    }

    fn local(&self, instant: Timestamp) -> DateTime {
        instant.to_zoned(self.zone.clone()).datetime()
    }

    fn is_open(&self, instant: Timestamp) -> bool {
        let local = self.local(instant);
        let date = local.date().to_string();
        let time = local.strftime("%H:%M").to_string();
        let week = &self.spec.weekly;
        let ranges = if self.spec.holidays.contains(&date) {
            return false;
        } else if self.spec.extra_working_days.contains(&date) {
            &self.spec.extra_hours
        } else {
            match local.weekday() {
                Weekday::Monday => &week.mon,
                Weekday::Tuesday => &week.tue,
                Weekday::Wednesday => &week.wed,
                Weekday::Thursday => &week.thu,
                Weekday::Friday => &week.fri,
                Weekday::Saturday => &week.sat,
                Weekday::Sunday => &week.sun,
            }
        };
        ranges.iter().any(|range| range[..5] <= time[..] && time[..] < range[6..])
    }

    /// Adds open minutes one by one. A minute begins and ends with the wall
    /// clock's; the part of one that `from` lies in is carried to the end.
    fn add_minutes(&self, from: Timestamp, minutes: i64, limit_minutes: i64) -> Option<Timestamp> {
        let minute = SignedDuration::from_mins(1);
        let part = SignedDuration::from_millis(from.as_millisecond().rem_euclid(60_000));
        let mut left = minute * i32::try_from(minutes).unwrap();
        let mut now = from - part;
        if self.is_open(now) {
            left += part;
        }
        for _ in 0..limit_minutes {
            if self.is_open(now) {
                if left <= minute {
                    return Some(now + left);
                }
                left -= minute;
            }
            now += minute;
        }
        None
    }

    /// The end of the last open minute of the date `days` working days later,
    /// before the first on a date after that.
    fn add_days(&self, from: Timestamp, days: usize, limit_minutes: i64) -> Option<Timestamp> {
        let minute = SignedDuration::from_mins(1);
        let part = SignedDuration::from_millis(from.as_millisecond().rem_euclid(60_000));
        let begun = self.local(from).date();
        let mut now = from - part;
        let mut closings = BTreeMap::new();
        for _ in 0..limit_minutes {
            let date = self.local(now).date();
            if date > begun && self.is_open(now) {
                if closings.len() == days && closings.keys().all(|day| *day < date) {
                    return closings.into_values().last();
                }
                closings.insert(date, now + minute);
            }
            now += minute;
        }
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_added_elapses(
        calendar in any_calendar(), from in start(), minutes in 1..=10_000_i64,
    ) {
        let due = calendar.due(from, &Span::working_minutes(minutes).unwrap()).unwrap();
        prop_assert!(due >= from);
        let elapsed = calendar.working_time_between(from, due).unwrap();
        prop_assert_eq!(elapsed, SignedDuration::from_mins(minutes));
        prop_assert_eq!(calendar.working_time_between(due, from).unwrap(), -elapsed);
    }

    #[test]
    fn longer_promises_are_due_later(
        calendar in any_calendar(), from in start(), count in 1..=50_i64, more in 1..=50_i64,
    ) {
        let due = |span: Result<Span, _>| calendar.due(from, &span.unwrap()).unwrap();
        for span in [Span::working_minutes, Span::working_hours, Span::working_days] {
            prop_assert!(from <= due(span(count)));
            prop_assert!(due(span(count)) < due(span(count + more)));
        }
    }

    #[test]
    fn a_warning_leaves_what_was_asked(
        calendar in any_calendar(), due in start(), minutes in 1..=10_000_i64,
    ) {
        let span = Span::working_minutes(minutes).unwrap();
        let warning = calendar.before(due, &span).unwrap();
        let elapsed = calendar.working_time_between(warning, due).unwrap();
        prop_assert_eq!(elapsed, SignedDuration::from_mins(minutes));
        // As late as can be: a moment later, less is left.
        let later = warning + SignedDuration::from_nanos(1);
        prop_assert!(calendar.working_time_between(later, due).unwrap() < elapsed);
    }

    #[test]
    fn working_days_before_a_closing_lead_back_to_it(
        calendar in any_calendar(), from in start(), reach in 1..=20_i64, days in 1..=20_i64,
    ) {
        let days = Span::working_days(days).unwrap();
        let closing = calendar.due(from, &Span::working_days(reach).unwrap()).unwrap();
        let warning = calendar.before(closing, &days).unwrap();
        prop_assert!(warning < closing);
        prop_assert_eq!(calendar.due(warning, &days), Ok(closing));
    }

    #[test]
    fn a_pause_keeps_what_is_left(
        calendar in any_calendar(), from in start(), count in 1..=20_i64,
        worked_millis in 0..=10_000_000_i64, paused_millis in 0..=1_000_000_000_i64,
    ) {
        use Unit::{ClockSeconds, WorkingDays, WorkingHours, WorkingMinutes};
        for unit in [ClockSeconds, WorkingMinutes, WorkingHours, WorkingDays] {
            let span = Span::new(unit, count).unwrap();
            let due = calendar.due(from, &span).unwrap();
            let pause = (from + SignedDuration::from_millis(worked_millis)).min(due);
            let left = calendar.remaining(pause, due, &span).unwrap();
            prop_assert_eq!(calendar.resume(pause, left), Ok(due));
            let resume = pause + SignedDuration::from_millis(paused_millis);
            let later = calendar.resume(resume, left).unwrap();
            prop_assert_eq!(calendar.remaining(resume, later, &span), Ok(left));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn minutes_agree_with_stepping(
        calendar in any_calendar(), from in start(), minutes in 1..=600_i64,
    ) {
        let expected = SlowCalendar::new(&calendar).add_minutes(from, minutes, STEPS_LIMIT);
        prop_assume!(expected.is_some());
        let due = calendar.due(from, &Span::working_minutes(minutes).unwrap());
        prop_assert_eq!(due.ok(), expected);
    }

    #[test]
    fn days_agree_with_stepping(
        calendar in any_calendar(), from in start(), days in 1..=3_usize,
    ) {
        let expected = SlowCalendar::new(&calendar).add_days(from, days, STEPS_LIMIT);
        prop_assume!(expected.is_some());
        let due = calendar.due(from, &Span::working_days(i64::try_from(days).unwrap()).unwrap());
        prop_assert_eq!(due.ok(), expected);
    }
}
