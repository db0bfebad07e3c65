//! The outbox of one partition: which deliveries are due, how many go out at once, and what becomes of them.
//!
//! A delivery lies in the store until a report on it is durable, so none is lost; what is under way is kept here,
//! so none is sent twice at once. After a crash one that was under way is sent again, with the same id. Reports
//! go to the partition's writer as commands; nothing is written here.

use std::collections::{HashMap, HashSet};
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
    /// The channels of deliveries that the last look passed over, so that they need not be read again.
    passed_over: HashMap<DeliveryId, ChannelName>,
}

/// What a look at the outbox found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    /// What may go out now.
    due: Vec<(DeliveryId, ChannelName)>,
    /// What is due and waits for its channel.
    passed_over: HashMap<DeliveryId, ChannelName>,
    /// When to look again.
    next: Option<Timestamp>,
}

/// What may go out at once.
struct Room {
    total: usize,
    per_channel: usize,
    under_way: HashSet<DeliveryId>,
    of_channel: HashMap<ChannelName, usize>,
}

impl Dispatcher {
    pub(crate) fn new(host: Arc<Host>, lane: Arc<Lane>) -> Self {
        Self { host, lane, tries: JoinSet::new(), under_way: HashMap::new(), passed_over: HashMap::new() }
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
        let mut room = Room {
            total: self.host.settings.sending_limit,
            per_channel: self.host.settings.sending_per_channel_limit,
            under_way: HashSet::new(),
            of_channel: HashMap::new(),
        };
        self.under_way.values().for_each(|(delivery, channel)| room.fill(*delivery, channel));
        let known = std::mem::take(&mut self.passed_over);
        let (lane, now) = (Arc::clone(&self.lane), self.host.clock.now());
        let look = match tokio::task::spawn_blocking(move || look(&lane, now, room, known)).await {
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
        self.passed_over = look.passed_over;
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

/// Deliveries that are due at `now` and have room, the longest due first. Of those in `known` the channel need not be
/// read.
fn look(
    lane: &Lane,
    now: Timestamp,
    mut room: Room,
    mut known: HashMap<DeliveryId, ChannelName>,
) -> Result<Look, StoreError> {
    let snapshot = lane.partition.snapshot()?;
    let now = lane.partition.last_time().map_or(now, |last| last.max(now));
    let items = snapshot.outbox(now, LOOK_LIMIT)?;
    let mut look = Look::default();
    for item in items.iter().map(|item| item.delivery) {
        if room.under_way.len() >= room.total {
            // The next try that ends makes room.
            look.passed_over.extend(known.into_iter().take(LOOK_LIMIT.saturating_sub(look.passed_over.len())));
            return Ok(look);
        }
        if room.under_way.contains(&item) {
            continue;
        }
        let channel = match known.remove(&item) {
            Some(channel) => channel,
            None => match snapshot.delivery(item.case, item.number)? {
                Some(delivery) => delivery.channel,
                None => continue,
            },
        };
        if room.has_place(&channel) {
            room.fill(item, &channel);
            look.due.push((item, channel));
        } else {
            look.passed_over.insert(item, channel);
        }
    }
    look.next = if items.len() < LOOK_LIMIT { snapshot.next_attempt(now)? } else { Some(now) };
    Ok(look)
}

impl Room {
    fn has_place(&self, channel: &ChannelName) -> bool {
        self.of_channel.get(channel).is_none_or(|taken| *taken < self.per_channel)
    }

    fn fill(&mut self, delivery: DeliveryId, channel: &ChannelName) {
        self.under_way.insert(delivery);
        *self.of_channel.entry(channel.clone()).or_default() += 1;
    }
}
