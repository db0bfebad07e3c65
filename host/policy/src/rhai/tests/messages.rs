//! Scripts and what their authors are told: when they run, and before.

use super::*;
use crate::testing::compile;

/// What a route says when it fails.
fn fails(lines: &str) -> String {
    place_and_message(route(lines, json!({})).expect_err(lines))
}

/// `2:6: …`
fn place_and_message(failure: String) -> String {
    failure.strip_prefix("customer-service/complaint revision 3, policy.rhai:").unwrap_or(&failure).to_owned()
}

/// Holds each case against what is said about it; `says` may be its beginning.
fn agree(cases: &[(&str, &str)], said: impl Fn(&str) -> String) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(lines, says)| (lines, says, said(lines)))
        .filter(|(_, says, said)| !said.starts_with(**says))
        .map(|(lines, says, said)| format!("{lines}\n  wanted {says}\n  found  {said}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_value_is_named_at_its_line_and_column() {
    // The hook's own line is the first, so that these begin on the second.
    let cases = &[
        (r#"plan.send("department:sales").by(["grup"]);"#, "2:31: there is no channel `grup`; did you mean `group`?"),
        (
            r#"plan.send("role:legal/reviwer");"#,
            "2:6: department `legal` has no role `reviwer`; did you mean `reviewer`?",
        ),
        (
            r#"plan.send("departmen:sales");"#,
            "2:6: `departmen:sales` is no target; write `person:ID`, `role:DEPARTMENT/ROLE`, `department:ID`, \
             `members:ID`, `leader:ID`, `contact:ID` or `everyone`; did you mean `department:`?",
        ),
        (r#"plan.send("person:lilei");"#, "2:6: there is no person `lilei`; did you mean `li.lei`?"),
        ("\n  plan.level = 4;", "3:8: 4 is no level; write 1 (urgent and important), 2 (important) or 3 (general)"),
        (
            r#"plan.classification = "secret";"#,
            "2:6: there is no classification `secret`; use `public`, `internal`, `confidential` or `restricted`",
        ),
        (
            r#"plan.goal("x").within("P2D");"#,
            "2:16: `P2D`: days are ambiguous; write `PT48H` for clock hours or `working_days(2)`",
        ),
        (
            r#"plan.goal("x").within("2 hours");"#,
            "2:16: `2 hours` is not a span; write clock time such as `PT2H` or `PT1H30M`, or `working_days(2)`",
        ),
        (
            r#"plan.goal("x").within(2);"#,
            "2:16: a span is wanted, not a whole number; write clock time such as `\"PT2H\"`, or `working_days(2)`",
        ),
        ("working_days(0);", "2:1: 0 working days is out of range; a span is from 1 to 1000 working days"),
        (
            r#"plan.goal("answer").within("PT1H");"#,
            "2:6: `answer` is a goal that comes with a recipient; write `plan.send(…).answer_within(…)`, or choose \
             another name",
        ),
        (
            r#"plan.goal("x").within("PT1H").starts("resolve");"#,
            "2:31: `resolve` is no event of a case; write `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`; \
             did you mean `resolved`?",
        ),
        (r#"plan.goal("x");"#, "2:6: goal `x` has no deadline; say `.within(…)`"),
        (r#"calendar("offce");"#, "2:1: there is no calendar `offce`; did you mean `office`?"),
        (r#"setting("x");"#, "2:1: there is no setting `x`"),
        (r#"plan.send("everyone").by([5]);"#, "2:23: a list of texts is wanted; its element 1 is a whole number"),
    ];
    agree(cases, fails);
}

#[test]
fn a_call_that_does_not_fit_is_explained_with_the_signature() {
    let cases = &[
        (
            "plan.send(5);",
            "2:6: `send` was given a whole number; write `send(target)`, as in `plan.send(\"department:production\");`",
        ),
        (r#"plan.level = "1";"#, "2:5: `level` of the plan of `route` cannot be a text"),
        ("let x = plan.level;", "2:13: `level` of the plan of `route` can be set, not read"),
        ("let m = message; m.kind = \"x\";", "2:20: `kind` of the message cannot be set"),
        ("message.body.amount_cents = 5;", "2:14: `amount_cents` of the body cannot be set"),
        ("let x = plan[\"levl\"];", "2:13: the plan of `route` has no `levl`"),
        (r#"let m = #{a: 1}; m.b;"#, "2:20: the map has no `b`; ask `\"b\" in …` first"),
        ("let m = 5; m.b;", "2:14: a whole number has no property `b`"),
        ("let x = [1]; x[3];", "2:16: there is no element 3: the list has 1"),
        ("let x = message.submitted_at; x - 5;", "2:33: `-` does not work with a time and a whole number"),
        ("if message.label(\"x\") { plan.level = 1; }", "2:11: true or false is wanted here, not a text"),
        ("for x in plan { }", "2:10: `for` goes through a list, a range or the characters of a text"),
        ("throw \"no\";", "2:1: no"),
        ("1 / (1 - 1);", "2:3: division by zero: 1 / 0"),
        ("[plan].map(|p| p.send(\"y\"));", "2:18: `y` is no target"),
    ];
    agree(cases, fails);
    let script = "fn approve(message, route, plan) { helper(plan); }\nfn helper(p) { p.send(\"everyone\"); }";
    let said = outcome(&call(Hook::Approve, script, json!({}), "")).unwrap_err();
    assert_eq!(
        said,
        "customer-service/complaint revision 3, policy.rhai:2:18: the plan of `approve` has no verb `send`; \
         `send` belongs to the plan of `route`"
    );
}

#[test]
fn a_missing_value_never_compares() {
    let cases = &[
        (
            "if message.body.amount > 5 { plan.level = 1; }",
            "2:16: `message.body` of kind `complaint` has no `amount`; it has `amount_cents`, ",
        ),
        (
            "if message.body.machin == \"x\" { plan.level = 1; }",
            "2:16: `message.body` of kind `complaint` has no `machin`; did you mean `machine`?",
        ),
        (
            "if message.body.rate > 5 { plan.level = 1; }",
            "2:16: `rate` is not filled in; ask `has(message.body, \"rate\")` first",
        ),
        (
            "if has(message.body, \"rat\") { plan.level = 1; }",
            "2:4: `message.body` of kind `complaint` has no `rat`; did you mean `rate`?",
        ),
        ("if message.body.customer.name == \"x\" { plan.level = 1; }", "2:16: `customer` is not filled in"),
        ("if message.subject >= 5 { plan.level = 1; }", "2:20: a text cannot be compared with a whole number"),
        ("if 5 < message.subject { plan.level = 1; }", "2:6: a whole number cannot be compared with a text"),
        ("if message.label(\"line\") == 2 { plan.level = 1; }", "2:26: a text cannot be compared with a whole number"),
        ("if () >= 100_000 { plan.level = 1; }", "2:7: nothing cannot be compared with a whole number"),
        ("if [5] > 4 { plan.level = 1; }", "2:8: a list cannot be compared with a whole number"),
        ("if parse_decimal(\"1.5\") > 1.2 { plan.level = 1; }", "2:25: a decimal cannot be compared with a number"),
        ("if message.submitted_at > 5 { plan.level = 1; }", "2:25: a time cannot be compared with a whole number"),
    ];
    agree(cases, fails);
}

#[test]
fn an_absent_field_below_an_object_is_named_with_its_path() {
    let change = json!({"body": {"customer": {}, "items": [{}]}});
    let cases = &[
        (
            "message.body.customer.name;",
            "2:22: `name` is not filled in; ask `has(message.body.customer, \"name\")` first",
        ),
        (
            "message.body.customer.nam;",
            "2:22: `message.body.customer` of kind `complaint` has no `nam`; did you mean `name`?",
        ),
        (
            "for item in message.body.items { item.cod; }",
            "2:38: `message.body.items.0` of kind `complaint` has no `cod`; did you mean `code`?",
        ),
    ];
    agree(cases, |lines| place_and_message(route(lines, change.clone()).expect_err(lines)));
}

/// What the check says about `script` of a bundle for complaints.
fn check(script: &str) -> Vec<String> {
    let more = "[applies_to]\nkinds = [\"complaint\"]\n[settings]\nlimit_cents = 5";
    match compile("customer-service/complaint", script, more) {
        Ok(_) => Vec::new(),
        Err(report) => report
            .to_string()
            .lines()
            .map(|line| line.strip_prefix("customer-service/complaint/policy.rhai:").unwrap_or(line).to_owned())
            .collect(),
    }
}

#[test]
fn the_check_finds_everything_at_once() {
    let script = r#"fn route(message, plan) {
    plan.send("department:sale").by(["grup", "inbox"]).answer_within("P1D");
    plan.assgn("everyone");
    plan.levl = 1;
    plan.level = 9;
    plan.goal("g").within(working_day(3));
    if message.knd == "x" || message.body.amount > 5 { helpr(plan); }
    if setting("limit_cent") > 5 { plan.send(); }
    plan.stage("x");
    plan.label("a");
}
fn helper(plan) { }
let top = 5;
"#;
    let said = check(script);
    let says = [
        "2:15: there is no department `sale`; did you mean `sales`?",
        "2:38: there is no channel `grup`; did you mean `group`?",
        "2:70: `P1D`: days are ambiguous; write `PT24H` for clock hours or `working_days(1)`",
        "3:10: there is no verb or function `assgn`; did you mean `assign`?",
        "4:10: the plan of `route` has no `levl`; did you mean `level`?",
        "5:18: 9 is no level; write 1 (urgent and important), 2 (important) or 3 (general)",
        "6:27: there is no function `working_day`; did you mean `working_days`?",
        "7:16: the message has no `knd`; did you mean `kind`?",
        "7:43: the form has no `amount`; it has",
        "7:56: there is no function `helpr`; did you mean `helper`?",
        "8:16: there is no setting `limit_cent`; did you mean `limit_cents`?",
        "8:41: `send` was given no argument; write `send(target)`, as in",
        "9:10: the plan of `route` has no verb `stage`",
        "10:10: `label` was given one argument; write `label(name: text, value: text)`",
        "13:1: nothing but functions may stand at the top level; move it into a function",
    ];
    let agrees = said.len() == says.len() && said.iter().zip(says).all(|(said, says)| said.starts_with(says));
    assert!(agrees, "{said:#?}");
}

#[test]
fn the_check_knows_the_language() {
    for script in [
        "fn route(message, plan) { let x = 5; [1].map(|y| y + x); [1].filter(|v| v > x); type_of(x); }",
        "fn route(m, p) { p.level = 1; if m.kind == \"x\" { p.send(\"everyone\"); } }",
        "fn route(message, plan) { other(message).to_upper(); }\nfn other(message) { message.kind }",
        "fn route(message, plan) { let s = \"a,b\".split(\",\"); s[0].len(); s.sort(); #{a: 1}.keys(); 5.max(3); }",
        "fn route(message, plan) { message.body.customer.name; has(message.body, \"rate\"); plan.send(message.to[0]); }",
        "fn route(message, plan) { switch message.kind { \"a\" => plan.send(\"everyone\"), _ => () } }",
        "fn route(message, plan) { plan.send(\"everyone\"); }\nfn twice(x) { x * 2 }\nfn twice(x, y) { twice(x) + twice(y) }",
    ] {
        assert_eq!(check(script), Vec::<String>::new(), "{script}");
    }
}

#[test]
fn hooks_and_manifest_agree() {
    let manifest = |hooks: &str| {
        format!("name = \"complaint\"\ndepartment = \"customer-service\"\nlanguage = \"rhai\"\nhooks = [{hooks}]\n")
    };
    for (hooks, script, says) in [
        (
            r#""route""#,
            "fn rout(message, plan) {}",
            "the manifest lists the hook `route`, and the script has no such function; did you mean `rout`?",
        ),
        (r#""route""#, "fn other() {}", "has no such function; write `fn route(message, plan) { … }`"),
        (
            r#""route""#,
            "\n  fn route(message) {}",
            "policy.rhai:2:3: the hook `route` takes message, plan; write `fn route(message, plan) { … }`",
        ),
        (
            r#""route""#,
            "fn route(message, plan) {}\nfn approve(message, route, plan) {}",
            "policy.rhai:2:1: the manifest does not list the hook `approve`; add it to `hooks`, or give the function another name",
        ),
        (r#""escalate""#, "fn escalate(message, breach) {}", "takes message, breach, plan"),
    ] {
        let files = crate::testing::files(&[("policy.toml", &manifest(hooks)), ("policy.rhai", script)]);
        let host = crate::limits::HostLimits::default();
        let report =
            crate::bundle::Bundle::compile(&files, 1, &crate::testing::world(), &host).unwrap_err().to_string();
        assert!(report.contains(says), "{script}\n{report}");
        assert_eq!(report.lines().count(), 1, "{report}");
    }
}

#[test]
fn what_does_not_parse_is_said_in_plain_words() {
    for (script, says) in [
        ("fn route(message, plan) {\n  let x = ;\n}", "2:"),
        ("fn route(message, plan) {\n  unknown\n}", "2:3: there is no variable `unknown`"),
        ("fn route(message, case) {}", "1:19: `case` is a word of the language itself; choose another name"),
        ("fn route(message, plan) { eval(\"5\") }", "1:27: `eval` is not available to policies"),
        ("fn route(message, plan) { import \"x\" as y; }", "1:27: `import` is not available to policies"),
        ("fn route(message, plan) { print(5) }", "1:27: `print` is not available to policies"),
        ("fn route(message, plan) { sleep(5); }", "1:27: there is no function `sleep`"),
        ("fn route(message, plan) { let a = []; a.pad(5, 1); }", "1:41: there is no verb or function `pad`"),
        ("fn route(message, plan) { exit(); timestamp(); }", "1:27: there is no function `exit`"),
        ("fn route(message, plan) {}\nfn route(message, plan) {}", "2:"),
    ] {
        let said = check(script);
        assert!(said[0].starts_with(says), "{script}: {said:?}");
    }
}

#[test]
fn no_message_speaks_of_the_host() {
    for lines in [
        "plan.send(plan);",
        "plan.send(message.body);",
        "message.body + 1;",
        "plan == plan;",
        "plan[5];",
        "plan.x.y;",
        "message.send(5);",
        "has(5, \"x\");",
        "has(message, \"kind\");",
        "people(5);",
        "log(5);",
        "throw plan;",
        "throw;",
        "plan.send(\"everyone\").level = 5;",
        "plan.send(\"everyone\").foo();",
        "calendar(\"office\").add(5, 5);",
        "working_days(\"5\");",
        "message.submitted_at + 5;",
        "-plan;",
        "!message;",
        "plan + \"\";",
        "let x = plan; x += 1;",
        "if plan {}",
        "switch plan { 1 => 2 }; [plan].sort();",
        "plan.call();",
        "\"a\".foo;",
        "message.body.extra;",
    ] {
        let script = format!("fn route(message, plan) {{\n{lines}\n}}");
        let said = match compile("customer-service/complaint", &script, "") {
            Err(report) => report.to_string(),
            Ok(_) => route(lines, json!({})).err().unwrap_or_default(),
        };
        for word in ["::", "rhai", "i64", "Dynamic", "ImmutableString", "Arc", "something else", "herald_"] {
            assert!(!said.replace("policy.rhai", "").contains(word), "{lines}: {said}");
        }
    }
}
