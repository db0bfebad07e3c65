//! A copy of a store as it is at one moment, while it is in use.
//!
//! The copy is made from one snapshot. While it lasts the file cannot use pages again that are freed, so it
//! grows by what is written meanwhile, and takes that space for later writes.

use std::path::Path;

use redb::{Key, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, Value};

use super::progress::{Counter, Part, Progress};
use crate::database::{Database, StoreSettings};
use crate::error::StoreError;
use crate::files;
use crate::journal::{Head, JournalReader, JournalWriter};

/// How much is copied in one transaction: 8 MiB of keys and values.
const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// A table of any keys and values, as far as a copy goes by it.
pub(crate) trait AnyTable {
    /// How many rows there are in `from`.
    fn rows(&self, from: &ReadTransaction) -> Result<u64, StoreError>;
    /// Makes the table in `to` and copies every row of it.
    fn copy(&self, from: &ReadTransaction, to: &Database, counter: &mut Counter<'_>) -> Result<(), StoreError>;
}

impl<K: Key + 'static, V: Value + 'static> AnyTable for TableDefinition<'static, K, V> {
    fn rows(&self, from: &ReadTransaction) -> Result<u64, StoreError> {
        Ok(from.open_table(*self)?.len()?)
    }

    fn copy(&self, from: &ReadTransaction, to: &Database, counter: &mut Counter<'_>) -> Result<(), StoreError> {
        let rows = from.open_table(*self)?;
        let mut rows = rows.iter()?.peekable();
        // At least once: a table without rows is a table too.
        loop {
            let transaction = to.begin_write()?;
            let mut copy = transaction.open_table(*self)?;
            let mut bytes = 0;
            while let Some(row) = rows.next_if(|_| bytes < CHUNK_BYTES) {
                let (key, value) = row?;
                let (key, value) = (key.value(), value.value());
                bytes += K::as_bytes(&key).as_ref().len() + V::as_bytes(&value).as_ref().len();
                copy.insert(key, value)?;
                counter.one_more();
            }
            drop(copy);
            transaction.commit()?;
            if rows.peek().is_none() {
                return Ok(());
            }
        }
    }
}

/// Copies a store, that is its journal and `tables`, into a new file at `to`, which appears there only when it is
/// whole and durable. Returns the journal's head in the copy.
///
/// # Errors
///
/// [`StoreError::File`] when `to` exists or cannot be made; [`StoreError`], when something cannot be read or
/// written, or the journal lacks a frame.
pub(crate) fn backup(
    database: &Database,
    tables: &[&dyn AnyTable],
    to: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Head, StoreError> {
    files::refuse_existing(to)?;
    let unfinished = files::unfinished(to)?;
    let copy = Database::create_unfinished(&unfinished, &StoreSettings::default())?;
    let snapshot = database.begin_read()?;
    let journal = JournalReader::open(&snapshot)?;
    let head = journal.head()?;
    let mut total = head.sequence;
    for table in tables {
        total += table.rows(&snapshot)?;
    }
    let mut counter = Counter::new(Part::Copy, total, tell);
    copy_journal(&journal, &copy, &mut counter)?;
    for table in tables {
        table.copy(&snapshot, &copy, &mut counter)?;
    }
    if JournalReader::open(&copy.begin_read()?)?.head()? != head {
        return Err(StoreError::Corrupt("the journal has gaps: verify it".to_owned()));
    }
    drop(copy);
    files::finish(&unfinished, to)?;
    Ok(head)
}

fn copy_journal(from: &JournalReader, to: &Database, counter: &mut Counter<'_>) -> Result<(), StoreError> {
    let mut next = from.raw(1)?;
    while next.is_some() {
        let transaction = to.begin_write()?;
        let mut journal = JournalWriter::open(&transaction)?;
        let mut bytes = 0;
        while let Some(frame) = next.take_if(|_| bytes < CHUNK_BYTES) {
            journal.copy(&frame)?;
            bytes += frame.bytes();
            counter.one_more();
            next = from.raw(frame.sequence + 1)?;
        }
        drop(journal);
        transaction.commit()?;
    }
    Ok(())
}
