//! A partition: one journal, and the projections that are derived from it, in one redb file.
//!
//! [`Partition::write`] is the one way in. It appends a frame of records and, in the same transaction, lets the
//! rows of cases, tasks, goals and deliveries and every index follow: readers never see one without the other,
//! and one fsync makes all of it durable. [`Partition::snapshot`] is the way out, for everything that readers
//! ask. Message contents, decisions and the timeline are not stored twice: the tables say where in the journal
//! they lie.
//!
//! What must not be found here: judging what a command may do (core), evaluating, timing and sending (engine),
//! and anything that grows in memory with the number of stored messages.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use redb::TableHandle;

use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::journal::{Head, JournalReader, Sealer};
use crate::upkeep::{self, AnyTable};

mod check;
mod codec;
mod entries;
mod frame;
mod keys;
mod lists;
mod lookup;
mod projections;
mod rebuild;
mod replay;
mod snapshot;
mod tables;
mod upgrade;
mod verify;

pub use check::{PROBLEMS_LIMIT, Problem};
pub use frame::{FrameWriter, PushError};
pub use lists::{CaseFilter, CasePage, InboxDelivery, InboxTask, OutboxItem, SCAN_LIMIT_CASES, Timer};
pub use rebuild::rebuild;
pub use snapshot::{Counts, LogEntry, Ruling, Snapshot};
pub use tables::TableName;
pub use verify::PartitionReport;

pub use crate::upkeep::{ExportError, Part, Progress};

use tables::Tables;

/// How long the answer to a request with an idempotency key is remembered: 24 hours of the partition's time
/// (domain.md, "Same event, same request").
pub const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How many forgotten requests one record clears away. More than one, so that they cannot pile up; few, so that
/// no record pays for a busy day before it. A part of the format: a replay clears away the same ones.
const PURGED_PER_RECORD: usize = 2;

/// Where a record lies in its partition's journal. Positions sort by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The frame's number, from 1.
    pub sequence: u64,
    /// The record's place in the frame, from 0.
    pub index: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}, record {}", self.sequence, self.index)
    }
}

/// The end of a journal, and the partition's time there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tail {
    head: Head,
    at: Option<Timestamp>,
}

/// One partition. Any number of threads may read it; one at a time writes.
#[derive(Debug)]
pub struct Partition {
    database: Database,
    /// Locked while a frame is written: nobody else may begin one before the tail has moved on.
    writer: Mutex<()>,
    tail: Mutex<Tail>,
    /// Begun with the first frame: most who open a partition write none.
    sealer: OnceLock<Option<Arc<Sealer>>>,
}

impl Partition {
    /// Opens the partition at `path`, and makes a new one where there is none. If an earlier program wrote it, which
    /// did not count how bundles fail or gave no numbers to documents, its journal is read once to make up for that.
    ///
    /// # Errors
    ///
    /// As [`Database::create`]; [`StoreError::Corrupt`] also when the file is another kind of store, or lacks a table.
    pub fn open(path: &Path, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(Database::create(path, settings)?)
    }

    /// Opens, or makes, a partition on a backend of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Database::open_with_backend`]; [`StoreError::Corrupt`] also when it holds another kind of store.
    pub fn open_with_backend(backend: impl redb::StorageBackend, settings: &StoreSettings) -> Result<Self, StoreError> {
        Self::prepare(Database::open_with_backend(backend, settings)?)
    }

    fn prepare(database: Database) -> Result<Self, StoreError> {
        let snapshot = database.begin_read()?;
        let tables: BTreeSet<_> = snapshot.list_tables()?.map(|table| table.name().to_owned()).collect();
        let missing: Vec<_> = TableName::ALL.iter().copied().filter(|table| !tables.contains(table.as_str())).collect();
        let has_projections = tables.contains(TableName::Cases.as_str());
        let journal = JournalReader::open(&snapshot)?;
        let tail = Tail { head: journal.head()?, at: journal.last_time()? };
        drop((journal, snapshot));
        if !has_projections {
            if tail.head != Head::EMPTY {
                return Err(StoreError::Corrupt("it has a journal but no cases: it is no partition".to_owned()));
            }
            create_tables(&database)?;
        } else {
            if let Some(lost) = missing.iter().find(|table| !upgrade::can_make(**table)) {
                let reason = format!("it has no table `{}` (try `herald rebuild` first)", lost.as_str());
                return Err(StoreError::Corrupt(reason));
            }
            if !missing.is_empty() {
                upgrade::make(&database, &missing)?;
            }
        }
        Ok(Self { database, writer: Mutex::new(()), tail: Mutex::new(tail), sealer: OnceLock::new() })
    }

