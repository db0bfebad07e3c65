//! Carries deliveries out of the engine through the connectors: which connector, which address, which secret.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use herald_core::organisation::{Channel, Transport};
use herald_delivery::connector::{Attempt, Connector as _, DeliveryId, Outcome};
use herald_delivery::retry::Schedule;
use herald_delivery::signature::Secret;
use herald_delivery::webhook::{Endpoint, WebhookConnector};
use herald_engine::{Carried, Courier, Parcel};
use jiff::Timestamp;

use crate::settings::SecretName;

/// The connectors of this host, with the secrets of its channels.
#[derive(Debug)]
pub struct Connectors {
    webhook: WebhookConnector,
    secrets: BTreeMap<SecretName, Secret>,
}

impl Connectors {
    /// The connectors; channels find their secrets in `secrets` by the names they give.
    #[must_use]
    pub fn new(webhook: WebhookConnector, secrets: BTreeMap<SecretName, Secret>) -> Self {
        Self { webhook, secrets }
    }

    async fn post(&self, parcel: Parcel) -> Carried {
        let endpoint = match self.endpoint(&parcel) {
            Ok(endpoint) => endpoint,
            Err(reason) => return Carried::Refused { reason },
        };
        let id = match DeliveryId::new(parcel.id.to_string()) {
            Ok(id) => id,
            Err(error) => return Carried::Refused { reason: error.to_string() },
        };
        let attempt = Attempt { id, body: parcel.body.into(), now: parcel.now };
        match self.webhook.send(&endpoint, attempt).await {
            Outcome::Delivered { .. } => Carried::Arrived,
            Outcome::Retry(failure) => Carried::Failed { reason: failure.reason, not_before: failure.not_before },
            Outcome::Gone => {
                Carried::Refused { reason: format!("{} wants no more deliveries (410)", endpoint.origin()) }
            }
            Outcome::Refused(refusal) => Carried::Refused { reason: refusal.to_string() },
        }
    }

    /// Where a parcel goes: to the recipient's own address, else to the channel's.
    fn endpoint(&self, parcel: &Parcel) -> Result<Endpoint, String> {
        let name = &parcel.channel_name;
        let Transport::Webhook { url, secret, .. } = &parcel.channel.transport else {
            return Err(format!("channel `{name}` leads nowhere outside"));
        };
        let secret = secret.as_ref().ok_or_else(|| format!("channel `{name}` names no secret to sign with"))?;
        let unknown = || format!("the settings have no secret `{secret}`, which channel `{name}` names");
        let secret = self.secrets.get(secret).ok_or_else(unknown)?;
        let url = parcel.address.as_ref().unwrap_or(url);
        Endpoint::new(url, vec![secret.clone()]).map_err(|error| format!("channel `{name}`: {error}"))
    }
}

impl Courier for Connectors {
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Carried> + Send + '_>> {
        Box::pin(self.post(parcel))
    }

    fn next_attempt(
        &self,
        channel: &Channel,
        attempts_made: u32,
        now: Timestamp,
        not_before: Option<Timestamp>,
        jitter: u64,
    ) -> Option<Timestamp> {
        let own = match &channel.transport {
            Transport::Webhook { retry_after_seconds, .. } => retry_after_seconds.clone(),
            Transport::Inbox => None,
        };
        // A schedule that is out of range falls back to the standard's: a delivery must not be lost to it.
        let schedule = own.and_then(|delays| Schedule::new(delays).ok()).unwrap_or_default();
        schedule.next_attempt(attempts_made, now, not_before, jitter)
    }
}
