//! Where the demo's channels lead: a receiver in this process, so that nothing leaves the machine.
//!
//! It stands in for the organisation's phones, mail and screens, takes every delivery, and counts them by channel.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;

/// How many deliveries came, by channel.
pub(super) type Counts = BTreeMap<String, u32>;

/// A running receiver. It ends with its runtime.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    address: SocketAddr,
    came: Arc<Mutex<Counts>>,
}

impl Receiver {
    /// Listens on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self { address: listener.local_addr()?, came: Arc::default() };
        let router = Router::new().route("/{channel}", post(take)).with_state(receiver.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the demo's receiver ended");
            }
        });
        Ok(receiver)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where deliveries of `channel` are to be sent.
    pub(super) fn url(&self, channel: &str) -> String {
        format!("http://{}/{channel}", self.address)
    }

    /// What has come so far.
    pub(super) fn came(&self) -> Counts {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn take(State(receiver): State<Receiver>, Path(channel): Path<String>) -> StatusCode {
    *receiver.came.lock().unwrap_or_else(PoisonError::into_inner).entry(channel).or_default() += 1;
    StatusCode::NO_CONTENT
}
