//! A case as others want to look at it: its rows, its form, its line in a table.

use herald_server::publish::Proposal;
use herald_tests::server::{Server, proposal, publish};
use serde_json::{Value, json};

fn items(server: &Server, who: &str, path: &str) -> Vec<Value> {
    let answer = server.get(who, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["items"].as_array().unwrap().clone()
}

#[test]
fn the_rows_of_a_case_are_listed_and_picked() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let case = format!("/v1/messages/{}", server.submit("li", &json!({"body": {"machine": "x", "hours": 3}})));
    for (path, count) in [
        ("tasks", 1),
        ("tasks?kind=answer&status=open", 1),
        ("tasks?kind=acknowledge", 0),
        ("tasks?status=done", 0),
        ("goals?name=repair&status=running", 1),
        ("goals?name=answer", 1),
        ("goals?name=nothing", 0),
        ("deliveries?purpose=message", 1),
        ("deliveries?purpose=reminder", 0),
    ] {
        let found = items(&server, "li", &format!("{case}/{path}"));
        assert_eq!(found.len(), count, "{path}: {found:?}");
    }
    let first = server.get("li", &format!("{case}/goals?limit=1")).json();
    let next = server.get("li", &format!("{case}/goals?limit=1&cursor={}", first["next"].as_str().unwrap())).json();
    assert_ne!(first["items"][0]["id"], next["items"][0]["id"]);
    assert_eq!(next.get("next"), None, "{next}");
    for path in ["tasks?kind=dance", "goals?status=open", "deliveries?limit=0", "tasks?purpose=message"] {
        assert_eq!(server.get("li", &format!("{case}/{path}")).status, 400, "{path}");
    }
    let id = case.rsplit('/').next().unwrap().replace(|c: char| c.is_ascii_digit(), "0");
    for path in ["tasks", "goals", "deliveries", "form"] {
        assert_eq!(server.get("li", &format!("/v1/messages/{id}/{path}")).status, 404, "{path}");
    }
}

#[test]
fn a_form_says_who_approved_and_whether_it_was_carried_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut organisation = proposal().organisation.unwrap();
    organisation.kinds.get_mut("fault").unwrap().document_number = Some("{department}〔{year}〕{number}号".to_owned());
    publish(&server.app, &Proposal { organisation: Some(organisation), ..proposal() });
    let id = server.submit("li", &json!({"labels": {"approve": "yes"}, "summary": "二车间停产"}));
    let form = || server.get("li", &format!("/v1/messages/{id}/form")).json();
    let before = form();
    assert_eq!((&before["execution"], &before["execution_title"]), (&json!("pending"), &json!("待执行")), "{before}");
    assert_eq!(before["initiator"], json!({"id": "person:li", "title": "李"}));
    assert_eq!(before["department"], json!({"id": "department:production", "title": "生产部"}));
    assert_eq!(before["summary"], "二车间停产");
    assert_eq!(before["approvals"][0]["approvers"], json!([{"id": "person:wang", "title": "王"}]), "{before}");
    assert_eq!((&before["signed_by"], before.get("document_number")), (&json!([]), None));
    let recipients = before["recipients"].as_array().unwrap();
    assert!(recipients.contains(&json!({"id": "person:zhao", "title": "赵"})), "{before}");

    let task = server.get("wang", "/v1/tasks").json()["items"][0]["task"]["id"].as_str().unwrap().to_owned();
    let approved = server.post("wang", &format!("/v1/tasks/{task}/approve"), &json!({"text": "同意"}));
    assert_eq!(approved.status, 200, "{}", approved.text());
    let signed = form();
    assert_eq!((&signed["execution"], &signed["execution_title"]), (&json!("executing"), &json!("执行中")), "{signed}");
    assert_eq!(signed["signed_by"], json!([{"id": "person:wang", "title": "王"}]));
    let approval = &signed["approvals"][0];
    assert_eq!((&approval["verdict"], &approval["text"]), (&json!("approved"), &json!("同意")), "{signed}");
    let number = signed["document_number"].as_str().unwrap();
    assert!(number.starts_with("生产部〔") && number.ends_with("〕1号"), "{number}");
    let resolved = server.post("zhang", &format!("/v1/messages/{id}/resolve"), &json!({"reason": "修好了"}));
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    assert_eq!(form()["execution_title"], "已完成");
}

#[test]
fn cases_are_listed_by_label_and_cause_and_as_a_table() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let first = server.submit("li", &json!({"labels": {"customer": "acme"}, "subject": "=SUM(A1), 停机"}));
    let second = server.submit("li", &json!({"labels": {"customer": "acme"}, "caused_by": first}));
    let _other = server.submit("li", &json!({"labels": {"customer": "other"}}));
    let ids = |path: &str| -> Vec<String> {
        items(&server, "li", path).iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("/v1/messages?label=customer:acme"), [second.clone(), first.clone()]);
    assert_eq!(ids(&format!("/v1/messages?caused_by={first}")), [second.as_str()]);
    assert_eq!(ids(&format!("/v1/messages?caused_by={second}")), [""; 0]);
    assert_eq!(server.get("li", "/v1/messages?label=acme").status, 400);
    assert_eq!(server.get("li", "/v1/messages?caused_by=x").status, 400);

    let table = |path: &str| server.send("li", "GET", path, &[("accept", "text/csv")], b"");
    let answer = table("/v1/messages?label=customer:acme&limit=1");
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
    let listed = server.send("li", "GET", "/v1/messages", &[("accept", "text/csv;q=0.5, application/json")], b"");
    assert_eq!(listed.headers["content-type"], "application/json");
    assert_eq!([&answer, &listed].map(|answer| answer.headers["vary"].as_str()), ["accept"; 2]);
    let link = answer.headers["link"].clone();
    let next = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap().0;
    let last = table(next);
    assert_eq!(last.headers.get("link"), None);
    let lines: Vec<String> = last.text().split("\r\n").map(str::to_owned).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("\u{feff}id,document_number,name,subject"), "{lines:?}");
    assert!(lines[1].contains("\"'=SUM(A1), 停机\"") && lines[1].contains("customer:acme"), "{lines:?}");
}
