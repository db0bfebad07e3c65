//! Why the demo cannot go on.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use herald_store::StoreError;
use herald_store::configuration::TokenError;

use crate::code::{CodeErrors, WriteError};
use crate::data::DataError;
use crate::host::HostError;
use crate::publish::{ApplyError, RandomError};
use crate::settings::SettingsError;
use crate::telemetry::LogError;
use crate::token_request::TokenRequestError;

/// The demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its folder cannot be written.
    #[error("cannot write `{}`: {source}; name a folder that you may write with `--data DIR`", path.display())]
    Folder {
        /// The folder or the file in it.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// There is something in its folder already.
    #[error("`{}` is not empty, and the demo begins with a fresh folder; name another with `--data DIR`, or leave it out", .0.display())]
    NotEmpty(PathBuf),
    /// Its address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; name another address with `--listen`, such as `--listen 127.0.0.1:0` for any free port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The host did not answer as it should.
    #[error("the demo's host, asked for {what}: {reason}")]
    Ask {
        /// What it was asked for.
        what: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// A sample cannot be read.
    #[error("a sample of the demo cannot be read: {0}")]
    Sample(#[from] serde_json::Error),
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Logs cannot be started.
    #[error(transparent)]
    Logs(#[from] LogError),
    /// The rules have errors.
    #[error("{0}")]
    Code(#[from] CodeErrors),
    /// The rules cannot be written beside the data.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The rules were refused.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A token was not made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A token cannot be made.
    #[error(transparent)]
    TokenRequest(#[from] TokenRequestError),
    /// No random bytes are to be had.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The host cannot be started.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DemoError {
    /// For what the operating system said of `path`.
    pub(super) fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }
}
