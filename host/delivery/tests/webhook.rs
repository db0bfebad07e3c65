//! The webhook connector against receivers on real sockets.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod receiver;

use std::sync::Arc;

use herald_delivery::connector::{Attempt, Connector as _, DeliveryId, Outcome};
use herald_delivery::signature::{ReceivedHeaders, Secret, verify};
use herald_delivery::webhook::{Endpoint, MAX_TIMEOUT_MS, WebhookConnector, WebhookSettings};
use jiff::{SignedDuration, Timestamp};
use receiver::{Answer, Receiver, Request, closed_port};

const BODY: &str = r#"{"type":"message.opened","data":{"subject":"3号注塑机停机"}}"#;
const ID: &str = "0192f0c1-7b1e-7c3a-9d55-3f1f0c2b7a11";

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

fn secrets() -> Vec<Secret> {
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZA=="]
        .map(|text| text.parse().unwrap())
        .to_vec()
}

fn settings(allowed: &[&str]) -> WebhookSettings {
    WebhookSettings {
        allowed_internal: allowed.iter().map(|text| text.parse().unwrap()).collect(),
        ..WebhookSettings::default()
    }
}

async fn send(settings: WebhookSettings, url: &str) -> Outcome {
    let connector = WebhookConnector::new(settings).unwrap();
    let endpoint = Endpoint::new(url, secrets()).unwrap();
    let attempt = Attempt { id: DeliveryId::new(ID).unwrap(), body: BODY.into(), now: now() };
    connector.send(&endpoint, attempt).await
}

/// An outcome in one line, with `ORIGIN` for the receiver's own.
fn summary(outcome: &Outcome, origin: &str) -> String {
    let line = match outcome {
        Outcome::Delivered { status } => format!("delivered {status}"),
        Outcome::Gone => "gone".to_owned(),
        Outcome::Refused(refusal) => format!("refused: {refusal}"),
        Outcome::Retry(failure) => {
            let mut line = format!("retry {:?}: {}", failure.cause, failure.reason);
            if let Some(excerpt) = &failure.excerpt {
                line += &format!(" | {excerpt}");
            }
            if let Some(not_before) = failure.not_before {
                line += &format!(" | in {} s", not_before.duration_since(now()).as_secs());
            }
            line
        }
    };
    line.replace(origin, "ORIGIN")
}

/// Sends to a receiver on loopback, which is allowed, that answers as told; expects the outcome.
async fn check(answer: Answer, expected: &str) {
    check_with(settings(&["127.0.0.1"]), answer, expected).await;
}

async fn check_with(settings: WebhookSettings, answer: Answer, expected: &str) {
    let receiver = Receiver::start(answer).await;
    let outcome = send(settings, &receiver.url("http", "/hooks/path-token?token=query-token")).await;
    let line = summary(&outcome, &receiver.url("http", ""));
    assert_eq!(line, expected);
    assert!(!line.contains("token"), "{line}");
}

fn answer(text: &str) -> Answer {
    Answer::Text(text.to_owned())
}

#[tokio::test]
async fn a_delivery_arrives_signed_by_every_secret() {
    let receiver = Receiver::start(answer("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let url = receiver.url("http", "/hooks/herald?token=1");
    let outcome = send(settings(&["127.0.0.0/8"]), &url).await;
    assert_eq!(outcome, Outcome::Delivered { status: 204 });

    let Request { head, body } = receiver.request().await;
    assert_eq!(body, BODY.as_bytes());
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /hooks/herald?token=1 HTTP/1.1"));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        let mut found = headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = found.next().unwrap_or_else(|| panic!("no `{name}` in {head}")).1;
        assert_eq!(found.next(), None, "`{name}` twice in {head}");
        value
    };
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), concat!("Herald/", env!("CARGO_PKG_VERSION")));
    assert_eq!(header("webhook-id"), ID);
    assert_eq!(header("webhook-timestamp"), now().as_second().to_string());
    let names: Vec<String> = headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert!(!names.iter().any(|name| name == "cookie" || name == "referer"), "{head}");

    let received = ReceivedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let later = now() + SignedDuration::from_secs(3);
    for secret in secrets() {
        assert_eq!(verify(std::slice::from_ref(&secret), received, &body, later), Ok(()));
        assert!(verify(&[secret], received, b"{}", later).is_err());
    }
}

