//! `herald plugin`: writing policies in Rust, JavaScript and Python.

mod run;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use herald_core::names::DepartmentId;

use super::{Common, Failure};
use crate::output;
use crate::plugin::{self, Built, Created, Language};

/// Policies that are compiled.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Begin a plugin: a bundle with its source and cases, which can be built and run as it is
    New(New),
    /// Make a bundle's `policy.wasm` from its source
    Build(Build),
    /// Run a bundle's cases, or say what it would do with a message: plan, log, and cost against its limits
    Run(run::Run),
}

impl PluginCommand {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::New(command) => command.run(common),
            Self::Build(command) => command.run(common),
            Self::Run(command) => command.run(common),
        }
    }
}

/// Begins a plugin: a bundle with its source and cases, which can be built and run as it is.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald plugin new --language python rules/sales/quote-request")]
pub(super) struct New {
    /// What it is written in
    #[arg(long, value_enum)]
    language: Language,
    /// Whose policy it is; by default the department whose folder in a rules folder it comes to lie in
    #[arg(long)]
    department: Option<DepartmentId>,
    /// Its folder, a new one with the bundle's name
    #[arg(value_name = "NAME")]
    dir: PathBuf,
}

impl New {
    fn run(self, common: &Common) -> Result<(), Failure> {
        let created = plugin::create(&self.dir, self.department, self.language)?;
        output::result(common.style(), &created, |Created { dir, bundle, files, .. }| {
            let files: String = files.iter().map(|file| format!("  {file}\n")).collect();
            let dir = dir.display();
            format!("{bundle} in {dir}:\n{files}next: herald plugin build {dir}, herald plugin run {dir}")
        });
        Ok(())
    }
}

/// Makes a bundle's `policy.wasm` from its source, or says which tool is missing and how to get it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald plugin build rules/sales/quote-request")]
pub(super) struct Build {
    /// The bundle's folder
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl Build {
    fn run(self, common: &Common) -> Result<(), Failure> {
        output::progress(&format!("building {}", self.dir.display()));
        let built = plugin::build(&self.dir)?;
        output::result(common.style(), &built, |Built { file, component, .. }| {
            format!(
                "{}: {} KiB\nimports {}\nexports {}",
                file.display(),
                component.bytes.div_ceil(1_024),
                component.imports.join(", "),
                component.exports.join(", ")
            )
        });
        Ok(())
    }
}
