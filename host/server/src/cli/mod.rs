//! The command line.
//!
//! Commands on a data folder work while no server runs on it; those that take `--server` ask a running one
//! instead. Every command prints its result to standard output, as JSON with `--json`, and ends with a status
//! other than 0 when it failed.

mod apply;
mod backup;
mod config;
mod demo;
mod evaluate;
mod failure;
mod plugin;
mod policy;
mod remote;
mod serve;
mod store;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use failure::Failure;

use crate::output::{self, Style};
use crate::settings::{Resolved, Sources};

/// Routes an organisation's messages by each department's own rules.
#[derive(Debug, Parser)]
#[command(name = "herald", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The settings file: TOML
    #[arg(long, global = true, value_name = "FILE", env = "HERALD_CONFIG")]
    config: Option<PathBuf>,
    /// A setting, such as `partitions=2`; may be repeated
    #[arg(long = "set", global = true, value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The data folder; the setting `data`
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show four days of a sample organisation, then serve it
    Demo(demo::Demo),
    /// Run the server
    Serve(serve::Serve),
    /// Publish the organisation and its policies from a folder, as a whole
    Apply(apply::Apply),
    /// Say what would happen to a message, and why; nothing is stored
    Evaluate(evaluate::Evaluate),
    /// List the policies in force, and resume those that are suspended
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Write policies in Rust, JavaScript or Python: begin one, build it, try it
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Make, list and revoke tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Check the journals and everything that is derived from them
    Verify(store::Verify),
    /// Make everything that is derived from the journals again
    Rebuild(store::Rebuild),
    /// Write the journals out as lines of JSON, with a signed head each
    Export(store::Export),
    /// Copy everything Herald keeps, also while a server runs
    Backup(backup::Backup),
    /// Print the settings in force, and where each comes from
    Config(config::Config),
}

impl Common {
    fn style(&self) -> Style {
        if self.json { Style::Json } else { Style::Text }
    }

    /// The settings in force; `flags` are those of the command itself.
    fn settings(&self, flags: Vec<(String, String)>) -> Result<Resolved, Failure> {
        let file = match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| Failure::file(path, source))?;
                Some((path.display().to_string(), text))
            }
            None => None,
        };
        // A variable that is not UTF-8 is none of Herald's.
        let text = |value: OsString| value.into_string().ok();
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        let data = self.data.iter().map(|data| ("data".to_owned(), data.clone()));
        let flags = self.settings.iter().cloned().chain(data).chain(flags).collect();
        Ok(Sources { file, environment, flags }.resolve()?)
    }
}

/// Runs the command that the arguments of this process name.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let style = common.style();
    let result = match command {
        Command::Demo(command) => command.run(&common),
        Command::Serve(command) => command.run(&common),
        Command::Apply(command) => command.run(&common),
        Command::Evaluate(command) => command.run(&common),
        Command::Policy(command) => command.run(&common),
        Command::Plugin(command) => command.run(&common),
        Command::Token(command) => command.run(&common),
        Command::Verify(command) => command.run(&common),
        Command::Rebuild(command) => command.run(&common),
        Command::Export(command) => command.run(&common),
        Command::Backup(command) => command.run(&common),
        Command::Config(command) => command.run(&common),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(style, &failure);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_is_explained_with_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path}");
            if command.has_subcommands() {
                command.get_subcommands().for_each(|command| check(command, &path));
            } else {
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.contains(&format!("Example:\n {path}")), "{path}: {after}");
            }
        }
        let command = Cli::command();
        command.clone().debug_assert();
        command.get_subcommands().for_each(|command| check(command, " herald"));
    }
}
