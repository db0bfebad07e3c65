//! Sealing a record: working out its digest and its row. It takes a good part of what a record costs its writer, and
//! nobody needs it before the frame is appended; so another thread does it while the writer judges what comes next.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};

use super::digest::{Digest, SALT_BYTES, Salt};
use super::payload;

/// How many records the other thread is given at once: to wake it takes time too.
const BATCH_RECORDS: usize = 4;

/// A record behind the salt of its digest: the bytes that the digest is over.
#[derive(Debug)]
pub(super) struct SaltedRecord {
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
    pub(super) fn new(salt: &Salt, record: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(SALT_BYTES + record.len());
        bytes.extend_from_slice(salt);
        bytes.extend_from_slice(record);
        Self { bytes, sealed: OnceLock::new() }
    }

    pub(super) fn salt(&self) -> &[u8] {
        self.bytes.get(..SALT_BYTES).unwrap_or_default()
    }

    pub(super) fn record(&self) -> &[u8] {
        self.bytes.get(SALT_BYTES..).unwrap_or_default()
    }

    /// What is kept of it, worked out by whoever asks first.
    pub(super) fn sealed(&self) -> &Sealed {
        self.sealed.get_or_init(|| Sealed { digest: Digest::of_salted(&self.bytes), row: payload::pack(self) })
    }
}

/// A thread that seals what it is given. It ends when nobody can give it any more.
#[derive(Debug)]
pub(crate) struct Sealer(Sender<Vec<Arc<SaltedRecord>>>);

impl Sealer {
    /// `None` when there is no thread to be had.
    pub(crate) fn start() -> Option<Self> {
        let (sender, received) = channel::<Vec<Arc<SaltedRecord>>>();
        let seal = move || {
            for record in received.into_iter().flatten() {
                record.sealed();
            }
        };
        std::thread::Builder::new().name("herald-sealer".to_owned()).spawn(seal).ok()?;
        Some(Self(sender))
    }

    /// Gives it the last of `records`, if they are enough to wake it for.
    pub(super) fn offer(&self, records: &[Arc<SaltedRecord>]) {
        if records.len().is_multiple_of(BATCH_RECORDS) {
            let batch = records.iter().skip(records.len() - BATCH_RECORDS).map(Arc::clone).collect();
            // What it does not do is done when the frame is appended.
            let _ = self.0.send(batch);
        }
    }
}
