//! A record of the journal: one command that was carried out, and everything that came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub answer: Value,
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
