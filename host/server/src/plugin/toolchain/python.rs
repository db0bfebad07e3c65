//! Python: `componentize-py`, from the plugin's own environment, the active one, or PATH.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{find, run, take};
use crate::plugin::kit::{FOLDER, INTERFACE};
use crate::plugin::{COMPONENT, PluginError};

/// The compiler.
const PROGRAM: &str = "componentize-py";
/// The plugin's own environment, within its source.
const ENVIRONMENT: &str = ".venv";
/// The variable that names the active environment.
const ACTIVE: &str = "VIRTUAL_ENV";

pub(super) fn compile(source: &Path) -> Result<Vec<u8>, PluginError> {
    let own = Some(source.join(ENVIRONMENT));
    let active = env::var_os(ACTIVE).map(PathBuf::from);
    let mut environments = [own, active].into_iter().flatten();
    let environment = environments.find(|environment| environment.join("bin").join(PROGRAM).is_file());
    let program = environment.as_ref().map(|environment| environment.join("bin").join(PROGRAM));
    let program = program.or_else(|| find(PROGRAM)).ok_or_else(|| PluginError::Missing {
        what: "`componentize-py`",
        get: format!(
            "in `{}` run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` (Debian: `apt-get \
             install python3-venv` first)",
            source.display()
        ),
    })?;
    let to = Path::new(FOLDER).join(COMPONENT);
    let mut command = Command::new(program);
    command.current_dir(source).args(["--quiet", "--wit-path"]).arg(Path::new(FOLDER).join(INTERFACE));
    // What the interpreter would ask of the outside (files, sockets, clocks) is cut off: no host grants it.
    command.args(["--world", "policy", "componentize", "--stub-wasi", "--python-path", ".", "--python-path", FOLDER]);
    command.arg("--output").arg(&to).arg("policy");
    if let Some(environment) = environment {
        // Where the packages lie that the policy imports.
        command.env(ACTIVE, environment);
    }
    run(PROGRAM, &mut command, &[])?;
    take(&source.join(to))
}
