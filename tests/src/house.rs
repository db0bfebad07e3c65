//! A small house to run an engine in: five people, two departments, one policy, a clock that is turned by hand
//! and a courier that does as it is told. The store, the policies and the engine are the real ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot set up its house fails")]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use herald_core::access::Requester;
use herald_core::event::Event;
use herald_core::ids::{CaseId, Shard};
use herald_core::organisation::{Channel, Organisation};
use herald_core::record::Record;
use herald_core::target::Actor;
use herald_core::view::CaseView;
use herald_engine::{
    Answer, Ask, Carried, Configured, Courier, Draft, Engine, Parcel, Parts, Random, Refused, RequestIdentity,
    Settings, TurnedClock,
};
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, World};
use herald_store::{Partition, StoreSettings};
use jiff::{SignedDuration, Timestamp};

/// How long a test waits for something that is bound to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Monday, 14:00 in the house's time zone.
pub const START: &str = "2026-11-23T06:00:00Z";

/// An engine and what it stands on.
pub struct House {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: Arc<TurnedClock>,
    /// Its courier.
    pub courier: Arc<TestCourier>,
}

/// The organisation of the house.
pub fn organisation() -> Organisation {
    serde_json::from_str(include_str!("../data/house/organisation.json")).unwrap()
}

/// A publication of `organisation`, with the house's one policy.
pub fn configured(organisation: Organisation) -> Configured {
    configured_with(organisation, 1, "", &[])
}

/// The same with this revision of the policy, with `more` in its manifest, and with `others` beside it: manifests and
/// scripts.
pub fn configured_with(organisation: Organisation, revision: u32, more: &str, others: &[(&str, &str)]) -> Configured {
    let world = Arc::new(World::new(Arc::new(organisation)).unwrap());
    let host = HostLimits::default();
    let compile = |manifest: &str, script: &str| {
        let files = [("policy.toml", manifest), ("policy.rhai", script)];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
        Arc::new(Bundle::compile(&BundleFiles::new(files, &host).unwrap(), revision, &world, &host).unwrap())
    };
    let manifest = format!("{}\n{more}", include_str!("../data/house/policy.toml"));
    let mut bundles = vec![compile(&manifest, include_str!("../data/house/policy.rhai"))];
    bundles.extend(others.iter().map(|(manifest, script)| compile(manifest, script)));
    Configured { world, policies: PolicySet::new(bundles) }
}

/// A partition in memory.
pub fn partition() -> Partition {
    partition_on(redb::backends::InMemoryBackend::new())
}

/// A partition on a backend.
pub fn partition_on(backend: impl redb::StorageBackend) -> Partition {
    Partition::open_with_backend(backend, &StoreSettings::default()).unwrap()
}

/// Settings for a test: small, and without patience at the end.
pub fn settings() -> Settings {
    Settings { evaluation_threads: 2, shutdown_grace: Duration::from_secs(1), ..Settings::default() }
}

impl House {
    /// A house on `partition` at `now`. Call it within a runtime.
    pub fn open(partition: Partition, now: Timestamp) -> Self {
        Self::with(partition, now, settings())
    }

    /// A house of another size.
    pub fn with(partition: Partition, now: Timestamp, settings: Settings) -> Self {
        Self::of(vec![partition], now, settings)
    }

    /// A house on several partitions.
    pub fn of(partitions: Vec<Partition>, now: Timestamp, settings: Settings) -> Self {
        let clock = Arc::new(TurnedClock::new(now));
        let courier = Arc::new(TestCourier::default());
        let parts = Parts {
            settings,
            partitions,
            configured: configured(organisation()),
            clock: clock.clone(),
            random: Random::from_seed([7; 32]),
            courier: courier.clone(),
        };
        let engine = Engine::start(parts, &tokio::runtime::Handle::current()).unwrap();
        Self { engine, clock, courier }
    }

    /// Turns the clock to `now` and has everybody look at it.
    pub fn turn_to(&self, now: Timestamp) {
        self.clock.turn_to(now);
        self.engine.wake();
    }

    /// Submits as `person`.
    pub async fn submit(&self, person: &str, draft: Draft) -> Result<Answer, Refused> {
        self.engine.submit(&requester(person), None, draft).await
    }

    /// Asks as `person`.
    pub async fn ask(&self, person: &str, case: CaseId, ask: Ask) -> Result<Answer, Refused> {
        self.engine.ask(&requester(person), None, case, None, ask).await
    }

    /// Submits a fault that the house has to deal with.
    pub async fn fault(&self, draft: Draft) -> CaseId {
        self.submit("li", draft).await.unwrap().case
    }

    /// A case as it stands.
    pub fn view(&self, case: CaseId) -> CaseView {
        let snapshot = self.engine.partition_of(case).snapshot().unwrap();
        let mut workspace = herald_core::workspace::Workspace::open(&snapshot, case).unwrap();
        herald_core::view::view(&mut workspace, None).unwrap().unwrap()
    }

