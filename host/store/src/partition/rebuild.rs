//! Makes a partition's file again from its journal: after the shape of rows has changed, or when its projections
//! were damaged and its journal was not.

use std::path::Path;

use super::check::{self, Problem, Problems};
use super::replay::{Frames, Replay, ReplayError};
use super::snapshot::Snapshot;
use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::files;
use crate::journal::{self, Head, JournalReader};
use crate::upkeep::{Part, Progress};

/// Makes the partition at `path` again: copies its journal into a new file beside it, makes the projections from
/// it, verifies both, and only then lets the new file take the place of the old one. Returns the journal's head.
/// The partition must not be open.
///
/// # Errors
///
/// As [`Database::open`]; [`StoreError::Corrupt`] when the journal is not as it was written, or leads to
/// something that cannot be. The old file is as it was then.
pub fn rebuild(path: &Path, settings: &StoreSettings, mut progress: impl FnMut(Progress)) -> Result<Head, StoreError> {
    let old = Database::open(path, settings)?;
    let unfinished = files::unfinished(path)?;
    let new = Database::create_unfinished(&unfinished, settings)?;
    super::create_tables(&new)?;
    let mut replay = Replay::new(&new, Frames::Copied);
    replay.catch_up(&old, &mut progress).map_err(|error| match error {
        ReplayError::Store(error) => error,
        ReplayError::Record { position, reason } => {
            StoreError::Corrupt(Problem::Record { position, reason }.to_string())
        }
    })?;
    let head = JournalReader::open(&old.begin_read()?)?.head()?;
    verify_new(&new, head, &mut progress)?;
    drop((new, old));
    files::finish(&unfinished, path)?;
    Ok(head)
}

fn verify_new(new: &Database, head: Head, tell: &mut dyn FnMut(Progress)) -> Result<(), StoreError> {
    let report = journal::verify(new, 1..=head.sequence, |chain| {
        tell(Progress { part: Part::Chain, done: chain.frames_done, total: chain.frames_total });
    })?;
    if report.head != head {
        let reason = report.mismatch.map_or_else(|| "it is too short".to_owned(), |mismatch| mismatch.to_string());
        return Err(StoreError::Corrupt(format!("the copy of the journal is wrong: {reason}")));
    }
    let mut problems = Problems::default();
    check::check_rows(&Snapshot::new(new.begin_read()?), &mut problems, tell)?;
    match problems.first.first() {
        Some(problem) => Err(StoreError::Corrupt(format!("the journal leads to what cannot be: {problem}"))),
        None => Ok(()),
    }
}
