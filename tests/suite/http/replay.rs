//! Decisions that are made again, and promises that are declined.

use herald_server::publish::Proposal;
use herald_tests::server::{Server, proposal, publish};
use serde_json::{Value, json};

use super::{OWN_MANIFEST, OWN_SCRIPT, publish_own, wait};

fn replay(server: &Server, who: &str, case: &str) -> (u16, Value) {
    let answer = server.get(who, &format!("/v1/messages/{case}/decisions/replay"));
    (answer.status, answer.json())
}

#[test]
fn a_decision_comes_out_again_whatever_was_published_since() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    let case = server.submit("li", &json!({"labels": {"approve": "yes"}, "body": {"machine": "x", "hours": 3}}));
    let failed = server.submit("li", &json!({"labels": {"own": "fail"}}));
    // Another organisation, without the department's own bundle, and a house that routes nothing.
    let mut other = proposal();
    let organisation = other.organisation.as_mut().unwrap();
    organisation.people.get_mut("zhang").unwrap().title = "张三".to_owned();
    let house = other.bundles.values_mut().next().unwrap();
    house.insert(
        "policy.rhai".to_owned(),
        b"fn route(message, plan) {} fn approve(message, route, plan) {} fn escalate(message, breach, plan) {}"
            .to_vec(),
    );
    publish(&server.app, &Proposal { prune: true, ..other });

    for id in [&case, &failed] {
        let (status, body) = replay(&server, "li", id);
        let decision = &body["decisions"][0];
        assert_eq!((status, &decision["outcome"]), (200, &json!("same")), "{body}");
        assert!(decision["configuration"].as_u64().unwrap() < server.app.configured().organisation().revision);
    }
    // What the new policies would say is another matter, and another decision.
    let after = server.submit("li", &json!({"body": {"machine": "x", "hours": 3}}));
    assert_eq!(replay(&server, "li", &after).1["decisions"][0]["outcome"], "same");
    assert_eq!(replay(&server, "chen", &case).0, 404, "who may not see the case");
    assert_eq!(replay(&server, "li", "nothing").0, 404);
}

#[test]
fn a_revision_that_is_suspended_by_now_decides_as_it_did() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let manifest = OWN_MANIFEST.replace("[on_failure]", "[on_failure]\nafter_three = \"suspend\"");
    let files = [("policy.toml", manifest.as_str()), ("policy.rhai", OWN_SCRIPT)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    let with_own = Proposal { bundles: [("production/own".parse().unwrap(), files)].into(), ..proposal() };
    publish(&server.app, &with_own);
    let before = server.submit("li", &json!({}));
    let fail = || server.submit("li", &json!({"labels": {"own": "fail"}}));
    for _ in 0..3 {
        fail();
    }
    // What is committed is counted at once; it is suspended on another thread.
    let own = || server.get("li", "/v1/policies/production/own");
    wait("it is suspended", own, |shown| shown.json()["active"]["status"] == "suspended");
    let unasked = fail();
    assert_eq!(replay(&server, "li", &before).1["decisions"][0]["outcome"], "same");
    let (_, last) = replay(&server, "li", &unasked);
    assert_eq!(last["decisions"][0]["outcome"], "not-replayed", "{last}");
    assert!(last["decisions"][0]["reason"].as_str().unwrap().contains("it is suspended"), "{last}");
}

#[test]
fn a_task_is_declined_by_who_has_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let case = server.submit("li", &json!({"labels": {"ask": "yes"}}));
    let task = format!("/v1/tasks/{case}_t1/decline");
    let reason = json!({"text": "没有备件"});
    assert_eq!(server.post("li", &task, &reason).status, 403, "the sender has promised nothing");
    assert_eq!(server.post("zhao", &task, &json!(null)).status, 422, "not without a reason");
    let declined = server.post("zhao", &task, &reason);
    assert_eq!(declined.status, 200, "{}", declined.text());
    assert_eq!(declined.json()["goals"][0]["declined"], "没有备件");
    assert_eq!(server.post("zhao", &task, &reason).status, 409, "once");
    // The policy is asked about the breach, and tells somebody.
    let shown = || server.get("li", &format!("/v1/messages/{case}"));
    let asked = wait("the policy is asked", shown, |shown| shown.json()["level"] == 1);
    assert_eq!(asked.json()["goals"][0]["status"], "breached");
    let answered = server.post("zhao", &format!("/v1/tasks/{case}_t1/answer"), &json!({"text": "借到了"}));
    assert_eq!(answered.status, 200, "who thinks better of it answers: {}", answered.text());
}
