//! Sealing a record: working out its digest and its row. It takes a good part of what a record costs its writer, and
//! nobody needs it before the frame is appended; so another thread does it while the writer judges what comes next.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, available_parallelism};

use super::digest::{Digest, SALT_BYTES, Salt};
use super::frame::FRAME_LIMIT_RECORDS;
use super::payload;

/// How many records the other thread is given at once: to wake it takes time too.
const BATCH_RECORDS: usize = 4;
/// How many batches may wait for it: a frame's.
const WAITING_LIMIT: usize = FRAME_LIMIT_RECORDS / BATCH_RECORDS;

/// A record with the salt of its digest.
#[derive(Debug)]
pub(super) struct SaltedRecord {
    salt: Salt,
    /// Salt and record: the bytes that the digest is over.
    bytes: Vec<u8>,
    sealed: OnceLock<Sealed>,
}

/// What a journal keeps of a record.
#[derive(Debug)]
pub(super) struct Sealed {
    /// Of salt and record.
    pub(super) digest: Digest,
    /// As it lies in the table.
    pub(super) row: Vec<u8>,
}

impl SaltedRecord {
    pub(super) fn new(salt: Salt, record: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(SALT_BYTES + record.len());
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(record);
        Self { salt, bytes, sealed: OnceLock::new() }
    }

    pub(super) fn record(&self) -> &[u8] {
        self.bytes.get(SALT_BYTES..).unwrap_or_default()
    }

    /// What is kept of it. Who asks while another thread works it out does so too: nobody waits.
    pub(super) fn sealed(&self) -> &Sealed {
        if let Some(sealed) = self.sealed.get() {
            return sealed;
        }
        let row = payload::pack(&self.salt, self.record());
        let sealed = Sealed { digest: Digest::of_salted(&self.bytes), row };
        self.sealed.get_or_init(|| sealed)
    }

    /// Whether it was worked out already.
    #[cfg(test)]
    pub(super) fn is_sealed(&self) -> bool {
        self.sealed.get().is_some()
    }
}

/// A thread that seals what it is given. What it does not come to is sealed when the frame is appended.
#[derive(Debug)]
pub(crate) struct Sealer {
    /// `None` while it is being dropped.
    batches: Option<SyncSender<Vec<Arc<SaltedRecord>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// `None` where there is no second processor to do it on, or no thread to be had.
    pub(crate) fn start() -> Option<Self> {
        let is_alone = available_parallelism().is_ok_and(|processors| processors.get() < 2);
        if is_alone { None } else { Self::spawn() }
    }

    /// `None` when there is no thread to be had.
    pub(super) fn spawn() -> Option<Self> {
        let (batches, received) = sync_channel::<Vec<Arc<SaltedRecord>>>(WAITING_LIMIT);
        let seal = move || {
            for record in received.into_iter().flatten() {
                record.sealed();
            }
        };
        let thread = std::thread::Builder::new().name("herald-sealer".to_owned()).spawn(seal).ok()?;
        Some(Self { batches: Some(batches), thread: Some(thread) })
    }

    /// Gives it the last of `records`, if they are enough to wake it for and it has room.
    pub(super) fn offer(&self, records: &[Arc<SaltedRecord>]) {
        if let Some(batches) = &self.batches
            && records.len().is_multiple_of(BATCH_RECORDS)
        {
            let batch = records.iter().skip(records.len() - BATCH_RECORDS).map(Arc::clone).collect();
            let _ = batches.try_send(batch);
        }
    }
}

impl Drop for Sealer {
    /// Ends the thread, and waits for it.
    fn drop(&mut self) {
        drop(self.batches.take());
        if let Some(thread) = self.thread.take() {
            // Had it panicked, the writer would have come to the same record.
            let _ = thread.join();
        }
    }
}
