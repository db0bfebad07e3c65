//! Writing: one transaction that appends records to the journal and applies them.

use herald_core::target::Actor;
use jiff::Timestamp;
use redb::WriteTransaction;

use super::reader::Reader;
use super::record::{self, Change};
use super::tables::Tables;
use super::{ConfigurationStore, Stamp};
use crate::database::Database;
use crate::error::StoreError;
use crate::journal::{AppendError, Frame, FrameBuilder, Head, JournalReader, JournalWriter, SALT_BYTES, Salt};

/// A change under way: nobody else writes meanwhile. Dropped, it has changed nothing.
pub(super) struct Writing {
    transaction: WriteTransaction,
    /// What the change begins from.
    pub(super) before: Reader,
    head: Head,
    last_at: Option<Timestamp>,
}

impl ConfigurationStore {
    pub(super) fn begin_change(&self) -> Result<Writing, StoreError> {
        Writing::begin(&self.database)
    }
}

impl Writing {
    fn begin(database: &Database) -> Result<Self, StoreError> {
        let transaction = database.begin_write()?;
        // Nobody commits from here on, so this snapshot is what the transaction changes.
        let snapshot = database.begin_read()?;
        let journal = JournalReader::open(&snapshot)?;
        let (head, last_at) = (journal.head()?, journal.last_time()?);
        Ok(Self { transaction, before: Reader::open(&snapshot)?, head, last_at })
    }

    /// Appends the changes, applies them and makes both durable. Returns the time they bear.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Disk`] the outcome is unknown until the store is opened again.
    pub(super) fn commit(self, changes: Vec<Change>, stamp: &Stamp<'_>) -> Result<Timestamp, StoreError> {
        let at = self.last_at.map_or(stamp.at, |last| last.max(stamp.at));
        let mut journal = JournalWriter::open(&self.transaction)?;
        let mut sequence = self.head.sequence;
        for frame in frames(at, stamp.by, &changes, &stamp.seed)? {
            let head = journal.append(sequence, &frame).map_err(|error| match error {
                AppendError::Store(error) => error,
                error => StoreError::Corrupt(error.to_string()),
            })?;
            sequence = head.sequence;
        }
        drop(journal);
        let mut tables = Tables::open(&self.transaction)?;
        for change in &changes {
            tables.apply(change, at, stamp.by)?;
        }
        drop(tables);
        self.transaction.commit()?;
        Ok(at)
    }
}

/// The changes as records in as few frames as hold them.
fn frames(at: Timestamp, by: &Actor, changes: &[Change], seed: &[u8; 32]) -> Result<Vec<Frame>, StoreError> {
    let refused = |reason: &dyn std::fmt::Display| StoreError::Corrupt(format!("a record cannot be written: {reason}"));
    let mut frames = Vec::new();
    let mut builder = FrameBuilder::new(at);
    for (index, record) in (0_u64..).zip(record::encode(by, changes).map_err(|error| refused(&error))?) {
        if !builder.fits(record.len()) {
            frames.push(std::mem::replace(&mut builder, FrameBuilder::new(at)).finish());
        }
        builder.push(&record, &salt(seed, index)).map_err(|error| refused(&error))?;
    }
    frames.push(builder.finish());
    Ok(frames)
}

/// The salt of a change's record, derived from the change's random bytes: as hard to guess as they are.
fn salt(seed: &[u8; 32], index: u64) -> Salt {
    let mut salt = [0; SALT_BYTES];
    blake3::Hasher::new_keyed(seed).update(&index.to_le_bytes()).finalize_xof().fill(&mut salt);
    salt
}
