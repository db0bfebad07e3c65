use super::*;

/// Reads `written` and expects the same span, written canonically, or the
/// start of the error.
fn check(written: &str, expected: Result<&str, &str>) {
    let read = serde_json::from_str::<Span>(written);
    match (read, expected) {
        (Ok(span), Ok(canonical)) => {
            let json = serde_json::to_string(&span).unwrap();
            assert_eq!(json, canonical, "{written} is written back");
            assert_eq!(serde_json::from_str::<Span>(&json).unwrap(), span);
        }
        (Err(error), Err(message)) => {
            let error = error.to_string();
            assert!(error.starts_with(message), "{written} gave: {error}");
        }
        (read, _) => panic!("{written} gave {read:?}, expected {expected:?}"),
    }
}

#[test]
fn spans_are_read_and_written_back() {
    for (written, canonical) in [
        (r#""PT2H""#, r#""PT2H""#),
        (r#""PT1H30M""#, r#""PT1H30M""#),
        (r#""PT90M""#, r#""PT1H30M""#),
        (r#""PT1H1S""#, r#""PT1H1S""#),
        (r#""PT48H""#, r#""PT48H""#),
        (r#""PT43920H""#, r#""PT43920H""#),
        (r#"{"working_minutes": 600000}"#, r#"{"working_minutes":600000}"#),
        (r#"{"working_hours": 10000}"#, r#"{"working_hours":10000}"#),
        (r#"{"working_days": 1}"#, r#"{"working_days":1}"#),
    ] {
        check(written, Ok(canonical));
    }
}

#[test]
fn a_wrong_span_says_what_to_write() {
    for (written, message) in [
        (r#""P2D""#, "`P2D`: days are ambiguous; write `PT48H` for clock hours or {\"working_days\": 2}"),
        (
            r#""P1DT2H""#,
            "`P1DT2H`: days are ambiguous; write clock hours, such as `PT48H`, \
             or {\"working_days\": 2}",
        ),
        (
            r#""P1W""#,
            "`P1W`: weeks are ambiguous; write `PT168H` for clock hours, \
             or count working days, such as {\"working_days\": 5}",
        ),
        (r#""P3M""#, "`P3M`: months are ambiguous; write clock hours"),
        (r#""P1Y2D""#, "`P1Y2D`: years are ambiguous; write clock hours"),
        (r#""PT0S""#, "`PT0S` is out of range; a clock span is from `PT1S` to `PT43920H`"),
        (r#""-PT2H""#, "`-PT2H` is out of range"),
        (r#""PT43920H1S""#, "`PT43920H1S` is out of range"),
        (r#""PT0.5S""#, "`PT0.5S`: parts of a second are not kept"),
        (r#""2 hours""#, "`2 hours` is not a span; write clock time such as `PT2H`"),
        (r#""""#, "`` is not a span"),
        (r#"{"working_days": 0}"#, "0 working days is out of range; a span is from 1 to 1000 working days"),
        (r#"{"working_days": -1}"#, "-1 working days is out of range"),
        (r#"{"working_days": 1001}"#, "1001 working days is out of range"),
        (r#"{"working_hours": 10001}"#, "10001 working hours is out of range"),
        (r#"{"working_minutes": 18446744073709551615}"#, "9223372036854775807 working minutes is out of range"),
        (r#"{"working_days": 1.5}"#, "invalid type: floating point `1.5`, expected a positive whole number"),
        (r#"{"working_days": "2"}"#, "invalid type: string \"2\", expected a positive whole number"),
        (r#"{"days": 2}"#, "`days` is not a unit of a span; use `working_minutes`, `working_hours` or `working_days`"),
        (
            r#"{"working_days": 2, "working_hours": 1}"#,
            "a span has one unit, not both `working_days` and `working_hours`; keep one",
        ),
        ("{}", "invalid length 0, expected a span: clock time such as `PT2H`"),
        ("7200", "invalid type: integer `7200`, expected a span"),
    ] {
        check(written, Err(message));
    }
}

#[test]
fn constructors_keep_to_the_limits() {
    for unit in [Unit::ClockSeconds, Unit::WorkingMinutes, Unit::WorkingHours, Unit::WorkingDays] {
        let limit = i64::from(unit.limit());
        for (count, valid) in [(i64::MIN, false), (0, false), (1, true), (limit, true), (limit + 1, false)] {
            assert_eq!(Span::new(unit, count).is_ok(), valid, "{count} {unit}");
        }
    }
}

#[test]
fn people_read_words() {
    for (span, words) in [
        (Span::clock_seconds(7_325), "PT2H2M5S"),
        (Span::working_minutes(90), "90 working minutes"),
        (Span::working_hours(1), "1 working hour"),
        (Span::working_days(1), "1 working day"),
        (Span::working_days(2), "2 working days"),
    ] {
        assert_eq!(span.unwrap().to_string(), words);
    }
}
