//! Lookups that are the same within a frame and in a snapshot.

use herald_core::failing::Failures;
use herald_core::ids::CaseId;
use herald_core::names::{DepartmentId, KindName, PersonId};
use herald_core::record::Request;
use herald_core::workspace::RowError;
use jiff::Timestamp;

use super::codec;
use super::entries::Row;
use super::keys::{self, DIGEST_BYTES};
use super::tables::{Readable, TableName};
use super::{Position, REQUESTS_KEPT};
use crate::error::StoreError;

/// Where the answer to a request lies, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredRequest {
    pub(super) at: Timestamp,
    pub(super) position: Position,
}

impl StoredRequest {
    pub(super) fn encode(self) -> [u8; 20] {
        keys::moment_and_position(self.at, self.position)
    }

    pub(super) fn decode(row: &[u8]) -> Result<Self, StoreError> {
        let mut parts = keys::Parts(row);
        let at = parts.bytes().and_then(keys::read_moment);
        let position = parts.position();
        let unreadable = || StoreError::Corrupt("a row of `requests` cannot be read".to_owned());
        at.zip(position)
            .and_then(|row| parts.end(row))
            .map(|(at, position)| Self { at, position })
            .ok_or_else(unreadable)
    }
}

pub(super) fn request_digest(principal: &str, path: &str, key: &str) -> [u8; DIGEST_BYTES] {
    keys::digest(&[principal, path, key])
}

/// Whether a request of `at` is still remembered at `now`.
pub(super) fn is_kept(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < REQUESTS_KEPT
}

pub(super) fn request(requests: &impl Readable, digest: &[u8], now: Timestamp) -> Result<Option<Position>, StoreError> {
    let Some(row) = requests.get(digest)? else { return Ok(None) };
    let request = StoredRequest::decode(row.value())?;
    Ok(is_kept(request.at, now).then_some(request.position))
}

pub(super) fn participates(participants: &impl Readable, person: &PersonId, case: CaseId) -> Result<bool, StoreError> {
    let key = [person.as_str().as_bytes(), keys::NAME_END, case.as_bytes()].concat();
    Ok(participants.get(key.as_slice())?.is_some())
}

/// The newest live case of this kind and department with this dedup key. There can be several: a closed case
/// that is reopened finds that the event was reported again meanwhile.
pub(super) fn live_case(
    dedup: &impl Readable,
    kind: &KindName,
    department: &DepartmentId,
    key: &str,
) -> Result<Option<CaseId>, StoreError> {
    let digest = keys::digest(&[kind.as_str(), department.as_str(), key]);
    let first = [digest.as_slice(), &[0; 16]].concat();
    let last = [digest.as_slice(), &[0xff; 16]].concat();
    let Some(newest) = dedup.range(first.as_slice()..=last.as_slice())?.next_back().transpose()? else {
        return Ok(None);
    };
    let mut parts = keys::Parts(newest.0.value());
    let case = parts.bytes::<DIGEST_BYTES>().and_then(|_| parts.case());
    case.and_then(|case| parts.end(case)).map(Some).ok_or_else(|| codec::bad_key(TableName::Dedup))
}

/// How the revision with this key fails; as little as possible where it does not.
pub(super) fn failures(failures: &impl Readable, key: &[u8]) -> Result<Failures, StoreError> {
    let row = failures.get(key)?;
    row.map_or_else(|| Ok(Failures::default()), |row| codec::decode_row(TableName::Failures, row.value()))
}

/// The last number that was given in a series of documents; 0 before the first.
pub(super) fn last_number(numbers: &impl Readable, series: &str) -> Result<u32, StoreError> {
    let Some(row) = numbers.get(series.as_bytes())? else { return Ok(0) };
    let unreadable = || StoreError::Corrupt("a row of `numbers` cannot be read".to_owned());
    row.value().try_into().map(u32::from_be_bytes).map_err(|_| unreadable())
}

pub(super) fn row<T: Row>(table: &impl Readable, key: &[u8]) -> Result<Option<T>, StoreError> {
    table.get(key)?.map(|row| codec::decode_row(T::TABLE, row.value())).transpose()
}

pub(super) fn row_error(error: StoreError) -> RowError {
    RowError(Box::new(error))
}

/// What failed, when the rows came from a store.
impl From<RowError> for StoreError {
    fn from(error: RowError) -> Self {
        match error.0.downcast::<Self>() {
            Ok(error) => *error,
            Err(other) => Self::Corrupt(other.to_string()),
        }
    }
}

/// The request and answer in the record at `position`. It is there: an answer is erased only once it is forgotten.
pub(super) fn answer(position: Position, record: Option<&[u8]>) -> Result<Request, StoreError> {
    let lost = || StoreError::Corrupt(format!("{position} should answer a request, and does not"));
    codec::decode_record(position, record.ok_or_else(lost)?)?.request.ok_or_else(lost)
}
