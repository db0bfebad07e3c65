//! JavaScript: `componentize-js`, run by Node.js.

use std::path::Path;
use std::process::Command;

use super::{ask, find, run, take};
use crate::plugin::kit::{FOLDER, INTERFACE};
use crate::plugin::{COMPONENT, Language, PluginError};

/// What makes a component of a script; given to `node` on its standard input.
const COMPONENTIZE: &str = include_str!("../componentize.mjs");
/// The oldest Node.js that the compiler runs on.
const NODE_VERSION: u32 = 20;
/// The compiler.
const PACKAGE: &str = "node_modules/@bytecodealliance/componentize-js/package.json";

pub(super) fn compile(source: &Path) -> Result<Vec<u8>, PluginError> {
    let node = find("node").filter(|node| {
        let version = ask(Command::new(node).arg("--version")).unwrap_or_default();
        let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
        major.is_some_and(|major| major >= NODE_VERSION)
    });
    let node = node.ok_or_else(|| PluginError::Missing {
        what: "Node.js 20 or later",
        get: "`apt-get install nodejs npm` where the distribution has it, else from nodejs.org".to_owned(),
    })?;
    // As Node.js itself looks for packages: here, and in every folder above.
    if !source.ancestors().any(|folder| folder.join(PACKAGE).is_file()) {
        let verb = if source.join("package-lock.json").is_file() { "ci" } else { "install" };
        let get = format!("run `npm {verb}` in `{}`", source.display());
        return Err(PluginError::Missing { what: "the package `@bytecodealliance/componentize-js`", get });
    }
    let to = Path::new(FOLDER).join(COMPONENT);
    let mut command = Command::new(node);
    command.current_dir(source).args(["--input-type=module", "-", Language::JavaScript.entry()]);
    command.arg(Path::new(FOLDER).join(INTERFACE)).arg(&to);
    run("componentize-js", &mut command, COMPONENTIZE.as_bytes())?;
    take(&source.join(to))
}
