//! `/v1/apply`: publishing the organisation and policies as code, with a dry run.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts as _, Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_store::configuration::{ConfigChange, PublishError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::extract::{Caller, Parameters, read_body};
use super::json::{self, JSON_MEDIA_TYPE};
use super::problem::{FieldError, Problem, ProblemBody, ProblemKind};
use crate::difference::{self, Difference};
use crate::publish::{ApplyError, Outcome, Proposal};

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(apply))
}

/// What is to be in force.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub struct ApplyBody {
    /// The whole organisation; without it, it stays as it is. What it does not name any more is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub organisation: Option<Organisation>,
    /// Bundles by `department/name`, each with all its files by path, in base64.
    pub bundles: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether bundles in force that are not named here are retired.
    pub prune: bool,
    /// The revision that this was made against; if another one is in force by then, nothing is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_revision: Option<u64>,
}

impl ApplyBody {
    /// The body that proposes this.
    #[must_use]
    pub fn new(proposal: Proposal) -> Self {
        let encode = |files: BTreeMap<String, Vec<u8>>| {
            files.into_iter().map(|(path, content)| (path, STANDARD.encode(content))).collect()
        };
        let bundles = proposal.bundles.into_iter();
        Self {
            organisation: proposal.organisation,
            bundles: bundles.map(|(id, files)| (id.to_string(), encode(files))).collect(),
            prune: proposal.prune,
            expected_revision: proposal.expected_revision,
        }
    }

    fn proposal(self) -> Result<Proposal, Problem> {
        let mut errors = Vec::new();
        let mut bundles = BTreeMap::new();
        for (id, files) in self.bundles {
            let at = format!("/bundles/{}", json::escape(&id));
            let mut contents = BTreeMap::new();
            for (path, content) in files {
                match STANDARD.decode(&content) {
                    Ok(content) => drop(contents.insert(path, content)),
                    Err(error) => {
                        errors.push(FieldError::new(
                            format!("{at}/{}", json::escape(&path)),
                            format!("not base64: {error}"),
                        ));
                    }
                }
            }
            match id.parse::<BundleId>() {
                Ok(id) => drop(bundles.insert(id, contents)),
                Err(error) => errors.push(FieldError::new(at, error)),
            }
        }
        if !errors.is_empty() {
            return Err(Problem::of_fields(ProblemKind::Fields, errors));
        }
        let Self { organisation, prune, expected_revision, .. } = self;
        Ok(Proposal { organisation, bundles, prune, expected_revision })
    }
}

/// How to apply.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// `true` checks everything and says what would change; nothing is published.
    dry_run: bool,
}

/// What was published, or would be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Applied {
    /// The revision in force.
    pub revision: u64,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// What differs: the section, the name, and whether it was `added`, `changed` or `removed`. Empty when
    /// nothing does.
    #[schema(value_type = Vec<Object>)]
    pub changes: Vec<ConfigChange>,
    /// What is likely to be a mistake in a bundle, such as a row of a decision table that is never found first. It
    /// keeps nothing from being published.
    #[serde(default)]
    pub warnings: Vec<FieldError>,
    /// The same changes in lines for people, with the open cases that each touches; of a dry run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

impl Applied {
    /// The answer to what became of a proposal.
    #[must_use]
    pub fn new(outcome: Outcome, dry_run: bool) -> Self {
        let Outcome { published, warnings, differences } = outcome;
        Self { revision: published.revision, dry_run, changes: published.changes, warnings, differences }
    }
}

/// Publishes the organisation and policy bundles as a whole, or with `dry_run` says what would change.
///
/// Everything is checked before anything is published: names, forms, every bundle and its cases. With any
/// error, nothing is. Repeating a publication changes nothing, so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/apply", tag = "organisation", params(How), request_body = ApplyBody, responses(
    (status = 200, description = "What was published, or would be", body = Applied),
    (status = 403, description = "The caller may not publish all of this", body = ProblemBody),
    (status = 412, description = "Somebody has published in between", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 422, description = "There are errors; nothing was published", body = ProblemBody)))]
async fn apply(State(app): State<Arc<App>>, request: Request) -> Result<Json<Applied>, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let Parameters(How { dry_run }) = Parameters::from_request_parts(&mut parts, &app).await?;
    json::expect_media_type(&parts.headers, &[JSON_MEDIA_TYPE])?;
    let body = read_body(&parts.headers, body, app.limits.apply_bytes, "apply_limit_bytes").await?;
    let proposal = json::parse::<ApplyBody>(&body)?.proposal()?;
    blocking(move || {
        let engine = app.engine.clone();
        let in_force = move |configured| engine.configure(configured);
        let now = app.now();
        let before = app.configured();
        let requester = caller.requester();
        let mut outcome = app.publisher.apply(&proposal, requester, now, dry_run, in_force, Some(&before))?;
        // A publication is in force already; only a dry run says what it would touch.
        if dry_run {
            difference::touch(&mut outcome.differences, app.engine.partitions(), before.organisation(), requester)?;
        }
        Ok(Applied::new(outcome, dry_run))
    })
    .await
    .map(Json)
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        let detail = error.to_string();
        match error {
            ApplyError::Wrong(errors) => Self::of_fields(ProblemKind::Configuration, errors),
            ApplyError::Forbidden(why) => Self::forbidden(why),
            ApplyError::Publish(PublishError::Store(error)) => Self::unknown_outcome(&error),
            ApplyError::Publish(PublishError::Stale { .. }) => Self::new(ProblemKind::Version, detail),
            ApplyError::Publish(_) => Self::new(ProblemKind::Configuration, detail),
            ApplyError::NotInForce { .. } | ApplyError::Load(_) | ApplyError::Random(_) => Self::internal(&detail),
        }
    }
}
