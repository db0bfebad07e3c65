//! Makes, when a partition is opened, the table that an earlier program did not make. A host that was upgraded starts,
//! and what it then goes by is what the journal leads to, so that a verification finds it sound.
//!
//! Only a table that follows from the records alone is made here; what else is missing was lost, and is for
//! [`rebuild`](super::rebuild).

use super::projections::Projections;
use super::{Position, codec};
use crate::database::Database;
use crate::error::StoreError;
use crate::journal::JournalReader;

/// Counts how bundles fail, from the first record on. All of it is one transaction: cut off, it is begun again by the
/// next opening. Takes one reading of the journal, and memory for a stretch of it.
pub(super) fn count_failures(database: &Database) -> Result<(), StoreError> {
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
                projections.count_failures(&codec::decode_record(position, bytes)?)?;
            }
        }
    }
    drop(projections);
    Ok(transaction.commit()?)
}
