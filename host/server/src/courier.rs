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

use crate::settings::{SecretName, secret_name};

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
            Err(carried) => return carried,
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

    /// Where a parcel goes: to the recipient's own address, else to the channel's; or what became of the try
    /// without one.
    fn endpoint(&self, parcel: &Parcel) -> Result<Endpoint, Carried> {
        let name = &parcel.channel_name;
        let refused = |reason| Carried::Refused { reason };
        let Transport::Webhook { url, secret, .. } = &parcel.channel.transport else {
            return Err(refused(format!("channel `{name}` leads nowhere outside")));
        };
        let unnamed = || refused(format!("channel `{name}` names no secret to sign with"));
        let secret = secret.as_ref().ok_or_else(unnamed)?;
        // The next start may bring it: a forgotten variable must not cost every delivery that is due.
        let missing = || Carried::Failed {
            reason: format!("the settings have no secret `{secret}`, which channel `{name}` names"),
            not_before: None,
        };
        let secret = self.secrets.get(&secret_name(secret)).ok_or_else(missing)?;
        let url = parcel.address.as_ref().unwrap_or(url);
        Endpoint::new(url, vec![secret.clone()]).map_err(|error| refused(format!("channel `{name}`: {error}")))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use herald_delivery::webhook::WebhookSettings;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_the_settings_lack_may_come_and_what_the_channel_lacks_may_not() {
        let whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secrets = BTreeMap::from([(secret_name("WORKSHOP_SCREEN"), whsec.parse().unwrap())]);
        let connectors = Connectors::new(WebhookConnector::new(WebhookSettings::default()).unwrap(), secrets);
        // Nothing is sent: a secret that is found leads to an address that is none.
        for (secret, failed, says) in [
            (json!(null), false, "names no secret"),
            (json!("line-2"), true, "the settings have no secret `line-2`, which channel `hook` names"),
            (json!("workshop_screen"), false, "channel `hook`: "),
            (json!("workshop-screen"), false, "channel `hook`: "),
            (json!("workshop.screen"), false, "channel `hook`: "),
        ] {
            let channel = json!({"title": "x", "transport": {"type": "webhook", "url": "ftp://x", "secret": secret}});
            let parcel = Parcel {
                id: "019aa1f4-7c00-7abc-8def-0123456789ab_d1".parse().unwrap(),
                channel_name: "hook".parse().unwrap(),
                channel: Arc::new(serde_json::from_value(channel).unwrap()),
                address: None,
                body: Vec::new(),
                now: Timestamp::UNIX_EPOCH,
            };
            match connectors.carry(parcel).await {
                Carried::Failed { reason, not_before: None } => assert!(failed && reason.contains(says), "{reason}"),
                Carried::Refused { reason } => assert!(!failed && reason.contains(says), "{secret}: {reason}"),
                other => panic!("{secret}: {other:?}"),
            }
        }
    }
}
