use serde_json::json;

use super::*;
use crate::testing::world;

const GOOD: &str = r#"
name = "complaint"
department = "customer-service"
language = "rhai"
hooks = ["route", "approve"]
[applies_to]
kinds = ["complaint"]
urgency = ["urgent"]
audience = ["external", "department"]
classification = ["public"]
departments = ["sales"]
labels = { tier = ["strategic", "key"], line = "2" }
[settings]
cents = 10_000
rate = 0.5
names = ["a"]
when = 2026-01-01
nested = { deep = true }
[limits]
time_limit_ms = 20
[on_failure]
route = "hold"
"#;

fn read(text: &str) -> Result<Manifest, String> {
    Manifest::read(text, Some(world().organisation()), &HostLimits::default())
        .map_err(|(_, problems)| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_manifest_is_read() {
    let manifest = read(GOOD).unwrap();
    assert_eq!(manifest.id.to_string(), "customer-service/complaint");
    assert_eq!(manifest.hooks, BTreeSet::from([Hook::Route, Hook::Approve]));
    assert_eq!(manifest.applies_to.labels["tier"].len(), 2);
    assert_eq!(manifest.applies_to.labels["line"], BTreeSet::from(["2".to_owned()]));
    let settings =
        json!({"cents": 10_000, "rate": 0.5, "names": ["a"], "when": "2026-01-01", "nested": {"deep": true}});
    assert_eq!(Value::Object((*manifest.settings).clone()), settings);
    assert_eq!(manifest.limits, Limits { time_limit_ms: 20, ..Limits::default() });
}

#[test]
fn each_hook_fails_as_the_manifest_says() {
    let house = GOOD.replace("customer-service", "organisation");
    let silent = |text: &str| text.replace("route = \"hold\"", "");
    for (text, route, approve) in [
        (GOOD.to_owned(), OnFailure::Hold, OnFailure::Hold),
        (silent(GOOD), OnFailure::Skip, OnFailure::Hold),
        (silent(&house), OnFailure::Hold, OnFailure::Hold),
        (house.replace("route = \"hold\"", "route = \"skip\"\napprove = \"skip\""), OnFailure::Skip, OnFailure::Skip),
    ] {
        let manifest = read(&text).unwrap();
        assert_eq!((manifest.on_failure(Hook::Route), manifest.on_failure(Hook::Approve)), (route, approve), "{text}");
        assert_eq!(manifest.on_failure(Hook::Escalate), OnFailure::Skip);
    }
}

#[test]
fn a_bundle_is_suspended_only_if_it_asks_for_it() {
    for (line, suspends) in [("", false), ("after_three = \"keep-trying\"", false), ("after_three = \"suspend\"", true)]
    {
        let text = GOOD.replace("route = \"hold\"", &format!("route = \"hold\"\n{line}"));
        assert_eq!(read(&text).unwrap().suspends, suspends, "{line}");
    }
}

#[test]
fn what_is_wrong_is_named_with_place_and_nearest_word() {
    for (good, bad, says) in [
        (
            "name = \"c",
            "nam = \"c",
            "policy.toml:2:1: there is no field `nam`; did you mean `name`?\npolicy.toml: `name` is missing",
        ),
        ("\"complaint\"\ndep", "\"a b\"\ndep", "policy.toml:2:8: the bundle `a b` contains ` `"),
        ("\"complaint\"\ndep", "5\ndep", "policy.toml:2:8: `name` is a text, not a whole number"),
        (
            "customer-service",
            "customer-servic",
            "policy.toml:3:14: there is no department `customer-servic`; did you mean `customer-service`?",
        ),
        ("\"rhai\"", "\"lua\"", "policy.toml:4:12: there is no language `lua`; use `rhai`"),
        ("\"approve\"]", "\"aprove\"]", "policy.toml:5:19: there is no hook `aprove`; did you mean `approve`?"),
        ("[\"route\", \"approve\"]", "[]", "policy.toml:5:9: `hooks` is empty"),
        (
            "[\"route\", \"approve\"]",
            "\"route\"",
            "policy.toml:5:9: a hook is not enough here, nor is a text; write a list",
        ),
        (
            "kinds = [\"complaint",
            "kinds = [\"complaints",
            "policy.toml:7:10: there is no kind `complaints`; did you mean `complaint`?",
        ),
        ("kinds =", "kind =", "policy.toml:7:1: there is no field of `applies_to` `kind`; did you mean `kinds`?"),
        ("[\"urgent\"]", "[\"urgnt\"]", "policy.toml:8:12: there is no urgency `urgnt`; did you mean `urgent`?"),
        ("[\"sales\"]", "[\"sale\"]", "policy.toml:11:16: there is no department `sale`; did you mean `sales`?"),
        ("line = \"2\"", "line = []", "policy.toml:12:48: no value of label `line` is given: it can never apply"),
        (
            "ms = 20",
            "ms = 5_000",
            "policy.toml:20:17: `time_limit_ms` is a whole number from 1 to 1000, which this host allows at most",
        ),
        ("ms = 20", "ms = \"20\"", "policy.toml:20:17: `time_limit_ms` is a whole number from 1 to 1000"),
        ("ms = 20", "ms = -1", "policy.toml:20:17: `time_limit_ms` is a whole number from 1 to 1000"),
        (
            "time_limit_ms",
            "time_limit",
            "policy.toml:20:1: there is no field of `limits` `time_limit`; did you mean `time_limit_ms`?",
        ),
        (
            "route = \"hold\"",
            "route = \"ignore\"",
            "policy.toml:22:9: there is no way to fail `ignore`; use `skip` or `hold`",
        ),
        (
            "route = \"hold\"",
            "after_three = \"suspended\"",
            "policy.toml:22:15: there is no way to go on `suspended`; did you mean `suspend`?",
        ),
        ("route = \"hold\"", "escalate = \"hold\"", "policy.toml:22:1: nothing can be said about a failed `escalate`"),
        ("[settings]", "[settings", "policy.toml:13:10: "),
        ("10_000", "10_000-5", "policy.toml:14:9: "),
    ] {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let said = read(&text).unwrap_err();
        assert!(said.starts_with(says), "{bad}\n{said}\n{says}");
    }
    let most = Limits { time_limit_ms: 10, ..Limits::default() };
    let held = Manifest::read(GOOD, None, &HostLimits { most, ..HostLimits::default() }).unwrap();
    assert_eq!(held.limits.time_limit_ms, 10, "it was published when 20 were allowed");
    let all = read("language = \"x\"\nhooks = [\"y\"]\n[limits]\nz = 1").unwrap_err();
    assert_eq!(all.lines().count(), 5, "{all}");
}
