//! Logs, through `tracing`, to standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, Settings};

/// Logs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is none.
    #[error("setting `log_filter`: `{filter}`: {reason}")]
    Filter {
        /// As it was written.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody has done it before.
    #[error("logs were started twice")]
    Twice,
}

/// Sends the logs of this process to standard error, as the settings say.
///
/// # Errors
/// [`LogError`].
pub fn start_logs(settings: &Settings) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&settings.log_filter)
        .map_err(|error| LogError::Filter { filter: settings.log_filter.clone(), reason: error.to_string() })?;
    // Whoever reads the logs may go away; a host must not stop because it cannot tell that it runs.
    let logs =
        tracing_subscriber::fmt().log_internal_errors(false).with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log_format {
        LogFormat::Human => logs.finish().try_init(),
        LogFormat::Json => logs.json().flatten_event(true).finish().try_init(),
    };
    started.map_err(|_| LogError::Twice)
}
