//! What people are told, and how they read it.

use herald_tests::server::{Answer, Server};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{publish_own, wait};

/// All pages of somebody's inbox.
fn inbox(server: &Server, who: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(who, &format!("/v1/inbox?limit={limit}{cursor}"));
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[test]
fn a_head_reads_of_an_escalation() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    let id = server.submit("li", &json!({"labels": {"own": "haste"}}));
    let told = |answer: &Answer| {
        let items = answer.json()["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|item| item["delivery"]["purpose"] == "escalation")
    };
    let page = || server.get("wang", "/v1/inbox?limit=50");
    let escalation = told(&wait("the head of production is told", page, |answer| told(answer).is_some())).unwrap();
    let case = &escalation["case"];
    assert_eq!((&case["id"], &case["kind"], &case["status"]), (&json!(id), &json!("fault"), &json!("open")));
    assert_eq!(escalation["delivery"]["to"], json!({"person": "wang"}));
    let goal = &escalation["goal"];
    assert_eq!((&goal["name"], &goal["status"], &goal["owners"]), (&json!("look"), &json!("breached"), &json!(["li"])));
    assert_eq!(goal["id"], json!(format!("{id}_g{}", goal["number"])));
}

#[test]
fn an_inbox_is_paged_newest_first_and_is_its_owners() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("partitions", "3")]);
    let mut ids: Vec<_> = (0..7).map(|_| server.submit("li", &json!({}))).collect();
    ids.sort();
    for limit in [3, 50] {
        let items = inbox(&server, "zhao", limit);
        let moment = |item: &Value| item["delivery"]["settled_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let moments: Vec<_> = items.iter().map(moment).collect();
        assert!(moments.is_sorted_by(|left, right| left >= right), "{moments:?}");
        let mut found: Vec<_> = items.iter().map(|item| item["case"]["id"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, ids, "by {limit}");
        assert!(items.iter().all(|item| item["delivery"]["purpose"] == "message" && item.get("goal").is_none()));
    }
    assert_eq!(inbox(&server, "chen", 50), Vec::<Value>::new());
    assert_eq!(server.get("mes", "/v1/inbox").status, 403);
    assert_eq!(server.get("zhao", "/v1/inbox?cursor=zzz").status, 400);
}
