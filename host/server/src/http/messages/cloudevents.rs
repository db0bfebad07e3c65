//! CloudEvents 1.0: how an event becomes a submission, structured or binary.
//!
//! | event | message |
//! | --- | --- |
//! | `type` | kind: the whole type if a kind bears that name, else what follows its last dot that does: `com.example.mes.equipment-fault` is an `equipment-fault` |
//! | `source` and `id` | together they name the event: they make the idempotency key where the request bears none, and the dedup key where the event bears none, so that an event delivered twice is one message; also the labels `event.source` and `event.id` |
//! | `subject` | subject; without one, the kind's title |
//! | `data` | body; it must be a JSON object |
//! | `time` | the label `event.time`; a message's own time is when it arrived |
//! | `dataclassification` | classification |
//! | `causationid` | the case it came out of, if it is the id of one; else the label `event.causation` |
//! | `correlationid` | the label `event.correlation` |
//! | `department`, `urgency`, `audience`, `contenttype`, `to` (separated by commas), `summary`, `dedupkey` | the field of that name |
//!
//! Other attributes are left aside, as the standard asks of a consumer. Binary events carry attributes in
//! headers that begin with `ce-`, percent-encoded (HTTP binding 1.0.2, section 3.1.3.2).

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use herald_core::ids::CaseId;
use herald_core::organisation::Organisation;
use serde_json::{Map, Value};

use super::submission::Submission;
use crate::http::json;
use crate::http::problem::{FieldError, Problem, ProblemKind};

/// The media type of a structured event.
pub(crate) const STRUCTURED_MEDIA_TYPE: &str = "application/cloudevents+json";
/// What the headers of a binary event begin with.
const HEADER_PREFIX: &str = "ce-";
/// The header that tells a binary event from a plain submission.
const VERSION_HEADER: &str = "ce-specversion";
/// The only version there is.
const VERSION: &str = "1.0";

/// An event as both modes carry it.
#[derive(Debug, Default)]
struct Event {
    attributes: BTreeMap<String, String>,
    data: Value,
}

/// A submission that came as an event, and the key that names the event.
#[derive(Debug)]
pub(crate) struct FromEvent {
    pub(crate) submission: Submission,
    /// At most 255 characters, for the request that bears no idempotency key of its own.
    pub(crate) key: String,
}

/// Whether the headers are those of a binary event.
pub(crate) fn is_binary(headers: &HeaderMap) -> bool {
    headers.contains_key(VERSION_HEADER)
}

/// Reads an event in structured mode: one JSON object with attributes and data.
pub(crate) fn structured(body: &[u8], organisation: &Organisation) -> Result<FromEvent, Problem> {
    let mut event = Event::default();
    let members: Map<String, Value> = json::parse(body)?;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("data", data) => event.data = data,
            ("data_base64", _) => {
                return Err(Problem::field("/data_base64", "the body of a message is JSON; send it as `data`"));
            }
            (_, Value::Null) => {}
            (_, Value::String(text)) => drop(event.attributes.insert(name, text)),
            (_, Value::Bool(flag)) => drop(event.attributes.insert(name, flag.to_string())),
            (_, Value::Number(number)) => drop(event.attributes.insert(name, number.to_string())),
            (_, Value::Array(_) | Value::Object(_)) => {
                let pointer = format!("/{}", json::escape(&name));
                return Err(Problem::field(pointer, "an attribute of an event is text, a number or a truth value"));
            }
        }
    }
    event.into_submission("/", organisation)
}

/// Reads an event in binary mode: attributes in headers, data as the body.
pub(crate) fn binary(headers: &HeaderMap, body: &[u8], organisation: &Organisation) -> Result<FromEvent, Problem> {
    json::expect_media_type(headers, &[json::JSON_MEDIA_TYPE])?;
    let mut event = Event::default();
    for (name, value) in headers {
        let Some(attribute) = name.as_str().strip_prefix(HEADER_PREFIX) else { continue };
        let text = percent_encoding::percent_decode(value.as_bytes()).decode_utf8();
        let text = text.map_err(|_| Problem::new(ProblemKind::Header, format!("`{name}` is not UTF-8")))?;
        event.attributes.insert(attribute.to_owned(), text.into_owned());
    }
    if !body.is_empty() {
        event.data = json::parse(body)?;
    }
    event.into_submission(HEADER_PREFIX, organisation)
}

