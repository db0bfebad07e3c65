//! Files that come into being whole or not at all: made under another name, and given theirs in the end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The store's error for what the system says about `path`.
pub(crate) fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::File { path: path.to_owned(), source }
}

/// Refuses to write over what is there.
pub(crate) fn refuse_existing(path: &Path) -> Result<(), StoreError> {
    if path.try_exists().map_err(failed(path))? {
        return Err(failed(path)(io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// The name beside `path` that a store has while it is being made. What an earlier attempt left is removed.
pub(crate) fn unfinished(path: &Path) -> Result<PathBuf, StoreError> {
    let unfinished = path.with_added_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&unfinished)(error)),
        _ => Ok(unfinished),
    }
}

/// Gives a finished store its name, durably. It must be closed, and takes the place of what bore the name.
pub(crate) fn finish(unfinished: &Path, path: &Path) -> Result<(), StoreError> {
    fs::File::open(unfinished).and_then(|file| file.sync_all()).map_err(failed(unfinished))?;
    fs::rename(unfinished, path).map_err(failed(path))?;
    sync_directory_of(path).map_err(failed(path))
}

/// Gives a finished store its name, durably, unless something bears it by then. It must be closed.
pub(crate) fn finish_new(unfinished: &Path, path: &Path) -> Result<(), StoreError> {
    // A link, unlike a rename, never replaces a store that another process has just made.
    fs::hard_link(unfinished, path).map_err(failed(path))?;
    fs::remove_file(unfinished).map_err(failed(unfinished))?;
    sync_directory_of(path).map_err(failed(path))
}

/// Makes the directory's entry for `path` durable: a file's own sync does not cover its name.
#[cfg(unix)]
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
        _ => fs::File::open(".")?.sync_all(),
    }
}

/// Other systems do not let a directory be opened for syncing; they order such changes themselves.
#[cfg(not(unix))]
pub(crate) fn sync_directory_of(_path: &Path) -> io::Result<()> {
    Ok(())
}
