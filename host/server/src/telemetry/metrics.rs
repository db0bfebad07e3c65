//! Metrics, in the OpenMetrics text format at `/metrics`.
//!
//! Labels come from closed sets: routes as they are registered, statuses, kinds and bundles of the organisation.
//! What a client sends never becomes a label.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use herald_engine::stats::{Histogram as EngineHistogram, Stats};
use herald_engine::{Clock, Engine};
use herald_store::StoreError;
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::policy_state::{PolicyState, policy_states};

/// The media type of the text format.
pub(crate) const METRICS_MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds, in seconds, of how long requests take: from what a cache answers to the default timeout.
const REQUEST_BUCKETS_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A case began.
    Created,
    /// Its event has a case already.
    Existing,
    /// Its request was answered before.
    Repeated,
    /// It was wrong, or not allowed.
    Refused,
    /// Herald could not take it.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SubmissionLabels {
    kind: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabels {
    bundle: String,
    hook: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    bundle: String,
    hook: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TroubleLabels {
    bundle: String,
    status: &'static str,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    submissions: Family<SubmissionLabels, Counter>,
}

impl Metrics {
    /// The metrics of this process, those of `engine` included; by `clock` timers are late.
    #[must_use]
    pub fn new(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::with_prefix("herald");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by route and status", requests.clone());
        let histogram: fn() -> Histogram = || Histogram::new(REQUEST_BUCKETS_SECONDS);
        let durations = Family::new_with_constructor(histogram);
        let help = "How long requests took, by route";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, durations.clone());
        let submissions = Family::default();
        registry.register("submissions", "Messages submitted, by kind and outcome", submissions.clone());
        registry.register_collector(Box::new(EngineCollector { engine, clock }));
        Self { registry, requests, durations, submissions }
    }

    /// Counts an answered request. `route` is the route's pattern, never the address that was asked for.
    pub(crate) fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.durations.get_or_create(&RouteLabels { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// Counts a submission. `kind` is a kind of the organisation; anything else is counted as `unknown`.
    pub(crate) fn submission(&self, kind: Option<&str>, outcome: Outcome) {
        let kind = kind.unwrap_or("unknown").to_owned();
        self.submissions.get_or_create(&SubmissionLabels { kind, outcome: outcome.as_str() }).inc();
    }

    /// All metrics, as text. Looks into the stores, and so may wait for a disk.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Reads what the engine counts about itself, when somebody asks.
struct EngineCollector {
    engine: Engine,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for EngineCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineCollector")
    }
}

impl Collector for EngineCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats: &Stats = self.engine.stats();
        for (name, help, counter) in [
            ("commands", "Commands carried out, the host's own included", &stats.carried_out),
            ("commands_refused", "Commands refused when they were judged", &stats.refused),
            ("requests_repeated", "Requests answered from an idempotency key", &stats.repeated),
            ("requests_overloaded", "Requests turned away because a queue was full", &stats.overloaded),
            ("frames", "Frames committed", &stats.frames),
            ("defects", "Evaluations and judgements that failed inside Herald", &stats.defects),
            ("timers_fired", "Timers that fired: warnings, breaches, closings", &stats.timers_fired),
            ("delivery_attempts", "Tries of deliveries", &stats.attempts),
            ("deliveries_arrived", "Tries that arrived", &stats.arrived),
            ("deliveries_given_up", "Deliveries that became dead letters", &stats.given_up),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(counter.get()).encode(descriptor)?;
        }
        hooks(&mut encoder, stats)?;
        in_trouble(&mut encoder, &self.engine)?;
        self.gauges(&mut encoder)?;
        histogram(&mut encoder, "frame_commands", "How many commands frames held", None, &stats.batch)?;
        let seconds = Some(&Unit::Seconds);
        histogram(&mut encoder, "commit_duration", "How long commits took", seconds, &stats.commit)?;
        histogram(&mut encoder, "evaluation_duration", "How long evaluations took", seconds, &stats.evaluation)
    }
}

/// What lies in the stores and waits.
#[derive(Debug, Default)]
struct Waiting {
    outbox: u64,
    dead_letters: u64,
    timers: u64,
    open_tasks: u64,
    /// By how much the timer that is due longest is late.
    timer_lag_seconds: f64,
}

impl Waiting {
    fn read(engine: &Engine, now: Timestamp) -> Result<Self, StoreError> {
        let mut waiting = Self::default();
        for partition in engine.partitions() {
            let snapshot = partition.snapshot()?;
            let counts = snapshot.counts()?;
            waiting.outbox += counts.outbox;
            waiting.dead_letters += counts.dead_letters;
            waiting.timers += counts.timers;
            waiting.open_tasks += counts.open_tasks;
            let lag = snapshot.next_timer(Timestamp::MIN)?.map_or(0.0, |due| now.duration_since(due).as_secs_f64());
            waiting.timer_lag_seconds = waiting.timer_lag_seconds.max(lag);
        }
        Ok(waiting)
    }
}