impl Event {
    /// `at` is what a pointer to an attribute begins with.
    fn into_submission(mut self, at: &str, organisation: &Organisation) -> Result<FromEvent, Problem> {
        let mut errors = Vec::new();
        let mut required = |attributes: &mut BTreeMap<String, String>, name: &str| {
            let found = attributes.remove(name).filter(|text| !text.is_empty());
            if found.is_none() {
                errors.push(FieldError::new(format!("{at}{name}"), "missing: CloudEvents 1.0 requires it"));
            }
            found.unwrap_or_default()
        };
        let version = required(&mut self.attributes, "specversion");
        let event_type = required(&mut self.attributes, "type");
        let source = required(&mut self.attributes, "source");
        let id = required(&mut self.attributes, "id");
        if !version.is_empty() && version != VERSION {
            let message = format!("`{version}` is not understood; send CloudEvents `{VERSION}`");
            errors.push(FieldError::new(format!("{at}specversion"), message));
        }
        let body = match self.data {
            Value::Object(body) => body,
            Value::Null => Map::new(),
            _ => {
                errors.push(FieldError::new("/data", "the body of a message is a JSON object"));
                Map::new()
            }
        };
        if !errors.is_empty() {
            return Err(Problem::of_fields(ProblemKind::Fields, errors));
        }
        let key = event_key(&source, &id);
        let kind = kind_of(&event_type, organisation);
        let mut take = |name: &str| self.attributes.remove(name);
        let caused_by = take("causationid");
        let (caused_by, causation) = match caused_by {
            Some(id) if id.parse::<CaseId>().is_ok() => (Some(id), None),
            other => (None, other),
        };
        let labels = [
            ("event.source", Some(source)),
            ("event.id", Some(id)),
            ("event.time", take("time")),
            ("event.correlation", take("correlationid")),
            ("event.causation", causation),
        ];
        let title = || organisation.kinds.get(kind).map(|kind| kind.title.clone());
        let submission = Submission {
            subject: take("subject").or_else(title).unwrap_or_default(),
            summary: take("summary"),
            body,
            department: take("department"),
            urgency: take("urgency"),
            audience: take("audience"),
            classification: take("dataclassification"),
            content_type: take("contenttype"),
            to: take("to").map(|to| to.split(',').map(|target| target.trim().to_owned()).collect()).unwrap_or_default(),
            labels: labels.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect(),
            dedup_key: Some(take("dedupkey").unwrap_or_else(|| key.clone())),
            caused_by,
            kind: kind.to_owned(),
        };
        Ok(FromEvent { submission, key })
    }
}

/// What names an event: source and id are unique together, but may be longer than a key.
fn event_key(source: &str, id: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length keeps `a` + `bc` apart from `ab` + `c`.
    hasher.update(&(source.len() as u64).to_be_bytes()).update(source.as_bytes()).update(id.as_bytes());
    format!("event:{}", hasher.finalize().to_hex())
}

