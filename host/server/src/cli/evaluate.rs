//! `herald evaluate`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use herald_core::access::Requester;
use herald_core::decision::{Decision, HookOutcome};
use herald_core::target::Actor;
use herald_engine::Configured;
use jiff::Timestamp;
use reqwest::Method;

use super::remote::Server;
use super::{Common, Failure};
use crate::data::DataFolder;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::{Evaluated, Submission, field_errors};
use crate::output;
use crate::publish::Publisher;

/// Says what would happen to a message, and why. Nothing is stored.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald evaluate message.json --as li.lei")]
pub(super) struct Evaluate {
    /// The message, as it would be posted: a JSON file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The person who would send it; with `--server` the token says who
    #[arg(long = "as", value_name = "PERSON", conflicts_with = "server")]
    sender: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl Evaluate {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let submission = read(&self.file)?;
        let evaluated = match self.server.remote()? {
            Some(remote) => remote.ask(Method::POST, "/v1/evaluate", Some(&submission))?,
            None => on_folder(common, submission, self.sender)?,
        };
        output::result(common.style(), &evaluated, text);
        Ok(())
    }
}

/// Reads a message as it would be posted.
pub(super) fn read(file: &Path) -> Result<Submission, Failure> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(file).map(|read| bytes = read)
    };
    read.map_err(|source| Failure::file(file, source))?;
    Ok(crate::http::parse(&bytes)?)
}

fn on_folder(common: &Common, submission: Submission, sender: Option<String>) -> Result<Evaluated, Failure> {
    let sender = sender.ok_or_else(|| Failure::Finding("name who would send the message with `--as PERSON`".into()))?;
    let settings = common.settings(Vec::new())?.settings;
    let folder = DataFolder::take(&settings.data, false)?;
    let configured = Publisher::new(folder.configuration(&settings)?, folder.host_limits(&settings)?).load()?;
    decide(&configured, submission, &sender)
}

/// Decides on a message that the person `sender` would send, by what is configured.
pub(super) fn decide(configured: &Configured, submission: Submission, sender: &str) -> Result<Evaluated, Failure> {
    let person = sender.parse().map_err(|error| Failure::Finding(format!("`--as`: {error}")))?;
    let requester = Requester::plain(Actor::Person(person));
    let draft = submission.into_draft(configured, &requester)?;
    let message = draft.into_message(configured, requester.actor, Timestamp::now());
    let message = message.map_err(|problems| Problem::of_fields(ProblemKind::Form, field_errors(problems)))?;
    let message = Arc::new(message);
    let decision = configured.policies.decide(&configured.world, &message);
    Ok(Evaluated { message: Arc::unwrap_or_clone(message), decision })
}

/// The decision for people: what would be done, and who said so.
pub(super) fn text(evaluated: &Evaluated) -> String {
    let Decision { plan, held, contributions, cuts, .. } = &evaluated.decision;
    let mut lines = vec![format!("level {}, {}, for {}", plan.level, plan.classification, plan.audience)];
    if let Some(objection) = &plan.refused {
        lines.push(format!("refused: {}: {}", objection.bundle, objection.reason));
    }
    if let Some(hold) = held {
        lines.push(format!("held: {}: {}", hold.bundle, hold.reason));
    }
    for (target, reach) in &plan.recipients {
        let by: Vec<_> = reach.by.iter().map(ToString::to_string).collect();
        let by = if by.is_empty() { "inbox".to_owned() } else { by.join(", ") };
        lines.push(format!("to {target} by {by}"));
    }
    if let Some(accountable) = &plan.accountable {
        lines.push(format!("accountable: {accountable}"));
    }
    for stage in &plan.stages {
        let approvers: Vec<_> = stage.plan.approvers.iter().map(ToString::to_string).collect();
        lines.push(format!("stage {} ({}): {}", stage.plan.name, stage.plan.phase, approvers.join(", ")));
    }
    for goal in &plan.goals {
        lines.push(format!("goal {} within {}", goal.plan.name, goal.plan.within));
    }
    for flag in &plan.flags {
        lines.push(format!("flag: {flag}"));
    }
    for contribution in contributions {
        let outcome = match &contribution.outcome {
            HookOutcome::Plan(_) => "answered".to_owned(),
            HookOutcome::Failed { message, .. } => format!("failed: {message}"),
        };
        let micros = contribution.cost.time_micros;
        lines.push(format!(
            "{}@{} {} {outcome} in {micros} µs",
            contribution.bundle, contribution.revision, contribution.hook
        ));
    }
    lines.extend(cuts.iter().map(|cut| format!("cut: {} asked for {}: {}", cut.bundle, cut.what, cut.why)));
    lines.join("\n")
}
