//! Makes, when a partition is opened, the tables that an earlier program did not make. A host that was upgraded starts,
//! and what it then goes by is what the journal leads to, so that a verification finds it sound.
//!
//! Only tables that follow from the records alone are made here; what else is missing was lost, and is for
//! [`rebuild`](super::rebuild).

use super::projections::Projections;
use super::tables::TableName;
use super::{Position, codec};
use crate::database::Database;
use crate::error::StoreError;
use crate::journal::JournalReader;

/// Whether [`make`] can make this table.
pub(super) fn can_make(table: TableName) -> bool {
    matches!(table, TableName::Failures | TableName::Numbers)
}

/// Makes the tables that are `missing`, from the first record on: how bundles fail, and which numbers of documents were
/// given. A partition without the latter would give them again. All of it is one transaction: cut off, it is begun
/// again by the next opening. Takes one reading of the journal, and memory for a stretch of it.
pub(super) fn make(database: &Database, missing: &[TableName]) -> Result<(), StoreError> {
    let journal = JournalReader::open(&database.begin_read()?)?;
    let transaction = database.begin_write()?;
    let projections = Projections::open(&transaction)?;
    let mut next = 1;
    loop {
        let frames = journal.read(next)?;
        let Some(last) = frames.last() else { break };
        next = last.head.sequence + 1;
        for frame in &frames {
            for (index, bytes) in (0_u32..).zip(&frame.records) {
                let position = Position { sequence: frame.head.sequence, index };
                // A replay passes over what was erased, too.
                let Some(bytes) = bytes else { continue };
                let record = codec::decode_record(position, bytes)?;
                if missing.contains(&TableName::Failures) {
                    projections.count_failures(&record)?;
                }
                if missing.contains(&TableName::Numbers) {
                    projections.take_numbers(&record)?;
                }
            }
        }
    }
    drop(projections);
    Ok(transaction.commit()?)
}
