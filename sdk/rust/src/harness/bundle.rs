//! A bundle's folder, read for a harness.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Harness;
use super::cases::Case;
use crate::policy::Policy;

impl<P: Policy> Harness<P> {
    /// A policy with the settings, tables and cases of the bundle in `folder`, which a plugin's tests name relative to
    /// its `Cargo.toml`.
    ///
    /// # Errors
    /// When the folder, its `policy.toml` or a case cannot be read; the text names the file.
    pub fn of_bundle(folder: impl AsRef<Path>) -> Result<Self, String> {
        let folder = folder.as_ref();
        let manifest = text(&folder.join("policy.toml"))?;
        let manifest: toml::Table = manifest.parse().map_err(|error| format!("policy.toml: {error}"))?;
        let settings = manifest.get("settings").map(serde_json::to_value).transpose();
        let settings = settings.map_err(|error| format!("policy.toml: {error}"))?;
        let mut harness = Self::new();
        harness.settings = settings.unwrap_or(harness.settings);
        if let Some(department) = manifest.get("department").and_then(toml::Value::as_str) {
            harness.department = department.to_owned();
        }
        for file in files(&folder.join("tables"), "csv")? {
            harness = harness.table(&name(&file), &text(&file)?);
        }
        for file in files(&folder.join("cases"), "json")? {
            harness.cases.push(Case::read(&name(&file), &text(&file)?)?);
        }
        Ok(harness)
    }
}

fn text(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The files of a folder with this extension, in order; none when there is no such folder.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()),
    };
    let mut files = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
