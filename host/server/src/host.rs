//! A running host, put together from its parts: the data folder, the engine, the API, the socket.

use std::sync::Arc;
use std::time::Duration;

use herald_delivery::webhook::{SettingsError as WebhookError, WebhookConnector, WebhookSettings};
use herald_engine::{Clock, Engine, Parts, Random, Settings as EngineSettings, StartError};
use herald_policy::{HostLimits, Language, PolicySet, without_component_pool};
use herald_store::Partition;
use herald_store::configuration::ConfigurationStore;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::backup::Backups;
use crate::courier::Connectors;
use crate::data::{DataError, DataFolder};
use crate::http::{App, Connections, EdgeLimits, router, serve};
use crate::publish::{LoadError, Publisher, RandomError, random};
use crate::settings::{Resolved, Settings};

/// A host cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What was published cannot be put in force.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] StartError),
    /// The settings of webhooks are wrong.
    #[error("the settings of webhooks: {0}")]
    Webhook(#[from] WebhookError),
    /// No random bytes are to be had.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is it taken? The setting `listen` names another")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// What a host stands on.
#[derive(Debug)]
pub struct Stores {
    /// The organisation, its bundles and the tokens.
    pub configuration: ConfigurationStore,
    /// The messages; at least one partition, always in the same order.
    pub partitions: Vec<Partition>,
}

/// A host that has been started and not yet listened to.
pub struct Host {
    app: Arc<App>,
    connections: Connections,
    /// Held until the host has ended; `None` when its stores lie elsewhere.
    folder: Option<DataFolder>,
}

impl Host {
    /// Takes the data folder, puts in force what was published last, and starts the engine.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn start(resolved: &Resolved, clock: Arc<dyn Clock>, runtime: &Handle) -> Result<Self, HostError> {
        let folder = DataFolder::take(&resolved.settings.data, true)?;
        let stores = Stores {
            configuration: folder.configuration(&resolved.settings)?,
            partitions: folder.partitions(&resolved.settings)?,
        };
        // It answers while components are compiled that are not in the cache.
        let limits = HostLimits { compiles_beside: true, ..folder.host_limits(&resolved.settings)? };
        let host = Self::put_together(stores, limits, resolved, clock, Random::from_seed(random()?), runtime)?;
        Ok(Self { folder: Some(folder), ..host })
    }

    /// Puts in force what was published last in `stores`, within `limits`, and starts the engine on them. Whoever calls
    /// it sees to it that nobody else uses the stores. `random` must not repeat what another run on them has drawn.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn start_on(
        stores: Stores,
        limits: HostLimits,
        resolved: &Resolved,
        clock: Arc<dyn Clock>,
        random: Random,
        runtime: &Handle,
    ) -> Result<Self, HostError> {
        Self::put_together(stores, limits, resolved, clock, random, runtime)
    }

    fn put_together(
        stores: Stores,
        limits: HostLimits,
        resolved: &Resolved,
        clock: Arc<dyn Clock>,
        random: Random,
        runtime: &Handle,
    ) -> Result<Self, HostError> {
        let settings = &resolved.settings;
        let limits = HostLimits { compile_limit_ms: compile_limit_ms(settings), ..limits };
        let publisher = Publisher::new(stores.configuration, limits);
        let configured = publisher.load()?;
        tell_how_components_run(&configured.policies);
        let secrets = resolved.secrets.iter().map(|(name, secret)| (name.clone(), secret.value.clone())).collect();
        let parts = Parts {
            settings: engine_settings(settings),
            partitions: stores.partitions,
            configured,
            clock: Arc::clone(&clock),
            random,
            courier: Arc::new(Connectors::new(WebhookConnector::new(webhook_settings(settings))?, secrets)),
        };
        let engine = Engine::start(parts, runtime)?;
        let backups = Backups::new(settings.data.join(&settings.backups));
        let app = Arc::new(App::new(engine, publisher, backups, clock, EdgeLimits::new(settings)));
        let connections = Connections {
            limit: usize::try_from(settings.connections_limit).unwrap_or(usize::MAX),
            header_timeout: Duration::from_millis(settings.header_timeout_ms),
            grace: Duration::from_millis(settings.shutdown_grace_ms),
        };
        Ok(Self { app, connections, folder: None })
    }

    /// The host's parts.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves the API on `listener` until `stop` ends; then lets what is under way end, commits what was taken,
    /// and frees the data folder.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        serve(listener, router(Arc::clone(&self.app)), self.connections, stop).await;
        self.app.engine.shutdown().await;
        drop(self.folder);
    }
}

/// Warns of what makes every call of a component slower, where there are any.
fn tell_how_components_run(policies: &PolicySet) {
    let mut manifests = policies.bundles().map(|bundle| bundle.manifest());
    if manifests.any(|manifest| manifest.language == Language::Wasm)
        && let Some(why) = without_component_pool()
    {
        tracing::warn!(
            why,
            "components run slower: this process may not reserve the addresses that it wants for their \
            memories; raise its limit (`ulimit -v`)"
        );
    }
}

/// How long each component that is published over HTTP may take to compile, in milliseconds: so much of a request's time
/// that whoever publishes one still hears what is the matter.
fn compile_limit_ms(settings: &Settings) -> u64 {
    settings.request_timeout_ms / 6 * 5
}

fn engine_settings(settings: &Settings) -> EngineSettings {
    let defaults = EngineSettings::default();
    let threads = usize::try_from(settings.evaluation_threads).unwrap_or(usize::MAX);
    EngineSettings {
        evaluation_threads: if threads == 0 { defaults.evaluation_threads } else { threads },
        shutdown_grace: Duration::from_millis(settings.shutdown_grace_ms),
        ..defaults
    }
}

fn webhook_settings(settings: &Settings) -> WebhookSettings {
    let defaults = WebhookSettings::default();
    let total_timeout_ms = u32::try_from(settings.webhook_timeout_ms).unwrap_or(u32::MAX);
    WebhookSettings {
        total_timeout_ms,
        connect_timeout_ms: defaults.connect_timeout_ms.min(total_timeout_ms),
        allowed_internal: settings.webhook_allowed_internal.clone(),
        ..defaults
    }
}
