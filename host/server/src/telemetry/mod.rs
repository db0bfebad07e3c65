//! Telemetry: logs for what happened, metrics for how much of it. Neither ever holds a secret: no header, no
//! body and no token is logged, and labels of metrics are names from closed sets.

mod logs;
mod metrics;

pub use logs::{LogError, start_logs};
pub(crate) use metrics::METRICS_MEDIA_TYPE;
pub use metrics::{Metrics, Outcome};
