//! The shape of a case and its rows, as clients read them.
//!
//! Answers are written from core's own view. The types here describe that view to the OpenAPI document and to
//! clients in Rust; a test holds the two together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A case: a message's whole life. Of its tasks, goals and deliveries the first 20 are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "Case")]
pub struct CaseBody {
    /// Its id.
    pub id: String,
    /// Its name by the kind's naming rule.
    #[schema(example = "【紧急】生产部-设备故障通知")]
    pub name: String,
    /// The subject of its message, which tells cases of one name apart.
    #[schema(example = "3号注塑机停机")]
    pub subject: String,
    /// The number of the document, if its kind has them and it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "行政部〔2026〕12号")]
    pub document_number: Option<String>,
    /// The kind of its message.
    pub kind: String,
    /// `held`, `awaiting-approval`, `returned`, `rejected`, `withdrawn`, `open`, `resolved`, `closed` or `archived`.
    pub status: String,
    /// Counts the commands that changed it; what `If-Match` compares.
    pub version: u64,
    /// Which version of its message is current, from 1.
    pub message_version: u32,
    /// How urgent it is: 1 is urgent and important, 2 important, 3 general.
    #[schema(minimum = 1, maximum = 3)]
    pub level: u8,
    /// What the sender said about haste: `urgent` or `normal`.
    pub urgency: String,
    /// `public`, `internal`, `confidential` or `restricted`.
    pub classification: String,
    /// Whom it is meant for: `everyone`, `department` or `external`.
    pub audience: String,
    /// What it is for: `notice`, `collaboration`, `decision` or `feedback`.
    pub content_type: String,
    /// Who sent it: `{"person": ID}`, `{"service": NAME}`, `{"contact": ID}`, `"anonymous"` or `"host"`.
    pub sender: Value,
    /// The department it was sent for.
    pub department: String,
    /// Departments that receive it.
    pub receivers: Vec<String>,
    /// The person who answers for its resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<String>,
    /// Labels of sender and policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What a reader should know: `unrouted`, `policy-failed`, and others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Why it is held, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HoldBody>,
    /// How long it is kept: `standard`, `extended` or `permanent`.
    pub archive: String,
    /// The bundles that decided, each as `department/name@revision`; given where a decision was just made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// The stages of its approval, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub stages: Vec<Value>,
    /// What is still to be done, by count.
    pub outstanding: BTreeMap<String, u32>,
    /// How many tasks, goals and deliveries there are.
    pub total: BTreeMap<String, u32>,
    /// Its first tasks.
    pub tasks: Vec<TaskBody>,
    /// Its first goals.
    pub goals: Vec<GoalBody>,
    /// Its first deliveries.
    pub deliveries: Vec<DeliveryBody>,
    /// When its message was first submitted.
    #[schema(format = DateTime)]
    pub submitted_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub opened_at: Option<String>,
    /// When it was last resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub resolved_at: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

/// Why a case is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The bundle that failed closed.
    pub bundle: String,
    /// Why, in words.
    pub reason: String,
}

/// A piece of work for one person, or offered to several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Task")]
pub struct TaskBody {
    /// Its id.
    #[schema(example = "019aa1f4-7c00-7abc-8def-0123456789ab_t1")]
    pub id: String,
    /// What is asked: `approve`, `acknowledge`, `answer` or `report`.
    pub kind: String,
    /// `open`, `done` or `cancelled`.
    pub status: String,
    /// Who may do it.
    pub holders: Vec<String>,
    /// By when it is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub due: Option<String>,
    /// When it was given.
    #[schema(format = DateTime)]
    pub given_at: String,
    /// The stage that an approval decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Everything else about it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: serde_json::Map<String, Value>,
}

/// A promise with a deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Goal")]
pub struct GoalBody {
    /// Its id.
    pub id: String,
    /// Its name: `acknowledge`, `answer`, `stage:NAME`, or a policy's own.
    pub name: String,
    /// `pending`, `running`, `paused`, `met`, `breached` or `cancelled`.
    pub status: String,
    /// Whose promise it is.
    pub owners: Vec<String>,
    /// Its deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub due: Option<String>,
    /// Everything else about it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: serde_json::Map<String, Value>,
}

/// One recipient through one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Delivery")]
pub struct DeliveryBody {
    /// Its id, the same across tries.
    pub id: String,
    /// What it tells: `message`, `warning`, `escalation`, `withdrawal`, `held`, `verdict`, `task`, `reminder`,
    /// `comment`, `copy`, `answer`, `decline`, `resolution` or `promise`.
    pub purpose: String,
    /// Through which channel.
    pub channel: String,
    /// `pending`, `delivered`, `dead` or `cancelled`.
    pub status: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Everything else about it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: serde_json::Map<String, Value>,
}

/// A case in a list: without its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseSummary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The subject of its message.
    pub subject: String,
    /// The kind of its message.
    pub kind: String,
    /// Where it is in its life.
    pub status: String,
    /// How urgent it is, from 1.
    pub level: u8,
    /// How confidential it is.
    pub classification: String,
    /// The department it was sent for.
    pub department: String,
    /// Departments that receive it.
    pub receivers: Vec<String>,
    /// Who answers for its resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<String>,
    /// Who sent it: `person:ID`, `service:NAME`, `contact:ID`, `anonymous` or `herald`.
    pub sender: String,
    /// The number of the document, if its kind has them and it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Labels of sender and policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How many of its tasks are open.
    pub open_tasks: u32,
    /// What `If-Match` compares.
    pub version: u64,
    /// When its message was first submitted.
    #[schema(format = DateTime)]
    pub submitted_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub opened_at: Option<String>,
    /// When it was last resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub resolved_at: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

impl CaseSummary {
    /// The summary of a case.
    pub(crate) fn new(case: &herald_core::case::Case) -> Self {
        let left = &case.outstanding;
        let moment = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        Self {
            id: case.id.to_string(),
            name: case.name.clone(),
            subject: case.subject.clone(),
            kind: case.kind.to_string(),
            status: case.status.to_string(),
            level: case.level.into(),
            classification: case.classification.to_string(),
            department: case.department.to_string(),
            receivers: case.receivers.iter().map(ToString::to_string).collect(),
            accountable: case.accountable.as_ref().map(ToString::to_string),
            sender: case.sender.to_string(),
            document_number: case.document_number.clone(),
            labels: case.labels.clone(),
            open_tasks: left.approvals + left.acknowledgements + left.answers + left.reports,
            version: case.version,
            submitted_at: case.submitted_at.to_string(),
            updated_at: case.updated_at.to_string(),
            opened_at: moment(case.opened_at),
            resolved_at: moment(case.resolved_at),
            ended_at: moment(case.ended_at),
        }
    }
}