    /// Writes one frame: calls `work` to push records, and when it returns without an error makes them durable,
    /// all or none. Returns what `work` returned and the journal's new head; the same head as before if nothing
    /// was pushed.
    ///
    /// The frame's time is `now`, or the time of the frame before if the clock went back. Waits while another
    /// frame is written; so `work` must not begin one.
    ///
    /// # Errors
    ///
    /// What `work` returned: nothing was written then. [`StoreError`], when the store failed; if that was at the
    /// commit, the frame is either wholly there or wholly absent, and only opening the partition again tells.
    pub fn write<T, E: From<StoreError>>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&FrameWriter<'_>) -> Result<T, E>,
    ) -> Result<(T, Head), E> {
        // A writer that panicked has written nothing, so the next one may go on.
        let _writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = self.tail();
        let at = tail.at.map_or(now, |last| last.max(now));
        let transaction = self.database.begin_write()?;
        let sealer = self.sealer.get_or_init(|| Sealer::start().map(Arc::new)).clone();
        let frame = FrameWriter::open(&transaction, sealer, tail.head, at)?;
        let result = work(&frame)?;
        if frame.is_empty() {
            return Ok((result, tail.head));
        }
        let head = frame.seal()?;
        transaction.commit().map_err(StoreError::from)?;
        *self.tail.lock().unwrap_or_else(PoisonError::into_inner) = Tail { head, at: Some(at) };
        Ok((result, head))
    }

    /// The partition as it is after the last commit. Hold it for one question: while it lives, the file cannot
    /// use pages again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Disk`].
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::new(self.database.begin_read()?))
    }

    /// Writes the journal's frames from number `from` on (1 is the first) to `to` as lines of JSON, up to the last
    /// one there is by then, and returns that one's number (0 in an empty journal). The lines are described at
    /// [`upkeep`](crate::upkeep#an-exported-journal). To go on later, begin at the number after it.
    ///
    /// # Errors
    ///
    /// [`ExportError`]. Whole lines may have been written by then.
    pub fn export(
        &self,
        to: &mut dyn Write,
        from: u64,
        mut progress: impl FnMut(Progress),
    ) -> Result<u64, ExportError> {
        upkeep::export(&self.database, to, from, &mut progress)
    }

    /// Copies the partition into a new file at `to`, which appears there only when it is whole and durable.
    /// Returns the journal's head in the copy. The copy is a partition like any other.
    ///
    /// While it lasts the file cannot use pages again that are freed, so it grows by what is written meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] when `to` exists or cannot be made; [`StoreError`], when something cannot be read
    /// or written.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(Progress)) -> Result<Head, StoreError> {
        let tables: Vec<_> = TableName::ALL.iter().map(|table| table.definition()).collect();
        let tables: Vec<_> = tables.iter().map(|table| table as &dyn AnyTable).collect();
        upkeep::backup(&self.database, &tables, to, &mut progress)
    }

    /// Where the journal ends.
    #[must_use]
    pub fn head(&self) -> Head {
        self.tail().head
    }

    /// The time of the last frame; `None` before the first. The partition's time never goes back behind it.
    #[must_use]
    pub fn last_time(&self) -> Option<Timestamp> {
        self.tail().at
    }

    fn tail(&self) -> Tail {
        *self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the tables of the projections, so that readers find them before the first frame.
fn create_tables(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    drop(Tables::open(&transaction)?);
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests;
