//! How what is stored can differ from what was written, and how that is said.

use std::fmt;

use super::header::HEADER_FORMAT;
use super::payload::PACKED_1;
use crate::error::StoreError;

/// The first place where a journal is not what its chain of hashes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The frame.
    pub sequence: u64,
    /// The record within it, from 0, when one payload is at fault.
    pub record: Option<u32>,
    /// What is wrong.
    pub kind: MismatchKind,
}

/// What is wrong with a frame or a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MismatchKind {
    /// There is no frame of that number, although there are later ones or it was asked for.
    FrameMissing,
    /// The header is not one that any version of this program wrote.
    HeaderUnreadable,
    /// The header is of a newer format: perhaps nothing is wrong, but this program cannot say.
    NewerFormat {
        /// The header's format.
        found: u64,
    },
    /// The header bears another sequence number than its place.
    Misplaced,
    /// The hash of the frame before is not the one that this header names. One of the two headers
    /// was changed; which of them cannot be told from the two alone.
    ChainBroken,
    /// The record is gone without a trace; an erased one leaves a trace.
    PayloadMissing,
    /// The record or its salt is not the one that was written.
    PayloadDiffers,
    /// The payload is packed in a way that this program does not know: perhaps nothing is wrong.
    NewerPacking {
        /// How it is packed.
        found: u8,
    },
    /// The header knows no such record.
    PayloadUnexpected,
}

impl Mismatch {
    pub(super) fn of_frame(sequence: u64, kind: MismatchKind) -> Self {
        Self { sequence, record: None, kind }
    }

    pub(super) fn of_record(sequence: u64, index: u32, kind: MismatchKind) -> Self {
        Self { sequence, record: Some(index), kind }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "frame {}", self.sequence)?;
        if let Some(index) = self.record {
            write!(formatter, ", record {index}")?;
        }
        write!(formatter, ": {}", self.kind)
    }
}

impl fmt::Display for MismatchKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FrameMissing => "the frame is missing",
            Self::HeaderUnreadable => "the header cannot be read",
            Self::NewerFormat { found } => {
                return write!(
                    formatter,
                    "the header has format {found}, and this program reads formats up to \
                     {HEADER_FORMAT}"
                );
            }
            Self::Misplaced => "the header bears another frame's number",
            Self::ChainBroken => {
                "the frame before has another hash than this header says: one of the two was \
                 changed"
            }
            Self::PayloadMissing => "the payload is missing, and was not erased",
            Self::PayloadDiffers => "the payload or its salt was changed",
            Self::NewerPacking { found } => {
                return write!(
                    formatter,
                    "the payload is packed in way {found}, and this program knows ways up to {PACKED_1}"
                );
            }
            Self::PayloadUnexpected => "there is a payload that the header does not know",
        })
    }
}

impl From<Mismatch> for StoreError {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch.kind {
            MismatchKind::NewerFormat { found } => {
                Self::NewerFormat { what: format!("frame {}", mismatch.sequence), found, supported: HEADER_FORMAT }
            }
            MismatchKind::NewerPacking { found } => Self::NewerFormat {
                what: format!("a payload of frame {}", mismatch.sequence),
                found: found.into(),
                supported: PACKED_1.into(),
            },
            _ => Self::Corrupt(mismatch.to_string()),
        }
    }
}
