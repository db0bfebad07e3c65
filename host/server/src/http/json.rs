//! JSON bodies: parsed once; only a body that does not parse is looked at again, to say where it is wrong.

use axum::http::{HeaderMap, header};
use herald_policy::FieldProblem;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::problem::{FieldError, Problem, ProblemKind};

/// The media type of JSON.
pub(crate) const JSON_MEDIA_TYPE: &str = "application/json";

/// Reads `bytes` as a JSON object of type `T`.
///
/// # Errors
/// 400 when it is not JSON, 422 with a pointer when it is another JSON than is wanted here.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Derived readers take a list for an object's fields in order, which is no promise of this API.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::field("", "a JSON object is expected here, not a list"));
    }
    serde_json::from_slice(bytes).map_err(|error| explain::<T>(bytes, &error))
}

fn explain<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return Problem::new(ProblemKind::Json, error.to_string());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => Problem::field(pointer(error.path()), error.inner()),
        Ok(_) => Problem::field("", error),
    }
}

/// The JSON pointer (RFC 6901) of a path.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            // A variant is written as the key or the word itself, which the path has already.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// A name as it stands in a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The media type of the body, without parameters and in lower case; empty when none is given.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Checks that the body says it is one of `accepted`. A body without a type is taken for the first.
pub(crate) fn expect_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let found = media_type(headers);
    if found.is_empty() || accepted.contains(&found.as_str()) {
        return Ok(());
    }
    Err(wrong_media_type(&found, accepted))
}

/// The answer to a body of type `found`.
pub(crate) fn wrong_media_type(found: &str, accepted: &[&str]) -> Problem {
    let detail = format!("`{found}` is not understood here; send {}", accepted.join(", "));
    Problem::new(ProblemKind::MediaType, detail)
}

/// Everything wrong with a message, as the fields of a problem.
pub(crate) fn field_errors(problems: Vec<FieldProblem>) -> Vec<FieldError> {
    let field = |FieldProblem { pointer, message }| FieldError { pointer, message };
    problems.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "an object")]
    struct Sample {
        #[expect(dead_code, reason = "only its type matters")]
        list: Vec<u8>,
        #[serde(default)]
        #[expect(dead_code, reason = "only its type matters")]
        map: BTreeMap<String, u8>,
    }

    #[test]
    fn an_error_says_where_it_is() {
        for (body, kind, pointer, says) in [
            ("{\"list\": [1, 2", ProblemKind::Json, None, "EOF"),
            ("", ProblemKind::Json, None, "EOF"),
            ("{\"list\": [1]} {}", ProblemKind::Json, None, "trailing"),
            ("[]", ProblemKind::Fields, Some(""), "not a list"),
            ("7", ProblemKind::Fields, Some(""), "expected an object"),
            ("{}", ProblemKind::Fields, Some(""), "missing field `list`"),
            ("{\"list\": [1, \"x\"]}", ProblemKind::Fields, Some("/list/1"), "invalid type"),
            ("{\"list\": [], \"map\": {\"a/b\": 300}}", ProblemKind::Fields, Some("/map/a~1b"), "300"),
            ("{\"list\": [], \"lists\": []}", ProblemKind::Fields, Some("/lists"), "unknown field `lists`"),
        ] {
            let problem = parse::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind, kind, "{body}");
            assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), pointer, "{body}");
            assert!(problem.detail.contains(says), "{body}: {}", problem.detail);
        }
    }
}
