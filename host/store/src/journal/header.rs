//! A frame's header as it is stored: JSON with a format version. The chain of hashes runs over
//! these bytes exactly as written, so a header is never written again, and old formats stay
//! readable for ever.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::frame::Frame;
use super::mismatch::MismatchKind;

/// The format that is written.
pub const HEADER_FORMAT: u64 = 1;

/// Format 1. The keys are short because a busy journal has many headers:
/// `{"v":1,"seq":7,"at":"2026-11-23T06:00:00Z","prev":"<hash>","records":[["<digest>",312]]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// [`HEADER_FORMAT`].
    pub(super) v: u64,
    /// The frame's number, the same as its key.
    pub(super) seq: u64,
    /// The partition's time.
    pub(super) at: Timestamp,
    /// The hash of the header before; [`Digest::NONE`] in frame 1.
    pub(super) prev: Digest,
    /// Per record the digest of its payload and its length in bytes, without the salt.
    pub(super) records: Vec<(Digest, usize)>,
}

impl Header {
    pub(super) fn of_frame(frame: &Frame, sequence: u64, previous: Digest) -> Self {
        Self {
            v: HEADER_FORMAT,
            seq: sequence,
            at: frame.at,
            prev: previous,
            records: frame.records.iter().map(|record| (record.sealed().digest, record.record().len())).collect(),
        }
    }

    #[expect(clippy::expect_used, reason = "numbers, strings and lists of them always have a JSON form")]
    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a header has a JSON form")
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MismatchKind> {
        decode(bytes)
    }

    /// The time alone: every append asks for it, and a header can name thousands of records.
    pub(super) fn decode_time(bytes: &[u8]) -> Result<Timestamp, MismatchKind> {
        #[derive(Deserialize)]
        struct Time {
            at: Timestamp,
        }
        decode(bytes).map(|Time { at }| at)
    }
}

/// What `T` wants to know of a header that this program can read.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MismatchKind> {
    /// The one field that every format has.
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    match serde_json::from_slice(bytes) {
        Ok(Version { v: HEADER_FORMAT }) => serde_json::from_slice(bytes).map_err(|_| MismatchKind::HeaderUnreadable),
        Ok(Version { v }) if v > HEADER_FORMAT => Err(MismatchKind::NewerFormat { found: v }),
        _ => Err(MismatchKind::HeaderUnreadable),
    }
}
