//! The way out of the engine: who carries deliveries, and what they are handed.
//!
//! The engine knows neither HTTP nor secrets. It says what to deliver and records what became of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use herald_core::ids::DeliveryId;
use herald_core::names::ChannelName;
use herald_core::organisation::{Address, Channel};
use jiff::Timestamp;

/// Carries deliveries to their channels.
///
/// A crash while one is under way leaves it unknown whether it arrived. It is then handed over again, with the
/// same id.
pub trait Courier: Send + Sync + 'static {
    /// Makes one try. It ends within a time limit of the courier's own; dropping the future gives the try up.
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Carried> + Send + '_>>;

    /// When a delivery through `channel` is tried again after `attempts_made` tries, the last of which failed
    /// at `now`; `None` when the tries have run out. `not_before` is what the receiver asked for. `jitter` is
    /// drawn evenly from all of `u64`.
    fn next_attempt(
        &self,
        channel: &Channel,
        attempts_made: u32,
        now: Timestamp,
        not_before: Option<Timestamp>,
        jitter: u64,
    ) -> Option<Timestamp>;
}

/// One try of one delivery.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Which delivery; the same for all of its tries.
    pub id: DeliveryId,
    /// Through which channel.
    pub channel_name: ChannelName,
    /// What the organisation says about that channel.
    pub channel: Arc<Channel>,
    /// Where this channel finds the recipient, if they have an address of their own.
    pub address: Option<Address>,
    /// What to deliver: JSON, at most [`PAYLOAD_LIMIT_BYTES`](crate::payload::PAYLOAD_LIMIT_BYTES).
    pub body: Vec<u8>,
    /// When the try is made, by the engine's clock.
    pub now: Timestamp,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It arrived, as far as the channel can tell.
    Arrived,
    /// It failed, and another try may succeed.
    Failed {
        /// What went wrong, in a sentence without secrets.
        reason: String,
        /// The receiver asked not to be tried again before this.
        not_before: Option<Timestamp>,
    },
    /// Another try cannot succeed while things are as they are.
    Refused {
        /// Why, in a sentence without secrets.
        reason: String,
    },
}
