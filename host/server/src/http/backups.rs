//! `/v1/backups`: copies of everything the host keeps, made on its own machine while it runs. For administrators.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::{App, blocking};
use super::extract::Command;
use super::problem::{Problem, ProblemBody, ProblemKind};
use crate::backup::{BackupError, Copied};

/// The address of this resource.
pub(super) const PATH: &str = "/v1/backups";

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(make))
}

/// A backup that is wanted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with `name`")]
pub struct BackupRequest {
    /// A new name: 1 to 64 ASCII letters, digits, `-` and `_`.
    #[schema(example = "monday")]
    pub name: String,
}

/// A backup.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupBody {
    /// Its folder, on the host's machine.
    #[schema(value_type = String)]
    pub folder: PathBuf,
    /// What it holds: the partitions and then the configuration.
    pub stores: Vec<CopiedBody>,
}

/// A store in a backup.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CopiedBody {
    /// Its name.
    #[schema(example = "partition-0")]
    pub store: String,
    /// The copy.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// The number of the last frame of its journal; 0 when that is empty.
    pub sequence: u64,
    /// The hash of that frame's header, in hex.
    pub hash: String,
}

impl BackupBody {
    /// What is told of a backup.
    #[must_use]
    pub fn new(folder: &Path, copied: Vec<Copied>) -> Self {
        let body = |Copied { store, path, head }| CopiedBody {
            store,
            path,
            sequence: head.sequence,
            hash: head.hash.to_string(),
        };
        Self { folder: folder.to_owned(), stores: copied.into_iter().map(body).collect() }
    }
}

/// Makes a backup in the folder that the setting `backups` names, while everything goes on.
///
/// The answer comes when the backup is whole and durable, which takes as long as there is to copy; it is made even
/// if the caller does not wait. Names are used once: a repeated request makes no other backup but is answered 409,
/// so that no idempotency key is needed.
#[utoipa::path(post, path = "/v1/backups", tag = "operation", request_body = BackupRequest, responses(
    (status = 201, description = "The backup is whole and durable", body = BackupBody),
    (status = 403, description = "For administrators", body = ProblemBody),
    (status = 409, description = "There is one of this name already, or another one is under way", body = ProblemBody),
    (status = 422, description = "The name is none", body = ProblemBody)))]
async fn make(
    State(app): State<Arc<App>>,
    command: Command<BackupRequest>,
) -> Result<(StatusCode, Json<BackupBody>), Problem> {
    command.caller.admin()?;
    blocking(move || {
        let name = &command.body.name;
        let (folder, copied) = app.backups.make(name, app.engine.partitions(), app.publisher.store())?;
        tracing::info!(name, folder = %folder.display(), "made a backup");
        Ok((StatusCode::CREATED, Json(BackupBody::new(&folder, copied))))
    })
    .await
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Name(_) => Self::field("/name", error),
            BackupError::Exists(_) | BackupError::UnderWay => Self::new(ProblemKind::Backup, error.to_string()),
            BackupError::Folder { .. } | BackupError::Store(_) => Self::internal(&error),
        }
    }
}
