//! Signatures by Standard Webhooks 1.0.0, symmetric scheme (`v1`): HMAC-SHA256 over
//! `id.timestamp.body`.
//!
//! Signing is for the connector; verifying is for receivers written in Rust, and for tests. No text
//! that leaves this module, an error or a debug print, contains a secret.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::connector::DeliveryId;

/// The header with the delivery's id, the same across tries.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of this try, in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far a timestamp may be from the receiver's clock, in seconds, either way: five minutes, as the
/// standard's own libraries have it. It bounds how long a recorded request can be replayed.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

/// The shortest and the longest key, in bytes (192 and 512 bits).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

const SECRET_PREFIX: &str = "whsec_";
const VERSION_PREFIX: &str = "v1,";

/// A key that the sender and one receiver share: `whsec_` and the key in base64, 24 to 64 bytes of it.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(SecretError::Prefix)?;
        let key = BASE64.decode(encoded).map_err(|_| SecretError::Encoding)?;
        let wrong_length = SecretError::Length { bytes: key.len() };
        if !KEY_BYTES.contains(&key.len()) {
            return Err(wrong_length);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| wrong_length)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a text is no secret. The text itself is never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    #[error("a webhook secret begins with `{SECRET_PREFIX}`")]
    Prefix,
    /// What follows is not base64.
    #[error("what follows `{SECRET_PREFIX}` in a webhook secret is base64 with padding")]
    Encoding,
    /// The key is too short or too long.
    #[error(
        "a webhook secret has {} to {} bytes, this one has {bytes}; generate a new one",
        KEY_BYTES.start(),
        KEY_BYTES.end()
    )]
    Length {
        /// How long the decoded key is.
        bytes: usize,
    },
}

/// The value of [`SIGNATURE_HEADER`]: one signature per secret, in their order, separated by spaces.
/// During a rotation both the new and the old secret sign, and the receiver is content with either.
///
/// `timestamp_seconds` must be what [`TIMESTAMP_HEADER`] says.
#[must_use]
pub fn sign(secrets: &[Secret], id: &DeliveryId, timestamp_seconds: i64, body: &[u8]) -> String {
    let timestamp = timestamp_seconds.to_string();
    let signatures = secrets.iter().map(|secret| {
        let code = secret.mac(id.as_str(), &timestamp, body).finalize().into_bytes();
        format!("{VERSION_PREFIX}{}", BASE64.encode(code))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

/// The three headers of a received webhook, as they came.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedHeaders<'a> {
    /// The value of [`ID_HEADER`].
    pub id: &'a str,
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// The value of [`SIGNATURE_HEADER`].
    pub signature: &'a str,
}

/// Checks that one of `secrets` signed this request, and that it was sent within
/// [`TOLERANCE_SECONDS`] of `now`. Signatures of other versions than `v1` are passed over. Codes are
/// compared in constant time.
///
/// A receiver still has to drop ids that it has seen before: deliveries are at least once.
///
/// # Errors
///
/// When the timestamp is malformed or too far away, or no signature fits.
pub fn verify(
    secrets: &[Secret],
    headers: ReceivedHeaders<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), VerifyError> {
    let sent: i64 = headers.timestamp.parse().map_err(|_| VerifyError::Timestamp)?;
    let seconds_apart = now.as_second().abs_diff(sent);
    if seconds_apart > TOLERANCE_SECONDS {
        return Err(VerifyError::Stale { seconds_apart });
    }
    let fits = |code: &[u8]| {
        secrets.iter().any(|secret| secret.mac(headers.id, headers.timestamp, body).verify_slice(code).is_ok())
    };
    let signed = headers
        .signature
        .split_ascii_whitespace()
        .filter_map(|signature| BASE64.decode(signature.strip_prefix(VERSION_PREFIX)?).ok())
        .any(|code| fits(&code));
    if signed { Ok(()) } else { Err(VerifyError::Signature) }
}

/// Why a received webhook is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The timestamp is not a number.
    #[error("`{TIMESTAMP_HEADER}` is not a whole number of Unix seconds")]
    Timestamp,
    /// The timestamp is too far from the receiver's clock.
    #[error("`{TIMESTAMP_HEADER}` is {seconds_apart} seconds from this clock, {TOLERANCE_SECONDS} are allowed")]
    Stale {
        /// How far, either way.
        seconds_apart: u64,
    },
    /// No signature fits.
    #[error("no signature in `{SIGNATURE_HEADER}` fits the secret, the id, the timestamp and the body")]
    Signature,
}

#[cfg(test)]
mod tests;
