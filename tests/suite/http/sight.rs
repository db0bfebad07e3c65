//! Who sees what: what one may not see does not exist, by any path.

use herald_tests::server::Server;
use serde_json::json;

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
