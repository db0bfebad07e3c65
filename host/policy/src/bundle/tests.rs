use super::*;
use crate::testing::{files, manifest, subject, world};
use herald_core::decision::Hook;
use serde_json::json;

const SCRIPT: &str = r#"
fn route(message, plan) {
    if message.label("tier") == "strategic" { plan.send("role:sales/director").answer_within("PT60M"); }
    if message.label("fail") == "yes" { plan.send("no" + "body"); }
    plan.level = 2;
}
fn approve(message, route, plan) {
    if route.audience == "external" { plan.stage("legal").any_of(["role:legal/head"]); }
}
fn escalate(message, breach, plan) {
    if breach.goal == "answer" { plan.notify(breach.owners[0]); }
}
"#;

/// What the check says of a bundle with this case.
fn check_case(case: &str) -> String {
    let manifest = manifest("sales/one", SCRIPT, "");
    let files = files(&[("policy.toml", &manifest), ("policy.rhai", SCRIPT), ("cases/a.json", case)]);
    match Bundle::compile(&files, 1, &world(), &HostLimits::default()) {
        Ok(bundle) => {
            assert!(bundle.run_cases(&world()).iter().all(CaseOutcome::passed));
            String::new()
        }
        Err(report) => report.to_string().replace("sales/one/cases/a.json", ""),
    }
}

