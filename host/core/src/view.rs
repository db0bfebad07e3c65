//! A case as it is shown: the bounded view that answers carry and readers get.
//!
//! A case may have ten thousand tasks; a view has the first [`ROWS_LIMIT`] of each sort and says how many
//! there are. The rest is paged by whoever reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Delivery, Goal, Made, Outstanding, Stage, Status, Task};
use crate::decision::{Decision, Flag, Hold};
use crate::ids::{CaseId, DeliveryId, GoalId, TaskId};
use crate::message::{Audience, Classification, ContentType, Level, Urgency};
use crate::names::{DepartmentId, KindName, PersonId};
use crate::organisation::ArchiveClass;
use crate::target::Actor;
use crate::workspace::{RowError, Workspace};

/// The most tasks, goals and deliveries that a view shows, each.
pub const ROWS_LIMIT: usize = 20;

/// A row with its id, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row<Id, T> {
    /// Its id, by which the API addresses it.
    pub id: Id,
    /// The row.
    #[serde(flatten)]
    pub row: T,
}

/// A case as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseView {
    /// Its id.
    pub id: CaseId,
    /// Its name by the kind's naming rule.
    pub name: String,
    /// The subject of its message, which tells cases of one name apart.
    pub subject: String,
    /// The number of the document, of a kind that has them, once it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// The kind of its message.
    pub kind: KindName,
    /// Where it is in its life.
    pub status: Status,
    /// What `If-Match` compares.
    pub version: u64,
    /// Which version of its message is current.
    pub message_version: u32,
    /// How urgent it is.
    pub level: Level,
    /// What the sender said about haste.
    pub urgency: Urgency,
    /// How confidential it is.
    pub classification: Classification,
    /// Whom it is meant for.
    pub audience: Audience,
    /// What it is for.
    pub content_type: ContentType,
    /// Who sent it.
    pub sender: Actor,
    /// The department it was sent for.
    pub department: DepartmentId,
    /// Departments that receive it.
    pub receivers: Vec<DepartmentId>,
    /// Who answers for its resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<PersonId>,
    /// Labels of sender and policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// Why it is held, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// How long it is kept.
    pub archive: ArchiveClass,
    /// The bundles that decided, each as `department/name@revision`; given where a decision was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// The stages of its approval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// What is still to be done, by count.
    pub outstanding: Outstanding,
    /// How many rows there are of each sort.
    pub total: Made,
    /// The first [`ROWS_LIMIT`] tasks.
    pub tasks: Vec<Row<TaskId, Task>>,
    /// The first [`ROWS_LIMIT`] goals.
    pub goals: Vec<Row<GoalId, Goal>>,
    /// The first [`ROWS_LIMIT`] deliveries.
    pub deliveries: Vec<Row<DeliveryId, Delivery>>,
    /// When its message was first submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When it was last resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// The view of a case as it stands, `None` if there is no such case; `decision` is the one that has just been
/// made.
///
/// # Errors
/// When a row cannot be read.
pub fn view(workspace: &mut Workspace<'_>, decision: Option<&Decision>) -> Result<Option<CaseView>, RowError> {
    let Some(case) = workspace.case().cloned() else { return Ok(None) };
    let id = case.id;
    let (mut tasks, mut goals, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
    for number in case.tasks().take(ROWS_LIMIT) {
        let row = workspace.task(number)?.cloned();
        tasks.extend(row.map(|row| Row { id: TaskId { case: id, number }, row }));
    }
    for number in case.goals().take(ROWS_LIMIT) {
        let row = workspace.goal(number)?.cloned();
        goals.extend(row.map(|row| Row { id: GoalId { case: id, number }, row }));
    }
    for number in case.deliveries().take(ROWS_LIMIT) {
        let row = workspace.delivery(number)?.cloned();
        deliveries.extend(row.map(|row| Row { id: DeliveryId { case: id, number }, row }));
    }
    let Case {
        name, subject, kind, status, version, message_version, level, urgency, classification, audience, ..
    } = case;
    let mut decided_by: Vec<String> = Vec::new();
    for contribution in decision.into_iter().flat_map(|decision| &decision.contributions) {
        let bundle = format!("{}@{}", contribution.bundle, contribution.revision);
        // A bundle that offers several hooks was asked several times.
        if !decided_by.contains(&bundle) {
            decided_by.push(bundle);
        }
    }
    Ok(Some(CaseView {
        id,
        name,
        subject,
        document_number: case.document_number,
        kind,
        status,
        version,
        message_version,
        level,
        urgency,
        classification,
        audience,
        content_type: case.content_type,
        sender: case.sender,
        department: case.department,
        receivers: case.receivers,
        accountable: case.accountable,
        labels: case.labels,
        flags: case.flags,
        held: case.held,
        archive: case.archive,
        decided_by,
        stages: case.stages,
        outstanding: case.outstanding,
        total: case.made,
        tasks,
        goals,
        deliveries,
        submitted_at: case.submitted_at,
        updated_at: case.updated_at,
        opened_at: case.opened_at,
        resolved_at: case.resolved_at,
        ended_at: case.ended_at,
    }))
}
