//! `herald serve`.

use std::sync::Arc;

use clap::Args;
use herald_engine::SystemClock;
use herald_policy::STACK_BYTES;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Common, Failure};
use crate::host::{Host, HostError};
use crate::settings::Resolved;
use crate::telemetry::start_logs;

/// Runs the server until it is told to stop (SIGINT or SIGTERM).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald serve --data /var/lib/herald --listen 127.0.0.1:8420")]
pub(super) struct Serve {
    /// Where to listen; the setting `listen`
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let flags = self.listen.into_iter().map(|listen| ("listen".to_owned(), listen)).collect();
        let resolved = common.settings(flags)?;
        start_logs(&resolved.settings)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build();
        let runtime = runtime.map_err(|source| Failure::Finding(format!("no threads can be started: {source}")))?;
        runtime.block_on(serve(&resolved))?;
        Ok(())
    }
}

async fn serve(resolved: &Resolved) -> Result<(), HostError> {
    let address = resolved.settings.listen;
    let failed = |source| HostError::Listen { address, source };
    let host = Host::start(resolved, Arc::new(SystemClock), &tokio::runtime::Handle::current())?;
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    // With port 0 the system has chosen one.
    let address = listener.local_addr().map_err(failed)?;
    let stop = stop_signal().map_err(failed)?;
    tracing::info!(%address, data = %resolved.settings.data.display(), "listening");
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "tokens travel in the clear: put a proxy that ends TLS before this address");
    }
    advise(&host, resolved);
    host.serve(listener, stop).await;
    tracing::info!("ended");
    Ok(())
}

/// Says what to do on a first start.
fn advise(host: &Host, resolved: &Resolved) {
    let data = resolved.settings.data.display();
    let publisher = &host.app().publisher;
    if publisher.tokens().is_empty() {
        tracing::warn!(
            "nobody may speak to this host yet; stop it, run `herald --data {data} token add --owner service:admin \
             --admin`, keep the token that it prints, and start again"
        );
    } else if host.app().engine.configured().organisation().revision == 0 {
        tracing::warn!(
            "no organisation has been published yet; run `HERALD_TOKEN=hrl_… herald apply rules/ --server http://{}`",
            resolved.settings.listen
        );
    }
}

/// Ends when the process is told to stop.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, std::io::Error> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("told to stop; requests under way may end");
    })
}
