//! `/v1/policies`: which bundles are in force, and what they say. They are published by `/v1/apply`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::decision::BundleId;
use herald_policy::Bundle;
use herald_store::configuration::BundleRevision;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::extract::Caller;
use super::problem::{Problem, ProblemBody};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// A bundle in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BundleSummary {
    /// Its department and name.
    #[schema(example = "production/faults")]
    id: String,
    /// Which revision of it, from 1.
    revision: u32,
    /// What identifies its content.
    digest: String,
    /// The functions it offers: `route`, `approve`, `escalate`.
    hooks: Vec<String>,
}

impl BundleSummary {
    fn new(bundle: &Bundle) -> Self {
        Self {
            id: bundle.id().to_string(),
            revision: bundle.revision(),
            digest: bundle.digest().to_owned(),
            hooks: bundle.manifest().hooks.iter().map(ToString::to_string).collect(),
        }
    }
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

/// The bundles in force.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", responses(
    (status = 200, description = "The bundles, by department and name", body = [BundleSummary])))]
async fn list(State(app): State<Arc<App>>, _: Caller) -> Json<Vec<BundleSummary>> {
    Json(app.configured().policies.bundles().map(|bundle| BundleSummary::new(bundle)).collect())
}

/// A bundle with its revisions and its files.
#[utoipa::path(get, path = "/v1/policies/{department}/{name}", tag = "policies",
    params(("department", description = "The department that owns it"), ("name", description = "Its name there")), responses(
    (status = 200, description = "The bundle", body = BundleDetail),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn show(
    State(app): State<Arc<App>>,
    _: Caller,
    Path((department, name)): Path<(String, String)>,
) -> Result<Json<BundleDetail>, Problem> {
    let written = format!("{department}/{name}");
    let unknown = move || Problem::not_found(format!("bundle `{written}`"));
    let id: BundleId = format!("{department}/{name}").parse().map_err(|_| unknown())?;
    blocking(move || {
        let revisions = app.publisher.store().bundle_revisions(&id)?;
        if revisions.is_empty() {
            return Err(unknown());
        }
        let active = app.configured().policies.get(&id).cloned();
        let stored = match &active {
            Some(bundle) => app.publisher.store().bundle(&id, bundle.revision())?,
            None => None,
        };
        let files = stored.map(|bundle| bundle.files).unwrap_or_default().into_iter();
        let files = files.filter_map(|(path, content)| Some((path, String::from_utf8(content).ok()?))).collect();
        Ok(BundleDetail { active: active.map(|bundle| BundleSummary::new(&bundle)), revisions, files })
    })
    .await
    .map(Json)
}
