//! Hostile and careless scripts: contained soon, with the right cause, and nothing left behind for the next one.

use std::time::{Duration, Instant};

use herald_core::decision::{Contribution, FailureCause};

use super::*;

/// How long a contained script may keep its thread, in this build. The time limit is 50 ms; what comes on top is one
/// native call and a machine that does other things.
const CONTAINED_WITHIN: Duration = Duration::from_millis(1_500);

fn stopped(script: &str, more: &str) -> (FailureCause, String) {
    let started = Instant::now();
    let contribution = call(Hook::Route, script, json!({}), more);
    assert!(started.elapsed() < CONTAINED_WITHIN, "{script}: {:?}", started.elapsed());
    match contribution.outcome {
        HookOutcome::Failed { cause, message } => (cause, message),
        HookOutcome::Plan(plan) => panic!("{script}: {plan:?}"),
    }
}

#[test]
fn what_takes_too_much_is_stopped() {
    use FailureCause::{Depth, Error, Host, HostCalls, Memory, Operations, Plan, Size, Time};
    for (lines, causes) in [
        ("loop { }", &[Operations, Time][..]),
        ("while true { let x = 1; }", &[Operations, Time]),
        ("try { loop { } } catch { plan.level = 1; }", &[Operations, Time]),
        ("let n = 0; for i in 0..1_000_000_000_000 { n += 1; }", &[Operations, Time]),
        ("let a = []; for i in 0..1_000 { a.push(i); } loop { a.map(|x| x + 1); }", &[Operations, Time]),
        ("let a = [0]; loop { a.filter(|x| { for i in 0..1_000_000 { } true }); }", &[Operations, Time]),
        ("let a = [1]; a.map(|x| loop { });", &[Operations, Time]),
        ("again(0);", &[Depth]),
        ("let s = \"x\"; loop { s += s; }", &[Size]),
        ("let a = [1]; loop { a += a; }", &[Size]),
        ("let a = [1]; loop { a = [a, a]; }", &[Size]),
        ("let a = []; loop { a.push(a); }", &[Size, Time]),
        ("let m = #{}; let n = 0; loop { n += 1; m[`${n}`] = n; }", &[Memory, Size, Operations, Time]),
        ("let s = \"x\"; for i in 0..16 { s += s; } s.replace(\"x\", s);", &[Error, Size]),
        (
            "let s = \"x\"; for i in 0..16 { s += s; } let m = #{}; let n = 0; loop { n += 1; m[`${n}`] = s + n; }",
            &[Memory, Size],
        ),
        ("let a = []; loop { a = [a]; }", &[Size, Time]),
        ("let m = #{}; loop { m = #{x: m}; }", &[Size, Time]),
        ("let m = #{}; loop { let n = #{}; n[\"x\"] = m; m = n; }", &[Size, Time, Operations]),
        ("let a = [1]; loop { [1].for_each(|x| { a = [a]; }); }", &[Size, Time, Host]),
        ("let a = [1]; loop { [1].for_each(|x| a.push(a)); }", &[Size, Time, Host, Error]),
        ("let m = #{}; loop { [1].for_each(|x| { let n = #{}; n.x = m; m = n; }); }", &[Size, Time, Host, Operations]),
        ("loop { people(\"role:sales/head\"); }", &[HostCalls]),
        ("try { loop { people(\"role:sales/head\"); } } catch { }", &[HostCalls]),
        ("let c = calendar(\"office\"); loop { c.add(message.submitted_at, \"PT1H\"); }", &[HostCalls]),
        ("loop { plan.send(\"everyone\"); }", &[Plan]),
        ("let n = 0; try { loop { n += 1; plan.label(`${n}`, \"x\"); } } catch { }", &[Plan]),
        ("let r = plan.send(\"everyone\"); loop { r.by([\"inbox\"]); }", &[Plan]),
    ] {
        let script = format!("fn route(message, plan) {{ {lines} }}\nfn again(n) {{ again(n + 1) }}");
        let (cause, message) = stopped(&script, "");
        assert!(causes.contains(&cause), "{lines}: {cause}: {message}");
    }
}

