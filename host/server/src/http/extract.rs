//! How handlers get what a request brings: who asks, the body, the idempotency key and the expected version.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use herald_core::access::Requester;
use herald_core::target::Actor;
use herald_engine::RequestIdentity;
use serde::de::DeserializeOwned;

use super::app::App;
use super::json;
use super::limits::{too_fast, too_large};
use super::problem::{FieldError, Problem, ProblemKind};
use crate::tokens::Principal;

/// The header by which a request is told from its retries (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The most characters of an idempotency key.
pub(crate) const KEY_LIMIT_CHARS: usize = 255;

/// Who asks. Taking one request out of their bucket is part of finding out.
pub(crate) struct Caller(pub(crate) Arc<Principal>);

impl Caller {
    pub(crate) fn requester(&self) -> &Requester {
        &self.0.requester
    }

    /// Refuses everybody but administrators.
    pub(crate) fn admin(&self) -> Result<(), Problem> {
        if self.0.requester.admin { Ok(()) } else { Err(Problem::forbidden("this is for administrators")) }
    }

    /// Takes `count` requests out of the caller's bucket.
    pub(crate) fn take(&self, app: &App, count: u64) -> Result<(), Problem> {
        let rate = app.limits.rate;
        self.0.bucket.take(count, app.uptime(), rate).map_err(|wait| too_fast(wait, rate))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?;
        let unknown = || Problem::new(ProblemKind::Unauthenticated, "the token is unknown, revoked or expired");
        let principal = app.publisher.tokens().find(token, app.now()).ok_or_else(unknown)?;
        still_there(app, &principal.requester)?;
        let caller = Self(principal);
        caller.take(app, 1)?;
        Ok(caller)
    }
}

/// Refuses the token of a person who has left.
fn still_there(app: &App, requester: &Requester) -> Result<(), Problem> {
    let Actor::Person(person) = &requester.actor else { return Ok(()) };
    let configured = app.configured();
    let found = configured.organisation().people.get(person);
    // Before the first publication the directory is empty; somebody must be able to fill it.
    let admitted = found.map_or(requester.admin, |person| person.active);
    let gone = || Problem::new(ProblemKind::Unauthenticated, format!("`{person}` is not active in the directory"));
    if admitted { Ok(()) } else { Err(gone()) }
}

/// The token of the `Authorization` header (RFC 6750).
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let refuse = |why: &str| Problem::new(ProblemKind::Unauthenticated, why);
    let value = headers.get(header::AUTHORIZATION).ok_or_else(|| refuse("there is no `Authorization` header"))?;
    let text = value.to_str().map_err(|_| refuse("the `Authorization` header is not ASCII"))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token.trim())
    } else {
        Err(refuse("the `Authorization` header is not `Bearer` and a token"))
    }
}

/// The parameters of the query. Unknown ones are refused: a filter that is mistyped would show everything.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| Problem::of_fields(ProblemKind::Query, vec![FieldError::new("", error.body_text())]))
    }
}

/// The `Idempotency-Key` of a request, checked; `None` when it bears none.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().map(unquote).filter(|key| (1..=KEY_LIMIT_CHARS).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        let detail = format!("`Idempotency-Key` is not 1 to {KEY_LIMIT_CHARS} printable ASCII characters");
        Problem::new(ProblemKind::Header, detail)
    })
}

/// The draft writes keys as quoted strings of structured fields; most clients send them bare. Both are one key.
fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// What tells a request of `principal` from others, if it bears a key.
pub(crate) fn identity(principal: &Principal, path: &str, key: Option<&str>, body: &[u8]) -> Option<RequestIdentity> {
    key.map(|key| RequestIdentity {
        principal: principal.id.clone(),
        path: path.to_owned(),
        key: key.to_owned(),
        body_digest: blake3::hash(body).to_hex().to_string(),
    })
}

/// The version that `If-Match` names; `*` is any.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    match value.to_str().map(str::trim) {
        Ok("*") => Ok(None),
        Ok(text) if text.len() > 2 => match unquote(text).parse() {
            Ok(version) => Ok(Some(version)),
            Err(_) => Err(bad_if_match()),
        },
        _ => Err(bad_if_match()),
    }
}

