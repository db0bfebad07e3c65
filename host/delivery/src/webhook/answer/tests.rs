use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{excerpt, not_before, shown};

#[test]
fn retry_after_is_seconds_or_a_date_within_a_limit() {
    let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
    let day = 86_400;
    let cases = [
        ("120", Some(120)),
        (" 120 ", Some(120)),
        ("0", None),
        ("86400", Some(day)),
        ("86401", Some(day)),
        ("99999999999999999999999999", Some(day)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 14:02:00 GMT", Some(120)),
        ("Monday, 23-Nov-26 14:02:00 GMT", Some(120)),
        ("Mon Nov 23 14:02:00 2026", Some(120)),
        ("Mon, 23 Nov 2026 13:59:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(day)),
    ];
    for (value, expected) in cases {
        let expected = expected.map(|seconds| now + SignedDuration::from_secs(seconds));
        assert_eq!(not_before(value, now), expected, "{value}");
    }
}

#[test]
fn a_redirects_place_is_shown_without_tokens() {
    let from = Url::parse("https://hooks.example.com/a/b?token=1").unwrap();
    let cases = [
        ("https://other.example/x?token=2#f", Some("https://other.example/x")),
        ("https://user:password@other.example/", Some("https://other.example/")),
        ("../c", Some("https://hooks.example.com/c")),
        ("//other.example", Some("https://other.example/")),
        ("?token=3", Some("https://hooks.example.com/a/b")),
        ("https://[", None),
    ];
    for (location, expected) in cases {
        assert_eq!(shown(&from, location).as_deref(), expected, "{location}");
    }
    assert_eq!(shown(&from, &"x".repeat(10_000)).unwrap().len(), 200);
}

#[test]
fn excerpts_are_plain_text() {
    let cases: [(&[u8], Option<&str>); 5] = [
        (b" database down\r\nretry\x1b[2J", Some("database down  retry [2J")),
        ("停机".as_bytes(), Some("停机")),
        // Cut in the middle of a character.
        (&"停机".as_bytes()[..4], Some("停")),
        (b" \n", None),
        (b"", None),
    ];
    for (bytes, expected) in cases {
        assert_eq!(excerpt(bytes).as_deref(), expected);
    }
}
