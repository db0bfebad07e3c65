//! `herald apply`.

use std::path::PathBuf;

use clap::Args;
use herald_core::access::Requester;
use herald_core::target::Actor;
use herald_store::configuration::ChangeKind;
use jiff::Timestamp;
use reqwest::Method;

use super::remote::Server;
use super::{Common, Failure};
use crate::code;
use crate::data::DataFolder;
use crate::difference::Difference;
use crate::http::{Applied, ApplyBody};
use crate::output;
use crate::publish::{Proposal, Publisher};

/// Publishes the organisation and its policies from a folder, as a whole: with any error, nothing is published.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald apply rules/ --dry-run --server http://127.0.0.1:8420")]
pub(super) struct Apply {
    /// The folder, laid out as `rules/`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Check everything and say what would change; publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave bundles in force that the folder does not have; without it they are retired, as everything else that
    /// the folder does not have is removed
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    server: Server,
}

impl Apply {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let code::Code { organisation, bundles } = code::read(&self.folder)?;
        let proposal =
            Proposal { organisation: Some(organisation), bundles, prune: !self.keep, expected_revision: None };
        let applied = match self.server.remote()? {
            Some(remote) => {
                let path = format!("/v1/apply?dry_run={}", self.dry_run);
                remote.ask(Method::POST, &path, Some(&ApplyBody::new(proposal)))?
            }
            None => on_folder(common, &proposal, self.dry_run)?,
        };
        output::result(common.style(), &applied, text);
        Ok(())
    }
}

fn on_folder(common: &Common, proposal: &Proposal, dry_run: bool) -> Result<Applied, Failure> {
    let settings = common.settings(Vec::new())?.settings;
    let folder = DataFolder::take(&settings.data, true)?;
    let publisher = Publisher::new(folder.configuration(&settings)?, folder.host_limits(&settings)?);
    // Whoever may write the folder's files may publish.
    let requester = Requester { admin: true, ..Requester::plain(Actor::Host) };
    let outcome = publisher.apply(proposal, &requester, Timestamp::now(), dry_run, |_| (), None)?;
    Ok(Applied::new(outcome, dry_run))
}

/// What differs in a change, and which open cases it touches, each in a line of its own below it.
fn details(difference: &Difference) -> String {
    let mut lines: Vec<String> = difference.lines.clone();
    if difference.lines_left_out > 0 {
        lines.push(format!("and {} lines more", difference.lines_left_out));
    }
    if let Some(count) = difference.open_cases.filter(|count| *count > 0) {
        let least = if difference.open_cases_cut { "at least " } else { "" };
        lines.push(format!("touches {least}{count} open cases"));
        lines.extend(difference.first_cases.iter().map(|case| format!("  {case}")));
    }
    lines.iter().map(|line| format!("\n    {line}")).collect()
}

/// A diff for people: a line for each difference, and for each warning.
fn text(applied: &Applied) -> String {
    let mut lines: Vec<String> = applied
        .changes
        .iter()
        .map(|change| {
            let sign = match change.kind {
                ChangeKind::Added => '+',
                ChangeKind::Changed => '~',
                ChangeKind::Removed => '-',
            };
            let said = applied.differences.iter();
            let said = said.filter(|said| said.section == change.section.as_str() && said.name == change.name);
            let details: String = said.map(details).collect();
            format!("{sign} {} {}{details}", change.section, change.name)
        })
        .collect();
    lines.extend(applied.warnings.iter().map(|warning| format!("! {}: {}", warning.pointer, warning.message)));
    lines.push(match (applied.changes.len(), applied.dry_run) {
        (0, _) => format!("nothing changes; revision {} is in force", applied.revision),
        (count, true) => format!("{count} changes to revision {}; nothing was published (dry run)", applied.revision),
        (count, false) => format!("{count} changes published as revision {}", applied.revision),
    });
    lines.join("\n")
}
