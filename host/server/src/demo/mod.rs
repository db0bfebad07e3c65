//! `herald demo`: four days of the sample organisation, told as stories.
//!
//! The rules are published into a fresh folder, the real host is started on them, sample messages are submitted over
//! HTTP, people do over HTTP what the samples say they do, and the clock is turned through what nobody does. Then each
//! case's story is told from its timeline and its decisions, as the API gives them, and the host goes on serving.
//!
//! Nothing here decides anything about a case or knows how one ends: with other rules, other stories are told. Nothing
//! leaves the machine, and nothing of a real host's settings or data is touched.

mod client;
mod clock;
mod commands;
mod error;
mod fold;
mod house;
mod ledger;
mod names;
mod page;
mod plans;
mod play;
mod receiver;
mod rules;
mod sample;
mod story;
mod telling;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::output::{self, Style};
use crate::telemetry::start_logs;

use client::Client;
use clock::DemoClock;
use house::Place;
use names::Names;
use play::Play;
use receiver::Receiver;
use telling::Telling;

pub use error::DemoError;
pub use words::Language;
use words::Phrase;

/// What may be chosen.
#[derive(Debug, Clone)]
pub struct Options {
    /// The language of the story.
    pub language: Language,
    /// Where the host listens; with port 0 on any that is free.
    pub listen: SocketAddr,
    /// The folder for everything, empty or not there yet; `None` for one that goes with the demo.
    pub data: Option<PathBuf>,
    /// The rules to play by; `None` for those that the program carries.
    pub rules: Option<PathBuf>,
    /// Whether to end after the story.
    pub exit: bool,
    /// Settings of the host.
    pub settings: Vec<(String, String)>,
}

/// Runs the demo until the story is told, or until `stop` ends.
///
/// # Errors
/// [`DemoError`].
pub(crate) async fn run(options: &Options, style: Style, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
    let samples = sample::samples()?;
    let (listener, address) = house::listen(options).await?;
    let receiver = Receiver::start().await.map_err(|source| DemoError::Listen { address, source })?;
    // What is wrong with the rules is said before anything is written.
    let code = house::read(options, &receiver)?;
    let place = Place::make(options.data.as_deref())?;
    let mut resolved = house::settings(&place, options, address, &receiver)?;
    start_logs(&resolved.settings)?;
    house::make_up_secrets(&mut resolved, &code.organisation)?;
    let begins = house::begins(&code.organisation);
    output::progress(options.language.word(Phrase::Publishing));
    let tokens = house::publish(&place, &resolved, code, &sample::services(&samples), begins)?;
    let clock = Arc::new(DemoClock::new(begins));
    let host = house::start(&resolved, &clock)?;
    let app = Arc::clone(host.app());
    let (end, ended) = oneshot::channel::<()>();
    let serving = tokio::spawn(host.serve(listener, async move { drop(ended.await) }));

    let client = Client::new(house::reachable(address), tokens)?;
    let story = async {
        let names = Names::ask(&client, options.language).await?;
        let telling = Telling { names: &names, client: &client, place: &place, samples: &samples, style };
        telling.greet();
        let began = Instant::now();
        let (clock, receiver, samples) = (&*clock, &receiver, samples.as_slice());
        let played = Play { app: &app, clock, client: &client, names: &names, receiver, samples }.play().await?;
        let took = began.elapsed();
        // From here on deadlines pass as they do.
        clock.go();
        app.engine.wake();
        telling.tell(&played, receiver, took, clock, !options.exit).await
    };
    let mut stop = pin!(stop);
    let result = tokio::select! {
        result = story => {
            if result.is_ok() && !options.exit {
                stop.await;
            }
            result
        }
        () = &mut stop => Ok(()),
    };
    drop(end);
    // A host that panicked while it ended has said so.
    drop(serving.await);
    result
}
