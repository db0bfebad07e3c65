//! Files that come into being whole or not at all: made under another name, and given theirs in the end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::database::sync_directory_of;
use crate::error::StoreError;

fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::File { path: path.to_owned(), source }
}

/// Refuses to write over what is there.
pub(super) fn refuse_existing(path: &Path) -> Result<(), StoreError> {
    if path.try_exists().map_err(failed(path))? {
        return Err(failed(path)(io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// The name beside `path` that a store has while it is being made. What an earlier attempt left is removed.
pub(super) fn unfinished(path: &Path) -> Result<PathBuf, StoreError> {
    let unfinished = path.with_added_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&unfinished)(error)),
        _ => Ok(unfinished),
    }
}

/// Gives a finished store its name, durably. It must be closed, and takes the place of what bore the name.
pub(super) fn finish(unfinished: &Path, path: &Path) -> Result<(), StoreError> {
    fs::File::open(unfinished).and_then(|file| file.sync_all()).map_err(failed(unfinished))?;
    fs::rename(unfinished, path).map_err(failed(path))?;
    sync_directory_of(path).map_err(failed(path))
}
