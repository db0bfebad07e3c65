//! Signed heads: what lets somebody outside hold the host to its history.
//!
//! A host signs the head of a journal from time to time and gives it away. Whoever keeps one can
//! later ask whether the journal still contains it ([`check_head`]): a host that has changed,
//! dropped or rewritten anything up to that frame cannot say yes. Verification of the frames
//! themselves is the journal's ([`crate::journal::verify`]); together they cover everything up to
//! the signed frame.
//!
//! The signature is Ed25519 (RFC 8032), checked strictly, over the text
//!
//! ```text
//! herald journal head, format 1
//! <partition>
//! <sequence, decimal>
//! <hash, 64 lowercase hexadecimal digits>
//! <time of signing, RFC 3339 in UTC>
//! ```
//!
//! with a line feed after each line, so that other programs can check it too. The last three lines
//! have one form each, so that no two heads make the same text.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::journal::{Digest, Head, JournalReader};

mod key_file;

pub use key_file::{KeyFileError, create_key_file, load_key_file};

/// Length of a host key's seed, in bytes.
pub const SEED_BYTES: usize = 32;

/// The host's secret key. It signs heads and does nothing else.
pub struct HostKey(SigningKey);

impl HostKey {
    /// The key that belongs to `seed`: random bytes that nobody else has.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, as 64 lowercase hexadecimal digits: what outsiders know the host by.
    pub fn public_key(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    /// A key for another `purpose` of the same host. Neither this key nor that for another purpose can be told from it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, self.0.as_bytes())
    }

    /// Signs `head` of the journal of `partition` at the time `at`.
    pub fn sign_head(&self, partition: &str, head: Head, at: Timestamp) -> SignedHead {
        let mut signed = SignedHead {
            partition: partition.to_owned(),
            sequence: head.sequence,
            hash: head.hash,
            signed_at: at,
            public_key: self.public_key(),
            signature: String::new(),
        };
        signed.signature = format!("{:x}", self.0.sign(signed.text().as_bytes()));
        signed
    }
}

/// Shows the public key only.
impl fmt::Debug for HostKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("HostKey").field(&self.public_key()).finish()
    }
}

/// A journal's head with the host's word for it. It is kept outside, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// Whose journal it is: the name of the partition, or of the organisation's configuration.
    pub partition: String,
    /// The last frame's number; 0 for an empty journal.
    pub sequence: u64,
    /// The hash of the last frame's header.
    pub hash: Digest,
    /// When it was signed, by the host's clock.
    pub signed_at: Timestamp,
    /// The signer's public key: 64 hexadecimal digits.
    pub public_key: String,
    /// The signature: 128 hexadecimal digits.
    pub signature: String,
}

/// A signed head is not what its signer signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The text of the public key is no key.
    #[error("`public_key`: `{0}` is not an ed25519 public key: 64 hexadecimal digits are expected")]
    PublicKey(String),
    /// The text of the signature is no signature.
    #[error("`signature`: `{0}` is not a signature: 128 hexadecimal digits are expected")]
    Signature(String),
    /// The signature is for something else, or from somebody else.
    #[error("the signature does not match: the head, the key or the signature was changed")]
    Mismatch,
}

impl SignedHead {
    /// Checks that the holder of `public_key` signed exactly this head. Whether that is the host's
    /// key is for the caller to say, who knows it from elsewhere.
    ///
    /// # Errors
    ///
    /// [`SignatureError`]: which part cannot be read, or that they do not belong together.
    pub fn verify(&self) -> Result<(), SignatureError> {
        let public_key = blake3::Hash::from_hex(&self.public_key)
            .ok()
            .and_then(|bytes| VerifyingKey::from_bytes(bytes.as_bytes()).ok())
            .ok_or_else(|| SignatureError::PublicKey(self.public_key.clone()))?;
        let signature: Signature =
            self.signature.parse().map_err(|_| SignatureError::Signature(self.signature.clone()))?;
        public_key.verify_strict(self.text().as_bytes(), &signature).map_err(|_| SignatureError::Mismatch)
    }

    /// What is signed.
    fn text(&self) -> String {
        format!(
            "herald journal head, format 1\n{}\n{}\n{}\n{}\n",
            self.partition, self.sequence, self.hash, self.signed_at
        )
    }
}

/// Whether a journal contains a signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadCheck {
    /// It does: its history up to there is the one that was signed.
    Contained,
    /// The journal ends before it: frames that existed are gone, for instance because an older
    /// backup was restored.
    Shortened {
        /// The last frame there is.
        last: u64,
    },
    /// The frame of that number is missing or another one: history was rewritten.
    Rewritten {
        /// The hash of the frame that stands there, if there is one.
        found: Option<Digest>,
    },
}

/// A head could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CheckHeadError {
    /// It proves nothing, because nobody signed it so.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says whether the journal contains `signed`, after checking its signature. The caller has picked
/// the journal by [`SignedHead::partition`]: a journal does not know its own name.
///
/// # Errors
///
/// [`CheckHeadError`], when the signature is not good or the journal cannot be read.
pub fn check_head(journal: &JournalReader, signed: &SignedHead) -> Result<HeadCheck, CheckHeadError> {
    signed.verify()?;
    let last = journal.head()?.sequence;
    if last < signed.sequence {
        return Ok(HeadCheck::Shortened { last });
    }
    let found = journal.head_at(signed.sequence)?.map(|head| head.hash);
    Ok(if found == Some(signed.hash) { HeadCheck::Contained } else { HeadCheck::Rewritten { found } })
}

/// 32 bytes as 64 lowercase hexadecimal digits.
fn hex(bytes: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests;
