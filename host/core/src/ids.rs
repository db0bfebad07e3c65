//! Identifiers of cases and of their rows.
//!
//! A case id is a UUID version 7 (RFC 9562) whose ten bits after the version hold the case's *shard*, so that
//! any node can tell from an id which partition holds the case. Rows of a case are numbered from 1 in the
//! order in which they were made, which keeps ids deterministic: core draws no random numbers.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::as_text;

/// How many shards there are. A message belongs to one of them for good; shards map to partitions.
pub const SHARDS: u16 = 1024;

/// One of the [`SHARDS`] that cases are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u16);

impl Shard {
    /// The shard that a digest of a dedup key, of an idempotency key, or of random bytes falls into.
    #[must_use]
    pub fn of_digest(digest: u64) -> Self {
        // The remainder is below 1,024, so the conversion cannot lose anything.
        Self((digest % u64::from(SHARDS)) as u16)
    }

    /// The shard's number, below [`SHARDS`].
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

/// The id of a case, and of the message it began with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(Uuid);

impl CaseId {
    /// A new id from its parts: the moment of submission, the shard and random bits.
    #[must_use]
    pub fn new(at: Timestamp, shard: Shard, random: u64) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let [r0, r1, r2, r3, r4, r5, r6, r7] = random.to_be_bytes();
        // The builder overwrites the version nibble of the first byte and the variant bits of the third; of
        // the twelve bits between them the shard takes the upper ten.
        let field = (shard.0 << 2) | u16::from(r0 & 0b11);
        let [high, low] = field.to_be_bytes();
        let bytes = [high, low, r0, r1, r2, r3, r4, r5, r6, r7];
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// The shard this case belongs to.
    #[must_use]
    pub fn shard(self) -> Shard {
        let [_, _, _, _, _, _, high, low, ..] = *self.0.as_bytes();
        Shard((u16::from_be_bytes([high, low]) & 0x0fff) >> 2)
    }

    /// The sixteen bytes; ids of a shard sort by time of submission.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these bytes, as [`CaseId::as_bytes`] gave them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the id of a {what}; one looks like `{example}`")]
pub struct IdError {
    text: String,
    what: &'static str,
    example: &'static str,
}

impl FromStr for CaseId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text).map(Self).map_err(|_| IdError {
            text: text.to_owned(),
            what: "message",
            example: "019aa1f4-7c00-7abc-8def-0123456789ab",
        })
    }
}

macro_rules! row_ids {
    ($($(#[$doc:meta])* $id:ident, $number:ident, $what:literal, $letter:literal, $example:literal;)*) => {$(
        /// The number of a row within its case, from 1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $number(pub u32);

        impl fmt::Display for $number {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id {
            /// The case it belongs to.
            pub case: CaseId,
            /// Its number within the case.
            pub number: $number,
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", self.case, self.number)
            }
        }

        impl FromStr for $id {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let parsed = text.rsplit_once(concat!("_", $letter)).and_then(|(case, number)| {
                    Some(Self { case: case.parse().ok()?, number: $number(number.parse().ok()?) })
                });
                parsed.ok_or_else(|| IdError { text: text.to_owned(), what: $what, example: $example })
            }
        }

        as_text!($id);

    )*};
}

row_ids! {
    /// The id of a task: its case, and its number there, written `<case>_t1`.
    TaskId, TaskNumber, "task", "t", "019aa1f4-7c00-7abc-8def-0123456789ab_t1";
    /// The id of a goal, written `<case>_g1`.
    GoalId, GoalNumber, "goal", "g", "019aa1f4-7c00-7abc-8def-0123456789ab_g1";
    /// The id of a delivery, written `<case>_d1`. It stays the same across tries.
    DeliveryId, DeliveryNumber, "delivery", "d", "019aa1f4-7c00-7abc-8def-0123456789ab_d1";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_shard_and_time() {
        let at = Timestamp::from_millisecond(1_790_000_000_123).unwrap();
        for (number, random) in [(0, 0), (1, u64::MAX), (1023, 7), (512, 1 << 63)] {
            let id = CaseId::new(at, Shard::of_digest(number), random);
            assert_eq!(u64::from(id.shard().number()), number);
            assert_eq!(id.0.get_version_num(), 7);
            let (seconds, nanos) = id.0.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos), (1_790_000_000, 123_000_000));
            assert_eq!(id.to_string().parse::<CaseId>(), Ok(id));
            let task = TaskId { case: id, number: TaskNumber(3) };
            assert_eq!(task.to_string(), format!("{id}_t3"));
            assert_eq!(task.to_string().parse::<TaskId>(), Ok(task));
            assert!(task.to_string().parse::<GoalId>().is_err());
        }
    }
}
