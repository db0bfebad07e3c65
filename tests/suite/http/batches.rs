//! Batches and events.

use herald_tests::server::{Server, fault};
use serde_json::{Value, json};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

fn results(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_line_of_a_batch_has_its_result() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let lines = [
        fault(&json!({})).to_string(),
        "{\"kind\": ".to_owned(),
        fault(&json!({"body": {}})).to_string(),
        String::new(),
        fault(&json!({"department": "maintenance"})).to_string(),
        fault(&json!({"dedup_key": "one"})).to_string(),
    ];
    let body = lines.join("\n");
    let send =
        |key: &str| server.send("li", "POST", "/v1/messages", &[NDJSON, ("idempotency-key", key)], body.as_bytes());
    let answer = send("b-1");
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "application/x-ndjson"));
    let first = results(&answer.text());
    let statuses: Vec<_> = first.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 400, 422, 400, 403, 201], "{}", answer.text());
    let numbers: Vec<_> = first.iter().map(|result| result["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(first[2]["problem"]["errors"][0]["pointer"], "/body");
    // The same batch again is the same messages; a batch under another key is another, but for the one event.
    let again = results(&send("b-1").text());
    assert_eq!((&again[0]["id"], again[0]["status"].as_u64()), (&first[0]["id"], Some(201)));
    let other = results(&send("b-2").text());
    assert_ne!(other[0]["id"], first[0]["id"]);
    assert_eq!((&other[5]["id"], other[5]["status"].as_u64()), (&first[5]["id"], Some(200)));
    assert_eq!(server.get("li", "/v1/messages").json()["items"].as_array().unwrap().len(), 3);
}

#[test]
fn an_event_becomes_one_message_however_it_comes() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let event = json!({
        "specversion": "1.0", "type": "com.example.mes.fault", "source": "/mes/line-2", "id": "A-17",
        "subject": "停机", "department": "production", "data": {"machine": "IM-03"}
    });
    let structured = ("content-type", "application/cloudevents+json; charset=utf-8");
    let first = server.send("mes", "POST", "/v1/messages", &[structured], event.to_string().as_bytes());
    assert_eq!(first.status, 201, "{}", first.text());
    let id = first.json()["id"].clone();
    assert_eq!(first.json()["labels"]["event.source"], "/mes/line-2");
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-type", "com.example.mes.fault"),
        ("ce-source", "/mes/line-2"),
        ("ce-id", "A-17"),
        ("ce-subject", "%E5%81%9C%E6%9C%BA"),
        ("ce-department", "production"),
        ("ce-brokertime", "something else each time"),
    ];
    let again = server.send("mes", "POST", "/v1/messages", &binary, br#"{"machine": "IM-03"}"#);
    assert_eq!((again.status, &again.json()["id"]), (201, &id), "{}", again.text());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = server.send("li", "POST", "/v1/messages", &binary, br#"{"machine": "IM-03"}"#);
    assert_eq!((other.status, &other.json()["id"]), (200, &id), "another sender of the same event: {}", other.text());
    let mut incomplete = event.clone();
    incomplete["source"] = Value::Null;
    let refused = server.send("mes", "POST", "/v1/messages", &[structured], incomplete.to_string().as_bytes());
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/source")));
}
