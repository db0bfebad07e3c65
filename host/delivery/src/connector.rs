//! The seam between the engine and the channels: one try in, one outcome out.
//!
//! What is said here holds for every channel type. Nothing here knows HTTP beyond a status code, and
//! nothing here decides on a retry.

use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;

use crate::guard::Refusal;

/// One type of channel: webhooks now; mail and robots implement it in their turn.
///
/// A crash during [`send`](Connector::send) leaves it unknown whether the receiver was reached. The
/// engine then tries again with the same [`DeliveryId`], so a receiver may see a delivery twice.
pub trait Connector: Send + Sync {
    /// Where a delivery of this channel type goes, with what authenticates it there.
    type Endpoint: Send + Sync;

    /// Makes one try. It ends within the connector's own time limit; dropping the future gives the
    /// try up.
    fn send(&self, endpoint: &Self::Endpoint, attempt: Attempt) -> impl Future<Output = Outcome> + Send;
}

/// One try of one delivery.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The same for all tries of a delivery.
    pub id: DeliveryId,
    /// The bytes to send, in the form the channel wants; they are sent, and signed, unchanged.
    pub body: Bytes,
    /// When the try is made. It is signed with the body, and `Retry-After` counts from it.
    pub now: Timestamp,
}

/// The id by which a receiver recognises a delivery that it has seen before.
///
/// 1 to [`DeliveryId::MAX_BYTES`] bytes of visible ASCII without a full stop: the full stop separates
/// the fields that a webhook's signature covers, and an id containing one could move their borders
/// (Standard Webhooks 1.0.0, "Signature scheme").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryId(String);

impl DeliveryId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Takes an id.
    ///
    /// # Errors
    ///
    /// When the id is empty, too long, or holds a byte that is not allowed.
    pub fn new(id: impl Into<String>) -> Result<Self, DeliveryIdError> {
        let id = id.into();
        if id.is_empty() || id.len() > Self::MAX_BYTES {
            return Err(DeliveryIdError::Length { bytes: id.len() });
        }
        match id.chars().find(|c| !c.is_ascii_graphic() || *c == '.') {
            Some(character) => Err(DeliveryIdError::Character { character }),
            None => Ok(Self(id)),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text cannot be a delivery's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryIdError {
    /// Empty or too long.
    #[error("a delivery id has 1 to {max} bytes, this one has {bytes}", max = DeliveryId::MAX_BYTES)]
    Length {
        /// How long it is.
        bytes: usize,
    },
    /// A character that is not allowed.
    #[error("a delivery id is visible ASCII without `.`, this one contains {character:?}")]
    Character {
        /// The first such character.
        character: char,
    },
}

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered {
        /// The status it answered with, 200 to 299.
        status: u16,
    },
    /// It did not arrive, or the receiver did not take it. Try again as the schedule says.
    Retry(Failure),
    /// The receiver wants no more of these (410): no further try, and the endpoint is to be disabled.
    Gone,
    /// The endpoint may not be reached, so nothing was sent. Only a changed configuration heals this:
    /// a dead letter at once, to be replayed after the change.
    Refused(Refusal),
}

/// A try that failed, but may succeed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub cause: Cause,
    /// One sentence for whoever looks into it. It names the endpoint's origin, never its path, its
    /// query or a secret.
    pub reason: String,
    /// The beginning of the receiver's answer, if there was one: as text, without control
    /// characters, at most [`RESPONSE_EXCERPT_BYTES`](crate::webhook::RESPONSE_EXCERPT_BYTES) of it.
    pub excerpt: Option<String>,
    /// The receiver asked not to be tried again before this time. Never more than
    /// [`RETRY_AFTER_LIMIT`](crate::retry::RETRY_AFTER_LIMIT) away.
    pub not_before: Option<Timestamp>,
}

/// What failed in a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The host's name was not resolved.
    Dns,
    /// No connection: refused, unreachable.
    Connect,
    /// No secure connection: a certificate that is not trusted, no common protocol.
    Tls,
    /// A time limit ran out.
    Timeout,
    /// There was a connection, but no answer: it broke, or what came was not HTTP.
    NoAnswer,
    /// An answer whose status says failure; redirects are among them.
    Status(u16),
}
