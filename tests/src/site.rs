//! The whole host in this process, on disks in memory that may fail, behind a real socket, with a clock that is
//! turned.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot set up its host fails")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::fault::{Fault, FaultController, fault_disk};
use crate::load::{self, Answer, Connection};
use crate::receiver::Receiver;
use crate::sample::{self, Bundles};
use herald_engine::{Random, TurnedClock};
use herald_policy::{ComponentCache, HostLimits};
use herald_server::host::{Host, Stores};
use herald_server::http::App;
use herald_server::settings::Resolved;
use herald_store::configuration::ConfigurationStore;
use herald_store::{Partition, StoreError, StoreSettings};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Monday, 14:00 in the organisation's time zone.
pub const START: &str = "2026-11-23T06:00:00Z";
/// How long to wait for something that is bound to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What all hosts of a test have in common.
pub struct Ground {
    /// Where webhooks go.
    pub receiver: Receiver,
    /// The settings of the hosts.
    pub resolved: Resolved,
    /// What policies may take at most. Components are compiled once for all hosts.
    pub limits: HostLimits,
    /// How their stores are opened.
    pub store: StoreSettings,
    /// A disk with the sample organisation.
    pub configuration: Vec<u8>,
    /// A disk with a partition without messages.
    pub partition: Vec<u8>,
    /// Where compiled components are kept.
    _cache: TempDir,
}

impl Ground {
    /// The sample organisation, published.
    pub async fn new() -> Self {
        Self::with(sample::bundles()).await
    }

    /// The sample organisation with `bundles`.
    pub async fn with(bundles: Bundles) -> Self {
        let receiver = Receiver::start().await.unwrap();
        let (disk, configuration) = fault_disk(Vec::new());
        let store = ConfigurationStore::open_with_backend(disk, &StoreSettings::default()).unwrap();
        sample::publish(store, &receiver, bundles, start());
        let (disk, partition) = fault_disk(Vec::new());
        drop(Partition::open_with_backend(disk, &StoreSettings::default()).unwrap());
        let cache = tempfile::tempdir().unwrap();
        let component_cache = Some(ComponentCache::open(cache.path(), [7; 32], u64::MAX).unwrap());
        Self {
            resolved: sample::settings(&receiver),
            limits: HostLimits { component_cache, ..HostLimits::default() },
            _cache: cache,
            store: StoreSettings::default(),
            receiver,
            configuration: configuration.image_after_restart(),
            partition: partition.image_after_restart(),
        }
    }
}

/// [`START`].
pub fn start() -> Timestamp {
    START.parse().unwrap()
}

/// What lies on the disks that a host is started on.
#[derive(Clone)]
pub struct Disks {
    /// The organisation, its bundles and the tokens.
    pub configuration: Vec<u8>,
    /// The messages.
    pub partition: Vec<u8>,
}

impl Disks {
    /// The sample organisation, and no messages.
    pub fn new(ground: &Ground) -> Self {
        Self { configuration: ground.configuration.clone(), partition: ground.partition.clone() }
    }
}

/// What goes wrong with those disks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Of the configuration's.
    pub configuration: Option<Fault>,
    /// Of the messages'.
    pub partition: Option<Fault>,
}

/// The disks of a host, while it runs on them and after.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// The configuration's.
    pub configuration: FaultController,
    /// The messages'.
    pub partition: FaultController,
}

