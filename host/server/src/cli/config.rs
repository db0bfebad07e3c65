//! `herald config`.

use clap::Args;
use serde::Serialize;

use super::{Common, Failure};
use crate::output;
use crate::settings::Resolved;

/// Prints the settings in force.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald config --config herald.toml --set partitions=2")]
pub(super) struct Config {}

/// One setting in force.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    value: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
    source: String,
    default: &'static str,
    doc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[u64; 2]>,
}

impl Config {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let resolved = common.settings(Vec::new())?;
        output::result(common.style(), &lines(&resolved), |lines| lines.iter().map(text).collect());
        Ok(())
    }
}

fn lines(resolved: &Resolved) -> Vec<Line> {
    let settings = resolved.in_force.iter().map(|(definition, in_force)| Line {
        name: definition.name,
        value: in_force.text.clone(),
        unit: definition.unit,
        source: in_force.source.to_string(),
        default: definition.default,
        doc: definition.doc,
        range: definition.bounds.is_range().then_some([definition.bounds.least, definition.bounds.most]),
    });
    let secrets = resolved.secrets.iter().map(|(name, secret)| Line {
        name: "secrets",
        value: format!("{name} (hidden)"),
        unit: "",
        source: secret.source.to_string(),
        default: "",
        doc: "A secret that signs what is sent through the channels that name it.",
        range: None,
    });
    settings.chain(secrets).collect()
}

fn text(line: &Line) -> String {
    let range = line.range.map(|[least, most]| format!(" From {least} to {most} {}.", line.unit)).unwrap_or_default();
    let value = if line.value.is_empty() { "(none)" } else { &line.value };
    format!("{} = {value}  ({})\n    {}{range}\n", line.name, line.source, line.doc)
}
