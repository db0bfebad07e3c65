use jiff::{SignedDuration, Timestamp};

use super::{MAX_ATTEMPTS, MAX_DELAY_SECONDS, Schedule, ScheduleError};

const HOUR: i64 = 3_600_000;

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

/// Expects the try after `attempts_made` to be due in `due_ms` milliseconds (`None`: never), when
/// the receiver asked for `asked_ms` milliseconds of rest.
#[track_caller]
fn check(attempts_made: u32, asked_ms: Option<i64>, jitter: u64, due_ms: Option<i64>) {
    let later = |ms: i64| now() + SignedDuration::from_millis(ms);
    let next = Schedule::default().next_attempt(attempts_made, now(), asked_ms.map(later), jitter);
    assert_eq!(next, due_ms.map(later), "after {attempts_made} tries");
}

#[test]
fn the_standard_schedule() {
    let delays = [0, 5_000, 300_000, 1_800_000, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
    for (attempts_made, due) in (0..).zip(delays) {
        check(attempts_made, None, 0, Some(due));
    }
    check(10, None, 0, None);
    check(u32::MAX, None, 0, None);
}

#[test]
fn the_later_of_schedule_and_receiver_counts() {
    check(1, Some(60_000), 0, Some(60_000));
    check(2, Some(60_000), 0, Some(300_000));
    check(1, Some(-60_000), 0, Some(5_000));
    // A receiver cannot ask for more tries than there are.
    check(10, Some(60_000), 0, None);
}

#[test]
fn jitter_only_adds_and_at_most_a_tenth() {
    check(0, None, u64::MAX, Some(0));
    check(2, None, u64::MAX, Some(300_000 + 29_999));
    check(2, None, u64::MAX / 2, Some(300_000 + 14_999));
    check(1, Some(60_000), 1 << 63, Some(63_000));
}

#[test]
fn the_end_of_time_saturates() {
    let next = Schedule::default().next_attempt(9, Timestamp::MAX, None, u64::MAX);
    assert_eq!(next, Some(Timestamp::MAX));
    let next = Schedule::default().next_attempt(1, Timestamp::MIN, Some(Timestamp::MAX), u64::MAX);
    assert_eq!(next, Some(Timestamp::MAX));
}

#[test]
fn schedules_are_validated() {
    let cases = [
        (vec![], Err(ScheduleError::Count { count: 0 })),
        (vec![0], Ok(())),
        (vec![60, 1, MAX_DELAY_SECONDS], Ok(())),
        (vec![1; MAX_ATTEMPTS], Ok(())),
        (vec![1; MAX_ATTEMPTS + 1], Err(ScheduleError::Count { count: MAX_ATTEMPTS + 1 })),
        (vec![0, MAX_DELAY_SECONDS + 1], Err(ScheduleError::Delay { position: 2 })),
    ];
    for (delays, expected) in cases {
        assert_eq!(Schedule::new(delays.clone()).map(|_| ()), expected, "{delays:?}");
    }
}

#[test]
fn a_configured_schedule_is_read_from_a_list_of_seconds() {
    #[derive(serde::Deserialize)]
    struct Channel {
        retry: Schedule,
    }
    let channel: Channel = toml::from_str("retry = [0, 7]").unwrap();
    let due = |made| channel.retry.next_attempt(made, now(), None, 0);
    assert_eq!(due(1), Some(now() + SignedDuration::from_secs(7)));
    assert_eq!(due(2), None);
    let error = toml::from_str::<Channel>("retry = []").map(|_| ()).unwrap_err();
    assert!(error.message().contains("1 to 32 delays, this one has 0"), "{error}");
}