/// A running host.
pub struct Site {
    /// Its parts.
    pub app: Arc<App>,
    /// What it runs on.
    pub hardware: Hardware,
    clock: Arc<TurnedClock>,
    client: Connection,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Site {
    /// Starts a host on `disks`, which will fail as `faults` say. `life` tells the lives of one disk apart: no two
    /// draw the same random numbers.
    ///
    /// # Errors
    /// When a disk failed before the host ran; with the disks.
    pub async fn start(
        ground: &Ground,
        disks: Disks,
        faults: Faults,
        now: Timestamp,
        life: u64,
    ) -> Result<Self, (StoreError, Hardware)> {
        let (configuration_disk, configuration) = fault_disk(disks.configuration);
        let (partition_disk, partition) = fault_disk(disks.partition);
        faults.configuration.into_iter().for_each(|fault| configuration.inject(fault));
        faults.partition.into_iter().for_each(|fault| partition.inject(fault));
        let hardware = Hardware { configuration, partition };
        let settings = &ground.store;
        let opened = ConfigurationStore::open_with_backend(configuration_disk, settings).and_then(|configuration| {
            let partitions = vec![Partition::open_with_backend(partition_disk, settings)?];
            Ok(Stores { configuration, partitions })
        });
        let stores = match opened {
            Ok(stores) => stores,
            Err(error) => return Err((error, hardware)),
        };
        let clock = Arc::new(TurnedClock::new(now));
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&life.to_be_bytes());
        let random = Random::from_seed(seed);
        let (limits, resolved) = (ground.limits.clone(), &ground.resolved);
        let host = Host::start_on(stores, limits, resolved, clock.clone(), random, &Handle::current()).unwrap();
        let app = Arc::clone(host.app());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Connection::open(listener.local_addr().unwrap()).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(host.serve(listener, async move { drop(stopped.await) }));
        Ok(Self { app, hardware, clock, client, stop, serving })
    }

    /// Ends the host and lets go of its disks.
    pub async fn end(self) {
        drop((self.client, self.stop));
        self.serving.await.unwrap();
    }

    /// A GET by the owner of a token, such as `person:li.lei`.
    pub async fn get(&mut self, owner: &str, path: &str) -> Answer {
        self.send(&load::bodiless("GET", path, sample::token(owner).reveal())).await
    }

    /// A GET that asks for an answer of this media type.
    pub async fn get_as(&mut self, owner: &str, path: &str, media_type: &str) -> Answer {
        self.send(&load::get_as(path, sample::token(owner).reveal(), media_type)).await
    }

    /// A DELETE.
    pub async fn delete(&mut self, owner: &str, path: &str) -> Answer {
        self.send(&load::bodiless("DELETE", path, sample::token(owner).reveal())).await
    }

    /// A POST of JSON, under an idempotency key if there is one.
    pub async fn post(&mut self, owner: &str, path: &str, key: Option<&str>, body: &str) -> Answer {
        self.send(&load::post(path, sample::token(owner).reveal(), key, body)).await
    }

    /// A host in this process answers even when its disks have failed.
    async fn send(&mut self, request: &[u8]) -> Answer {
        self.client.send(request).await.unwrap()
    }

    /// Turns the clock, and waits until everything that is due has been done. Says whether it was: it is not when
    /// the disk fails meanwhile.
    pub async fn turn_to(&self, now: Timestamp) -> bool {
        self.clock.turn_to(now);
        let began = Instant::now();
        while self.is_writing() {
            self.app.engine.wake();
            // On a busy machine the writer needs a moment to take even that from its queue.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if self.is_idle(now) {
                return true;
            }
            assert!(began.elapsed() < PATIENCE, "what is due at {now} is not done: {:?}", self.app.engine.status());
        }
        false
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        let partition = self.app.engine.partitions().next().unwrap();
        let Ok(snapshot) = partition.snapshot() else { return false };
        let is_done =
            || Ok::<_, StoreError>(snapshot.due_timers(now, 1)?.is_empty() && snapshot.outbox(now, 1)?.is_empty());
        is_done().unwrap_or(false) && self.app.engine.status().iter().all(|lane| lane.queued == 0 && lane.sending == 0)
    }

    /// Whether the writer of the messages goes on.
    pub fn is_writing(&self) -> bool {
        self.app.engine.is_ready()
    }

    /// The partition.
    pub fn messages(&self) -> &Partition {
        self.app.engine.partitions().next().unwrap()
    }
}