    /// Everything that was recorded of a case.
    pub fn records(&self, case: CaseId) -> Vec<Record> {
        let snapshot = self.engine.partition_of(case).snapshot().unwrap();
        let entries = snapshot.records(case, None, 1_000).unwrap();
        entries.into_iter().filter_map(|entry| entry.record).collect()
    }

    /// How many events of a case `wanted` accepts.
    pub fn count(&self, case: CaseId, wanted: impl Fn(&Event) -> bool) -> usize {
        self.records(case).iter().flat_map(|record| &record.events).filter(|event| wanted(event)).count()
    }

    /// Waits until `happened`, which is bound to.
    pub async fn until(&self, what: &str, happened: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !happened(self) {
            assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Lets everything that is under way come to rest: the writer has looked at the clock twice since.
    pub async fn settle(&self) {
        for _ in 0..2 {
            self.engine.wake();
            self.until("the queue is empty", |house| house.engine.status().iter().all(|lane| lane.queued == 0)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Keeps the writer from judging anything, until what is returned is dropped: it has a question in its hands,
    /// and cannot begin a frame, because somebody else has. What comes in now waits, and is judged in one turn.
    pub async fn hold_writer(&self) -> Held {
        let (holding, held) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let engine = self.engine.clone();
        let thread = std::thread::spawn(move || {
            let partition = engine.partitions().next().unwrap();
            let _ = partition.write(Timestamp::MIN, |_| {
                let _ = holding.send(());
                let _ = released.recv();
                Ok::<_, herald_store::StoreError>(())
            });
        });
        held.await.unwrap();
        let engine = self.engine.clone();
        let nowhere = CaseId::new(Timestamp::UNIX_EPOCH, Shard::of_digest(0), 0);
        let mut question =
            Box::pin(async move { engine.ask(&requester("li"), None, nowhere, None, Ask::Archive).await });
        // The first poll hands the question over.
        assert!(std::future::poll_fn(|context| Poll::Ready(question.as_mut().poll(context).is_pending())).await);
        self.until("the writer has the question", |house| house.engine.status()[0].queued == 0).await;
        Held { release: Some(release), thread: Some(thread) }
    }
}

/// Keeps a writer waiting while it lives.
pub struct Held {
    release: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.release.take());
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A person with no rights beyond who they are.
pub fn requester(person: &str) -> Requester {
    Requester::plain(Actor::Person(person.parse().unwrap()))
}

/// A moment so many hours after [`START`].
pub fn hours(hours: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// A fault of a machine, from production.
pub fn draft(body: serde_json::Value, labels: &[&str]) -> Draft {
    let serde_json::Value::Object(mut body) = body else { unreachable!("a body is an object") };
    body.entry("machine").or_insert("IM-03".into());
    Draft {
        kind: "fault".parse().unwrap(),
        subject: "3号注塑机停机".to_owned(),
        summary: None,
        body,
        department: "production".parse().unwrap(),
        urgency: None,
        audience: None,
        classification: None,
        content_type: None,
        to: Vec::new(),
        labels: labels.iter().map(|label| ((*label).to_owned(), "yes".to_owned())).collect(),
        dedup_key: None,
        caused_by: None,
    }
}

/// The identity of a request under `key` with a body of this digest.
pub fn identity(key: &str, body_digest: &str) -> RequestIdentity {
    RequestIdentity {
        principal: "person:li".to_owned(),
        path: "/v1/messages".to_owned(),
        key: key.to_owned(),
        body_digest: body_digest.to_owned(),
    }
}

/// The reason that lets the courier panic instead of failing.
pub const PANIC: &str = "panic";

/// A courier that answers from a script, and remembers what it was handed.
#[derive(Default)]
pub struct TestCourier {
    script: Mutex<VecDeque<Carried>>,
    handed: Mutex<Vec<Parcel>>,
    gate: Mutex<Option<Arc<tokio::sync::Semaphore>>>,
}

impl TestCourier {
    /// What becomes of the next tries; those after arrive.
    pub fn will(&self, carried: impl IntoIterator<Item = Carried>) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).extend(carried);
    }

    /// Lets tries wait for a permit each from now on.
    pub fn hold(&self) -> Arc<tokio::sync::Semaphore> {
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = Some(gate.clone());
        gate
    }

    /// What it was handed so far, in order.
    pub fn handed(&self) -> Vec<Parcel> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Courier for TestCourier {
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Carried> + Send + '_>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).push(parcel);
        let script = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            if let Some(gate) = gate
                && let Ok(permit) = gate.acquire().await
            {
                permit.forget();
            }
            let carried = script.unwrap_or(Carried::Arrived);
            assert!(
                !matches!(&carried, Carried::Failed { reason, .. } if reason == PANIC),
                "the courier was told to panic"
            );
            carried
        })
    }

    /// Three tries, an hour apart.
    fn next_attempt(
        &self,
        _channel: &Channel,
        attempts_made: u32,
        now: Timestamp,
        not_before: Option<Timestamp>,
        _jitter: u64,
    ) -> Option<Timestamp> {
        let next = now + SignedDuration::from_hours(1);
        (attempts_made < 3).then(|| not_before.map_or(next, |at| at.max(next)))
    }
}
