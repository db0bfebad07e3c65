//! What a delivery says outside: the JSON document that every channel but the inbox is handed.
//!
//! ```json
//! {"type": "herald.message", "timestamp": "2026-11-23T06:00:00Z",
//!  "data": {"delivery": "019a…_d1", "purpose": "message", "recipient": {"person": "li.lei"},
//!           "case": {"id": "019a…", "name": "生产部-设备故障：3号注塑机停机", "kind": "equipment-fault", "level": 1,
//!                    "classification": "internal", "status": "open", "department": "production", "path": "/v1/messages/019a…"},
//!           "message": {"subject": "…", "summary": "…", "body": {"machine": "IM-03"}}}}
//! ```
//!
//! `type`, `timestamp` and `data` are the fields that Standard Webhooks 1.0.0 recommends ("Payload structure").
//! `type` is `herald.` and the purpose. `timestamp` is when the delivery was decided on, in every try; level,
//! status and the message are those of the moment of the try. Fields may be added; none is renamed or removed.

use herald_core::case::{Case, Delivery, Purpose, Status};
use herald_core::ids::DeliveryId;
use herald_core::message::{Classification, Level, Message};
use herald_core::names::{DepartmentId, KindName};
use herald_core::plan::GoalName;
use herald_core::target::Recipient;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// The largest document: Standard Webhooks 1.0.0 recommends to stay below 20 KB ("Payload size"). In a larger
/// one the message's body is left out, and `truncated` says so; `case.path` leads to the whole.
pub const PAYLOAD_LIMIT_BYTES: usize = 20_000;

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    delivery: DeliveryId,
    purpose: Purpose,
    recipient: &'a Recipient,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<&'a GoalName>,
    case: CaseFacts<'a>,
    message: MessageFacts<'a>,
}

#[derive(Serialize)]
struct CaseFacts<'a> {
    id: herald_core::ids::CaseId,
    name: &'a str,
    kind: &'a KindName,
    department: &'a DepartmentId,
    level: Level,
    classification: Classification,
    status: Status,
    path: String,
}

#[derive(Serialize)]
struct MessageFacts<'a> {
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

/// The document for `delivery` of `case`, whose message is `message`. `goal` is the one that it is about.
pub(crate) fn payload(
    case: &Case,
    message: &Message,
    delivery: &Delivery,
    goal: Option<&GoalName>,
) -> Result<Vec<u8>, serde_json::Error> {
    let document = |truncated: bool| Document {
        r#type: format!("herald.{}", delivery.purpose.as_str()),
        timestamp: delivery.made_at,
        data: Data {
            delivery: DeliveryId { case: case.id, number: delivery.number },
            purpose: delivery.purpose,
            recipient: &delivery.to,
            goal,
            case: CaseFacts {
                id: case.id,
                name: &case.name,
                kind: &case.kind,
                department: &case.department,
                level: case.level,
                classification: case.classification,
                status: case.status,
                path: format!("/v1/messages/{}", case.id),
            },
            message: MessageFacts {
                subject: &message.subject,
                summary: message.summary.as_deref(),
                body: (!truncated).then_some(&message.body),
                truncated,
            },
        },
    };
    let whole = serde_json::to_vec(&document(false))?;
    if whole.len() <= PAYLOAD_LIMIT_BYTES { Ok(whole) } else { serde_json::to_vec(&document(true)) }
}