/// The kind that an event's type names; the type itself where it names none, for the message about it.
fn kind_of<'a>(event_type: &'a str, organisation: &Organisation) -> &'a str {
    let after_dots = event_type.match_indices('.').filter_map(|(dot, _)| event_type.get(dot + 1..));
    let mut names = std::iter::once(event_type).chain(after_dots);
    names.find(|name| organisation.kinds.contains_key(*name)).unwrap_or(event_type)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn organisation() -> Organisation {
        let kind = json!({"title": "设备故障", "form": {}});
        serde_json::from_value(json!({"kinds": {"equipment-fault": kind, "v2.fault": kind}})).unwrap()
    }

    fn event(changes: Value) -> Result<FromEvent, Problem> {
        let mut event = json!({
            "specversion": "1.0", "type": "com.example.mes.equipment-fault", "source": "/mes/line-2", "id": "A-17",
            "data": {"machine": "IM-03"}
        });
        for (name, value) in changes.as_object().unwrap() {
            event[name] = value.clone();
        }
        structured(event.to_string().as_bytes(), &organisation())
    }

    #[test]
    fn attributes_become_fields() {
        let cause = "019aa1f4-7c00-7abc-8def-0123456789ab";
        let made = event(json!({
            "subject": "停机", "dataclassification": "confidential", "time": "2026-11-23T08:00:00+08:00",
            "causationid": cause, "correlationid": "c-1", "department": "production", "urgency": "urgent",
            "to": "department:maintenance, person:li.lei", "sequence": 7, "unheardof": true
        }));
        let Submission {
            kind,
            subject,
            body,
            department,
            urgency,
            classification,
            to,
            labels,
            dedup_key,
            caused_by,
            ..
        } = made.unwrap().submission;
        assert_eq!((kind.as_str(), subject.as_str()), ("equipment-fault", "停机"));
        assert_eq!(Value::Object(body), json!({"machine": "IM-03"}));
        assert_eq!((department.as_deref(), urgency.as_deref()), (Some("production"), Some("urgent")));
        assert_eq!(classification.as_deref(), Some("confidential"));
        assert_eq!(to, ["department:maintenance", "person:li.lei"]);
        assert_eq!(caused_by.as_deref(), Some(cause));
        assert!(dedup_key.is_some_and(|key| key.starts_with("event:") && key.len() <= 255));
        assert_eq!(labels["event.source"], "/mes/line-2");
        assert_eq!(labels["event.correlation"], "c-1");
        assert!(!labels.contains_key("event.causation"));
    }

    #[test]
    fn both_modes_make_the_same_message() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-type", "com.example.mes.equipment-fault"),
            ("ce-source", "/mes/line-2"),
            ("ce-id", "A-17"),
            ("ce-subject", "%E5%81%9C%E6%9C%BA"),
            ("content-type", "application/json; charset=utf-8"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        assert!(is_binary(&headers));
        let from_headers = binary(&headers, br#"{"machine": "IM-03"}"#, &organisation()).unwrap();
        let from_body = event(json!({"subject": "停机"})).unwrap();
        assert_eq!(from_headers.submission, from_body.submission);
        assert_eq!(from_headers.key, from_body.key);
        headers.insert("ce-id", "%FF".parse().unwrap());
        assert_eq!(binary(&headers, b"", &organisation()).unwrap_err().kind, ProblemKind::Header);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (changes, pointer, says) in [
            (json!({"specversion": "0.3"}), "/specversion", "`0.3` is not understood"),
            (json!({"source": ""}), "/source", "missing"),
            (json!({"id": null}), "/id", "missing"),
            (json!({"data": [1]}), "/data", "JSON object"),
            (json!({"data_base64": "AA=="}), "/data_base64", "send it as `data`"),
            (json!({"extension": {"a": 1}}), "/extension", "an attribute"),
        ] {
            let problem = event(changes).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer);
            assert!(problem.errors[0].message.contains(says), "{:?}", problem.errors);
        }
    }

    #[test]
    fn the_type_names_a_kind() {
        for (event_type, kind) in [
            ("equipment-fault", "equipment-fault"),
            ("com.example.equipment-fault", "equipment-fault"),
            ("com.example.v2.fault", "v2.fault"),
            ("com.example.unheard-of", "com.example.unheard-of"),
        ] {
            assert_eq!(kind_of(event_type, &organisation()), kind);
        }
        assert_ne!(event_key("a", "bc"), event_key("ab", "c"));
        assert_eq!(event(json!({})).unwrap().submission.subject, "设备故障");
    }
}
