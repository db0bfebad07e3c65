//! A record of the journal: one command that was carried out, and everything that came of it.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::command::Verb;
use crate::event::Event;
use crate::ids::CaseId;
use crate::target::Actor;

/// The format of records that this program writes. It reads every earlier one.
pub const RECORD_FORMAT: u16 = 1;

/// The request that a record answers, and the answer, so that the same request gets the same answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asked: the id of the token's owner.
    pub principal: String,
    /// Which resource.
    pub path: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// BLAKE3 of the body, in hex: another body under the same key is refused.
    pub body_digest: String,
    /// What was answered.
    pub answer: Json,
}

/// JSON as it was written. The writer makes it of what it answers, and nobody reads it unless the request comes again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// `value` as JSON.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        to_raw_value(value).map(Self)
    }

    /// The value that this is the JSON of.
    ///
    /// # Errors
    /// When it is that of something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// One command that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_FORMAT`] of the program that wrote it.
    pub format: u16,
    /// The case it changed.
    pub case: CaseId,
    /// The partition's time at which it was judged.
    pub at: Timestamp,
    /// On whose behalf.
    pub actor: Actor,
    /// What was asked.
    pub verb: Verb,
    /// The request it answers, if that bore a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What came of it, in order.
    pub events: Vec<Event>,
}

#[cfg(test)]
mod tests;
