//! A frame while it is being collected: records, their salts and the limits on them. It has no
//! sequence number yet; it gets one when it is appended.

use std::sync::Arc;

use jiff::Timestamp;

use super::digest::Salt;
use super::seal::{SaltedRecord, Sealer};

/// The records of one frame: 512 KiB. With salts, digests and the header a frame then stays under
/// 1 MB, the usual limit on one message of a replicated log.
pub const FRAME_LIMIT_BYTES: usize = 512 * 1024;

/// The number of records in one frame. Each costs some 90 bytes of header and salt beside its own,
/// which [`FRAME_LIMIT_BYTES`] does not count.
pub const FRAME_LIMIT_RECORDS: usize = 4_096;

/// Records that are to become durable together, ready to be appended.
#[derive(Debug)]
pub struct Frame {
    pub(super) at: Timestamp,
    pub(super) records: Vec<Arc<SaltedRecord>>,
}

/// A record was refused. The frame is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The record fits no frame, however empty. Whoever made it must be told.
    #[error("a record of {bytes} bytes is over the limit of {FRAME_LIMIT_BYTES} bytes; make it smaller")]
    RecordTooLarge {
        /// The record's size.
        bytes: usize,
    },
    /// The record fits the next frame.
    #[error("the frame has no room for a record of {bytes} bytes; append it and begin another")]
    FrameFull {
        /// The record's size.
        bytes: usize,
    },
}

/// Collects the records of one frame, within [`FRAME_LIMIT_BYTES`] and [`FRAME_LIMIT_RECORDS`].
#[derive(Debug)]
pub struct FrameBuilder {
    frame: Frame,
    bytes: usize,
    sealer: Option<Arc<Sealer>>,
}

impl FrameBuilder {
    /// Begins a frame at `at`, the partition's time: never earlier than that of the frame before.
    pub fn new(at: Timestamp) -> Self {
        Self::sealed_by(None, at)
    }

    /// Begins a frame whose records are sealed by `sealer` as they are pushed.
    pub(crate) fn sealed_by(sealer: Option<Arc<Sealer>>, at: Timestamp) -> Self {
        Self { frame: Frame { at, records: Vec::new() }, bytes: 0, sealer }
    }

    /// Whether a record of that many bytes can still be pushed.
    pub fn fits(&self, record_bytes: usize) -> bool {
        self.frame.records.len() < FRAME_LIMIT_RECORDS && record_bytes <= FRAME_LIMIT_BYTES.saturating_sub(self.bytes)
    }

    /// Adds a record at the end. `salt` must be random and used for no other record.
    ///
    /// # Errors
    ///
    /// [`PushError::RecordTooLarge`], or [`PushError::FrameFull`] where [`fits`](Self::fits) says
    /// no.
    pub fn push(&mut self, record: &[u8], salt: &Salt) -> Result<(), PushError> {
        let bytes = record.len();
        if bytes > FRAME_LIMIT_BYTES {
            return Err(PushError::RecordTooLarge { bytes });
        }
        if !self.fits(bytes) {
            return Err(PushError::FrameFull { bytes });
        }
        self.bytes += bytes;
        self.frame.records.push(Arc::new(SaltedRecord::new(*salt, record)));
        if let Some(sealer) = &self.sealer {
            sealer.offer(&self.frame.records);
        }
        Ok(())
    }

    /// The record that was pushed at `index`, from 0.
    pub fn record(&self, index: usize) -> Option<&[u8]> {
        self.frame.records.get(index).map(|record| record.record())
    }

    /// How many records were pushed so far.
    pub fn len(&self) -> usize {
        self.frame.records.len()
    }

    /// The bytes of the records pushed so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing was pushed yet: there is no need to append such a frame.
    pub fn is_empty(&self) -> bool {
        self.frame.records.is_empty()
    }

    /// The frame as collected.
    pub fn finish(self) -> Frame {
        self.frame
    }
}
