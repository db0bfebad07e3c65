//! `GET /v1/messages/{id}/form`: a case as the approval form that people file (requirement R17).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::case::{Case, Stage, Status, Task, Verdict};
use herald_core::ids::CaseId;
use herald_core::names::PersonId;
use herald_core::organisation::Organisation;
use herald_core::target::{Actor, Target};
use herald_core::workspace::Rows as _;
use herald_store::partition::{Position, Ruling, Snapshot};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::show::case_id;
use crate::http::app::{App, blocking};
use crate::http::extract::Caller;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sight;

/// How many decisions are read at once, looking for the last one about the message.
const CHUNK_DECISIONS: usize = 64;

/// Somebody or something with its name for people to read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// As the API writes it: `person:li.lei`, `department:production`.
    id: String,
    /// `李雷`, `生产部`.
    title: String,
}

/// The approval form of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormBody {
    /// The case's id.
    id: String,
    /// Its name by the kind's naming rule.
    name: String,
    /// The subject 主题.
    subject: String,
    /// The number of the document 文号, if its kind has them and it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    document_number: Option<String>,
    /// To whom it goes 接收对象, as policies decided; all of them once a policy has decided.
    recipients: Vec<Named>,
    /// The summary 内容摘要.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    /// `urgent` or `normal` 紧急程度.
    urgency: String,
    /// The level that policies decided, from 1.
    level: u8,
    /// `public`, `internal`, `confidential` or `restricted` 密级.
    classification: String,
    /// The department that sends it 发起部门.
    department: Named,
    /// Who sends it 发起人.
    initiator: Named,
    /// When it was submitted 发起时间.
    #[schema(value_type = String, format = DateTime)]
    submitted_at: Timestamp,
    /// Everybody who was asked to approve it 审批人, in order.
    approvals: Vec<ApprovalBody>,
    /// Where it is: `pending`, `executing`, `completed`, or `void` when it was rejected or withdrawn.
    execution: &'static str,
    /// The same for people to read: 待执行, 执行中, 已完成, 不执行.
    execution_title: &'static str,
    /// Who signed it 签发: the approvers of its last stage, once that is approved.
    signed_by: Vec<Named>,
    /// When it went out 签发时间.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Timestamp>,
}

/// One voice of an approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalBody {
    /// The stage.
    stage: String,
    /// When its turn comes: `department`, `joint`, `leadership`, `legal`, `channel` or `acceptance`.
    phase: String,
    /// Whom the policy named, or an approver added.
    target: String,
    /// Who may give it, or who gave it.
    approvers: Vec<Named>,
    /// `approved`, `rejected` or `returned`; left out while undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// A case as an approval form: what is sent, by whom, to whom, who approves it, and whether it has been carried out.
#[utoipa::path(get, path = "/v1/messages/{id}/form", tag = "messages", params(("id", description = "The case's id")), responses(
    (status = 200, description = "The form", body = FormBody),
    (status = 404, description = "There is no case that the caller may see", body = ProblemBody)))]
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<FormBody>, Problem> {
    let id = case_id(&id)?;
    blocking(move || {
        let (snapshot, configured) = (app.engine.partition_of(id).snapshot()?, app.configured());
        let organisation = configured.organisation();
        let case = sight::find(&snapshot, organisation, caller.requester(), id)?;
        let summary = snapshot.message(id, case.message_version)?.and_then(|message| message.summary);
        let mut approvals = Vec::new();
        for stage in &case.stages {
            approvals.extend(voices(&snapshot, organisation, &case, stage)?);
        }
        let recipients = recipients(&snapshot, id)?;
        let (execution, execution_title) = execution(case.status);
        Ok(FormBody {
            id: case.id.to_string(),
            name: case.name.clone(),
            subject: case.subject.clone(),
            document_number: case.document_number.clone(),
            recipients: recipients.iter().map(|target| of_target(organisation, target)).collect(),
            summary,
            urgency: case.urgency.to_string(),
            level: case.level.into(),
            classification: case.classification.to_string(),
            department: of_target(organisation, &Target::Department(case.department.clone())),
            initiator: of_actor(organisation, &case.sender),
            submitted_at: case.submitted_at,
            signed_by: signers(&snapshot, organisation, &case)?,
            approvals,
            execution,
            execution_title,
            opened_at: case.opened_at,
        })
    })
    .await
    .map(Json)
}

