//! The outbox of one partition: which deliveries are due, how many go out at once, and what becomes of them.
//!
//! A delivery lies in the store until a report on it is durable, so none is lost; what is under way is kept here,
//! so none is sent twice at once. After a crash one that was under way is sent again, with the same id. Reports
//! go to the partition's writer as commands; nothing is written here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use herald_core::ids::DeliveryId;
use herald_core::names::ChannelName;
use herald_core::workspace::Rows;
use herald_store::StoreError;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::host::{Host, LONGEST_SLEEP, Lane};
use crate::send;

/// The most deliveries that are looked at, of those due, for some that may go out: channels that have their
/// fill hold up others only beyond this many of their own.
const LOOK_LIMIT: usize = 4_096;

/// After a look as many times as long is spent on something else: an outbox full of deliveries that may not go
/// out yet takes no more than a fifth of a thread.
const REST_PER_LOOK: u32 = 4;

/// One partition's outbox.
pub(crate) struct Dispatcher {
    host: Arc<Host>,
    lane: Arc<Lane>,
    tries: JoinSet<()>,
    under_way: HashMap<Id, (DeliveryId, ChannelName)>,
}

/// What a look at the outbox found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    /// What may go out now.
    due: Vec<(DeliveryId, ChannelName)>,
    /// When to look again.
    next: Option<Timestamp>,
}

/// What may go out at once.
struct Room {
    total: usize,
    per_channel: usize,
    under_way: HashMap<DeliveryId, ChannelName>,
}

impl Dispatcher {
    pub(crate) fn new(host: Arc<Host>, lane: Arc<Lane>) -> Self {
        Self { host, lane, tries: JoinSet::new(), under_way: HashMap::new() }
    }

    /// Sends until `stop` says otherwise; then waits for what is under way, as long as the settings allow.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut committed = self.lane.committed.subscribe();
        loop {
            committed.mark_unchanged();
            let began = Instant::now();
            let pause = self.start_what_is_due().await;
            let rest = (began.elapsed() * REST_PER_LOOK).min(LONGEST_SLEEP);
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(rest) => {}
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = committed.changed() => {}
                Some(ended) = self.tries.join_next_with_id() => self.ended(ended),
                () = tokio::time::sleep(pause) => {}
            }
            while let Some(ended) = self.tries.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        let grace = self.host.settings.shutdown_grace;
        let all = async { while self.tries.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!(
                left = self.tries.len(),
                "tries of deliveries were given up; the next start makes them again"
            );
            self.tries.shutdown().await;
        }
    }

    /// Starts what is due and has room; says how long to wait for the next.
    async fn start_what_is_due(&mut self) -> Duration {
        // Without a writer no report can be kept, and everything would be sent again and again.
        if self.lane.stopped.get().is_some() || self.under_way.len() >= self.host.settings.sending_limit {
            return LONGEST_SLEEP;
        }
        let room = Room {
            total: self.host.settings.sending_limit,
            per_channel: self.host.settings.sending_per_channel_limit,
            under_way: self.under_way.values().cloned().collect(),
        };
        let (lane, now) = (Arc::clone(&self.lane), self.host.clock.now());
        let look = match tokio::task::spawn_blocking(move || look(&lane, now, room)).await {
            Ok(Ok(look)) => look,
            Ok(Err(error)) => {
                tracing::error!(%error, "the outbox could not be read");
                Look::default()
            }
            // The runtime is shutting down, or a defect was logged by its panic.
            Err(_) => Look::default(),
        };
        for (delivery, channel) in look.due {
            let task = self.tries.spawn(send::one_try(Arc::clone(&self.host), Arc::clone(&self.lane), delivery));
            self.under_way.insert(task.id(), (delivery, channel));
        }
        self.lane.sending.store(self.under_way.len(), Ordering::Relaxed);
        look.next.map_or(LONGEST_SLEEP, |next| self.host.clock.until(next).min(LONGEST_SLEEP))
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.under_way.remove(&id);
        self.lane.sending.store(self.under_way.len(), Ordering::Relaxed);
    }
}

/// Deliveries that are due at `now` and have room, the longest due first.
fn look(lane: &Lane, now: Timestamp, mut room: Room) -> Result<Look, StoreError> {
    let snapshot = lane.partition.snapshot()?;
    let now = lane.partition.last_time().map_or(now, |last| last.max(now));
    let items = snapshot.outbox(now, LOOK_LIMIT)?;
    let mut look = Look::default();
    for item in items.iter().map(|item| item.delivery) {
        if room.under_way.len() >= room.total {
            return Ok(look);
        }
        if room.under_way.contains_key(&item) {
            continue;
        }
        let Some(delivery) = snapshot.delivery(item.case, item.number)? else { continue };
        if room.take(item, &delivery.channel) {
            look.due.push((item, delivery.channel));
        }
    }
    let later = snapshot.outbox(Timestamp::MAX, items.len() + 1)?;
    look.next = later.get(items.len()).map(|item| item.next_attempt);
    Ok(look)
}

impl Room {
    /// Takes a place for `delivery`, if its channel has one.
    fn take(&mut self, delivery: DeliveryId, channel: &ChannelName) -> bool {
        let of_channel = self.under_way.values().filter(|name| *name == channel).count();
        let has_place = of_channel < self.per_channel;
        if has_place {
            self.under_way.insert(delivery, channel.clone());
        }
        has_place
    }
}
