//! What a try without an answer means: the error of the HTTP client, as a cause and one sentence.
//!
//! The client's own texts contain the URL; only its innermost error, which comes from the system, TLS
//! or the HTTP parser, is quoted.

use std::error::Error;
use std::io;
use std::iter::successors;

use crate::connector::{Cause, Failure, Outcome};
use crate::guard::Refusal;

use super::{Endpoint, WebhookSettings};

/// The most characters quoted of an error.
const QUOTE_CHARS: usize = 200;

pub(super) fn outcome(error: &reqwest::Error, endpoint: &Endpoint, settings: &WebhookSettings) -> Outcome {
    if let Some(refusal) = chain(error).find_map(|error| error.downcast_ref::<Refusal>()) {
        return Outcome::Refused(refusal.clone());
    }
    let origin = endpoint.origin();
    let why = innermost(error);
    let (cause, reason) = if error.is_timeout() && error.is_connect() {
        let limit = settings.connect_timeout_ms;
        (Cause::Timeout, format!("no connection to `{origin}` within {limit} ms"))
    } else if error.is_timeout() {
        let limit = settings.total_timeout_ms;
        (Cause::Timeout, format!("no answer from `{origin}` within {limit} ms"))
    } else if error.is_dns() {
        (Cause::Dns, format!("the host of `{origin}` was not resolved: {why}"))
    } else if chain(error).any(|error| error.is::<rustls::Error>()) {
        (Cause::Tls, format!("no secure connection to `{origin}`: {why}"))
    } else if error.is_connect() {
        (Cause::Connect, format!("no connection to `{origin}`: {why}"))
    } else {
        (Cause::NoAnswer, format!("`{origin}` gave no answer: {why}"))
    };
    Outcome::Retry(Failure { cause, reason, excerpt: None, not_before: None })
}

/// The text of the error at the bottom.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let text = chain(error).last().map(ToString::to_string).unwrap_or_default();
    text.chars().take(QUOTE_CHARS).collect()
}

/// The errors below the client's own, from the outermost to the innermost.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |error| below(*error))
}

/// The error that this one wraps. An I/O error made from another error names as its source not that
/// one, but that one's source; TLS errors come in this wrapping.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapping) => wrapping.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}