fn execution(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Held | Status::AwaitingApproval | Status::Returned => ("pending", "待执行"),
        Status::Open => ("executing", "执行中"),
        Status::Resolved | Status::Closed | Status::Archived => ("completed", "已完成"),
        Status::Rejected | Status::Withdrawn => ("void", "不执行"),
    }
}

/// The recipients of the last decision about the message.
fn recipients(snapshot: &Snapshot, id: CaseId) -> Result<BTreeSet<Target>, Problem> {
    let (mut found, mut after): (_, Option<Position>) = (BTreeSet::new(), None);
    loop {
        let entries = snapshot.decisions(id, after, CHUNK_DECISIONS)?;
        let Some(last) = entries.last() else { return Ok(found) };
        after = Some(last.position);
        for ruling in entries.iter().flat_map(|entry| entry.rulings()) {
            if let Ruling::Decision(decision) = ruling {
                found = decision.plan.recipients.keys().cloned().collect();
            }
        }
    }
}

fn voices(
    snapshot: &Snapshot,
    organisation: &Organisation,
    case: &Case,
    stage: &Stage,
) -> Result<Vec<ApprovalBody>, Problem> {
    let body = |target: &Target| ApprovalBody {
        stage: stage.name.to_string(),
        phase: stage.phase.to_string(),
        target: target.to_string(),
        approvers: Vec::new(),
        verdict: None,
        text: None,
        at: None,
    };
    // Before its turn a stage has no seats, and nobody was asked.
    if stage.seats.is_empty() {
        return Ok(stage.approvers.iter().map(body).collect());
    }
    let mut voices = Vec::new();
    for seat in &stage.seats {
        let task: Option<Task> = match seat.task {
            Some(number) => snapshot.task(case.id, number)?,
            None => None,
        };
        let done = task.and_then(|task| task.done);
        let approvers = match &done {
            Some(done) => vec![of_actor(organisation, &done.by)],
            None => seat.people.iter().map(|person| of_person(organisation, person)).collect(),
        };
        let (text, at) = done.map(|done| (done.text, Some(done.at))).unwrap_or_default();
        let verdict = seat.verdict.map(|verdict| verdict.to_string());
        voices.push(ApprovalBody { approvers, verdict, text, at, ..body(&seat.target) });
    }
    Ok(voices)
}

/// Who approved in the last stage that was approved.
fn signers(snapshot: &Snapshot, organisation: &Organisation, case: &Case) -> Result<Vec<Named>, Problem> {
    let is_signed = case.opened_at.is_some();
    let mut approvals = case.stages.iter().rev().filter(|stage| is_signed && !stage.is_acceptance());
    let last = approvals.find(|stage| stage.is_carried() && !stage.seats.is_empty());
    let mut signers = Vec::new();
    for seat in last.into_iter().flat_map(|stage| &stage.seats) {
        if let (Some(number), Some(Verdict::Approved)) = (seat.task, seat.verdict) {
            let done = snapshot.task(case.id, number)?.and_then(|task| task.done);
            signers.extend(done.map(|done| of_actor(organisation, &done.by)));
        }
    }
    Ok(signers)
}

fn of_person(organisation: &Organisation, person: &PersonId) -> Named {
    of_target(organisation, &Target::Person(person.clone()))
}

fn of_actor(organisation: &Organisation, actor: &Actor) -> Named {
    match actor {
        Actor::Person(person) => of_person(organisation, person),
        Actor::Contact(contact) => of_target(organisation, &Target::Contact(contact.clone())),
        other => Named { id: other.to_string(), title: other.to_string() },
    }
}

fn of_target(organisation: &Organisation, target: &Target) -> Named {
    Named { id: target.to_string(), title: organisation.title_of(target) }
}
