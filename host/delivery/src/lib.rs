//! Herald's connectors to channels: how one delivery leaves the house, and what became of it.
//!
//! A connector makes one try and reports one [`Outcome`](connector::Outcome). It does not decide whether to try again,
//! keeps nothing between tries but idle connections, reads no clock and draws no random number: the
//! engine brings the time, asks the [`retry::Schedule`] and records what happened. A delivery is
//! made at least once; its id stays the same across tries, so that the receiver can tell.
//!
//! | module | what it settles |
//! | --- | --- |
//! | [`connector`] | the seam: a try, its outcome, and the [`Connector`](connector::Connector) that every channel type implements |
//! | [`webhook`] | the connector that posts JSON by Standard Webhooks 1.0.0 |
//! | [`signature`] | signing and verifying by Standard Webhooks 1.0.0 |
//! | [`guard`] | which addresses may be reached at all |
//! | [`retry`] | when the next try is due, or that there is none |
//!
//! # Example
//!
//! ```no_run
//! use herald_delivery::connector::{Attempt, Connector, DeliveryId, Outcome};
//! use herald_delivery::retry::Schedule;
//! use herald_delivery::webhook::{Endpoint, WebhookConnector, WebhookSettings};
//!
//! # async fn example(now: jiff::Timestamp, random: u64) -> Result<(), Box<dyn std::error::Error>> {
//! let connector = WebhookConnector::new(WebhookSettings::default())?;
//! let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse()?;
//! let endpoint = Endpoint::new("https://hooks.example.com/herald", vec![secret])?;
//! let attempt = Attempt {
//!     id: DeliveryId::new("0192f0c1-7b1e-7c3a-9d55-3f1f0c2b7a11")?,
//!     body: r#"{"type":"message.opened"}"#.into(),
//!     now,
//! };
//! match connector.send(&endpoint, attempt).await {
//!     Outcome::Delivered { status } => { /* record the success */ }
//!     Outcome::Retry(failure) => {
//!         let next = Schedule::default().next_attempt(1, now, failure.not_before, random);
//!         // `None`: the tries have run out, the delivery is a dead letter.
//!     }
//!     Outcome::Gone => { /* disable the endpoint */ }
//!     Outcome::Refused(refusal) => { /* a dead letter until the configuration changes */ }
//! }
//! # Ok(())
//! # }
//! ```

pub mod connector;
pub mod guard;
pub mod retry;
pub mod signature;
pub mod webhook;
