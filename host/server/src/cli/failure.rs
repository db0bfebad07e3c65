//! Why a command failed.

use std::path::{Path, PathBuf};

use herald_policy::CheckReport;
use herald_store::StoreError;
use herald_store::configuration::TokenError;
use herald_store::partition::ExportError;
use herald_store::signing::CheckHeadError;

use super::remote::RemoteError;
use crate::backup::BackupError;
use crate::code::{CodeErrors, WriteError};
use crate::data::DataError;
use crate::demo::DemoError;
use crate::host::HostError;
use crate::http::problem::Problem;
use crate::plugin::PluginError;
use crate::publish::{ApplyError, LoadError, RandomError};
use crate::settings::SettingsError;
use crate::telemetry::LogError;
use crate::token_request::TokenRequestError;

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Logs cannot be started.
    #[error(transparent)]
    Logs(#[from] LogError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The host cannot be started.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The demo cannot go on.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of code has errors.
    #[error("{0}")]
    Code(#[from] CodeErrors),
    /// What is published could not be written as code.
    #[error(transparent)]
    WriteCode(#[from] WriteError),
    /// The publication was refused.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// What was published cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The plugin was not made or built.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The bundle has errors.
    #[error("{0}")]
    Check(#[from] CheckReport),
    /// The token was not made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token cannot be made.
    #[error(transparent)]
    TokenRequest(#[from] TokenRequestError),
    /// No random bytes are to be had.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The server could not be asked, or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The journal could not be written out.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The backup was not made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A signed head could not be compared.
    #[error(transparent)]
    Head(#[from] CheckHeadError),
    /// What was given is wrong.
    #[error("{}", of_problem(.0))]
    Problem(Problem),
    /// A file cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// What was looked for is not there, or not as it should be.
    #[error("{0}")]
    Finding(String),
}

impl Failure {
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

fn of_problem(problem: &Problem) -> String {
    let errors: Vec<_> =
        problem.errors.iter().map(|error| format!("\n  {}: {}", error.pointer, error.message)).collect();
    format!(
        "{}{}",
        problem.kind.title(),
        if errors.is_empty() { format!(" {}", problem.detail) } else { errors.concat() }
    )
}