#[test]
fn cases_hold_bundles_to_their_word() {
    let strategic = r#""message": {"kind": "complaint", "labels": {"tier": "strategic"}}"#;
    for (case, says) in [
        (
            format!(
                r#"{{{strategic}, "expect": {{"level": 2, "sends": [{{"to": "role:sales/director", "answer_within": "PT1H"}}]}}}}"#
            ),
            "",
        ),
        (
            format!(
                r#"{{{strategic}, "expect": {{"sends": [{{"to": "role:sales/director"}}]}}, "compare": "subset"}}"#
            ),
            "",
        ),
        (
            format!(
                r#"{{{strategic}, "expect": {{"sends": [{{"to": "role:sales/director"}}]}}, "about": "the director"}}"#
            ),
            ": the case failed (the director)\n  /sends/0/answer_within: expected nothing, found \"PT1H\"\n  /level: expected nothing, found 2",
        ),
        (
            format!(r#"{{{strategic}, "expect": {{"level": 1}}, "compare": "subset"}}"#),
            ": the case failed\n  /level: expected 1, found 2",
        ),
        (
            format!(r#"{{{strategic}, "expect": {{"sends": []}}, "compare": "subset"}}"#),
            ": the case failed\n  /sends: expected nothing",
        ),
        (
            format!(r#"{{{strategic}, "expect": {{"levle": 1}}}}"#),
            ": the case failed: in `expect`: unknown field `levle`",
        ),
        (
            r#"{"message": {"kind": "complaint", "labels": {"fail": "yes"}}, "fails": "`nobody` is no target"}"#
                .to_owned(),
            "",
        ),
        (
            r#"{"message": {"kind": "complaint"}, "fails": "x"}"#.to_owned(),
            ": the case failed: a failure that says `x` was expected; there was a plan",
        ),
        (
            r#"{"message": {"kind": "complaint", "labels": {"fail": "yes"}}, "expect": {}}"#.to_owned(),
            ": the case failed: sales/one revision 1, policy.rhai:4:46: `nobody` is no target",
        ),
        (
            r#"{"hook": "approve", "message": {"kind": "complaint", "audience": "external"},
            "expect": {"stages": [{"name": "legal", "approvers": ["role:legal/head"]}]}}"#
                .to_owned(),
            "",
        ),
        (
            r#"{"hook": "approve", "message": {"kind": "complaint"}, "route": {"audience": "external"}, "expect": {}}"#
                .to_owned(),
            ": the case failed\n  /stages: expected nothing",
        ),
        (
            r#"{"hook": "escalate", "message": {"kind": "complaint"}, "breach": {"goal": "answer", "owners": ["wang"]},
            "expect": {"notify": [{"to": "person:wang"}]}}"#
                .to_owned(),
            "",
        ),
        (
            r#"{"hook": "escalate", "message": {"kind": "complaint"}, "breach": {"gaol": "x"}, "expect": {}}"#
                .to_owned(),
            ": the case failed: in `breach`: unknown field `gaol`",
        ),
        (
            r#"{"message": {"kind": "complain"}, "expect": {}}"#.to_owned(),
            ": the case failed: there is no kind `complain`",
        ),
        (
            r#"{"message": {"kind": "complaint", "body": {"amount_cents": "x"}}, "expect": {}}"#.to_owned(),
            ": the case failed: the message's body/amount_cents: \"x\" is not of type \"integer\"",
        ),
        (r#"{"message": {"kind": "complaint"}}"#.to_owned(), ": a case has either `expect` or `fails`"),
        (r#"{"message": {"kind": "complaint"}, "expects": {}}"#.to_owned(), ":1:44: unknown field `expects`"),
        ("{".to_owned(), ":1:1: EOF while parsing"),
    ] {
        let said = check_case(&case);
        assert!(said.starts_with(says) && said.is_empty() == says.is_empty(), "{case}\n{said}");
    }
}

#[test]
fn manifest_script_and_files_are_reported_together() {
    let manifest = manifest("sales/one", SCRIPT, "[limits]\nx = 1");
    let script = "fn route(message, plan) { plan.snd(); }";
    let files = files(&[("policy.toml", &manifest), ("policy.rhai", script), ("casse/a.json", "{}")]);
    let report = Bundle::compile(&files, 1, &world(), &HostLimits::default()).unwrap_err();
    let said: Vec<_> = report.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said[0].starts_with("sales/one/casse/a.json: no file of a bundle; did you mean `cases`?"), "{said:#?}");
    assert!(said[1].starts_with("sales/one/policy.rhai:1:32: there is no verb or function `snd`"), "{said:#?}");
    assert!(said[2].starts_with("sales/one/policy.toml:6:1: there is no field of `limits` `x`"), "{said:#?}");

    let report = Bundle::compile(&crate::testing::files(&[]), 1, &world(), &HostLimits::default()).unwrap_err();
    assert_eq!(
        report.to_string(),
        "policy.rhai: missing: every bundle has one\npolicy.toml: missing: every bundle has one"
    );
}

#[test]
fn a_loaded_bundle_outlives_the_names_it_uses() {
    let script = "fn route(message, plan) { if message.label(\"x\") == \"y\" { plan.send(\"role:sales/gone\"); } plan.level = 1; }";
    let manifest = manifest("sales/one", script, "[applies_to]\nkinds = [\"gone\"]");
    let files = files(&[("policy.toml", &manifest), ("policy.rhai", script), ("tables/t.csv", "a,->,b")]);
    assert_eq!(Bundle::compile(&files, 1, &world(), &HostLimits::default()).unwrap_err().diagnostics.len(), 2);
    let bundle = Bundle::load(&files, 1, &HostLimits::default()).unwrap();
    for (change, fails) in [(json!({}), false), (json!({"labels": {"x": "y"}}), true)] {
        let contribution = bundle.ask(&subject(change), Input::Route, Layer::Sender);
        assert_eq!(matches!(contribution.outcome, HookOutcome::Failed { .. }), fails);
    }
}

#[test]
fn a_panic_of_the_host_is_a_failure_of_its_own() {
    struct Broken;
    impl Program for Broken {
        fn evaluate(&self, _: Evaluation) -> Evaluated {
            panic!("out of order");
        }
    }
    let mut bundle = crate::testing::load("sales/one", SCRIPT, "");
    bundle.program = Box::new(Broken);
    let contribution = bundle.ask(&subject(json!({})), Input::Route, Layer::Sender);
    assert_eq!(contribution.hook, Hook::Route);
    match contribution.outcome {
        HookOutcome::Failed { cause, message } => {
            assert_eq!(cause, FailureCause::Host);
            assert_eq!(message, "sales/one revision 3: the host failed while evaluating it: out of order");
        }
        HookOutcome::Plan(plan) => panic!("{plan:?}"),
    }
}
