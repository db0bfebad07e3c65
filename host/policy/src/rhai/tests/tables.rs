//! Decision tables as scripts ask them, by the table of `crate::testing`.

use super::*;

#[test]
fn a_script_acts_on_the_rows_it_finds() {
    let submitted = json!({"submitted_at": "2026-11-21T08:00:00Z"});
    for (lines, change, expected) in [
        (
            r#"let row = table("tiers").first(#{tier: "key"}); plan.level = row.level; plan.send(row.to);"#,
            json!({}),
            json!({"level": 1, "sends": [{"to": "role:sales/director"}]}),
        ),
        (r#"if table("tiers").first(#{tier: "other"}) == () { plan.level = 3; }"#, json!({}), json!({"level": 3})),
        (
            r#"for row in table("tiers").all(#{tier: "key", amount_cents: message.body.amount_cents}) { plan.send(row.to); }"#,
            json!({"body": {"amount_cents": 100_000}}),
            json!({"sends": [{"to": "role:sales/director"}, {"to": "department:sales"}]}),
        ),
        (
            r#"let name = "tier" + "s"; let row = table(name).first(#{rate: message.body.rate}); if !has(row, "to") { plan.level = row.level; }"#,
            json!({"body": {"rate": 0.29}}),
            json!({"level": 3}),
        ),
        (
            r#"if table("tiers").first(#{rate: message.body.rate}) == () { plan.level = 1; }"#,
            json!({"body": {"rate": 0.3}}),
            json!({"level": 1}),
        ),
        (
            r#"plan.send(table("tiers").first(#{submitted: message.submitted_at}).to);"#,
            submitted,
            json!({"sends": [{"to": "everyone"}]}),
        ),
        (
            r#"if table("tiers").first(#{tier: "key"}).share + parse_decimal("0.5") == parse_decimal("1") { plan.level = 2; }"#,
            json!({}),
            json!({"level": 2}),
        ),
    ] {
        assert_eq!(route(lines, change), Ok(expected), "{lines}");
    }
}

#[test]
fn what_a_table_cannot_answer_is_an_error_at_its_line() {
    for (lines, says) in [
        (r#"table("tier" + "");"#, "there is no table `tier`; did you mean `tiers`?"),
        (r#"table("tier" + "s").first(#{tir: 5});"#, "table `tiers` has no condition `tir`; did you mean `tier`?"),
        (
            r#"table("tiers").first(#{tier: 5});"#,
            "the condition `tier` of table `tiers` holds texts, and the fact is a number",
        ),
        (r#"table("tiers").first(#{tier: ()});"#, "the fact `tier` is nothing; a fact is a text"),
        (r#"table("tiers").first(#{tier: message});"#, "the fact `tier` is the message; a fact is a text"),
        (
            r#"let r = table("tiers").first(#{rate: 0}); r.to;"#,
            "`to` is empty in this row; ask `has(row, \"to\")` first",
        ),
        (
            r#"let r = table("tiers").first(#{rate: 0}); r.too;"#,
            "table `tiers` has no result `too`; did you mean `to`?",
        ),
        (r#"let r = table("tiers").first(#{rate: 0}); has(r, "too");"#, "table `tiers` has no result `too`"),
        (r#"let r = table("tiers").first(#{rate: 0}); r.level = 1;"#, "cannot"),
        (r#"let r = table("tiers").first(#{}); r.level;"#, "nothing has no property `level`"),
        (r#"table("tier" + "s").first("key");"#, "`first` was given a text; write `first(facts: map of facts)`"),
    ] {
        let said = route(lines, json!({})).unwrap_err();
        assert!(said.contains(says), "{lines}: {said}");
    }
}

#[test]
fn looking_up_without_end_ends_at_the_operations() {
    let script = r#"fn route(message, plan) { loop { table("tiers").first(#{}); } }"#;
    let contribution = call(Hook::Route, script, json!({}), "[limits]\noperation_limit = 1000");
    let said = outcome(&contribution).unwrap_err();
    assert!(said.contains("stopped after 1000 operations"), "{said}");
}

#[test]
fn names_that_are_written_out_are_checked() {
    for (lines, says) in [
        (r#"table("tier").first(#{});"#, "2:7: there is no table `tier`; did you mean `tiers`?"),
        (r#"table("tiers").first(#{tir: 5});"#, "2:24: table `tiers` has no condition `tir`; did you mean `tier`?"),
        (r#"table("tiers").all(#{tier: 5, "rat": 1});"#, "2:31: table `tiers` has no condition `rat`"),
        (
            r#"plan.level = table("tiers").first(#{}).levl;"#,
            "2:40: table `tiers` has no result `levl`; did you mean `level`?",
        ),
        (r#"log(table("tiers").first(#{}).levl.to_string());"#, "2:31: table `tiers` has no result `levl`"),
        (r#"table("tiers").first("key");"#, "2:22: a map of facts is wanted here, not the text `key`"),
    ] {
        let script = format!("fn route(message, plan) {{\n{lines}\n}}");
        let report = crate::testing::compile("customer-service/complaint", &script, "").unwrap_err();
        let said = report.diagnostics[0].to_string();
        assert!(said.contains(&format!("policy.rhai:{says}")), "{lines}: {said}");
        assert_eq!(report.diagnostics.len(), 1, "{said}");
    }
}
