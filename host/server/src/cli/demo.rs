//! `herald demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use herald_policy::STACK_BYTES;

use super::serve::stop_signal;
use super::{Common, Failure};
use crate::demo::{self, Language, Options};

/// Shows four days of the sample organisation in a few seconds, and goes on serving it until it is told to stop.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald demo --lang zh --exit")]
pub(super) struct Demo {
    /// The language of the story: `en` or `zh`
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Language,
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Play by the rules in this folder instead of those that the program carries
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// End after the story
    #[arg(long)]
    exit: bool,
}

impl Demo {
    /// Settings come from flags only: the file and the environment are a real host's. So does `--data`, without which
    /// everything lies in a temporary folder.
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let options = Options {
            language: self.lang,
            listen: self.listen,
            data: common.data.as_ref().map(PathBuf::from),
            rules: self.rules,
            exit: self.exit,
            settings: common.settings.clone(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build();
        let runtime = runtime.map_err(|source| Failure::Finding(format!("no threads can be started: {source}")))?;
        runtime.block_on(async {
            let unheard = |source| Failure::Finding(format!("signals cannot be waited for: {source}"));
            let stop = stop_signal().map_err(unheard)?;
            Ok(demo::run(&options, common.style(), stop).await?)
        })
    }
}
