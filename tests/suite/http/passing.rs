//! Tasks and cases in the hands of others: passed on, reminded of, commented, copied.

use herald_tests::server::Server;
use serde_json::{Value, json};

/// A case that waits for Wang's approval, and the task.
fn awaiting(server: &Server) -> (String, String) {
    let id = server.submit("li", &json!({"labels": {"approve": "yes"}}));
    let task = server.get("wang", "/v1/tasks").json()["items"][0]["task"]["id"].as_str().unwrap().to_owned();
    (id, task)
}

#[test]
fn what_holders_and_senders_do_with_a_task() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let (id, task) = awaiting(&server);
    let (message, task) = (format!("/v1/messages/{id}"), format!("/v1/tasks/{task}"));
    let to = |whom: &str| json!({"to": [whom], "text": "看一下第二条"});
    let steps: &[(&str, String, Value, u16)] = &[
        ("li", format!("{task}/transfer"), to("person:zhang"), 403),
        ("wang", format!("{task}/transfer"), to("person:li"), 422),
        ("wang", format!("{task}/transfer"), json!({}), 422),
        ("wang", format!("{task}/transfer"), json!({"to": ["person:zhang", "person:zhao"]}), 422),
        ("wang", format!("{task}/transfer"), json!({"to": ["zhang"]}), 422),
        ("wang", format!("{task}/approve"), to("person:zhang"), 422),
        ("wang", format!("{task}/delegate"), to("person:zhang"), 200),
        ("zhang", format!("{task}/add-approver"), to("person:zhao"), 200),
        ("li", format!("{task}/remind"), json!({"text": "今天要用"}), 200),
        ("li", format!("{message}/remind"), json!({"tasks": "approve"}), 200),
        ("li", format!("{message}/remind"), json!({"tasks": "approve"}), 429),
        ("li", format!("{message}/remind"), json!({"tasks": "dance"}), 422),
        ("li", format!("{message}/remind"), json!({"score": 3}), 422),
        ("zhang", format!("{task}/comment"), json!({"text": "价格不对"}), 200),
        ("li", format!("{message}/comment"), json!({}), 422),
        ("chen", format!("{message}/comment"), json!({"text": "?"}), 404),
        // A copy publishes nothing: before the approval it goes to nobody who could not see the case anyway.
        ("li", format!("{message}/copy"), json!({"to": ["person:chen"], "text": "供参考"}), 422),
        ("li", format!("{message}/hand-over"), json!({"to": ["person:zhang"]}), 409),
        ("zhang", format!("{task}/approve"), json!({}), 200),
    ];
    for (who, path, body, status) in steps {
        let answer = server.post(who, path, body);
        assert_eq!(answer.status, *status, "{who} {path} {body}: {}", answer.text());
    }
    let too_soon = server.post("li", &format!("{message}/remind"), &json!({"tasks": "approve"}));
    let wait: u64 = too_soon.headers["retry-after"].parse().unwrap();
    assert!((2..=600).contains(&wait), "{wait} s: {}", too_soon.text());
    let shown = server.get("li", &message).json();
    assert_eq!(shown["status"], "awaiting-approval", "Zhao was added, and has not said a word yet");
    let verbs: Vec<_> = shown["timeline"]["items"].as_array().unwrap().iter().map(|entry| &entry["verb"]).collect();
    assert_eq!(verbs.len(), 7, "{verbs:?}");
    let is_told = |who: &str, purpose: &str| {
        let inbox = server.get(who, "/v1/inbox").json();
        let purposes: Vec<_> =
            inbox["items"].as_array().unwrap().iter().map(|entry| &entry["delivery"]["purpose"]).collect();
        assert!(purposes.contains(&&json!(purpose)), "{who}: {purposes:?}");
    };
    for (who, purpose) in [("zhang", "task"), ("zhao", "task"), ("wang", "reminder"), ("li", "comment")] {
        is_told(who, purpose);
    }
    let added = server.get("zhao", "/v1/tasks").json()["items"][0]["task"].clone();
    assert_eq!(added["note"], "看一下第二条", "{added}");
    let approved = server.post("zhao", &format!("/v1/tasks/{}/approve", added["id"].as_str().unwrap()), &json!({}));
    assert_eq!(approved.json()["status"], "open", "{}", approved.text());
    let copied = server.post("li", &format!("{message}/copy"), &json!({"to": ["person:chen"], "text": "供参考"}));
    assert_eq!(copied.status, 200, "{}", copied.text());
    is_told("chen", "copy");
    let thanks = server.post("chen", &format!("{message}/comment"), &json!({"text": "知道了"}));
    assert_eq!(thanks.status, 200, "{}", thanks.text());
}