#[tokio::test]
async fn the_status_decides() {
    let status = |line: &str| answer(&format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"));
    let cases = [
        ("200 OK", "delivered 200"),
        ("202 Accepted", "delivered 202"),
        ("299 Odd", "delivered 299"),
        ("400 Bad Request", "retry Status(400): `ORIGIN` answered 400 Bad Request"),
        ("404 Not Found", "retry Status(404): `ORIGIN` answered 404 Not Found"),
        ("410 Gone", "gone"),
        ("503 Service Unavailable", "retry Status(503): `ORIGIN` answered 503 Service Unavailable"),
        ("304 Not Modified", "retry Status(304): `ORIGIN` answered 304 Not Modified; redirects are not followed"),
    ];
    for (line, expected) in cases {
        check(status(line), expected).await;
    }
}

#[tokio::test]
async fn the_answers_headers_and_body_are_reported() {
    let cases = [
        (
            "500 Internal Server Error\r\ncontent-length: 15\r\n\r\ndatabase\r\ndown",
            "retry Status(500): `ORIGIN` answered 500 Internal Server Error | database  down",
        ),
        (
            "308 Permanent Redirect\r\nlocation: https://new.example/hooks?token=2#token\r\n\r\n",
            "retry Status(308): `ORIGIN` answered 308 Permanent Redirect, to `https://new.example/hooks`; redirects are not followed",
        ),
        (
            "302 Found\r\nlocation: /elsewhere\r\n\r\n",
            "retry Status(302): `ORIGIN` answered 302 Found, to `ORIGIN/elsewhere`; redirects are not followed",
        ),
        (
            "429 Too Many Requests\r\nretry-after: 120\r\n\r\n",
            "retry Status(429): `ORIGIN` answered 429 Too Many Requests | in 120 s",
        ),
        (
            "429 Too Many Requests\r\nretry-after: Mon, 23 Nov 2026 14:10:00 GMT\r\n\r\n",
            "retry Status(429): `ORIGIN` answered 429 Too Many Requests | in 600 s",
        ),
        (
            "503 Service Unavailable\r\nretry-after: 31536000\r\n\r\n",
            "retry Status(503): `ORIGIN` answered 503 Service Unavailable | in 86400 s",
        ),
    ];
    for (text, expected) in cases {
        check(answer(&format!("HTTP/1.1 {text}")), expected).await;
    }
}

#[tokio::test]
async fn a_connection_without_an_answer() {
    let early = "retry NoAnswer: `ORIGIN` gave no answer: connection closed before message completed";
    check(answer(""), early).await;
    check(answer("HTTP/1.1 200 OK\r\ncontent-ty"), early).await;
    check(answer("SSH-2.0-OpenSSH_9.9\r\n"), "retry NoAnswer: `ORIGIN` gave no answer: invalid HTTP version parsed")
        .await;
    check(
        Answer::Endless { head: "HTTP/1.1 200 OK\r\nx: ".to_owned() },
        "retry NoAnswer: `ORIGIN` gave no answer: message head is too large",
    )
    .await;
    // The status has been said; the body breaks off.
    check(answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), "delivered 200").await;
}

#[tokio::test]
async fn time_limits() {
    let impatient = || WebhookSettings { total_timeout_ms: 150, connect_timeout_ms: 100, ..settings(&["127.0.0.1"]) };
    check_with(
        impatient(),
        Answer::Stall { head: String::new() },
        "retry Timeout: no answer from `ORIGIN` within 150 ms",
    )
    .await;
    // The status has been said; the body does not come.
    check_with(
        impatient(),
        Answer::Stall { head: "HTTP/1.1 500 Oh\r\ncontent-length: 9\r\n\r\nok".to_owned() },
        "retry Status(500): `ORIGIN` answered 500 Internal Server Error | ok",
    )
    .await;
    // The time to connect includes the TLS handshake.
    let receiver = Receiver::start(Answer::Stall { head: String::new() }).await;
    let outcome = send(impatient(), &receiver.url("https", "/")).await;
    assert_eq!(summary(&outcome, &receiver.url("https", "")), "retry Timeout: no connection to `ORIGIN` within 100 ms");
}