#[test]
fn limits_are_the_manifests() {
    let script = "fn route(message, plan) { for i in 0..200 { log(\"x\"); people(\"role:sales/head\"); plan.label(`${i}`, \"y\"); } }";
    assert!(outcome(&call(Hook::Route, script, json!({}), "")).is_ok());
    for (limit, says) in [
        ("operation_limit = 100", "stopped after 100 operations, its operation_limit"),
        ("host_call_limit = 10", "it asked the host more than 10 times, its host_call_limit"),
        ("answer_limit_kib = 1", "the host's answers are larger than 1 KiB, its answer_limit_kib"),
        ("plan_limit_kib = 1", "the plan is larger than 1 KiB, its plan_limit_kib"),
    ] {
        let (_, message) = stopped(script, &format!("[limits]\n{limit}"));
        assert!(message.contains(says), "{message}");
    }
    let grows = "fn route(message, plan) { let m = #{}; for i in 0..20_000 { m[i.to_string()] = [[i], [i], [i]]; } }";
    let (cause, message) = stopped(grows, "[limits]\nmemory_limit_mib = 1\ntime_limit_ms = 1_000");
    assert_eq!(cause, FailureCause::Memory);
    assert!(message.contains("it needed more memory than 1 MiB, its memory_limit_mib"), "{message}");
    let endless = "fn route(message, plan) { loop { } }";
    let (cause, message) = stopped(endless, "[limits]\ntime_limit_ms = 5\noperation_limit = 20_000_000");
    assert_eq!(cause, FailureCause::Time);
    assert!(message.contains("stopped after 5 ms, its time_limit_ms"), "{message}");
}

/// What removes doubles swallows the errors of what it calls; the call is stopped all the same.
#[test]
fn a_stop_that_is_swallowed_still_stops() {
    for (lines, cause) in [
        ("a.sort(|x, y| { loop { } });", FailureCause::Operations),
        ("a.dedup(|x, y| { loop { } });", FailureCause::Operations),
        ("a.sort(|x, y| { plan.label(`l-${x}-${y}`, \"x\"); x - y });", FailureCause::Plan),
        ("try { a.dedup(|x, y| { people(\"role:sales/head\"); x == y }); } catch { }", FailureCause::HostCalls),
    ] {
        let script = format!(
            "fn route(message, plan) {{ let a = []; for i in 0..1_000 {{ a.push(-i); }} {lines} plan.level = 1; }}"
        );
        assert_eq!(stopped(&script, "[limits]\ntime_limit_ms = 1_000").0, cause, "{lines}");
    }
}

#[test]
fn what_a_call_held_is_part_of_its_cost() {
    let script = "fn route(message, plan) { let s = \"x\"; for i in 0..16 { s += s; } }";
    let held = call(Hook::Route, script, json!({}), "").cost.memory_bytes;
    assert!((65_536..1_000_000).contains(&held), "{held}");
}

#[test]
fn a_log_is_cut_with_a_mark() {
    for script in [
        "fn route(message, plan) { for i in 0..10_000 { log(\"0123456789\"); } plan.level = 1; }",
        "fn route(message, plan) { let s = \"好\"; for i in 0..14 { s += s; } log(s); log(\"more\"); plan.level = 1; }",
    ] {
        let contribution = call(Hook::Route, script, json!({}), "[limits]\ntime_limit_ms = 1000");
        assert_eq!(outcome(&contribution), Ok(json!({"level": 1})));
        assert!(contribution.log.len() <= 4_096 && contribution.log.len() > 4_000, "{}", contribution.log.len());
        assert!(contribution.log.ends_with("… (the log is full)\n"));
    }
}

#[test]
fn one_call_leaves_nothing_for_the_next() {
    let script = "fn route(message, plan) { if message.label(\"loop\") == \"y\" { loop { } } plan.level = 1; }";
    let bundle = load("customer-service/complaint", script, "[limits]\noperation_limit = 10_000");
    for change in [json!({}), json!({"labels": {"loop": "y"}}), json!({}), json!({"labels": {"loop": "y"}}), json!({})]
    {
        let endless = change.get("labels").is_some();
        let contribution = bundle.ask(&subject(change), Input::Route, Layer::Sender);
        assert_eq!(outcome(&contribution).is_err(), endless);
        assert!(contribution.cost.operations <= 10_001);
    }
}

/// Each thread compiles its own copy of a script, at its first call.
#[test]
fn a_threads_first_call_costs_what_every_other_does() {
    let filler = |number| format!("fn f{number}(x) {{ {} }}\n", "let y = x * x + x;".repeat(50));
    let fillers: String = (0..200).map(filler).collect();
    let script = format!("{fillers}fn route(message, plan) {{ plan.level = 1; }}");
    let bundle = load("customer-service/complaint", &script, "[limits]\nmemory_limit_mib = 1\ntime_limit_ms = 5");
    let ask = || bundle.ask(&subject(json!({})), Input::Route, Layer::Sender);
    let bytes = |contribution: Contribution| {
        assert_eq!(outcome(&contribution), Ok(json!({"level": 1})));
        contribution.cost.memory_bytes
    };
    let [first, second] = std::thread::scope(|scope| {
        let both = scope.spawn(|| [ask(), ask()]);
        both.join().unwrap().map(bytes)
    });
    assert!(first < second + 100_000, "{first} bytes, then {second}");
}

