//! `herald policy`: the policies in force, and what is wrong with them. It asks a running server, which is what calls
//! them.

use clap::{Args, Subcommand};
use herald_core::decision::BundleId;
use reqwest::Method;

use super::remote::{Remote, Server};
use super::{Common, Failure};
use crate::http::{BundleSummary, TroubleBody};
use crate::output;

/// What a request without a body sends.
const NO_BODY: Option<&()> = None;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// List the policies in force, and which of them keep failing
    #[command(after_help = "Example:\n  herald policy list --server http://127.0.0.1:8420")]
    List(List),
    /// Have a policy asked again that is suspended, and forget that it keeps failing
    #[command(
        after_help = "Example:\n  herald policy resume customer-service/complaint --server http://127.0.0.1:8420"
    )]
    Resume(Resume),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The policy: its department and its name there
    #[arg(value_name = "DEPARTMENT/NAME")]
    id: String,
    #[command(flatten)]
    server: Server,
}

impl PolicyCommand {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::List(List { server }) => {
                let policies: Vec<BundleSummary> = running(server)?.ask(Method::GET, "/v1/policies", NO_BODY)?;
                output::result(common.style(), &policies, |policies| policies.iter().map(line).collect());
            }
            Self::Resume(Resume { id, server }) => {
                let id: BundleId = id.parse().map_err(|error| Failure::Finding(format!("`{id}`: {error}")))?;
                let path = format!("/v1/policies/{id}/resume");
                let policy: BundleSummary = running(server)?.ask(Method::POST, &path, NO_BODY)?;
                output::result(common.style(), &policy, line);
            }
        }
        Ok(())
    }
}

fn running(server: Server) -> Result<Remote, Failure> {
    let missing = || Failure::Finding("name the running server with `--server URL`, or set HERALD_SERVER".to_owned());
    server.remote()?.ok_or_else(missing)
}

/// A policy for people, on one line.
fn line(policy: &BundleSummary) -> String {
    let BundleSummary { id, revision, hooks, status, trouble, .. } = policy;
    let trouble = trouble.as_ref().map(in_words).unwrap_or_default();
    format!("{id}@{revision}  {status}  {}{trouble}\n", hooks.join(", "))
}

fn in_words(trouble: &TroubleBody) -> String {
    let TroubleBody { hook, reason, failures, since, .. } = trouble;
    let counted = hook.as_ref().zip(failures.as_ref()).zip(since.as_ref());
    let counted = counted.map(|((hook, failures), since)| format!("`{hook}` failed {failures} times since {since}; "));
    format!("  {}{reason}", counted.unwrap_or_default())
}
