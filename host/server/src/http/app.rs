//! What every handler works with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use herald_core::workspace::RowError;
use herald_engine::{Clock, Configured, Engine};
use herald_store::StoreError;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::limits::{InFlight, Rate};
use super::messages::REPLAYS_AT_ONCE;
use super::problem::{Problem, ProblemKind};
use crate::backup::Backups;
use crate::publish::Publisher;
use crate::settings::Settings;
use crate::telemetry::Metrics;

/// The parts of a running host, as its HTTP API sees them.
pub struct App {
    /// Carries out what is asked.
    pub engine: Engine,
    /// Publishes the configuration, and knows who bears which token.
    pub publisher: Publisher,
    /// Makes backups.
    pub backups: Backups,
    /// Counts.
    pub metrics: Metrics,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The limits in force.
    pub limits: EdgeLimits,
    /// Taken while decisions of a case are made again.
    pub(crate) replays: Semaphore,
    in_flight: InFlight,
    started: Instant,
}

/// Limits of the API, from the settings of the same names.
#[derive(Debug, Clone, Copy)]
pub struct EdgeLimits {
    /// The largest ordinary body, in bytes.
    pub body_bytes: usize,
    /// The largest batch, in bytes.
    pub batch_bytes: usize,
    /// The most lines of a batch.
    pub batch_lines: usize,
    /// The largest publication, in bytes.
    pub apply_bytes: usize,
    /// Requests by one principal.
    pub rate: Rate,
    /// Requests worked on at a time.
    pub in_flight: usize,
    /// How long a request may take.
    pub timeout: Duration,
}

impl EdgeLimits {
    /// The limits that `settings` ask for.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            body_bytes: size(settings.body_limit_bytes),
            batch_bytes: size(settings.batch_limit_bytes),
            batch_lines: size(settings.batch_limit_lines),
            apply_bytes: size(settings.apply_limit_bytes),
            rate: Rate { per_second: settings.rate_limit_per_second, burst: settings.rate_burst },
            in_flight: size(settings.requests_in_flight_limit),
            timeout: Duration::from_millis(settings.request_timeout_ms),
        }
    }
}

impl App {
    /// The parts, put together.
    #[must_use]
    pub fn new(
        engine: Engine,
        publisher: Publisher,
        backups: Backups,
        clock: Arc<dyn Clock>,
        limits: EdgeLimits,
    ) -> Self {
        let metrics = Metrics::new(engine.clone(), Arc::clone(&clock));
        let in_flight = InFlight::new(limits.in_flight);
        let replays = Semaphore::new(REPLAYS_AT_ONCE);
        Self { engine, publisher, backups, metrics, clock, limits, replays, in_flight, started: Instant::now() }
    }

    /// The moment it is, for what is shown and compared; a case's own time is given by its partition.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long this process runs: the clock of rate limits, which never goes back.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The requests that are being worked on.
    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// The publication in force.
    #[must_use]
    pub fn configured(&self) -> Arc<Configured> {
        self.engine.configured()
    }
}

/// Runs `work`, which may wait for a disk, away from the threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => Err(Problem::internal(&panic)),
    }
}

/// A failure to read. What is not in memory cannot be read from a disk that has failed, nor from one that failed to
/// take a write before: all of it can be again after the next start.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Disk(_) => {
                tracing::error!(%error, "a store could not be read");
                Self::new(ProblemKind::NotReady, "the disk failed; try again once the host has been started again")
            }
            error => Self::internal(&error),
        }
    }
}

impl From<RowError> for Problem {
    fn from(error: RowError) -> Self {
        StoreError::from(error).into()
    }
}
