//! `/v1/policies`: which bundles are in force, what they say, and how they fare. They are published by `/v1/apply`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::decision::{BundleId, FailureCause};
use herald_core::ids::CaseId;
use herald_core::workspace::Rows as _;
use herald_policy::Bundle;
use herald_store::configuration::BundleRevision;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::extract::Caller;
use super::problem::{Problem, ProblemBody};
use super::sight;
use crate::policy_state::{PolicyState, PolicyStatus, policy_states};
use crate::publish::allowed_for;

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(resume))
}

/// A bundle in force.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleSummary {
    /// Its department and name.
    #[schema(example = "production/faults")]
    pub id: String,
    /// Which revision of it, from 1.
    pub revision: u32,
    /// What identifies its content.
    pub digest: String,
    /// What it is written in: `rhai` or `wasm`.
    #[schema(example = "rhai")]
    pub language: String,
    /// The functions it offers: `route`, `approve`, `escalate`.
    pub hooks: Vec<String>,
    /// `active`; `failing` after three failures in a row; `suspended` when it is not asked any more because of that;
    /// `not-loaded` when it cannot be asked.
    #[schema(example = "active")]
    pub status: String,
    /// What is wrong, unless it is `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TroubleBody>,
}

/// What is wrong with a bundle in force.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TroubleBody {
    /// The function that fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "route")]
    pub hook: Option<String>,
    /// Why the last call failed.
    #[schema(example = "time")]
    pub cause: String,
    /// The same in words.
    #[schema(example = "it took longer than it may")]
    pub reason: String,
    /// How many calls of it failed in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
    /// When the first of them was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// The message that the last of them was about, if the caller may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last_message: Option<CaseId>,
}

impl BundleSummary {
    fn new(bundle: &Bundle, trouble: Option<(PolicyStatus, TroubleBody)>) -> Self {
        let (status, trouble) = trouble.map_or((None, None), |(status, trouble)| (Some(status), Some(trouble)));
        Self {
            id: bundle.id().to_string(),
            revision: bundle.revision(),
            digest: bundle.digest().to_owned(),
            language: bundle.manifest().language.as_str().to_owned(),
            hooks: bundle.manifest().hooks.iter().map(ToString::to_string).collect(),
            status: status.map_or("active", PolicyStatus::as_str).to_owned(),
            trouble,
        }
    }
}

/// How `state` is shown to `caller`. What the policy itself said stays with the decision: it may quote the message.
fn trouble(app: &App, caller: &Caller, state: PolicyState) -> Result<(PolicyStatus, TroubleBody), Problem> {
    let PolicyState { status, failing, reason } = state;
    let cause = match (&failing, status) {
        (Some(failing), _) => failing.streak.cause,
        (None, PolicyStatus::NotLoaded) => FailureCause::NotLoaded,
        (None, _) => FailureCause::Suspended,
    };
    let last_message = match &failing {
        Some(failing) => seen(app, caller, failing.streak.case)?,
        None => None,
    };
    let body = TroubleBody {
        hook: failing.as_ref().map(|failing| failing.hook.to_string()),
        cause: cause.as_str().to_owned(),
        reason: reason.unwrap_or_else(|| cause.in_words().to_owned()),
        failures: failing.as_ref().map(|failing| failing.streak.failures),
        since: failing.map(|failing| failing.streak.since),
        last_message,
    };
    Ok((status, body))
}

/// `id`, if the caller may see the case.
fn seen(app: &App, caller: &Caller, id: CaseId) -> Result<Option<CaseId>, Problem> {
    let snapshot = app.engine.partition_of(id).snapshot()?;
    let Some(case) = snapshot.case(id)? else { return Ok(None) };
    let configured = app.configured();
    Ok(sight::sees(&snapshot, configured.organisation(), caller.requester(), &case)?.then_some(id))
}

/// A bundle in force as it is shown.
fn summary(app: &App, caller: &Caller, bundle: &Bundle) -> Result<BundleSummary, Problem> {
    let state = policy_states(&app.engine)?.remove(bundle.id());
    Ok(BundleSummary::new(bundle, state.map(|state| trouble(app, caller, state)).transpose()?))
}

