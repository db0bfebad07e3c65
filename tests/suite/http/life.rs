//! Messages from their submission on: answers, retries, versions, tasks, lists.

use herald_server::http::case::CaseBody;
use herald_tests::server::{Server, fault};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_submission_is_answered_with_its_case() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let answer =
        server.post("li", "/v1/messages", &fault(&json!({"urgency": "urgent", "body": {"machine": "x", "hours": 3}})));
    assert_eq!(answer.status, 201, "{}", answer.text());
    // The documented shape is the shape.
    let case: CaseBody = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((case.status.as_str(), case.level, case.version), ("open", 1, 1));
    assert_eq!(case.accountable.as_deref(), Some("zhang"));
    assert_eq!(case.decided_by, ["organisation/fault@1"]);
    assert_eq!(case.tasks.len(), 1);
    assert_eq!(answer.headers["location"], format!("/v1/messages/{}", case.id));
    assert_eq!(answer.headers["etag"], "\"1\"");
    let shown = server.get("li", &answer.headers["location"]);
    assert_eq!((shown.status, &shown.headers["etag"]), (200, &answer.headers["etag"]));
    let shown = shown.json();
    assert_eq!(shown["message"]["body"], json!({"machine": "x", "hours": 3}));
    assert_eq!(shown["message"]["sender"], json!({"person": "li"}));
    let timeline = shown["timeline"]["items"].as_array().unwrap();
    assert_eq!((timeline.len(), &timeline[0]["verb"]), (1, &json!("submit")));
    assert!(timeline[0]["events"].as_array().unwrap().iter().any(|event| event.get("opened").is_some()));
    let decisions = server.get("li", &format!("/v1/messages/{}/decisions", case.id)).json();
    let decision = &decisions["items"][0];
    assert_eq!(decision["kind"], "decision");
    assert_eq!(decision["ruling"]["contributions"][0]["bundle"], "organisation/fault");
}

#[test]
fn a_retry_gets_the_first_answer_again() {
    let data = tempfile::tempdir().unwrap();
    let send = |server: &Server, who: &str, key: &str, body: &Value| {
        server.send(who, "POST", "/v1/messages", &[JSON, ("idempotency-key", key)], body.to_string().as_bytes())
    };
    let server = Server::start(data.path(), &[]);
    let first = send(&server, "li", "k-1", &fault(&json!({})));
    assert_eq!((first.status, first.headers.get("idempotency-replayed")), (201, None), "{}", first.text());
    let again = send(&server, "li", "k-1", &fault(&json!({})));
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = send(&server, "li", "k-1", &fault(&json!({"subject": "other"})));
    assert_eq!((other.status, &other.json()["type"]), (422, &json!("/problems/key-reused")));
    let somebody_else = send(&server, "wang", "k-1", &fault(&json!({})));
    assert_ne!(somebody_else.json()["id"], first.json()["id"], "a key is its owner's");
    // A restart forgets neither the answer nor the case.
    drop(server);
    let server = Server::start(data.path(), &[]);
    let after = send(&server, "li", "k-1", &fault(&json!({})));
    assert_eq!((after.status, &after.body), (201, &first.body));
    assert_eq!(server.get("li", "/v1/messages").json()["items"].as_array().unwrap().len(), 2);
}

#[test]
fn the_same_event_has_one_case() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let body = fault(&json!({"dedup_key": "im-03-stop"}));
    let first = server.post("li", "/v1/messages", &body);
    let second = server.post("wang", "/v1/messages", &body);
    assert_eq!((first.status, second.status), (201, 200), "{}", second.text());
    assert_eq!(first.json()["id"], second.json()["id"]);
}

#[test]
fn a_command_on_an_old_version_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let id = server.submit("li", &json!({"labels": {"approve": "yes"}}));
    let task = server.get("wang", "/v1/tasks").json()["items"][0]["task"].clone();
    assert_eq!(task["kind"], "approve", "{task}");
    let approve = format!("/v1/tasks/{}/approve", task["id"].as_str().unwrap());
    let send =
        |who: &str, path: &str, version: &str| server.send(who, "POST", path, &[JSON, ("if-match", version)], b"{}");
    // Who does not hold it may not, whoever they are; an old version changes nothing.
    assert_eq!(send("li", &approve, "*").status, 403);
    let stale = send("wang", &approve, "\"7\"");
    assert_eq!((stale.status, &stale.json()["type"]), (412, &json!("/problems/version")), "{}", stale.text());
    let done = send("wang", &approve, "\"1\"");
    assert_eq!((done.status, &done.json()["status"]), (200, &json!("open")), "{}", done.text());
    assert_eq!(done.headers["etag"], "\"2\"");
    let again = send("wang", &approve, "*");
    assert_eq!((again.status, &again.json()["type"]), (409, &json!("/problems/status")), "{}", again.text());
    let in_body = server.post("li", &format!("/v1/messages/{id}/withdraw"), &json!({"version": 1}));
    assert_eq!(in_body.status, 412, "{}", in_body.text());
}

