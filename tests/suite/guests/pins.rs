//! What is said in two places about plugins is the same in both.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn new_plugins_are_built_with_the_tools_that_are_tested() {
    let json = |path| serde_json::from_str::<Value>(&text(path)).unwrap();
    let (template, tested) = (json("sdk/templates/javascript/package.json"), json("plugins/package.json"));
    for field in ["devDependencies", "overrides"] {
        assert_eq!(template[field], tested[field], "{field}");
    }
    let pin = text("sdk/templates/python/requirements.txt");
    let tested = text("plugins/requirements.txt");
    assert!(tested.lines().any(|line| line.trim_end_matches('\\').trim() == pin.trim()), "{pin}");
}

#[test]
fn no_lock_file_names_where_packages_come_from() {
    assert!(!text("plugins/package-lock.json").contains("\"resolved\""));
}

#[test]
fn twins_are_asked_about_the_same_messages() {
    let manifest = |path: &str| {
        let mut table: toml::Table = text(path).parse().unwrap();
        for own in ["language", "limits"] {
            table.remove(own);
        }
        table
    };
    let script = manifest("rules/organisation/collaboration-request/policy.toml");
    for language in ["javascript", "python"] {
        assert_eq!(manifest(&format!("plugins/collaboration-request/{language}/policy.toml")), script, "{language}");
    }
}