#[tokio::test]
async fn no_more_of_a_body_is_read_than_the_limit() {
    let patient = WebhookSettings { total_timeout_ms: MAX_TIMEOUT_MS, ..settings(&["127.0.0.1"]) };
    let head = "HTTP/1.1 500 Internal Server Error\r\n\r\n".to_owned();
    let receiver = Receiver::start(Answer::Endless { head }).await;
    let outcome = send(patient, &receiver.url("http", "/")).await;
    let Outcome::Retry(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.excerpt, Some("x".repeat(512)));
    // What the receiver could write before the connection closed is in the sockets' buffers.
    let written = receiver.bytes_written().await;
    assert!(written < 16 * 1024 * 1024, "{written} bytes");
}

#[tokio::test]
async fn nobody_listens_or_the_name_is_unknown() {
    let origin = format!("http://127.0.0.1:{}", closed_port().await);
    let line = summary(&send(settings(&["127.0.0.1"]), &origin).await, &origin);
    assert!(line.starts_with("retry Connect: no connection to `ORIGIN`: "), "{line}");

    // Reserved for names that do not exist (RFC 6761).
    let origin = "https://nobody.invalid";
    let line = summary(&send(settings(&[]), origin).await, origin);
    assert!(line.starts_with("retry Dns: the host of `ORIGIN` was not resolved: "), "{line}");
}

#[tokio::test]
async fn internal_addresses_are_refused_unless_allowed() {
    let cases: [(&[&str], &str, &str, &str); 9] = [
        (&[], "http", "127.0.0.1", "refused"),
        (&[], "http", "2130706433", "refused"),
        (&[], "https", "127.0.0.1", "refused"),
        (&[], "http", "localhost", "refused"),
        (&[], "https", "localhost", "refused"),
        (&["10.0.0.0/8", "intern:80"], "http", "localhost", "refused"),
        (&["127.0.0.0/8"], "http", "127.0.0.1", "delivered 200"),
        (&["127.0.0.0/8"], "http", "localhost", "delivered 200"),
        (&["localhost"], "http", "localhost", "delivered 200"),
    ];
    for (allowed, scheme, host, expected) in cases {
        let receiver = Receiver::start(answer("HTTP/1.1 200 OK\r\n\r\n")).await;
        let url = receiver.url(scheme, "/").replace("127.0.0.1", host);
        let line = summary(&send(settings(allowed), &url).await, "-");
        assert!(line.starts_with(expected), "{url} with {allowed:?}: {line}");
        assert!(!expected.starts_with("refused") || line.contains("(loopback)"), "{line}");
    }
}

#[tokio::test]
async fn a_listed_host_is_listed_on_its_port_only() {
    let receiver = Receiver::start(answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let url = receiver.url("http", "/").replace("127.0.0.1", "localhost");
    let line = summary(&send(settings(&["localhost:1"]), &url).await, "-");
    assert!(line.starts_with("refused"), "{line}");
    let this_port = format!("localhost:{}", receiver.port());
    assert_eq!(send(settings(&[&this_port]), &url).await, Outcome::Delivered { status: 200 });
}

#[tokio::test]
async fn secure_connections_need_a_trusted_certificate_for_the_host() {
    let issued = |host: &str| rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let (ours, others) = (issued("127.0.0.1"), issued("other.example"));
    let trusted = |pem: String| WebhookSettings { additional_roots_pem: pem, ..settings(&["127.0.0.1"]) };
    let cases = [
        (&ours, trusted(ours.cert.pem()), "delivered 200"),
        (&ours, trusted(others.cert.pem() + &ours.cert.pem()), "delivered 200"),
        (&ours, trusted(String::new()), "retry Tls: no secure connection to `ORIGIN`: "),
        (&others, trusted(others.cert.pem()), "retry Tls: no secure connection to `ORIGIN`: "),
    ];
    for (certificate, settings, expected) in cases {
        let server = Arc::new(receiver::tls(certificate));
        let receiver = Receiver::start_tls(server, answer("HTTP/1.1 200 OK\r\n\r\n")).await;
        let outcome = send(settings, &receiver.url("https", "/")).await;
        let line = summary(&outcome, &receiver.url("https", ""));
        assert!(line.starts_with(expected), "{line}");
    }
    // A receiver that does not speak TLS at all.
    let receiver = Receiver::start(answer("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let outcome = send(trusted(String::new()), &receiver.url("https", "/")).await;
    let line = summary(&outcome, &receiver.url("https", ""));
    assert!(line.starts_with("retry Tls: no secure connection to `ORIGIN`: "), "{line}");
}
