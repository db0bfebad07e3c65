//! Folders and files, read within limits and without following links.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use herald_store::configuration::{BUNDLE_FILES_LIMIT, BundleFiles, FILE_LIMIT_BYTES};

use super::SOURCE_FOLDER;
use super::error::Errors;

/// The largest file of the organisation itself, in bytes: 16 MiB hold a directory of 100,000 people.
pub const TEXT_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How many folders deep a bundle may be.
pub const BUNDLE_DEPTH_LIMIT: usize = 8;

/// Documents for people to read, where they are not part of a bundle, end like this.
const DOCUMENT: &str = ".md";

/// A folder within the folder of code.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// Its name within the folder of code, with `/`; empty for that folder itself.
    name: String,
}

/// What is in a folder, sorted by name. Hidden entries are left out.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<String>,
    pub(super) folders: Vec<String>,
}

impl Folder {
    pub(super) fn root(path: &Path) -> Self {
        Self { path: path.to_owned(), name: String::new() }
    }

    pub(super) fn folder(&self, name: &str) -> Self {
        Self { path: self.path.join(name), name: self.file(name) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What a file or folder in it is called within the folder of code.
    pub(super) fn file(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}/{name}", self.name) }
    }

    /// What is in it; what cannot be used is said.
    pub(super) fn list(&self, errors: &mut Errors) -> Listing {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) => {
                errors.say(&self.name, None, format!("the folder cannot be read: {error}"));
                return listing;
            }
        };
        for entry in entries {
            let found = entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)));
            let (name, kind) = match found {
                Ok(found) => found,
                Err(error) => {
                    errors.say(&self.name, None, format!("the folder cannot be read: {error}"));
                    continue;
                }
            };
            let Some(name) = name.to_str() else {
                errors.say(&self.file(&name.to_string_lossy()), None, "its name is not UTF-8; rename it");
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                listing.folders.push(name.to_owned());
            } else if kind.is_file() {
                listing.files.push(name.to_owned());
            } else if kind.is_symlink() {
                errors.say(&self.file(name), None, "is a symbolic link; put what it leads to here instead");
            } else {
                errors.say(&self.file(name), None, "is neither a file nor a folder; remove it");
            }
        }
        listing.files.sort();
        listing.folders.sort();
        listing
    }

    /// As [`Folder::list`], without what is for people to read only.
    pub(super) fn list_without_documents(&self, errors: &mut Errors) -> Listing {
        let mut listing = self.list(errors);
        listing.files.retain(|file| !file.ends_with(DOCUMENT));
        listing
    }

    /// The text of a file of the organisation; `None` when it cannot be used, which is said.
    pub(super) fn text(&self, name: &str, errors: &mut Errors) -> Option<String> {
        let bytes = self.bytes(name, TEXT_LIMIT_BYTES, errors)?;
        match String::from_utf8(bytes) {
            // Some editors begin a text with a byte order mark, which says nothing in UTF-8.
            Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                errors.say(&self.file(name), None, format!("is not UTF-8 text: byte {at} is part of no character"));
                None
            }
        }
    }

    /// Every file of a bundle by its path, but for its source; what cannot be used is said.
    pub(super) fn bundle_files(&self, errors: &mut Errors) -> BundleFiles {
        let mut files = BundleFiles::new();
        let mut pending = vec![(self.clone(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = pending.pop() {
            let listing = folder.list(errors);
            if depth >= BUNDLE_DEPTH_LIMIT && !listing.folders.is_empty() {
                let message = format!("has folders more than {BUNDLE_DEPTH_LIMIT} deep; bring them up");
                errors.say(folder.name(), None, message);
                continue;
            }
            // The source of a component is its author's; what is published is the component.
            for name in listing.folders.iter().filter(|name| depth > 0 || *name != SOURCE_FOLDER) {
                pending.push((folder.folder(name), format!("{prefix}{name}/"), depth + 1));
            }
            if files.len() + listing.files.len() > BUNDLE_FILES_LIMIT {
                errors.say(self.name(), None, format!("has more than {BUNDLE_FILES_LIMIT} files"));
                return files;
            }
            for name in listing.files {
                if let Some(content) = folder.bytes(&name, FILE_LIMIT_BYTES, errors) {
                    files.insert(format!("{prefix}{name}"), content);
                }
            }
        }
        files
    }

    fn bytes(&self, name: &str, limit_bytes: usize, errors: &mut Errors) -> Option<Vec<u8>> {
        match read_up_to(&self.path.join(name), limit_bytes) {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => {
                errors.say(&self.file(name), None, format!("has more than {limit_bytes} bytes; make it smaller"));
                None
            }
            Err(error) => {
                errors.say(&self.file(name), None, format!("cannot be read: {error}"));
                None
            }
        }
    }
}

/// A file's content; `None` when it has more than the limit. It may grow while it is read.
fn read_up_to(path: &Path, limit_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit_bytes).then_some(bytes))
}
