//! Asking a running server.

use clap::Args;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::problem::ProblemBody;

/// A server to ask instead of a data folder.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// Ask the server at this address instead of a data folder
    #[arg(long, value_name = "URL", env = "HERALD_SERVER")]
    pub(super) server: Option<String>,
    /// The token to ask it with
    #[arg(long, value_name = "TOKEN", env = "HERALD_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
}

/// A server could not be asked, or refused.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// There is no token to ask with.
    #[error("asking a server needs a token: set HERALD_TOKEN")]
    NoToken,
    /// It was not reached.
    #[error("cannot ask {url}: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// It refused.
    #[error("{}", describe(.0))]
    Refused(Box<ProblemBody>),
    /// It answered something else than was asked for.
    #[error("{url} answered {status}, and no {wanted}; is it a herald?")]
    Strange {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// What was wanted.
        wanted: &'static str,
    },
}

fn describe(problem: &ProblemBody) -> String {
    let errors: Vec<_> =
        problem.errors.iter().map(|error| format!("\n  {}: {}", error.pointer, error.message)).collect();
    format!("{} {} {}{}", problem.title, problem.detail, problem.hint, errors.concat())
}

/// A server and the token to ask it with.
pub(super) struct Remote {
    url: String,
    token: String,
}

impl Server {
    /// The server to ask, if one is named.
    pub(super) fn remote(self) -> Result<Option<Remote>, RemoteError> {
        let Some(url) = self.server else { return Ok(None) };
        let token = self.token.ok_or(RemoteError::NoToken)?;
        Ok(Some(Remote { url: url.trim_end_matches('/').to_owned(), token }))
    }
}

impl Remote {
    /// Sends `body` and reads the answer as JSON.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, RemoteError> {
        let url = format!("{}{path}", self.url);
        let (status, answer) = self.send(method, &url, body)?;
        if (200..300).contains(&status) {
            // What has no body is `null`, for whoever wants nothing.
            let answer = if answer.is_empty() { b"null" } else { answer.as_slice() };
            return serde_json::from_slice(answer).map_err(|_| RemoteError::Strange { url, status, wanted: "result" });
        }
        match serde_json::from_slice(&answer) {
            Ok(problem) => Err(RemoteError::Refused(problem)),
            Err(_) => Err(RemoteError::Strange { url, status, wanted: "problem" }),
        }
    }

    fn send(&self, method: Method, url: &str, body: Option<&impl Serialize>) -> Result<(u16, Vec<u8>), RemoteError> {
        let unreachable = |reason: String| RemoteError::Unreachable { url: url.to_owned(), reason };
        // The client has no cryptography of its own; one that is installed already serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().build().map_err(|error| unreachable(error.to_string()))?;
        let mut request = client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            let json = serde_json::to_vec(body).map_err(|error| unreachable(error.to_string()))?;
            request = request.header("content-type", "application/json").body(json);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| unreachable(error.to_string()))?;
        runtime.block_on(async {
            let reason = |error: reqwest::Error| unreachable(innermost(&error));
            let response = request.send().await.map_err(reason)?;
            let status = response.status().as_u16();
            Ok((status, response.bytes().await.map_err(reason)?.to_vec()))
        })
    }
}

/// The cause at the bottom, which says what happened; those above only say where.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
