//! The kit: what a plugin is compiled against, carried by this program and written beside its source.

use std::fs;
use std::path::Path;

use super::{Language, PluginError};

/// The folder of the kit within a plugin's source.
pub(super) const FOLDER: &str = ".herald";
/// The interface within the kit.
pub(super) const INTERFACE: &str = "wit/herald-policy.wit";

/// A path, and the text of the file that comes there.
type File = (&'static str, &'static str);

/// Files of a folder under `sdk/`, each at its path within that folder.
macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../sdk/", $folder, "/", $path)))),*]
    };
}

const WIT: &[File] = files!["wit": "herald-policy.wit"];

const RUST: &[File] = files!["rust":
    "Cargo.toml",
    "README.md",
    "src/bindings.rs",
    "src/call.rs",
    "src/error.rs",
    "src/fields.rs",
    "src/guest.rs",
    "src/harness/bundle.rs",
    "src/harness/calendar.rs",
    "src/harness/calls.rs",
    "src/harness/cases.rs",
    "src/harness/mod.rs",
    "src/harness/table.rs",
    "src/harness/tests.rs",
    "src/host.rs",
    "src/lib.rs",
    "src/message.rs",
    "src/plan/goal.rs",
    "src/plan/mod.rs",
    "src/plan/recipient.rs",
    "src/plan/stage.rs",
    "src/policy.rs",
    "src/span.rs",
    "src/table.rs",
    "src/time.rs",
];

const JAVASCRIPT: &[File] = files!["javascript":
    "herald-policy.js",
    "interfaces/herald-policy-hooks.d.ts",
    "interfaces/herald-policy-host.d.ts",
    "interfaces/herald-policy-types.d.ts",
];

const PYTHON: &[File] = files!["python":
    "componentize_py_types.py",
    "herald_policy.py",
    "wit_world/__init__.py",
    "wit_world/exports/__init__.py",
    "wit_world/exports/hooks.py",
    "wit_world/imports/__init__.py",
    "wit_world/imports/host.py",
    "wit_world/imports/types.py",
];

/// The files of the kit for `language`: the folder within the kit, the path in it, the text. The crate for Rust looks for
/// the interface in the folder `wit` beside its own.
fn files(language: Language) -> impl Iterator<Item = (&'static str, &'static File)> {
    let (folder, library) = match language {
        Language::Rust => ("rust", RUST),
        Language::JavaScript => ("", JAVASCRIPT),
        Language::Python => ("", PYTHON),
    };
    WIT.iter().map(|file| ("wit", file)).chain(library.iter().map(move |file| (folder, file)))
}

/// Writes the kit for `language` into the folder `source`. A file that is as it should be is left alone, so that
/// compilers do not take it for changed.
pub(super) fn write(source: &Path, language: Language) -> Result<(), PluginError> {
    for (within, (path, text)) in files(language) {
        let to = source.join(FOLDER).join(within).join(path);
        if fs::read(&to).is_ok_and(|is| is == text.as_bytes()) {
            continue;
        }
        let folder = to.parent().unwrap_or(source);
        fs::create_dir_all(folder).map_err(|error| PluginError::file(folder, error))?;
        fs::write(&to, text).map_err(|error| PluginError::file(&to, error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The files under `folder`, as paths within it. What a library locks is not what its users get.
    fn under(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if name == "target" {
                continue;
            }
            if entry.path().is_dir() {
                under(&entry.path(), &format!("{prefix}{name}/"), found);
            } else if name != "Cargo.lock" {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }

    #[test]
    fn the_kit_is_everything_that_lies_in_the_folders_of_the_sdk() {
        for (folder, kit) in [("wit", WIT), ("rust", RUST), ("javascript", JAVASCRIPT), ("python", PYTHON)] {
            let mut found = BTreeSet::new();
            under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk").join(folder), "", &mut found);
            assert_eq!(kit.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), found, "{folder}");
        }
    }
}
