use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

mod properties;

const KNOWN_ANSWERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/calendar.json"));

#[derive(Deserialize)]
struct KnownAnswers {
    calendars: BTreeMap<String, Calendar>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    calendar: String,
    from: Timestamp,
    #[serde(flatten)]
    operation: Operation,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Operation {
    AddWorkingDays { days: i64, expect: Timestamp },
    AddWorkingMinutes { minutes: i64, expect: Timestamp },
    WorkingMinutesBetween { to: Timestamp, expect: i64 },
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn calendar(json: &str) -> Calendar {
    serde_json::from_str(json).unwrap()
}

#[test]
fn known_answers() {
    let known: KnownAnswers = serde_json::from_str(KNOWN_ANSWERS).unwrap();
    assert_eq!(known.cases.len(), 160);
    for case in known.cases {
        let calendar = &known.calendars[&case.calendar];
        let due = |span: Result<Span, _>| calendar.due(case.from, &span.unwrap());
        match case.operation {
            Operation::AddWorkingDays { days, expect } => {
                assert_eq!(due(Span::working_days(days)), Ok(expect), "{case:?}");
            }
            Operation::AddWorkingMinutes { minutes, expect } => {
                assert_eq!(due(Span::working_minutes(minutes)), Ok(expect), "{case:?}");
            }
            Operation::WorkingMinutesBetween { to, expect } => {
                let minutes = calendar.working_minutes_between(case.from, to);
                assert_eq!(minutes, Ok(expect), "{case:?}");
            }
        }
    }
}

#[test]
fn a_calendar_is_written_as_it_was_read() {
    let known: serde_json::Value = serde_json::from_str(KNOWN_ANSWERS).unwrap();
    for (name, written) in known["calendars"].as_object().unwrap() {
        let calendar: Calendar = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(&serde_json::to_value(calendar).unwrap(), written, "{name}");
    }
}

/// Replaces fields of a valid specification and expects the error.
fn check_refused(changes: serde_json::Value, expected: &str) {
    let mut spec = serde_json::json!({
        "time_zone": "Asia/Shanghai",
        "weekly": {"mon": ["09:00-12:00", "13:00-18:00"]},
        "holidays": ["2026-10-01", "2026-10-02"],
        "extra_working_days": ["2026-10-10"],
        "extra_hours": ["09:00-12:00"],
    });
    serde_json::from_value::<Calendar>(spec.clone()).unwrap();
    for (field, value) in changes.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let error = serde_json::from_value::<Calendar>(spec).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_wrong_calendar_says_where_and_what_to_do() {
    use serde_json::json;
    for (changes, expected) in [
        (
            json!({"time_zone": "Asia/Shangai"}),
            "`time_zone`: `Asia/Shangai` is not a known time zone; \
             did you mean `Asia/Shanghai`?",
        ),
        (
            json!({"time_zone": "new york"}),
            "`time_zone`: `new york` is not a known time zone; \
             did you mean `America/New_York`?",
        ),
        (
            json!({"time_zone": "+08:00"}),
            "`time_zone`: `+08:00` is not a known time zone; \
             write an IANA name, such as `Asia/Shanghai`",
        ),
        (
            json!({"weekly": {"mon": ["09:00-12:00", "11:30-18:00"]}}),
            "`weekly.mon[1]`: `11:30-18:00` begins before `09:00-12:00` ends; \
             list ranges in order, without overlap",
        ),
        (
            json!({"weekly": {"sun": ["13:00-18:00", "09:00-12:00"]}}),
            "`weekly.sun[1]`: `09:00-12:00` begins before `13:00-18:00` ends; \
             list ranges in order, without overlap",
        ),
        (
            json!({"weekly": {"tue": ["09:00-09:00"]}}),
            "`weekly.tue[0]`: `09:00-09:00` does not end after it begins; \
             hours past midnight belong to the next day, before it use `24:00`",
        ),
        (
            json!({"extra_hours": ["22:00-06:00"]}),
            "`extra_hours[0]`: `22:00-06:00` does not end after it begins; \
             hours past midnight belong to the next day, before it use `24:00`",
        ),
        (
            json!({"weekly": {"wed": ["9:00-12:00"]}}),
            "`weekly.wed[0]`: `9:00-12:00` is not a range of hours; \
             write `HH:MM-HH:MM`, from `00:00` to `24:00`",
        ),
        (
            json!({"weekly": {"wed": ["09:00-24:01"]}}),
            "`weekly.wed[0]`: `09:00-24:01` is not a range of hours; \
             write `HH:MM-HH:MM`, from `00:00` to `24:00`",
        ),
        (
            json!({"weekly": {"wed": ["09:60-12:00"]}}),
            "`weekly.wed[0]`: `09:60-12:00` is not a range of hours; \
             write `HH:MM-HH:MM`, from `00:00` to `24:00`",
        ),
        (json!({"weekly": {"thu": vec!["00:00-01:00"; 25]}}), "`weekly.thu`: has 25 entries, more than 24; shorten it"),
        (
            json!({"holidays": ["2026-10-01", "2026-02-29"]}),
            "`holidays[1]`: `2026-02-29` is not a date; write `YYYY-MM-DD`, such as `2026-10-01`",
        ),
        (
            json!({"holidays": ["2026-10-01T09:00"]}),
            "`holidays[0]`: `2026-10-01T09:00` is not a date; \
             write `YYYY-MM-DD`, such as `2026-10-01`",
        ),
        (
            json!({"holidays": ["2026-10-01", "2026-10-01"]}),
            "`holidays[1]`: `2026-10-01` is already in `holidays`; keep it in one place",
        ),
        (
            json!({"extra_working_days": ["2026-10-10", "2026-10-02"]}),
            "`extra_working_days[1]`: `2026-10-02` is already in `holidays`; keep it in one place",
        ),
        (
            json!({"extra_hours": []}),
            "`extra_hours`: is empty, but `extra_working_days` is not; \
             give the hours of those days",
        ),
        (
            json!({"weekly": {}, "extra_working_days": []}),
            "`weekly`: the calendar never opens; \
             give at least one day hours, such as `09:00-17:00`",
        ),
        (
            json!({"weekly": {"monday": []}}),
            "unknown field `monday`, expected one of \
             `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
        ),
        (
            json!({"vacations": []}),
            "unknown field `vacations`, expected one of `time_zone`, `weekly`, `holidays`, \
             `extra_working_days`, `extra_hours`",
        ),
    ] {
        check_refused(changes, expected);
    }
}

/// From midnight of `date` to the next, a calendar with `hours` on each
/// weekday is open for so many minutes.
fn check_minutes(zone: &str, date: &str, hours: &str, expected: i64) {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekly: BTreeMap<_, _> = days.map(|day| (day, [hours])).into();
    let spec = serde_json::json!({"time_zone": zone, "weekly": weekly});
    let calendar: Calendar = serde_json::from_value(spec).unwrap();
    let date: Date = date.parse().unwrap();
    let midnight = |date: Date| date.in_tz(zone).unwrap().timestamp();
    let minutes = calendar.working_minutes_between(midnight(date), midnight(date.tomorrow().unwrap()));
    assert_eq!(minutes, Ok(expected), "{zone} {date} {hours}");
}

#[test]
fn changed_clocks_change_the_hours() {
    for (zone, date, hours, minutes) in [
        // The hour from 02:00 is skipped.
        ("America/New_York", "2026-03-08", "00:00-06:00", 300),
        ("America/New_York", "2026-03-08", "02:30-06:00", 180),
        ("America/New_York", "2026-03-08", "00:00-02:30", 120),
        ("America/New_York", "2026-03-08", "02:00-03:00", 0),
        ("America/New_York", "2026-03-08", "00:00-24:00", 1_380),
        // The hour from 01:00 is repeated.
        ("America/New_York", "2026-11-01", "00:00-06:00", 420),
        ("America/New_York", "2026-11-01", "01:00-01:30", 60),
        ("America/New_York", "2026-11-01", "00:00-01:30", 120),
        ("America/New_York", "2026-11-01", "01:30-06:00", 300),
        ("America/New_York", "2026-11-01", "00:00-24:00", 1_500),
        // The half hour from 01:30 is repeated.
        ("Australia/Lord_Howe", "2026-04-05", "00:00-24:00", 1_470),
        // The hour from 00:00 is skipped, and repeated.
        ("America/Havana", "2026-03-08", "00:00-24:00", 1_380),
        ("America/Havana", "2026-11-01", "00:00-24:00", 1_500),
        // A date that the zone skipped.
        ("Pacific/Apia", "2011-12-30", "00:00-24:00", 0),
    ] {
        check_minutes(zone, date, hours, minutes);
    }
}

#[test]
fn a_warning_mirrors_the_due_time() {
    let office = calendar(
        r#"{"time_zone": "Asia/Shanghai", "weekly": {
            "mon": ["09:00-12:00", "13:00-18:00"], "tue": ["09:00-12:00", "13:00-18:00"],
            "fri": ["00:00-24:00"]}}"#,
    );
    for (due, span, warning) in [
        // Tuesday; back over lunch, to an opening, over the night.
        ("2026-11-24T14:00:00+08:00", Span::working_hours(2), "2026-11-24T11:00:00+08:00"),
        ("2026-11-24T14:00:00+08:00", Span::working_hours(4), "2026-11-24T09:00:00+08:00"),
        ("2026-11-24T14:00:00+08:00", Span::working_hours(5), "2026-11-23T17:00:00+08:00"),
        ("2026-11-24T14:00:30+08:00", Span::working_minutes(1), "2026-11-24T13:59:30+08:00"),
        ("2026-11-24T14:00:00+08:00", Span::clock_seconds(7_200), "2026-11-24T12:00:00+08:00"),
        // From Tuesday's close to Monday's opening; from Friday's, which is at
        // midnight, to Tuesday's.
        ("2026-11-24T18:00:00+08:00", Span::working_days(1), "2026-11-23T09:00:00+08:00"),
        ("2026-11-28T00:00:00+08:00", Span::working_days(1), "2026-11-24T09:00:00+08:00"),
        ("2026-11-28T00:00:00+08:00", Span::working_days(3), "2026-11-20T00:00:00+08:00"),
    ] {
        let span = span.unwrap();
        let found = office.before(at(due), &span);
        assert_eq!(found, Ok(at(warning)), "{span} before {due}");
    }
}

#[test]
fn time_past_due_is_negative_and_leaves_nothing() {
    let office = calendar(r#"{"time_zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}"#);
    let due = at("2026-11-23T10:00:00Z");
    let late = at("2026-11-23T11:30:30Z");
    assert_eq!(office.working_minutes_between(late, due), Ok(-90));
    for (span, left) in [
        (Span::working_days(1), Remaining::Working(SignedDuration::ZERO)),
        (Span::clock_seconds(60), Remaining::Clock(SignedDuration::ZERO)),
    ] {
        assert_eq!(office.remaining(late, due, &span.unwrap()), Ok(left));
        assert_eq!(office.resume(late, left), Ok(late));
    }
}

#[test]
fn what_is_left_is_kept_as_json() {
    for (remaining, json) in [
        (Remaining::Clock(SignedDuration::from_mins(90)), r#"{"clock":"PT1H30M"}"#),
        (Remaining::Working(SignedDuration::new(3_600, 1)), r#"{"working":"PT1H0.000000001S"}"#),
    ] {
        assert_eq!(serde_json::to_string(&remaining).unwrap(), json);
        assert_eq!(serde_json::from_str::<Remaining>(json).unwrap(), remaining);
    }
}

#[test]
fn searches_end() {
    let once =
        calendar(r#"{"time_zone": "UTC", "extra_working_days": ["2026-11-24"], "extra_hours": ["09:00-17:00"]}"#);
    let weekly = calendar(r#"{"time_zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}"#);
    let monday = at("2026-11-23T12:00:00Z");
    let day = Span::working_days(1).unwrap();
    let many_days = Span::working_days(1_000).unwrap();

    // The only working day counts, though none follows it.
    assert_eq!(once.due(monday, &day), Ok(at("2026-11-24T17:00:00Z")));
    assert_eq!(weekly.due(monday, &many_days), Ok(at("2046-01-22T17:00:00Z")));
    assert_eq!(weekly.before(monday, &many_days), Ok(at("2007-09-24T09:00:00Z")));

    for (error, message) in [
        (
            once.due(monday, &Span::working_days(2).unwrap()).map(drop),
            "2 working days from 2026-11-23T12:00:00Z on is more than the calendar opens \
             within 9125 days; shorten the span or add working days to the calendar",
        ),
        (
            once.due(monday, &Span::working_hours(9).unwrap()).map(drop),
            "9h of working time from 2026-11-23T12:00:00Z on is more than the calendar opens \
             within 9125 days; shorten the span or add working days to the calendar",
        ),
        (
            once.before(monday, &Span::working_minutes(90).unwrap()).map(drop),
            "1h 30m of working time before 2026-11-23T12:00:00Z is more than the calendar \
             was open within 9125 days; shorten the span or add working days to the calendar",
        ),
        (
            once.before(monday, &day).map(drop),
            "1 working day before 2026-11-23T12:00:00Z is more than the calendar was open \
             within 9125 days; shorten the span or add working days to the calendar",
        ),
        (
            once.working_minutes_between(monday, Timestamp::MAX).map(drop),
            "2026-11-23T12:00:00Z and 9999-12-30T22:00:00.999999999Z are more than 9125 days apart",
        ),
    ] {
        assert_eq!(error.unwrap_err().to_string(), message);
    }
}

/// A day that the limit of the search cuts in two has no known edge.
#[test]
fn a_day_cut_off_by_the_limit_is_not_answered() {
    let once =
        calendar(r#"{"time_zone": "UTC", "extra_working_days": ["2026-11-24"], "extra_hours": ["09:00-17:00"]}"#);
    let day = Span::working_days(1).unwrap();
    for (hour, in_reach) in [("12:00", false), ("20:00", true)] {
        let from = at(&format!("2026-11-24T{hour}:00Z")) - search_limit();
        assert_eq!(once.due(from, &day).is_ok(), in_reach, "{hour}");
    }
    for (hour, in_reach) in [("12:00", false), ("06:00", true)] {
        let due = at(&format!("2026-11-24T{hour}:00Z")) + search_limit();
        assert_eq!(once.before(due, &day).is_ok(), in_reach, "{hour}");
    }
}

#[test]
fn the_ends_of_time_are_errors() {
    let calendars = ["UTC", "Asia/Shanghai", "America/New_York"]
        .map(|zone| calendar(&format!(r#"{{"time_zone": "{zone}", "weekly": {{"mon": ["09:00-17:00"]}}}}"#)));
    let spans = [Span::clock_seconds(86_400 * 7), Span::working_hours(100), Span::working_days(100)];
    for calendar in &calendars {
        for span in &spans {
            let span = span.as_ref().unwrap();
            assert!(calendar.due(Timestamp::MAX, span).is_err());
            assert!(calendar.before(Timestamp::MIN, span).is_err());
            assert!(calendar.before(Timestamp::MAX, span).is_ok());
        }
    }
}
