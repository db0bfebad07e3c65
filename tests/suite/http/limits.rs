//! Every limit of the edge has its answer.

use herald_tests::server::{Server, fault};
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");
const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

#[test]
fn what_is_too_large_is_refused_and_names_its_limit() {
    let data = tempfile::tempdir().unwrap();
    let settings = [("body_limit_bytes", "2000"), ("batch_limit_bytes", "4000"), ("batch_limit_lines", "3")];
    let server = Server::start(data.path(), &settings);
    let line = fault(&json!({})).to_string();
    let (padded, many) = (" ".repeat(2_001), vec![line.clone(); 4].join("\n"));
    let wide = format!("{line}{}", " ".repeat(4_000));
    for (header, body, status, names) in [
        (JSON, line.clone() + &" ".repeat(2_000 - line.len()), 201, ""),
        (JSON, line.clone() + &padded, 413, "body_limit_bytes"),
        (NDJSON, vec![line.clone(); 3].join("\n"), 200, ""),
        (NDJSON, many, 413, "batch_limit_lines"),
        (NDJSON, wide, 413, "batch_limit_bytes"),
    ] {
        let answer = server.send("li", "POST", "/v1/messages", &[header], body.as_bytes());
        assert_eq!(answer.status, status, "{header:?} {}: {}", body.len(), answer.text());
        assert!(answer.text().contains(names), "{}", answer.text());
    }
    // The length is believed only when it says too much.
    let announced = server.send("li", "POST", "/v1/messages", &[JSON, ("content-length", "2001")], b"{}");
    assert_eq!(announced.status, 413);
}

#[test]
fn who_asks_too_often_is_told_when_to_come_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("rate_limit_per_second", "1"), ("rate_burst", "3")]);
    let statuses: Vec<_> = (0..4).map(|_| server.get("li", "/v1/kinds").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    let refused = server.get("li", "/v1/kinds");
    assert_eq!(refused.json()["type"], "/problems/rate");
    assert!((1..=2).contains(&refused.headers["retry-after"].parse::<u64>().unwrap()), "{:?}", refused.headers);
    assert_eq!(server.get("zhao", "/v1/kinds").status, 200, "others are not held up");
    // Two tokens of one owner share a bucket.
    assert_eq!((0..4).map(|_| server.get("wang", "/v1/kinds").status).max(), Some(429));
    assert_eq!(server.get("author", "/v1/kinds").status, 429);
}
