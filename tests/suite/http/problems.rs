//! What a wrong request is answered with: its status, its type, the fields that are wrong.

use herald_server::http::problem::{PROBLEM_MEDIA_TYPE, ProblemKind};
use herald_tests::server::{Answer, Server, fault};
use serde_json::{Value, json};

/// Checks that an answer is a problem of a kind that names these pointers.
fn check(answer: &Answer, kind: ProblemKind, pointers: &[&str], what: &str) {
    let problem = answer.json();
    assert_eq!(answer.status, kind.status().as_u16(), "{what}: {}", answer.text());
    assert_eq!(problem["type"], kind.uri(), "{what}: {problem}");
    assert_eq!(problem["status"], kind.status().as_u16(), "{what}");
    assert_eq!(answer.headers["content-type"], PROBLEM_MEDIA_TYPE, "{what}");
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let named: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(named, pointers, "{what}: {problem}");
    for text in [&problem["title"], &problem["detail"], &problem["hint"]] {
        assert!(!text.as_str().unwrap().is_empty(), "{what}: {problem}");
    }
}

#[test]
fn a_wrong_submission_names_its_fields() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let cases: &[(Value, ProblemKind, &[&str])] = &[
        (fault(&json!({"kind": "falt"})), ProblemKind::Fields, &["/kind"]),
        (fault(&json!({"department": "nowhere"})), ProblemKind::Fields, &["/department"]),
        (fault(&json!({"urgency": "asap", "subject": ""})), ProblemKind::Fields, &["/urgency", "/subject"]),
        (fault(&json!({"body": {}})), ProblemKind::Form, &["/body"]),
        (fault(&json!({"body": {"machine": 3, "hours": "x"}})), ProblemKind::Form, &["/body/hours", "/body/machine"]),
        (fault(&json!({"subject": "x".repeat(201)})), ProblemKind::Fields, &["/subject"]),
        (fault(&json!({"to": ["person:li", "person:nobody"]})), ProblemKind::Fields, &["/to/1"]),
        (fault(&json!({"to": "person:li"})), ProblemKind::Fields, &["/to"]),
        (fault(&json!({"sbject": "x"})), ProblemKind::Fields, &["/sbject"]),
        (fault(&json!({"labels": {"a": 1}})), ProblemKind::Fields, &["/labels/a"]),
        (fault(&json!({"department": "maintenance"})), ProblemKind::Forbidden, &[]),
        (json!([1]), ProblemKind::Fields, &[""]),
    ];
    for (body, kind, pointers) in cases {
        check(&server.post("li", "/v1/messages", body), *kind, pointers, &body.to_string());
    }
}

#[test]
fn a_wrong_request_is_refused_before_anything_happens() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let json = ("content-type", "application/json");
    let good = fault(&json!({})).to_string();
    let long = "k".repeat(256);
    type Case<'a> = (&'a str, &'a str, &'a str, Vec<(&'a str, &'a str)>, &'a str, ProblemKind);
    let cases: Vec<Case<'_>> = vec![
        ("", "POST", "/v1/messages", vec![json], &good, ProblemKind::Unauthenticated),
        ("", "GET", "/v1/tasks", vec![("authorization", "Bearer hrl_nonsense")], "", ProblemKind::Unauthenticated),
        ("", "GET", "/v1/tasks", vec![("authorization", "Basic bGk6bGk=")], "", ProblemKind::Unauthenticated),
        ("li", "POST", "/v1/messages", vec![json], "{\"kind\": ", ProblemKind::Json),
        ("li", "POST", "/v1/messages", vec![("content-type", "text/xml")], &good, ProblemKind::MediaType),
        ("li", "POST", "/v1/messages", vec![json, ("idempotency-key", &long)], &good, ProblemKind::Header),
        ("li", "GET", "/v1/messages?stauts=open", vec![], "", ProblemKind::Query),
        ("li", "GET", "/v1/messages?status=opne", vec![], "", ProblemKind::Query),
        ("li", "GET", "/v1/messages?limit=0", vec![], "", ProblemKind::Query),
        ("li", "GET", "/v1/messages?cursor=zzz", vec![], "", ProblemKind::Query),
        ("li", "GET", "/v1/messages?participant=wang", vec![], "", ProblemKind::Forbidden),
        ("mes", "GET", "/v1/tasks", vec![], "", ProblemKind::Forbidden),
        ("li", "GET", "/v1/nothing", vec![], "", ProblemKind::NotFound),
        ("li", "GET", "/v1/messages/17", vec![], "", ProblemKind::NotFound),
        ("li", "GET", "/v1/messages/019aa1f4-7c00-7abc-8def-0123456789ab", vec![], "", ProblemKind::NotFound),
        (
            "li",
            "POST",
            "/v1/messages/019aa1f4-7c00-7abc-8def-0123456789ab/close",
            vec![json],
            "",
            ProblemKind::NotFound,
        ),
        (
            "li",
            "POST",
            "/v1/tasks/019aa1f4-7c00-7abc-8def-0123456789ab_t1/approve",
            vec![json],
            "",
            ProblemKind::NotFound,
        ),
        ("li", "PATCH", "/v1/messages", vec![], "", ProblemKind::Method),
        ("li", "GET", "/v1/deliveries", vec![], "", ProblemKind::Forbidden),
        ("li", "GET", "/v1/tokens", vec![], "", ProblemKind::Forbidden),
        ("li", "GET", "/v1/kinds/falt", vec![], "", ProblemKind::NotFound),
        ("li", "GET", "/v1/calendars/nowhere", vec![], "", ProblemKind::NotFound),
    ];
    for (who, method, path, headers, body, kind) in cases {
        let answer = server.send(who, method, path, &headers, body.as_bytes());
        let what = format!("{method} {path} {headers:?} {body}");
        let pointers: Vec<_> = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        let pointers: Vec<_> = pointers.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        check(&answer, kind, &pointers, &what);
        let challenged = answer.headers.get("www-authenticate").map(String::as_str);
        assert_eq!(challenged.is_some(), kind == ProblemKind::Unauthenticated, "{what}");
        if kind == ProblemKind::Method {
            assert!(answer.headers["allow"].contains("POST"), "{:?}", answer.headers);
        }
    }
    assert_eq!(server.get("li", "/v1/messages").json()["items"], json!([]), "nothing was submitted");
}

#[test]
fn the_types_of_problems_describe_themselves() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let all = server.get("", "/problems").json();
    assert_eq!(all.as_array().unwrap().len(), ProblemKind::ALL.len());
    for description in all.as_array().unwrap() {
        let uri = description["type"].as_str().unwrap();
        assert_eq!(&server.get("", uri).json(), description);
    }
    assert_eq!(server.get("", "/problems/unheard-of").status, 404);
}
