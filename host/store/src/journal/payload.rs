//! A payload as it lies in its table: sixteen bytes of salt, then the record, packed where that makes it smaller.
//!
//! | byte after the salt | what follows it |
//! | --- | --- |
//! | 0 | the record |
//! | 1 | the record's length in four bytes, little-endian, and an [LZ4 block] made with [`DICTIONARY_1`] |
//! | another control character | something that a newer program wrote |
//! | any other | none of these is there: the byte is the record's first, as it was before there was any packing |
//!
//! A record is JSON, and most of it is names that every record has. Packed it takes less than half, and what a commit
//! costs grows with the file. How a record is packed is nobody's business but this module's: a digest is over salt and
//! record, and so is what is exported.
//!
//! [LZ4 block]: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md

use std::borrow::Cow;

use lz4_flex::block::{compress_into_with_dict, decompress_into_with_dict, get_maximum_output_size};

use super::digest::{SALT_BYTES, Salt};
use super::frame::FRAME_LIMIT_BYTES;
use super::mismatch::MismatchKind;

/// Follows the salt of a record that lies there as it is.
const PLAIN: u8 = 0;
/// Follows the salt of a record that is packed with [`DICTIONARY_1`].
pub(super) const PACKED_1: u8 = 1;

/// The text that records of format 1 have in common. It is part of what is stored: never change it. A better one
/// gets a number of its own, and this one stays for what was packed with it.
const DICTIONARY_1: &[u8] = include_bytes!("dictionary-1.txt");

/// Bytes before the block: the salt, the byte that says how it is packed, and the record's length.
const BLOCK_AT: usize = SALT_BYTES + 1 + size_of::<u32>();

/// A payload that was not erased.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Payload<'a> {
    pub(crate) salt: Salt,
    pub(crate) record: Cow<'a, [u8]>,
}

/// The row of a payload.
pub(super) fn pack(salt: &Salt, record: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(BLOCK_AT + get_maximum_output_size(record.len()));
    row.extend_from_slice(salt);
    row.push(PACKED_1);
    // A frame's limit is far below what four bytes hold.
    row.extend_from_slice(&(record.len() as u32).to_le_bytes());
    row.resize(BLOCK_AT + get_maximum_output_size(record.len()), 0);
    let packed = row.get_mut(BLOCK_AT..).and_then(|block| compress_into_with_dict(record, block, DICTIONARY_1).ok());
    if let Some(packed) = packed.filter(|packed| BLOCK_AT + packed < SALT_BYTES + 1 + record.len()) {
        row.truncate(BLOCK_AT + packed);
        // There was room for one that does not get smaller.
        row.shrink_to_fit();
        return row;
    }
    row.truncate(SALT_BYTES);
    row.push(PLAIN);
    row.extend_from_slice(record);
    row
}

/// Reads the row of a payload; `None` when it was erased.
///
/// # Errors
///
/// [`MismatchKind::PayloadDiffers`], [`MismatchKind::NewerPacking`].
pub(crate) fn unpack(row: &[u8]) -> Result<Option<Payload<'_>>, MismatchKind> {
    if row.is_empty() {
        return Ok(None);
    }
    let (salt, rest) = row.split_first_chunk::<SALT_BYTES>().ok_or(MismatchKind::PayloadDiffers)?;
    let record = match rest.split_first() {
        Some((&PLAIN, record)) => Cow::Borrowed(record),
        Some((&PACKED_1, packed)) => Cow::Owned(unpack_block(packed).ok_or(MismatchKind::PayloadDiffers)?),
        Some((&found, _)) if found.is_ascii_control() => return Err(MismatchKind::NewerPacking { found }),
        _ => Cow::Borrowed(rest),
    };
    Ok(Some(Payload { salt: *salt, record }))
}

/// `None` when the block does not come to a record of just the length that it says.
fn unpack_block(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, block) = packed.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= FRAME_LIMIT_BYTES)?;
    let mut record = vec![0; length];
    let unpacked = decompress_into_with_dict(block, &mut record, DICTIONARY_1).ok()?;
    (unpacked == length).then_some(record)
}
