//! Hashes and salts, as the journal writes them. Plain BLAKE3, so that anybody can recompute them
//! with the usual tools.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Length of a salt, in bytes. Sixteen random bytes keep a short or guessable payload (a yes, a
/// name) from being found by trying digests after it has been erased.
pub const SALT_BYTES: usize = 16;

/// Random bytes stored beside one payload, and erased with it.
pub type Salt = [u8; SALT_BYTES];

/// A BLAKE3 hash of 32 bytes, shown and written as 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(blake3::Hash);

impl Digest {
    /// Stands where a frame names the one before it and there is none: 32 zero bytes.
    pub const NONE: Self = Self(blake3::Hash::from_bytes([0; 32]));

    /// The hash of a frame's header, exactly as it is stored.
    pub fn of_header(header: &[u8]) -> Self {
        Self(blake3::hash(header))
    }

    /// The digest of a payload that lies in one piece: salt, then record. Pieces of it are then hashed side by side.
    pub(super) fn of_salted(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes))
    }

    /// The digest of a payload: over the salt, then the record's bytes.
    pub fn of_payload(salt: &Salt, record: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(salt).update(record);
        Self(hasher.finalize())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_hex())
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a hash: 64 hexadecimal digits are expected")]
pub struct DigestParseError(String);

impl FromStr for Digest {
    type Err = DigestParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text).map(Self).map_err(|_| DigestParseError(text.to_owned()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
