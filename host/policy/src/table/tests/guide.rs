//! What `rules/README.md` tells those who write tables is so.

use std::path::Path;

use crate::bundle::Bundle;
use crate::limits::HostLimits;
use crate::testing::{files, manifest, world};

/// The code of the first block of a language in the guide.
fn block(guide: &str, language: &str) -> String {
    let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_guides_example_decides_as_it_says() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/README.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (table, lines) = (block(&guide, "csv"), block(&guide, "rhai"));
    let script = format!("fn route(message, plan) {{\n{lines}}}");
    let case = |tier: &str, amount: u32, expect: &str| {
        format!(
            r#"{{"message": {{"kind": "complaint", "labels": {{"tier": "{tier}"}}, "body": {{"amount_cents": {amount}}}}},
            "expect": {expect}}}"#
        )
    };
    let director = case("key", 100_000, r#"{"level": 1, "sends": [{"to": "role:sales/director"}]}"#);
    let between = case("", 99_999, r#"{"level": 2, "sends": [{"to": "role:customer-service/head"}]}"#);
    let quoted = case("a|b", 0, r#"{"level": 3, "sends": [{"to": "role:customer-service/supervisor"}]}"#);
    let last = case("a", 0, r#"{"level": 3}"#);
    let manifest = manifest("sales/reach", &script, "[applies_to]\nkinds = [\"complaint\"]");
    let files = files(&[
        ("policy.toml", &manifest),
        ("policy.rhai", &script),
        ("tables/reach.csv", &table),
        ("cases/director.json", &director),
        ("cases/between.json", &between),
        ("cases/quoted.json", &quoted),
        ("cases/last.json", &last),
    ]);
    let bundle =
        Bundle::compile(&files, 1, &world(), &HostLimits::default()).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(bundle.warnings(), []);
}
