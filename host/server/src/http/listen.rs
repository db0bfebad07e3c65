//! The listening socket: accepts connections, bounds how many there are and how long they may dawdle, and ends
//! them gracefully.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long to wait before accepting again when the machine is out of sockets, so that the log is not flooded.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The most headers a request may have; more are answered with 431.
const HEADERS_LIMIT: usize = 64;

/// How connections are held.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// How many may be open at a time; further ones wait in the machine's own queue.
    pub limit: usize,
    /// How long a client may take for the headers of a request, idle time before them included.
    pub header_timeout: Duration,
    /// How long requests under way may take once `serve` is told to stop.
    pub grace: Duration,
}

/// Serves `router` on `listener` until `stop` ends, then lets requests under way end.
pub async fn serve(listener: TcpListener, router: Router, connections: Connections, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(connections.limit));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(connections.header_timeout).max_headers(HEADERS_LIMIT);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            // The semaphore is never closed, so this fails never; a permit that is not had counts for nothing.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that went away or sent no HTTP is no event worth a log line of its own.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(connections.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way when the grace period ended");
    }
}

/// The next connection. Failures to accept pass: a client gave up, or the machine is short of something.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and wanted at once; without this they may wait for an acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps delaying small packets");
                }
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