/// What is nested deeper than the host's own stack would end the host, not the script.
#[test]
fn sources_that_nest_without_end_are_refused_or_harmless() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("#{a:", "1", "}"),
        ("{", "1", "}"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("1+", "1", ""),
        ("1**", "1", ""),
        ("true&&", "true", ""),
        ("true||", "true", ""),
        ("1 ?? ", "1", ""),
        ("if true {", "1", "}"),
        ("if true {} else ", "{}", ""),
        ("|x| ", "x", ""),
        ("message.", "kind", ""),
        ("message[", "0", "]"),
        ("message.to[0]", "", "[0]"),
        ("f(", "1", ")"),
        ("`${", "1", "}`"),
        ("loop {", "1", "}"),
        ("switch 1 { 1 => ", "1", "}"),
        ("try {", "1", "} catch {}"),
        ("1==", "1", ""),
    ] {
        // As much as a script may hold.
        let many = 250_000 / (open.len() + close.len());
        let nested = format!("{}{inner}{}", open.repeat(many), close.repeat(many));
        let script = format!("fn route(message, plan) {{ {nested} }}");
        let started = Instant::now();
        match crate::testing::compile("sales/one", &script, "") {
            Ok(bundle) => {
                let _ = bundle.ask(&subject(json!({})), Input::Route, Layer::Sender);
            }
            Err(report) => assert!(!report.diagnostics.is_empty()),
        }
        assert!(started.elapsed() < CONTAINED_WITHIN * 2, "{open}: {:?}", started.elapsed());
    }
}

/// Closures that are kept can hold each other in a chain that no stack is deep enough to take down again.
#[test]
fn no_closure_is_ever_kept() {
    for lines in [
        "let f = || 1; loop { let g = f; f = || g.call(); }",
        "let a = 1; loop { let b = a; let f = || b; a = f; }",
        "let f = |x| x;",
        "let x = 1; #{f: || x};",
        "[|x| x];",
        "keep(|| 1);",
        "let x = 1; keep(|| x);",
        "let f = 1; loop { f = [1].reduce(|a, x| a, || f); }",
        "let f = 1; loop { f = 5.keep(|| f); }",
        "let x = 1; [1].map(|y| || x);",
        "[1].map(|y| |z| z);",
        "[1].push(|x| x);",
        "filter([1], |x| x);",
        "if true { |x| x }",
    ] {
        let script = format!("fn route(message, plan) {{ {lines} }}\nfn keep(f) {{ f }}");
        let report = crate::testing::compile("sales/one", &script, "").expect_err(lines).to_string();
        assert!(report.contains("a closure stands only where it is called"), "{lines}: {report}");
    }
    for lines in ["curry(1);", "let x = 1; x.curry(2);", "let x = 1; x.call();", "Fn(\"keep\");", "\"keep\".call();"] {
        let script = format!("fn route(message, plan) {{ {lines} }}\nfn keep(f) {{ f }}");
        crate::testing::compile("sales/one", &script, "").expect_err(lines);
    }
    let script = "fn route(message, plan) { 5.filter(|x| x); }\nfn filter(f) { f }";
    let report = crate::testing::compile("sales/one", script, "").unwrap_err().to_string();
    assert!(report.contains("`filter` is a function of the language"), "{report}");
}

/// Values within values are taken down by the host's stack, too; counting their size keeps them shallow.
#[test]
fn nested_values_stay_shallow_at_the_most_a_manifest_may_ask_for() {
    for lines in [
        "let a = []; loop { a = [a]; }",
        "let m = #{}; loop { let n = #{}; n[\"x\"] = m; m = n; }",
        "let m = #{}; loop { [1].for_each(|x| { let n = #{}; n.x = m; m = n; }); }",
    ] {
        let script = format!("fn route(message, plan) {{ {lines} }}");
        let more = "[limits]\ntime_limit_ms = 1_000\noperation_limit = 20_000_000";
        let contribution = call(Hook::Route, &script, json!({}), more);
        assert!(outcome(&contribution).is_err(), "{lines}");
    }
}
