//! A new plugin, from the templates under `sdk/templates/`.

use std::fs;
use std::path::{Path, PathBuf};

use herald_core::names::{BundleName, DepartmentId};
use herald_core::organisation::ORGANISATION;
use serde::Serialize;

use super::{Language, PluginError, SOURCE_FOLDER, kit};

/// A file of a new plugin, and its text with `{{name}}`, `{{department}}` and `{{memory_limit_mib}}` in it.
type File = (&'static str, &'static str);

macro_rules! template {
    ($($to:literal from $path:literal),* $(,)?) => {
        &[$(($to, include_str!(concat!("../../../../sdk/templates/", $path)))),*]
    };
}

/// What a plugin in any language has.
const BUNDLE: &[File] = template![
    "policy.toml" from "bundle/policy.toml",
    "README.md" from "bundle/README.md",
    ".gitignore" from "bundle/gitignore",
    "cases/confirmed.json" from "bundle/cases/confirmed.json",
    "cases/urgent.json" from "bundle/cases/urgent.json",
    "cases/unconfirmed.json" from "bundle/cases/unconfirmed.json",
];

const RUST: &[File] = template![
    "source/Cargo.toml" from "rust/Cargo.toml",
    "source/src/lib.rs" from "rust/src/lib.rs",
];

const JAVASCRIPT: &[File] = template![
    "source/policy.js" from "javascript/policy.js",
    "source/package.json" from "javascript/package.json",
    "source/jsconfig.json" from "javascript/jsconfig.json",
    "source/.npmrc" from "javascript/npmrc",
];

const PYTHON: &[File] = template![
    "source/policy.py" from "python/policy.py",
    "source/pyproject.toml" from "python/pyproject.toml",
    "source/requirements.txt" from "python/requirements.txt",
];

/// A plugin that was made.
#[derive(Debug, Serialize)]
pub struct Created {
    /// Its folder.
    pub dir: PathBuf,
    /// Its department and name.
    pub bundle: String,
    /// What it is written in.
    pub language: Language,
    /// Its files, within the folder.
    pub files: Vec<String>,
}

/// Makes the plugin in the new folder `dir`, whose name is the bundle's. Without a `department` it belongs to the one
/// that the folder above is named after, if that lies in a rules folder.
///
/// # Errors
/// [`PluginError`]. Nothing that is there already is written over.
pub fn create(dir: &Path, department: Option<DepartmentId>, language: Language) -> Result<Created, PluginError> {
    // Made absolute, so that `.` and `quote-request` have a folder above them; the folder itself need not exist.
    let whole = std::path::absolute(dir).map_err(|error| PluginError::file(dir, error))?;
    let part = |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let name = part(Some(&whole));
    let name = BundleName::new(&name).map_err(|error| PluginError::Name(format!("`{name}`: {error}")))?;
    // The folder above is a department's only within a rules folder, which has the organisation beside it.
    let is_rules = whole.ancestors().nth(2).is_some_and(|rules| rules.join(ORGANISATION).is_dir());
    let above = || DepartmentId::new(&part(whole.parent())).ok().filter(|_| is_rules);
    let department = department.or_else(above);
    let department = department.ok_or_else(|| PluginError::NoDepartment { name: name.to_string() })?;
    if dir.exists() {
        return Err(PluginError::Exists(dir.to_owned()));
    }

    let (sources, memory_limit_mib) = match language {
        Language::Rust => (RUST, "32"),
        // Each brings an interpreter with it.
        Language::JavaScript => (JAVASCRIPT, "256"),
        Language::Python => (PYTHON, "256"),
    };
    let mut files = Vec::new();
    for (path, text) in BUNDLE.iter().chain(sources) {
        let text = text
            .replace("{{name}}", name.as_str())
            .replace("{{department}}", department.as_str())
            .replace("{{memory_limit_mib}}", memory_limit_mib);
        let to = dir.join(path);
        let folder = to.parent().unwrap_or(dir);
        fs::create_dir_all(folder).map_err(|error| PluginError::file(folder, error))?;
        fs::write(&to, text).map_err(|error| PluginError::file(&to, error))?;
        files.push((*path).to_owned());
    }
    kit::write(&dir.join(SOURCE_FOLDER), language)?;
    Ok(Created { dir: dir.to_owned(), bundle: format!("{department}/{name}"), language, files })
}
