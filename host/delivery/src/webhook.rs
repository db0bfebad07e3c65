//! The webhook connector: one HTTP POST of JSON by Standard Webhooks 1.0.0.
//!
//! It signs, sends and classifies the answer. It follows no redirect, uses no proxy, keeps no
//! cookie, and goes only where the guard lets it. The answer's status alone decides; of its body no
//! more is read than a limit, and a short excerpt is kept for whoever looks into a failure.

mod answer;
mod endpoint;
mod failure;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, redirect, retry};
use rustls::ClientConfig;

use crate::connector::{Attempt, Connector, Outcome};
use crate::guard::{CheckedResolver, Guard, Reach};
use crate::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

pub use endpoint::{Endpoint, EndpointError, MAX_SECRETS, MAX_URL_BYTES};
pub use settings::{MAX_TIMEOUT_MS, SettingsError, WebhookSettings};

/// The most bytes read of an answer's body. An answer within it leaves the connection usable for the
/// next delivery; a longer one closes it.
pub const RESPONSE_LIMIT_BYTES: usize = 16 * 1024;

/// The most bytes of an answer's body kept in a failure.
pub const RESPONSE_EXCERPT_BYTES: usize = 512;

/// The most idle connections kept to one host, as many as a channel sends on at once by default; and for how long.
const IDLE_CONNECTIONS_PER_HOST: usize = 8;
const IDLE_CONNECTION_SECONDS: u64 = 60;

const USER_AGENT_VALUE: &str = concat!("Herald/", env!("CARGO_PKG_VERSION"));

/// Sends webhooks. One per process is enough: it shares connections between deliveries, and may be
/// used from many tasks at once.
#[derive(Debug)]
pub struct WebhookConnector {
    settings: WebhookSettings,
    guard: Arc<Guard>,
    clients: Clients,
}

/// A client per reach, because a client has one resolver, and a resolver is told nothing but the name.
#[derive(Debug)]
struct Clients {
    anywhere: Client,
    public_or_listed: Client,
    listed: Client,
}

impl WebhookConnector {
    /// Checks the settings and prepares the clients. Opens no connection.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range, or the additional roots are not certificates.
    pub fn new(settings: WebhookSettings) -> Result<Self, SettingsError> {
        let tls = settings.check()?;
        let guard = Arc::new(Guard::new(settings.allowed_internal.clone()));
        let client = |reach| client(&settings, tls.clone(), CheckedResolver::new(Arc::clone(&guard), reach));
        let clients = Clients {
            anywhere: client(Reach::Anywhere)?,
            public_or_listed: client(Reach::PublicOrListed)?,
            listed: client(Reach::Listed)?,
        };
        Ok(Self { settings, guard, clients })
    }

    fn client(&self, reach: Reach) -> &Client {
        match reach {
            Reach::Anywhere => &self.clients.anywhere,
            Reach::PublicOrListed => &self.clients.public_or_listed,
            Reach::Listed => &self.clients.listed,
        }
    }
}

impl Connector for WebhookConnector {
    type Endpoint = Endpoint;

    async fn send(&self, endpoint: &Endpoint, attempt: Attempt) -> Outcome {
        let reach = match self.guard.judge(&endpoint.destination) {
            Ok(reach) => reach,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let Attempt { id, body, now } = attempt;
        let timestamp = now.as_second();
        let signature = sign(&endpoint.secrets, &id, timestamp, &body);
        let response = self
            .client(reach)
            .post(endpoint.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, USER_AGENT_VALUE)
            .header(ID_HEADER, id.as_str())
            .header(TIMESTAMP_HEADER, timestamp)
            .header(SIGNATURE_HEADER, signature)
            .body(body)
            .send()
            .await;
        match response {
            Ok(response) => answer::outcome(response, endpoint, now).await,
            Err(error) => failure::outcome(&error, endpoint, &self.settings),
        }
    }
}

fn client(settings: &WebhookSettings, tls: ClientConfig, resolver: CheckedResolver) -> Result<Client, SettingsError> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(resolver))
        .timeout(Duration::from_millis(settings.total_timeout_ms.into()))
        .connect_timeout(Duration::from_millis(settings.connect_timeout_ms.into()))
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
        .pool_idle_timeout(Duration::from_secs(IDLE_CONNECTION_SECONDS))
        .redirect(redirect::Policy::none())
        // Tries are the engine's to count.
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .build()
        .map_err(|error| SettingsError::Client { reason: failure::innermost(&error) })
}

#[cfg(test)]
mod tests;
