//! The reference covers everything that is registered, and its examples run.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::rhai::check::parameters;
use crate::rhai::engine::runtime;
use crate::rhai::reference::markdown;

#[test]
fn every_verb_is_described_and_its_example_runs() {
    for verb in &runtime().verbs {
        assert!(verb.doc.ends_with('.') && !verb.example.is_empty(), "{verb:?}");
        assert!(verb.example.contains(verb.name), "{verb:?}");
        let hook = verb.owner.hook();
        let parameters: Vec<_> = parameters(hook).iter().map(|(name, _)| *name).collect();
        let script = format!("fn {hook}({}) {{ {} }}", parameters.join(", "), verb.example);
        let change = json!({"body": {"amount_cents": 600, "machine": "IM-03"}, "to": ["department:sales"]});
        let contribution = call(hook, &script, change, "[settings]\nthreshold_cents = 500");
        assert!(outcome(&contribution).is_ok(), "{}: {:?}", verb.example, contribution.outcome);
        let more = "[settings]\nthreshold_cents = 500\n[applies_to]\nkinds = [\"complaint\"]";
        crate::testing::compile("customer-service/complaint", &script, more).unwrap();
    }
}

#[test]
fn nothing_is_registered_undescribed() {
    let described: BTreeSet<&str> = runtime().verbs.iter().map(|verb| verb.name).collect();
    // Functions on Herald's own things are those that the engine names their types in.
    let titles = [
        "the message",
        "the body",
        "the route",
        "the breach",
        "the plan of",
        "a recipient",
        "a goal",
        "a stage",
        "a decision table",
        "a row",
    ];
    for signature in runtime().engine.gen_fn_signatures(false) {
        let name = signature.split('(').next().unwrap();
        let plain = name.trim_start_matches("get$").trim_start_matches("set$");
        let ours = titles.iter().any(|title| signature.contains(title));
        if ours && !name.starts_with("index$") {
            assert!(described.contains(plain), "{signature}");
        }
    }
}

#[test]
fn verbs_written_alike_take_alike() {
    // The check looks a verb up by its name and number of arguments alone.
    for verb in &runtime().verbs {
        for other in runtime().verbs.iter().filter(|other| other.name == verb.name && other.form == verb.form) {
            let sorts = |verb: &crate::rhai::api::Verb| verb.takes.iter().map(|(_, sort)| *sort).collect::<Vec<_>>();
            assert!(verb.takes.len() != other.takes.len() || sorts(verb) == sorts(other), "{verb:?} {other:?}");
        }
    }
}

/// `HERALD_REFRESH=1` writes the file anew.
#[test]
fn the_reference_on_file_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/REFERENCE.md");
    if std::env::var_os("HERALD_REFRESH").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, markdown()).unwrap();
    }
    let on_file = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(on_file == markdown(), "rules/REFERENCE.md is not what is registered; run this test with HERALD_REFRESH=1");
}
