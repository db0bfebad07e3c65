//! `/v1/tokens`: who may speak to this host. For administrators.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use herald_store::configuration::{Stamp, Token, TokenError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::extract::{Caller, Command};
use super::problem::{FieldError, Problem, ProblemBody, ProblemKind};
use crate::publish::{RandomError, random};
use crate::token_request::{TokenRequest, TokenRequestError};
use crate::tokens::TokenText;

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

/// A token, without its secret.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenBody {
    /// By which it is revoked.
    pub id: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whom it speaks for: `person:ID` or `service:NAME`.
    pub owner: String,
    /// The departments a service speaks for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<String>,
    /// Whether its bearer runs this installation.
    pub admin: bool,
    /// The departments whose policies its bearer may publish.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub author_of: BTreeSet<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A new token.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The token itself. It is shown this once.
    #[schema(example = "hrl_…")]
    pub secret: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub token: TokenBody,
}

impl TokenBody {
    /// What may be shown of a token.
    #[must_use]
    pub fn new(token: &Token) -> Self {
        let requester = crate::tokens::requester(token);
        let names = |departments: &BTreeSet<herald_core::names::DepartmentId>| {
            departments.iter().map(ToString::to_string).collect()
        };
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            owner: requester.actor.to_string(),
            departments: names(&requester.speaks_for),
            admin: token.admin,
            author_of: names(&token.author_of),
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// The tokens, without their secrets.
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", responses(
    (status = 200, description = "The tokens by id", body = [TokenBody]),
    (status = 403, description = "For administrators", body = ProblemBody)))]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<TokenBody>>, Problem> {
    caller.admin()?;
    blocking(move || Ok(app.publisher.store().tokens()?.iter().map(TokenBody::new).collect())).await.map(Json)
}

/// Makes a token. Its secret is in the answer and nowhere else; so a repeated request makes another token, and
/// `Idempotency-Key` has no meaning here.
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = TokenRequest, responses(
    (status = 201, description = "The token with its secret", body = NewToken),
    (status = 403, description = "For administrators", body = ProblemBody),
    (status = 422, description = "Fields are wrong", body = ProblemBody)))]
async fn add(
    State(app): State<Arc<App>>,
    command: Command<TokenRequest>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    command.caller.admin()?;
    blocking(move || {
        let text = TokenText::new(&random()?);
        let token = command.body.token(&text, app.now())?;
        app.publisher.add_token(&token, &stamp(&app, &command.caller)?)?;
        let token = NewToken { secret: text.reveal().to_owned(), token: TokenBody::new(&token) };
        Ok((StatusCode::CREATED, Json(token)))
    })
    .await
}

/// Revokes a token: from the answer on it is worth nothing.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id", description = "The token's id")), responses(
    (status = 204, description = "It is revoked"),
    (status = 403, description = "For administrators", body = ProblemBody),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn revoke(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    caller.admin()?;
    blocking(move || {
        let revoked = app.publisher.revoke_token(&id, &stamp(&app, &caller)?);
        let revoked = revoked.map_err(|error| Problem::unknown_outcome(&error))?;
        if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found(format!("token `{id}`"))) }
    })
    .await
}

fn stamp<'a>(app: &App, caller: &'a Caller) -> Result<Stamp<'a>, Problem> {
    Ok(Stamp { at: app.now(), by: &caller.requester().actor, seed: random()? })
}

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        Self::internal(&error)
    }
}

impl From<TokenRequestError> for Problem {
    fn from(error: TokenRequestError) -> Self {
        Self::of_fields(ProblemKind::Fields, vec![FieldError::new(error.field(), error)])
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Store(error) => Self::unknown_outcome(&error),
            TokenError::Id(_) | TokenError::Taken(_) => Self::field("/id", error),
            TokenError::Name(_) => Self::field("/name", error),
        }
    }
}
