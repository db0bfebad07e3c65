//! A copy of a partition as it is at one moment, while it is in use.
//!
//! The copy is made from one snapshot. While it lasts the file cannot use pages again that are freed, so it
//! grows by what is written meanwhile, and takes that space for later writes.

use std::path::Path;

use redb::{ReadableTable, ReadableTableMetadata};

use super::progress::{Counter, Part, Progress};
use super::snapshot::Snapshot;
use super::tables::TableName;
use super::{Partition, files};
use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::journal::{Head, JournalReader, JournalWriter};

/// How much is copied in one transaction: 8 MiB of keys and values.
const CHUNK_BYTES: usize = 8 * 1024 * 1024;

impl Partition {
    /// Copies the partition into a new file at `to`, which appears there only when it is whole and durable.
    /// Returns the journal's head in the copy. The copy is a partition like any other.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] when `to` exists or cannot be made; [`StoreError`], when something cannot be read
    /// or written.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(Progress)) -> Result<Head, StoreError> {
        files::refuse_existing(to)?;
        let unfinished = files::unfinished(to)?;
        let copy = Database::create(&unfinished, &StoreSettings::default())?;
        super::create_tables(&copy)?;
        let snapshot = self.snapshot()?;
        let journal = snapshot.journal()?;
        let head = journal.head()?;
        let mut total = head.sequence;
        for &table in TableName::ALL {
            total += snapshot.table(table)?.len()?;
        }
        let mut counter = Counter::new(Part::Copy, total, &mut progress);
        copy_journal(&journal, &copy, &mut counter)?;
        for &table in TableName::ALL {
            copy_table(&snapshot, table, &copy, &mut counter)?;
        }
        if JournalReader::open(&copy.begin_read()?)?.head()? != head {
            return Err(StoreError::Corrupt("the journal has gaps: verify it".to_owned()));
        }
        drop(copy);
        files::finish(&unfinished, to)?;
        Ok(head)
    }
}

fn copy_journal(from: &JournalReader, to: &Database, counter: &mut Counter<'_>) -> Result<(), StoreError> {
    let mut next = from.raw(1)?;
    while next.is_some() {
        let transaction = to.begin_write()?;
        let mut journal = JournalWriter::open(&transaction)?;
        let mut bytes = 0;
        while let Some(frame) = next.take_if(|_| bytes < CHUNK_BYTES) {
            journal.copy(&frame)?;
            bytes += frame.header.len() + frame.payloads.iter().map(Vec::len).sum::<usize>();
            counter.one_more();
            next = from.raw(frame.sequence + 1)?;
        }
        drop(journal);
        transaction.commit()?;
    }
    Ok(())
}

fn copy_table(from: &Snapshot, table: TableName, to: &Database, counter: &mut Counter<'_>) -> Result<(), StoreError> {
    let rows = from.table(table)?;
    let mut rows = rows.iter()?.peekable();
    while rows.peek().is_some() {
        let transaction = to.begin_write()?;
        let mut copy = transaction.open_table(table.definition())?;
        let mut bytes = 0;
        while let Some(row) = rows.next_if(|_| bytes < CHUNK_BYTES) {
            let (key, value) = row?;
            copy.insert(key.value(), value.value())?;
            bytes += key.value().len() + value.value().len();
            counter.one_more();
        }
        drop(copy);
        transaction.commit()?;
    }
    Ok(())
}
