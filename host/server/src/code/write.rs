//! Writes an organisation and its bundles as code. Read back, it is the same.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use herald_core::decision::BundleId;
use herald_core::organisation::Kind;
use herald_store::configuration::{BundleFiles, BundleProblem, check_files};
use serde::Serialize;
use serde_json::Value;

use super::bundles::RESERVED;
use super::organisation::{CALENDARS_FOLDER, CHANNELS, CONTACTS, DEPARTMENTS, HOUSE, KINDS_FOLDER, PEOPLE, TOML};
use super::{Code, MANIFEST, ORGANISATION_FOLDER};

/// Code was not written, or only in part.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is something in the folder already. What is no longer in the code would stay among it.
    #[error("`{}` is not empty; name a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// A name that a file or folder may not have here.
    #[error("`{0}` cannot be the name of a file or folder here; rename it first")]
    Name(String),
    /// A bundle that has no place in a folder.
    #[error("bundle `{id}`: {problem}")]
    Bundle {
        /// The bundle.
        id: BundleId,
        /// Why.
        problem: BundleProblem,
    },
    /// A bundle without a manifest, which would not be read back.
    #[error("bundle `{0}` has no `{MANIFEST}`")]
    NoManifest(BundleId),
    /// A value that cannot be expressed in the file's format.
    #[error("`{file}` cannot be written: {reason}")]
    Format {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The disk.
    #[error("cannot write `{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// Writes `code` into the folder `dir`, which is made, or is empty but for hidden entries.
///
/// Forms become files of their own: JSON has a null, which TOML lacks. The organisation's revision is not
/// written; neither is whatever a file said in comments.
///
/// # Errors
/// [`WriteError`]. Names and bundles are checked before anything is written.
pub fn write(dir: &Path, code: &Code) -> Result<(), WriteError> {
    let organisation = &code.organisation;
    let calendars = organisation.calendars.keys().map(|name| name.as_str());
    let kinds = organisation.kinds.keys().map(|name| name.as_str());
    if let Some(name) = calendars.chain(kinds).find(|name| name.starts_with('.')) {
        return Err(WriteError::Name(name.to_owned()));
    }
    for (id, files) in &code.bundles {
        check_bundle(id, files)?;
    }
    make_empty(dir)?;

    let folder = dir.join(ORGANISATION_FOLDER);
    put_toml(&folder, HOUSE, &BTreeMap::from([("rules", &organisation.rules)]))?;
    put_toml(&folder, DEPARTMENTS, &organisation.departments)?;
    put_toml(&folder, PEOPLE, &organisation.people)?;
    put_toml(&folder, CONTACTS, &organisation.contacts)?;
    put_toml(&folder, CHANNELS, &organisation.channels)?;
    for (name, calendar) in &organisation.calendars {
        put_toml(&folder, &format!("{CALENDARS_FOLDER}/{name}{TOML}"), calendar.spec())?;
    }
    for (name, kind) in &organisation.kinds {
        put_kind(&folder, name.as_str(), kind)?;
    }
    for (id, files) in &code.bundles {
        let folder = dir.join(id.department.as_str()).join(id.name.as_str());
        for (path, content) in files {
            put(&folder.join(path), content)?;
        }
    }
    Ok(())
}

/// Refuses a bundle whose folder would be read as something else, or lie elsewhere.
fn check_bundle(id: &BundleId, files: &BundleFiles) -> Result<(), WriteError> {
    let (department, name) = (id.department.as_str(), id.name.as_str());
    let is_reserved = department == ORGANISATION_FOLDER && RESERVED.contains(&name);
    if let Some(hidden) = [department, name].into_iter().find(|name| name.starts_with('.')) {
        return Err(WriteError::Name(hidden.to_owned()));
    }
    if is_reserved {
        return Err(WriteError::Name(name.to_owned()));
    }
    if !files.contains_key(MANIFEST) {
        return Err(WriteError::NoManifest(id.clone()));
    }
    check_files(files).map_err(|problem| WriteError::Bundle { id: id.clone(), problem })
}

fn make_empty(dir: &Path) -> Result<(), WriteError> {
    let failed = |source| WriteError::File { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    for entry in fs::read_dir(dir).map_err(failed)? {
        if !entry.map_err(failed)?.file_name().to_string_lossy().starts_with('.') {
            return Err(WriteError::NotEmpty(dir.to_owned()));
        }
    }
    Ok(())
}

fn put_kind(folder: &Path, name: &str, kind: &Kind) -> Result<(), WriteError> {
    let form = format!("{name}.schema.json");
    let file = format!("{KINDS_FOLDER}/{form}");
    let json = serde_json::to_string_pretty(&kind.form).map_err(|error| unwritable(&file, &error))?;
    put(&folder.join(file), format!("{json}\n").as_bytes())?;
    let kind = Kind { form: Value::String(form), ..kind.clone() };
    put_toml(folder, &format!("{KINDS_FOLDER}/{name}{TOML}"), &kind)
}

fn put_toml(folder: &Path, file: &str, value: &impl Serialize) -> Result<(), WriteError> {
    let text = toml::to_string_pretty(value).map_err(|error| unwritable(file, &error))?;
    put(&folder.join(file), text.as_bytes())
}

fn unwritable(file: &str, error: &impl std::fmt::Display) -> WriteError {
    WriteError::Format { file: file.to_owned(), reason: error.to_string() }
}

fn put(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let write = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)
    };
    write().map_err(|source| WriteError::File { path: path.to_owned(), source })
}