/// A bundle with its history and its files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BundleDetail {
    /// The revision in force; `None` when it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<BundleSummary>,
    /// Every revision, oldest first: number, digest, files, when and by whom it was published.
    #[schema(value_type = Vec<Object>)]
    revisions: Vec<BundleRevision>,
    /// The text files of the revision in force, by path.
    files: BTreeMap<String, String>,
}

/// The bundles in force, and how they fare.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", responses(
    (status = 200, description = "The bundles, by department and name", body = [BundleSummary])))]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<BundleSummary>>, Problem> {
    blocking(move || {
        let mut states = policy_states(&app.engine)?;
        let configured = app.configured();
        let mut show = |bundle: &Arc<Bundle>| -> Result<_, Problem> {
            let state = states.remove(bundle.id());
            Ok(BundleSummary::new(bundle, state.map(|state| trouble(&app, &caller, state)).transpose()?))
        };
        configured.policies.bundles().map(&mut show).collect()
    })
    .await
    .map(Json)
}

/// A bundle with its revisions and its files.
#[utoipa::path(get, path = "/v1/policies/{department}/{name}", tag = "policies",
    params(("department", description = "The department that owns it"), ("name", description = "Its name there")), responses(
    (status = 200, description = "The bundle", body = BundleDetail),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((department, name)): Path<(String, String)>,
) -> Result<Json<BundleDetail>, Problem> {
    let id = bundle_id(&department, &name)?;
    blocking(move || {
        let revisions = app.publisher.store().bundle_revisions(&id)?;
        if revisions.is_empty() {
            return Err(unknown(&id));
        }
        let active = app.configured().policies.get(&id).cloned();
        let stored = match &active {
            Some(bundle) => app.publisher.store().bundle(&id, bundle.revision())?,
            None => None,
        };
        let files = stored.map(|bundle| bundle.files).unwrap_or_default().into_iter();
        let files = files.filter_map(|(path, content)| Some((path, String::from_utf8(content).ok()?))).collect();
        let active = active.map(|bundle| summary(&app, &caller, &bundle)).transpose()?;
        Ok(BundleDetail { active, revisions, files })
    })
    .await
    .map(Json)
}

/// Has a bundle asked again that is suspended, and forgets that it keeps failing: its files become a new revision.
///
/// Repeating it changes nothing: for a bundle that is well it does nothing, so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/policies/{department}/{name}/resume", tag = "policies",
    params(("department", description = "The department that owns it"), ("name", description = "Its name there")), responses(
    (status = 200, description = "The bundle as it is in force", body = BundleSummary),
    (status = 403, description = "The caller is no policy author of the department", body = ProblemBody),
    (status = 404, description = "There is none in force", body = ProblemBody)))]
async fn resume(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((department, name)): Path<(String, String)>,
) -> Result<Json<BundleSummary>, Problem> {
    let id = bundle_id(&department, &name)?;
    blocking(move || {
        let before = app.configured();
        if before.policies.get(&id).is_none() {
            return Err(unknown(&id));
        }
        allowed_for(&id, caller.requester())?;
        if policy_states(&app.engine)?.contains_key(&id) {
            let engine = app.engine.clone();
            let in_force = move |configured| engine.configure(configured);
            app.publisher.resume(&id, caller.requester(), app.now(), in_force, Some(&before))?;
        }
        let configured = app.configured();
        let bundle = configured.policies.get(&id).ok_or_else(|| unknown(&id))?;
        summary(&app, &caller, bundle)
    })
    .await
    .map(Json)
}

fn bundle_id(department: &str, name: &str) -> Result<BundleId, Problem> {
    let written = format!("{department}/{name}");
    written.parse().map_err(|_| Problem::not_found(format!("bundle `{written}`")))
}

fn unknown(id: &BundleId) -> Problem {
    Problem::not_found(format!("bundle `{id}`"))
}
