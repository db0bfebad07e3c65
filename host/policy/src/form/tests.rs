use serde_json::json;

use super::*;
use crate::testing::world;

fn form(schema: &Value) -> Form {
    Form::compile(&KindName::new("complaint").unwrap(), schema, world().organisation()).unwrap()
}

fn check(form: &Form, body: Value) -> Vec<String> {
    let problems = form.validate(body.as_object().unwrap());
    problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
}

#[test]
fn all_problems_come_at_once_with_their_fields() {
    let form = form(&json!({
        "type": "object",
        "required": ["amount_cents"],
        "properties": {
            "amount_cents": {"type": "integer", "minimum": 0},
            "when": {"type": "string", "format": "date-time"},
            "items": {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}}}}
        }
    }));
    assert_eq!(check(&form, json!({"amount_cents": 5, "when": "2026-11-23T14:00:00+08:00"})), Vec::<String>::new());
    assert_eq!(
        check(&form, json!({"amount_cents": -1, "when": "soon", "items": [{"code": 5}]})),
        [
            "/amount_cents: -1 is less than the minimum of 0",
            "/items/0/code: 5 is not of type \"string\"",
            "/when: \"soon\" is not a \"date-time\"",
        ]
    );
    assert_eq!(check(&form, json!({})), [": \"amount_cents\" is a required property"]);
}

#[test]
fn a_form_may_ask_for_somebody_in_the_directory() {
    let form = form(&json!({"properties": {
        "owner": {"type": "string", "format": "person"},
        "asked": {"type": "array", "items": {"type": "string", "format": "department"}},
        "customer": {"type": "string", "format": "contact"},
    }}));
    let known = json!({"owner": "li.lei", "asked": ["sales", "legal"], "customer": "acme"});
    assert_eq!(check(&form, known), Vec::<String>::new());
    assert_eq!(
        check(&form, json!({"owner": "li.lai", "asked": ["sales", "nobody"], "customer": "everyone", "more": 1})),
        [
            "/asked/1: there is no department `nobody`",
            "/customer: there is no contact `everyone`",
            "/owner: there is no person `li.lai`; did you mean `li.lei`?",
        ]
    );
}

#[test]
fn what_is_wrong_a_thousand_times_is_not_told_a_thousand_times() {
    let form = form(&json!({"properties": {"asked": {"items": {"type": "string", "format": "person"}}}}));
    let said = check(&form, json!({"asked": vec!["li.lai"; 1_000]}));
    let guessed = said.iter().filter(|problem| problem.ends_with("did you mean `li.lei`?")).count();
    assert_eq!((said.len(), guessed), (PROBLEMS_LIMIT, GUESSES_LIMIT));
}

#[test]
fn a_form_may_not_lead_out_of_itself() {
    let kind = KindName::new("complaint").unwrap();
    for schema in [
        json!({"$ref": "https://example.com/form.json"}),
        json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
        json!({"$ref": "#/$defs/nothing"}),
        json!({"type": "objct"}),
        json!({"properties": {"a": {"pattern": "("}}}),
        json!("object"),
    ] {
        let error = Form::compile(&kind, &schema, world().organisation()).unwrap_err().to_string();
        assert!(error.starts_with("the form of kind `complaint` is wrong"), "{schema}: {error}");
    }
}

#[test]
fn fields_are_declared_by_the_form_and_what_it_refers_to() {
    let form = form(&json!({
        "properties": {
            "a": {"type": "integer"},
            "customer": {"$ref": "#/$defs/customer"},
            "items": {"type": "array", "items": {"properties": {"code": {}}}},
            "free": {"type": "object"},
            "more": {"properties": {"x": {}}, "additionalProperties": {"type": "string"}},
            "none": {"properties": {"x": {}}, "additionalProperties": false}
        },
        "allOf": [{"properties": {"b": {}}}, {"if": {"properties": {"c": {}}}, "then": {"properties": {"d": {}}}}],
        "$defs": {"customer": {"properties": {"name": {}, "parent": {"$ref": "#/$defs/customer"}}}}
    }));
    for (path, declared) in [
        ("a", true),
        ("b", true),
        ("c", false),
        ("d", true),
        ("e", false),
        ("customer.name", true),
        ("customer.parent.parent.parent.name", true),
        ("customer.parent.title", false),
        ("items.code", true),
        ("items.kode", false),
        ("free.anything.below", true),
        ("more.y.z", true),
        ("none.x", true),
        ("none.y", false),
    ] {
        assert_eq!(form.declares(&path.split('.').collect::<Vec<_>>()), declared, "{path}");
    }
}
