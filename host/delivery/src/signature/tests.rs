use base64::Engine as _;
use jiff::Timestamp;

use super::{BASE64, ReceivedHeaders, Secret, SecretError, VerifyError, sign, verify};
use crate::connector::{DeliveryId, DeliveryIdError};

// The example of the standard's own libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: i64 = 1_614_265_330;
const BODY: &str = r#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret(text: &str) -> Secret {
    text.parse().unwrap()
}

fn other_secret() -> Secret {
    secret(&format!("whsec_{}", BASE64.encode([7; 32])))
}

#[test]
fn the_standards_example() {
    let id = DeliveryId::new(ID).unwrap();
    assert_eq!(sign(&[secret(SECRET)], &id, SENT, BODY.as_bytes()), SIGNATURE);
}

#[test]
fn every_secret_signs_during_a_rotation() {
    let id = DeliveryId::new(ID).unwrap();
    let header = sign(&[other_secret(), secret(SECRET)], &id, SENT, BODY.as_bytes());
    let (new, old) = header.split_once(' ').unwrap();
    assert_eq!(new, sign(&[other_secret()], &id, SENT, BODY.as_bytes()));
    assert_eq!(old, SIGNATURE);
}

/// Verifies the example with some of its parts replaced.
struct Received {
    id: &'static str,
    timestamp: String,
    signature: String,
    body: &'static str,
    seconds_later: i64,
    secrets: Vec<Secret>,
}

impl Received {
    fn example() -> Self {
        Self {
            id: ID,
            timestamp: SENT.to_string(),
            signature: SIGNATURE.to_owned(),
            body: BODY,
            seconds_later: 0,
            secrets: vec![secret(SECRET)],
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Self), expected: Result<(), VerifyError>) {
        let mut received = Self::example();
        change(&mut received);
        let headers =
            ReceivedHeaders { id: received.id, timestamp: &received.timestamp, signature: &received.signature };
        let now = Timestamp::from_second(SENT + received.seconds_later).unwrap();
        let verdict = verify(&received.secrets, headers, received.body.as_bytes(), now);
        assert_eq!(verdict, expected);
    }
}

#[test]
fn verification() {
    let stale = |seconds_apart| Err(VerifyError::Stale { seconds_apart });
    let wrong = || Err(VerifyError::Signature);

    Received::check(|_| (), Ok(()));
    Received::check(|r| r.seconds_later = 300, Ok(()));
    Received::check(|r| r.seconds_later = -300, Ok(()));
    Received::check(|r| r.seconds_later = 301, stale(301));
    Received::check(|r| r.seconds_later = -301, stale(301));
    Received::check(|r| r.timestamp = i64::MIN.to_string(), stale(9_223_372_038_469_041_138));
    Received::check(|r| r.timestamp = "now".to_owned(), Err(VerifyError::Timestamp));
    Received::check(|r| r.timestamp = (SENT + 1).to_string(), wrong());
    Received::check(|r| r.id = "msg_other", wrong());
    Received::check(|r| r.body = "{}", wrong());
    Received::check(|r| r.secrets = vec![other_secret()], wrong());
    Received::check(|r| r.secrets = vec![], wrong());
    Received::check(|r| r.secrets.insert(0, other_secret()), Ok(()));
    Received::check(|r| r.signature = format!("v1a,AAAA v1,AAAA {SIGNATURE}"), Ok(()));
    Received::check(|r| r.signature = SIGNATURE.replace("v1,", "v2,"), wrong());
    Received::check(|r| r.signature = SIGNATURE.replace("v1,g0", "v1,g1"), wrong());
    // A code cut short is no code.
    Received::check(|r| r.signature = "v1,g0hM".to_owned(), wrong());
    Received::check(|r| r.signature = "v1,".to_owned(), wrong());
    Received::check(|r| r.signature = String::new(), wrong());
}

#[test]
fn secrets_are_parsed_and_never_shown() {
    let whsec = |bytes: usize| format!("whsec_{}", BASE64.encode(vec![0xA5; bytes]));
    let cases = [
        (whsec(24), Ok(())),
        (whsec(64), Ok(())),
        (whsec(23), Err(SecretError::Length { bytes: 23 })),
        (whsec(65), Err(SecretError::Length { bytes: 65 })),
        ("whsec_".to_owned(), Err(SecretError::Length { bytes: 0 })),
        (whsec(24).replace("whsec_", ""), Err(SecretError::Prefix)),
        (whsec(24).replace("whsec_", "whsk_"), Err(SecretError::Prefix)),
        (format!("{} ", whsec(24)), Err(SecretError::Encoding)),
        (whsec(25).replace('=', ""), Err(SecretError::Encoding)),
    ];
    for (text, expected) in cases {
        let parsed = text.parse::<Secret>();
        let shown = format!("{parsed:?}") + &parsed.as_ref().map_or_else(ToString::to_string, |_| String::new());
        assert!(!shown.contains("paWl") && !shown.contains("165"), "{shown}");
        assert_eq!(parsed.map(|_| ()), expected, "{text}");
    }
}

#[test]
fn ids_cannot_move_the_borders_of_what_is_signed() {
    let cases = [
        (ID.to_owned(), Ok(())),
        ("x".repeat(255), Ok(())),
        (String::new(), Err(DeliveryIdError::Length { bytes: 0 })),
        ("x".repeat(256), Err(DeliveryIdError::Length { bytes: 256 })),
        ("a.b".to_owned(), Err(DeliveryIdError::Character { character: '.' })),
        ("a b".to_owned(), Err(DeliveryIdError::Character { character: ' ' })),
        ("a\r\nb".to_owned(), Err(DeliveryIdError::Character { character: '\r' })),
        ("号".to_owned(), Err(DeliveryIdError::Character { character: '号' })),
    ];
    for (text, expected) in cases {
        assert_eq!(DeliveryId::new(text.clone()).map(|_| ()), expected, "{text}");
    }
}