#[test]
fn a_case_goes_its_way_by_verbs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let id = server.submit("li", &json!({"body": {"machine": "x", "hours": 3}}));
    let answer_task = server.get("zhao", "/v1/tasks").json()["items"][0]["task"]["id"].as_str().unwrap().to_owned();
    let message = format!("/v1/messages/{id}");
    let steps: &[(&str, String, Value, u16, &str)] = &[
        ("zhao", format!("{message}/goals/repair/pause"), json!({"reason": "waiting for a part"}), 200, "open"),
        ("zhao", format!("{message}/goals/repair/resume"), json!({}), 200, "open"),
        ("li", format!("{message}/goals/repair/meet"), json!({}), 403, ""),
        ("zhao", format!("{message}/goals/repair/meet"), json!({}), 200, "open"),
        ("zhao", format!("{message}/goals/unheard-of/meet"), json!({}), 404, ""),
        ("zhao", format!("/v1/tasks/{answer_task}/answer"), json!({}), 422, ""),
        ("zhao", format!("/v1/tasks/{answer_task}/answer"), json!({"text": "换了传感器"}), 200, "open"),
        ("zhao", format!("{message}/resolve"), json!({"reason": "x"}), 403, ""),
        ("zhang", format!("{message}/resolve"), json!({"reason": "sensor replaced", "score": 5}), 422, ""),
        ("zhang", format!("{message}/resolve"), json!({"reason": "sensor replaced"}), 200, "resolved"),
        ("li", format!("{message}/reopen"), json!({"reason": "it stopped again"}), 200, "open"),
        ("zhang", format!("{message}/resolve"), json!({"reason": "cable replaced"}), 200, "resolved"),
        ("li", format!("{message}/close"), json!({"score": 9}), 422, ""),
        ("li", format!("{message}/close"), json!({"score": 5}), 200, "closed"),
        ("li", format!("{message}/withdraw"), json!({}), 409, ""),
        ("li", format!("{message}/dance"), json!({}), 404, ""),
        ("admin", format!("{message}/archive"), json!({}), 200, "archived"),
    ];
    for (who, path, body, status, becomes) in steps {
        let answer = server.post(who, path, body);
        assert_eq!(answer.status, *status, "{who} {path}: {}", answer.text());
        if !becomes.is_empty() && answer.json().get("status").is_some() {
            assert_eq!(answer.json()["status"], *becomes, "{who} {path}");
        }
    }
    assert_eq!(server.get("li", &message).json()["status"], "archived");
}

#[test]
fn a_returned_message_is_sent_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let id = server.submit("li", &json!({"labels": {"approve": "yes"}}));
    let task = server.get("wang", "/v1/tasks").json()["items"][0]["task"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.post("wang", &format!("/v1/tasks/{task}/return"), &json!({})).status, 422);
    let returned = server.post("wang", &format!("/v1/tasks/{task}/return"), &json!({"text": "say which machine"}));
    assert_eq!(returned.json()["status"], "returned", "{}", returned.text());
    let again = server.post("li", &format!("/v1/messages/{id}/resubmit"), &fault(&json!({"subject": "IM-03 停机"})));
    assert_eq!((again.status, &again.json()["status"]), (200, &json!("open")), "{}", again.text());
    assert_eq!(again.json()["message_version"], 2);
    assert_eq!(server.get("li", &format!("/v1/messages/{id}")).json()["message"]["subject"], "IM-03 停机");
}

#[test]
fn lists_are_paged_and_filtered() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("partitions", "3")]);
    let mut ids: Vec<String> = (0..7).map(|_| server.submit("li", &json!({}))).collect();
    ids.push(server.submit("wang", &json!({"urgency": "urgent", "labels": {"approve": "yes"}})));
    ids.reverse();
    let list = |who: &str, query: &str| -> Vec<String> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get(who, &format!("/v1/messages?limit=3{query}{cursor}"));
            assert_eq!(page.status, 200, "{}", page.text());
            let page = page.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3);
            found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    // Of the same millisecond, cases of several partitions come in the order of their ids.
    ids.sort_by(|left, right| right.cmp(left));
    assert_eq!(list("li", ""), ids);
    assert_eq!(list("li", "&status=open").len(), 7);
    assert_eq!(list("li", "&level=1").len(), 1);
    assert_eq!(list("li", "&participant=me").len(), 7);
    assert_eq!(list("li", "&kind=fault&department=maintenance").len(), list("zhao", "").len());
    assert_eq!(list("li", "&kind=other"), Vec::<String>::new());
    let inbox = server.get("zhao", "/v1/tasks?limit=5").json();
    assert_eq!(inbox["items"].as_array().unwrap().len(), 5);
    let rest = server.get("zhao", &format!("/v1/tasks?cursor={}", inbox["next"].as_str().unwrap())).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 2, "{rest}");
}
