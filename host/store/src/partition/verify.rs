//! Verification of a whole partition: its journal by the hashes, its projections by making them again, its rows
//! by what must hold whatever the journal says. Nothing is changed, and the partition may be in use.

use std::path::{Path, PathBuf};

use super::Partition;
use super::check::{self, Problem, Problems};
use super::replay::{Frames, Replay, ReplayError};
use super::snapshot::Snapshot;
use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::files;
use crate::journal::{self, VerifyReport};
use crate::upkeep::{Part, Progress};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionReport {
    /// About the journal. With a mismatch in it nothing else was looked at.
    pub journal: VerifyReport,
    /// How many rows and index entries were compared with what the journal leads to.
    pub rows: u64,
    /// The first problems, at most [`PROBLEMS_LIMIT`](super::PROBLEMS_LIMIT).
    pub problems: Vec<Problem>,
    /// How many problems there are.
    pub problem_count: u64,
}

impl PartitionReport {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.journal.mismatch.is_none() && self.problem_count == 0
    }
}

impl Partition {
    /// Verifies the partition. What the journal leads to is made in a new store at `scratch`, which takes about
    /// as much space as the partition without its journal, and is removed in the end.
    ///
    /// Frames that are written meanwhile are taken along; the tables are compared at one moment after them. While
    /// that lasts, the file cannot use pages again that are freed.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when something cannot be read or written at all; [`StoreError::File`] also when `scratch`
    /// exists. What does not match is part of the report.
    pub fn verify(&self, scratch: &Path, mut progress: impl FnMut(Progress)) -> Result<PartitionReport, StoreError> {
        let tell = &mut progress;
        let journal = journal::verify(&self.database, 1..=self.head().sequence, |chain| {
            tell(Progress { part: Part::Chain, done: chain.frames_done, total: chain.frames_total });
        })?;
        let mut problems = Problems::default();
        let mut rows = 0;
        if journal.mismatch.is_none() {
            match self.compare_with_replay(scratch, &mut problems, tell) {
                Ok(compared) => rows = compared,
                Err(ReplayError::Record { position, reason }) => problems.add(Problem::Record { position, reason }),
                Err(ReplayError::Store(error)) => return Err(error),
            }
        }
        Ok(PartitionReport { journal, rows, problems: problems.first, problem_count: problems.count })
    }

    fn compare_with_replay(
        &self,
        scratch: &Path,
        problems: &mut Problems,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, ReplayError> {
        let scratch = Scratch::create(scratch)?;
        let mut replay = Replay::new(&scratch.database, Frames::LeftOut);
        replay.catch_up(&self.database, tell)?;
        let found = self.snapshot()?;
        let journal = found.journal()?;
        while replay.step(&journal)? {}
        let expected = Snapshot::new(scratch.database.begin_read()?);
        let rows = check::compare(&found, &expected, problems, tell)?;
        check::check_rows(&found, problems, tell)?;
        Ok(rows)
    }
}

/// A store that is removed when it is no longer needed.
struct Scratch {
    database: Database,
    path: PathBuf,
}

impl Scratch {
    fn create(path: &Path) -> Result<Self, StoreError> {
        files::refuse_existing(path)?;
        let database = Database::create_unfinished(path, &StoreSettings::default())?;
        super::create_tables(&database)?;
        Ok(Self { database, path: path.to_owned() })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A file that cannot be removed does no harm; the next verification says that it is there.
        let _ = std::fs::remove_file(&self.path);
    }
}