fn bad_if_match() -> Problem {
    Problem::new(ProblemKind::Header, "`If-Match` is not one `ETag` of a case, such as `\"3\"`, nor `*`")
}

/// The `ETag` of a case at `version`.
pub(crate) fn etag(version: u64) -> HeaderValue {
    // Digits between quotation marks are always a header's value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("*"))
}

/// Reads a body of at most `limit` bytes; `setting` names the limit in the answer when there is more.
pub(crate) async fn read_body(headers: &HeaderMap, body: Body, limit: usize, setting: &str) -> Result<Bytes, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large(limit, setting));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::new(ProblemKind::Json, "the body ended early"))?;
        if whole.len() + chunk.len() > limit {
            return Err(too_large(limit, setting));
        }
        // Nearly every body is one chunk, which is taken as it is.
        whole = if whole.is_empty() { chunk } else { join(whole, &chunk) };
    }
    Ok(whole)
}

fn join(whole: Bytes, chunk: &[u8]) -> Bytes {
    let mut whole = BytesMut::from(whole);
    whole.extend_from_slice(chunk);
    whole.freeze()
}

/// A POST with a JSON body, as handlers of commands get it. An empty body is an empty object.
pub(crate) struct Command<T> {
    pub(crate) caller: Caller,
    pub(crate) request: Option<RequestIdentity>,
    /// From `If-Match`.
    pub(crate) expected_version: Option<u64>,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        json::expect_media_type(&parts.headers, &[json::JSON_MEDIA_TYPE])?;
        let expected_version = if_match(&parts.headers)?;
        let key = idempotency_key(&parts.headers)?;
        let bytes = read_body(&parts.headers, body, app.limits.body_bytes, "body_limit_bytes").await?;
        let request = identity(&caller.0, parts.uri.path(), key, &bytes);
        let body = json::parse(if bytes.is_empty() { b"{}" } else { &bytes })?;
        Ok(Self { caller, request, expected_version, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn headers_are_read_or_refused() {
        for (value, found) in
            [("Bearer hrl_x", Some("hrl_x")), ("bearer  y", Some("y")), ("Basic eDp5", None), ("Bearer", None)]
        {
            assert_eq!(bearer(&headers("authorization", value)).ok(), found, "{value}");
        }
        let long = "k".repeat(KEY_LIMIT_CHARS + 1);
        for (value, found) in
            [("k-1", Some("k-1")), ("\"k-1\"", Some("k-1")), ("", None), ("\"\"", None), (&long, None)]
        {
            let headers = headers(IDEMPOTENCY_KEY, value);
            assert_eq!(idempotency_key(&headers).ok().flatten(), found, "{value}");
        }
        for (value, found) in
            [("\"7\"", Some(Some(7))), ("*", Some(None)), ("W/\"7\"", None), ("\"a\", \"b\"", None), ("7", None)]
        {
            assert_eq!(if_match(&headers("if-match", value)).ok(), found, "{value}");
        }
        assert_eq!(if_match(&HeaderMap::new()), Ok(None));
        assert_eq!(etag(7), "\"7\"");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let chunks = |sizes: &'static [usize]| {
            let chunks = sizes.iter().map(|size| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; *size])));
            Body::from_stream(futures_util::stream::iter(chunks))
        };
        for (sizes, read) in
            [(&[][..], Some(0)), (&[10], Some(10)), (&[4, 6], Some(10)), (&[4, 4, 3], None), (&[11], None)]
        {
            let body = read_body(&HeaderMap::new(), chunks(sizes), 10, "x").await;
            assert_eq!(body.ok().map(|bytes| bytes.len()), read, "{sizes:?}");
        }
        let announced = headers("content-length", "11");
        let refused = read_body(&announced, Body::empty(), 10, "body_limit_bytes").await.unwrap_err();
        assert_eq!(refused.kind, ProblemKind::TooLarge);
        assert!(refused.detail.contains("`body_limit_bytes`"), "{}", refused.detail);
    }
}
