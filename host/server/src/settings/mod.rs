//! Settings: what an operator may choose, from one TOML file, the environment and flags, in that order of
//! strength.
//!
//! The table below is the only list of them: the file's keys, the environment's variables, `--set`, the
//! checks and `herald config` are all read from it. Nothing here opens anything but the file. What an
//! *organisation* chooses (directory, channels, policies) is no setting: it is published with `herald apply`.

mod source;
mod value;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use herald_delivery::guard::Allowed;

pub use source::{InForce, Resolved, Secret, SecretName, SettingsError, SettingsProblem, Source, Sources, secret_name};
pub use value::{Bounds, LogFormat};

/// One setting, as it is documented.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its key in the file and for `--set`.
    pub name: &'static str,
    /// What it does and why one would change it.
    pub doc: &'static str,
    /// What is counted: `bytes`, `ms`; empty for words, addresses and paths.
    pub unit: &'static str,
    /// Its value where nobody says otherwise, as it would be written.
    pub default: &'static str,
    /// The range of a number.
    pub bounds: Bounds,
}

impl Definition {
    /// The environment's variable for it: `HERALD_LISTEN` for `listen`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_ascii_uppercase())
    }
}

/// What the environment's variables begin with.
pub const VARIABLE_PREFIX: &str = "HERALD_";

/// Variables under that prefix which are no settings: the token and the address of remote commands, and the
/// name of the settings file.
pub const OTHER_VARIABLES: &[&str] = &["HERALD_TOKEN", "HERALD_SERVER", "HERALD_CONFIG"];

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $unit:literal, $bounds:expr;)*) => {
        /// Every setting, checked.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $name: $type,)*
        }

        /// Every setting there is, in the order in which `herald config` prints them.
        pub const DEFINITIONS: &[Definition] = &[$(Definition {
            name: stringify!($name),
            doc: concat!($($doc),+).trim_ascii(),
            unit: $unit,
            default: $default,
            bounds: $bounds,
        }),*];

        impl Settings {
            /// Reads every setting from its text; `text` gives the one in force for a definition. Names that
            /// are wrong are collected, so that an operator sees all of them at once.
            fn read<'a>(mut text: impl FnMut(&Definition) -> &'a str) -> Result<Self, Vec<(&'static str, String)>> {
                let mut problems = Vec::new();
                let mut definitions = DEFINITIONS.iter();
                $(let $name = definitions.next().and_then(|definition| {
                    value::read::<$type>(definition, text(definition))
                        .map_err(|problem| problems.push((definition.name, problem)))
                        .ok()
                });)*
                match ($($name,)*) {
                    ($(Some($name),)*) => Ok(Self { $($name,)* }),
                    _ => Err(problems),
                }
            }
        }
    };
}

settings! {
    /// Where the HTTP API listens. A loopback address keeps it on this machine; anything else should stand
    /// behind a proxy that ends TLS.
    listen: SocketAddr = "127.0.0.1:8420", "", Bounds::NONE;
    /// The folder that holds everything Herald keeps. One running Herald at a time.
    data: PathBuf = "herald-data", "", Bounds::NONE;
    /// The folder in which a running Herald makes backups. A relative one lies in the data folder.
    backups: PathBuf = "backups", "", Bounds::NONE;
    /// How logs are written: `human` for eyes, `json` for collectors.
    log_format: LogFormat = "human", "", Bounds::NONE;
    /// Which logs are written: `info`, or per module, such as `info,herald_engine=debug`.
    log_filter: String = "info", "", Bounds::NONE;
    /// How many partitions messages are spread over. Fixed by the first start on a data folder.
    partitions: u64 = "1", "partitions", Bounds::new(1, 64);
    /// Memory for the store's pages, for each partition.
    store_cache_bytes: u64 = "268435456", "bytes", Bounds::new(1 << 20, 1 << 40);
    /// Threads that evaluate policies; 0 for as many as there are processors.
    evaluation_threads: u64 = "0", "threads", Bounds::new(0, 256);
    /// The largest body of a request, but for batches and `apply`; beyond it the answer is 413.
    body_limit_bytes: u64 = "1048576", "bytes", Bounds::new(1 << 10, 16 << 20);
    /// The largest batch of messages; beyond it the answer is 413.
    batch_limit_bytes: u64 = "8388608", "bytes", Bounds::new(1 << 10, 64 << 20);
    /// The most messages of one batch; beyond it the answer is 413.
    batch_limit_lines: u64 = "1000", "lines", Bounds::new(1, 10_000);
    /// The largest organisation and bundles that `apply` takes at once; beyond it the answer is 413.
    apply_limit_bytes: u64 = "33554432", "bytes", Bounds::new(1 << 10, 256 << 20);
    /// The largest component of a compiled policy. Those of Python and JavaScript have up to 20 MiB, with their
    /// interpreters in them; what is larger is refused when it is published.
    component_limit_bytes: u64 = "10485760", "bytes", Bounds::new(64 << 10, 64 << 20);
    /// The most time that one call of a policy may take: what its `time_limit_ms` may ask for. A policy that is in
    /// force and has asked for more is held to it.
    policy_time_limit_ms: u64 = "1000", "ms", Bounds::new(1, 10_000);
    /// The most operations of one call of a script: what its `operation_limit` may ask for, likewise.
    policy_operation_limit: u64 = "20000000", "operations", Bounds::new(1_000, 1_000_000_000);
    /// The most memory that one call of a policy may hold: what its `memory_limit_mib` may ask for, likewise. One in
    /// Python or JavaScript needs all of it.
    policy_memory_limit_mib: u64 = "256", "MiB", Bounds::new(1, 256);
    /// How many requests one principal may make in the long run; beyond it the answer is 429. A line of a
    /// batch counts as a request.
    rate_limit_per_second: u64 = "10000", "requests", Bounds::new(1, 1_000_000);
    /// How many requests one principal may make at once after a pause.
    rate_burst: u64 = "10000", "requests", Bounds::new(1, 1_000_000);
    /// How many requests are worked on at a time; beyond it the answer is 503.
    requests_in_flight_limit: u64 = "1024", "requests", Bounds::new(1, 100_000);
    /// How many connections are open at a time; further ones wait to be accepted.
    connections_limit: u64 = "4096", "connections", Bounds::new(1, 100_000);
    /// How long a request may take from its last header to its answer; beyond it the answer is 503. A backup
    /// takes as long as there is to copy. Each component that is published may take five sixths of it to compile.
    request_timeout_ms: u64 = "30000", "ms", Bounds::new(100, 600_000);
    /// How long a client may take to send the headers of a request, and a connection may stay idle.
    header_timeout_ms: u64 = "30000", "ms", Bounds::new(100, 600_000);
    /// How long requests under way may take to end once Herald is told to stop.
    shutdown_grace_ms: u64 = "10000", "ms", Bounds::new(0, 600_000);
    /// How long one try of a webhook may take.
    webhook_timeout_ms: u64 = "15000", "ms", Bounds::new(1, 120_000);
    /// Internal destinations that webhooks may reach all the same, separated by commas, such as
    /// `10.1.2.3:8080`; none by default.
    webhook_allowed_internal: Vec<Allowed> = "", "", Bounds::NONE;
}
