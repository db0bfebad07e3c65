//! What an answer means, by its status (Standard Webhooks 1.0.0, "Delivery success and failure"):
//! 2xx is success, 410 disables the endpoint, all else is a failure to be tried again. A redirect is
//! not followed, for it would lead past the configured receiver; it is tried again because whoever
//! runs the endpoint may yet set it right.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use url::Url;

use crate::connector::{Cause, Failure, Outcome};
use crate::retry::RETRY_AFTER_LIMIT;

use super::{Endpoint, RESPONSE_EXCERPT_BYTES, RESPONSE_LIMIT_BYTES};

/// The most characters shown of the place a redirect leads to.
const LOCATION_CHARS: usize = 200;

pub(super) async fn outcome(response: Response, endpoint: &Endpoint, now: Timestamp) -> Outcome {
    let status = response.status();
    let reason = reason(status, response.headers(), endpoint);
    let not_before = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| not_before(value, now));
    let excerpt = read(response).await;
    if status.is_success() {
        Outcome::Delivered { status: status.as_u16() }
    } else if status == StatusCode::GONE {
        Outcome::Gone
    } else {
        Outcome::Retry(Failure { cause: Cause::Status(status.as_u16()), reason, excerpt, not_before })
    }
}

fn reason(status: StatusCode, headers: &HeaderMap, endpoint: &Endpoint) -> String {
    let origin = endpoint.origin();
    let answered = format!("`{origin}` answered {status}");
    if !status.is_redirection() {
        return answered;
    }
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|location| shown(&endpoint.url, location)) {
        Some(location) => format!("{answered}, to `{location}`; redirects are not followed"),
        None => format!("{answered}; redirects are not followed"),
    }
}

/// Where a redirect leads, without what may be a credential or a token.
fn shown(from: &Url, location: &str) -> Option<String> {
    let mut to = from.join(location).ok()?;
    to.set_query(None);
    to.set_fragment(None);
    // Both fail only for URLs that cannot have credentials at all.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    Some(to.as_str().chars().take(LOCATION_CHARS).collect())
}

/// The time that a `Retry-After` names (RFC 9110, section 10.2.3: seconds or an HTTP date), at most
/// [`RETRY_AFTER_LIMIT`] from `now`; `None` when it is past or unreadable.
fn not_before(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits to read are more than the limit, too.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        httpdate::parse_http_date(value).ok()?.duration_since(now.into()).ok()?
    };
    if wait.is_zero() {
        return None;
    }
    let wait = SignedDuration::try_from(wait).map_or(RETRY_AFTER_LIMIT, |wait| wait.min(RETRY_AFTER_LIMIT));
    now.saturating_add(wait).ok()
}

/// Reads the body as far as the limits let it, and keeps its beginning. A body that breaks off changes
/// nothing: the status has been said.
async fn read(mut response: Response) -> Option<String> {
    let mut kept = Vec::new();
    let mut bytes = 0_usize;
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = RESPONSE_EXCERPT_BYTES.saturating_sub(kept.len());
        kept.extend(chunk.iter().take(room));
        bytes = bytes.saturating_add(chunk.len());
        if bytes >= RESPONSE_LIMIT_BYTES {
            break;
        }
    }
    excerpt(&kept)
}

/// Bytes as text for a log or a console: control characters cannot forge lines or move a cursor, and a
/// character that was cut in two is left out.
fn excerpt(bytes: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
