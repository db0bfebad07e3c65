//! Who sees what: what one may not see does not exist, by any path.

use herald_tests::server::Server;
use serde_json::{Value, json};

use super::publish_own;

#[test]
fn what_one_may_not_see_does_not_exist() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let internal = server.submit("li", &json!({}));
    let confidential = server.submit("li", &json!({"classification": "confidential"}));
    // Who, which case, and whether they see it. Zhao answers it, Zhang is accountable: both take part.
    let cases = [
        ("li", &internal, true),
        ("wang", &internal, true),
        ("zhao", &internal, true),
        ("mes", &internal, true),
        ("chen", &internal, false),
        ("li", &confidential, true),
        ("zhao", &confidential, true),
        ("wang", &confidential, false),
        ("mes", &confidential, false),
        ("chen", &confidential, false),
    ];
    for (who, id, sees) in cases {
        let what = format!("{who} {id}");
        let listed = server.get(who, "/v1/messages").json();
        let listed = listed["items"].as_array().unwrap().iter().any(|item| item["id"] == **id);
        assert_eq!(listed, sees, "{what} in a list");
        for path in [format!("/v1/messages/{id}"), format!("/v1/messages/{id}/decisions")] {
            assert_eq!(server.get(who, &path).status, if sees { 200 } else { 404 }, "{what} {path}");
        }
        if !sees {
            for path in [format!("/v1/messages/{id}/withdraw"), format!("/v1/tasks/{id}_t1/acknowledge")] {
                let answer = server.post(who, &path, &json!({}));
                assert_eq!(answer.status, 404, "{what} {path}: {}", answer.text());
            }
        }
    }
}

#[test]
fn a_duplicate_of_what_one_may_not_see_gets_a_receipt() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let body = json!({"classification": "confidential", "dedup_key": "secret"});
    let id = server.submit("li", &body);
    let answer = server.post("wang", "/v1/messages", &herald_tests::server::fault(&body));
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": id })));
}

#[test]
fn who_may_release_a_held_case_sees_it_while_it_is_held() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    let fails = json!({"classification": "confidential", "labels": {"own": "fail"}});
    let id = server.submit("li", &fails);
    let held = format!("/v1/messages/{id}");
    assert_eq!(server.get("publisher", &held).json()["status"], "held");
    assert_eq!(server.get("chen", &held).status, 404);
    assert_eq!(server.post("chen", &format!("{held}/release"), &json!({})).status, 404);
    let released = server.post("publisher", &format!("{held}/release"), &json!({}));
    assert_eq!((released.status, &released.json()["status"]), (200, &json!("held")), "{}", released.text());
}

#[test]
fn an_administrator_is_answered_with_a_receipt_of_what_they_may_not_see() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    let fails = json!({"classification": "confidential", "labels": {"own": "fail"}});
    let id = server.submit("li", &fails);
    let headers = [("content-type", "application/json"), ("idempotency-key", "release")];
    for replayed in [None, Some("true")] {
        let path = format!("/v1/messages/{id}/release");
        let released = server.send("admin", "POST", &path, &headers, b"{}");
        let receipt: Value = json!({"id": id, "status": "held", "version": 2});
        assert_eq!((released.status, released.json()), (200, receipt), "{}", released.text());
        assert_eq!(released.headers["etag"], "\"2\"");
        assert_eq!(released.headers.get("idempotency-replayed").map(String::as_str), replayed);
    }
    assert_eq!(server.get("admin", &format!("/v1/messages/{id}")).status, 404);
}

#[test]
fn addresses_are_for_administrators() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    for path in ["/v1/channels", "/v1/channels/screen", "/v1/directory"] {
        assert!(server.get("admin", path).text().contains(".example/"), "{path}");
        let shown = server.get("li", path);
        assert_eq!(shown.status, 200);
        assert!(!shown.text().contains(".example/"), "{path}: {}", shown.text());
    }
}
