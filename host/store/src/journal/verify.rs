//! Verification: reads a stretch of the journal, computes the chain and every digest again, and
//! reports the first thing that does not match. It changes nothing.
//!
//! A chain proves that nothing in its middle was changed after the fact. It cannot prove that the
//! host did not cut off or write again its *end*: for that, compare it with a head that somebody
//! outside holds ([`crate::signing::check_head`]).

use std::ops::RangeInclusive;

use super::Head;
use super::mismatch::{Mismatch, MismatchKind};
use super::reader::{JournalReader, LoadError, READ_CHUNK_BYTES, StoredFrame};
use crate::database::Database;
use crate::error::StoreError;

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Frames verified so far.
    pub frames_done: u64,
    /// Frames that were asked for.
    pub frames_total: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyReport {
    /// Frames that are as they were written.
    pub frames: u64,
    /// Records in them whose payloads are as they were written.
    pub records: u64,
    /// Records in them whose payloads were erased.
    pub erased: u64,
    /// The last frame that is as it was written; the frame before the range if none is.
    pub head: Head,
    /// The first thing that does not match. What comes after it was not looked at.
    pub mismatch: Option<Mismatch>,
}

impl VerifyReport {
    fn count(&mut self, frame: &StoredFrame) {
        let erased = frame.records.iter().filter(|record| record.is_none()).count();
        self.frames += 1;
        self.records += (frame.records.len() - erased) as u64;
        self.erased += erased as u64;
        self.head = frame.head;
    }
}

/// Verifies the frames in `range`, each of which must exist: take its end from
/// [`JournalReader::head`]. `progress` is called at least every [`READ_CHUNK_BYTES`]; between these
/// calls the journal is read at one moment, so that a long verification does not keep the file from
/// using its free pages again.
///
/// # Errors
///
/// [`StoreError`], when the journal cannot be read at all. A mismatch is part of the report.
pub fn verify(
    database: &Database,
    range: RangeInclusive<u64>,
    mut progress: impl FnMut(VerifyProgress),
) -> Result<VerifyReport, StoreError> {
    let (first, last) = (*range.start().max(&1), *range.end());
    let before = first - 1;
    let reader = JournalReader::open(&database.begin_read()?)?;
    let mut report = VerifyReport { frames: 0, records: 0, erased: 0, head: Head::EMPTY, mismatch: None };
    match reader.head_at(before)? {
        Some(head) => report.head = head,
        None => report.mismatch = Some(Mismatch::of_frame(before, MismatchKind::FrameMissing)),
    }
    drop(reader);
    while report.mismatch.is_none() && report.head.sequence < last {
        let reader = JournalReader::open(&database.begin_read()?)?;
        verify_chunk(&reader, last, &mut report)?;
        progress(VerifyProgress { frames_done: report.frames, frames_total: last - before });
    }
    Ok(report)
}

/// Verifies up to [`READ_CHUNK_BYTES`] after the report's head.
fn verify_chunk(reader: &JournalReader, last: u64, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut bytes = 0;
    while bytes < READ_CHUNK_BYTES && report.head.sequence < last {
        match reader.frame_after(report.head) {
            Ok(Some(frame)) => {
                bytes += frame.bytes;
                report.count(&frame);
            }
            Ok(None) => {
                let missing = report.head.sequence + 1;
                report.mismatch = Some(Mismatch::of_frame(missing, MismatchKind::FrameMissing));
                return Ok(());
            }
            Err(LoadError::Mismatch(mismatch)) => {
                report.mismatch = Some(mismatch);
                return Ok(());
            }
            Err(LoadError::Store(error)) => return Err(error),
        }
    }
    Ok(())
}