impl EngineCollector {
    fn gauges(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let status = self.engine.status();
        let queued = status.iter().map(|partition| partition.queued).sum();
        let sending = status.iter().map(|partition| partition.sending).sum();
        let stopped = status.iter().filter(|partition| partition.stopped.is_some()).count();
        for (name, help, value) in [
            ("commands_queued", "Commands that wait for a writer", queued),
            ("deliveries_sending", "Tries of deliveries under way", sending),
            ("partitions_stopped", "Partitions whose writer stopped after a failure of the disk", stopped),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(descriptor)?;
        }
        match Waiting::read(&self.engine, self.clock.now()) {
            Ok(waiting) => waiting.encode(encoder),
            // Whoever watches wants the other metrics all the more.
            Err(error) => {
                tracing::error!(%error, "metrics of a store could not be read");
                Ok(())
            }
        }
    }
}

impl Waiting {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in [
            ("deliveries_waiting", "Deliveries that wait for their next try", self.outbox),
            ("dead_letters", "Deliveries that were given up and not sent again", self.dead_letters),
            ("timers_running", "Goals whose time runs", self.timers),
            ("tasks_open", "Open tasks, once for each of their holders", self.open_tasks),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(descriptor)?;
        }
        let help = "By how much the timer that is due longest is late";
        let descriptor = encoder.encode_descriptor("timer_lag", help, Some(&Unit::Seconds), MetricType::Gauge)?;
        ConstGauge::new(self.timer_lag_seconds).encode(descriptor)
    }
}

/// How policies' hooks fared. Only those that were called since the start have a line, whatever is published.
fn hooks(encoder: &mut DescriptorEncoder<'_>, stats: &Stats) -> fmt::Result {
    let calls = stats.hooks.get();
    let help = "Calls of policies' hooks, by bundle and outcome: `answered`, or the cause of the failure";
    let mut descriptor = encoder.encode_descriptor("hook_calls", help, None, MetricType::Counter)?;
    for ((bundle, hook), counts) in &calls {
        for (outcome, count) in &counts.outcomes {
            let labels = OutcomeLabels { bundle: bundle.to_string(), hook: hook.as_str(), outcome };
            ConstCounter::new(*count).encode(descriptor.encode_family(&labels)?)?;
        }
    }
    let help = "How long calls of policies' hooks took together, by bundle";
    let mut descriptor = encoder.encode_descriptor("hook_time", help, Some(&Unit::Seconds), MetricType::Counter)?;
    for ((bundle, hook), counts) in &calls {
        let labels = HookLabels { bundle: bundle.to_string(), hook: hook.as_str() };
        ConstCounter::new(counts.time_micros as f64 / 1e6).encode(descriptor.encode_family(&labels)?)?;
    }
    let help = "The most memory that one call of a policy's hook had in use since the start, by bundle";
    let mut descriptor = encoder.encode_descriptor("hook_memory_peak", help, Some(&Unit::Bytes), MetricType::Gauge)?;
    for ((bundle, hook), counts) in &calls {
        let labels = HookLabels { bundle: bundle.to_string(), hook: hook.as_str() };
        let peak = i64::try_from(counts.memory_peak_bytes).unwrap_or(i64::MAX);
        ConstGauge::new(peak).encode(descriptor.encode_family(&labels)?)?;
    }
    Ok(())
}

/// The policies in trouble: a line of value 1 for each, none for the others.
fn in_trouble(encoder: &mut DescriptorEncoder<'_>, engine: &Engine) -> fmt::Result {
    let states = match policy_states(engine) {
        Ok(states) => states,
        Err(error) => {
            tracing::error!(%error, "which policies keep failing could not be read");
            return Ok(());
        }
    };
    let help = "Policies that keep failing, are suspended or do not load, by bundle; the others have no line";
    let mut descriptor = encoder.encode_descriptor("policies_in_trouble", help, None, MetricType::Gauge)?;
    for (bundle, PolicyState { status, .. }) in states {
        let labels = TroubleLabels { bundle: bundle.to_string(), status: status.as_str() };
        ConstGauge::new(1_i64).encode(descriptor.encode_family(&labels)?)?;
    }
    Ok(())
}

/// A histogram of numbers, or with the unit of seconds of microseconds.
fn histogram(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    counted: &EngineHistogram,
) -> fmt::Result {
    let by_unit = |number: u64| if unit.is_some() { number as f64 / 1e6 } else { number as f64 };
    let buckets: Vec<_> = counted.buckets().map(|(bound, count)| (bound.map_or(f64::MAX, by_unit), count)).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    let mut descriptor = encoder.encode_descriptor(name, help, unit, MetricType::Histogram)?;
    descriptor.encode_histogram::<NoLabelSet>(by_unit(counted.sum()), count, &buckets, None)
}
