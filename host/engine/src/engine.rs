//! The handle on an engine: start it, ask it, configure it, end it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::bounded;
use herald_core::access::Requester;
use herald_core::decision::{BundleId, Decision};
use herald_core::failing::Failing;
use herald_core::ids::{CaseId, Shard};
use herald_core::message::Message;
use herald_core::step::{Context, Refusal, Share, may_submit};
use herald_store::{Partition, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::configured::{Configured, Current};
use crate::courier::Courier;
use crate::dispatch::Dispatcher;
use crate::draft::Draft;
use crate::evaluation::{Evaluation, Wanted, decide};
use crate::failing::{failing, with_suspended};
use crate::host::{Host, Lane, shard_of};
use crate::keys::{KeyGuard, KeysInFlight};
use crate::pool::{Behalf, Pool};
use crate::random::Random;
use crate::request::{Answer, Ask, RETRY_AFTER, Refused, RequestIdentity, Undecided};
use crate::settings::Settings;
use crate::stats::Stats;
use crate::writer::{Input, Origin, Reply, Settled, Work, Writer};

/// How often policies are asked again because the case changed while they were. More changes at once than this
/// are somebody's quarrel, not a race.
const EVALUATION_TRIES: usize = 3;

/// What an engine is made of.
pub struct Parts {
    /// Its size.
    pub settings: Settings,
    /// Its partitions, at least one, always in the same order: shards are spread over them by their number.
    pub partitions: Vec<Partition>,
    /// What it judges by, to begin with.
    pub configured: Configured,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ids, salts and jitter.
    pub random: Random,
    /// Who carries deliveries.
    pub courier: Arc<dyn Courier>,
}

/// Why an engine cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing to keep cases in.
    #[error("an engine needs at least one partition")]
    NoPartition,
    /// The system gave no thread.
    #[error("no thread can be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// How one partition fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Why its writer stopped, if it has: nothing is written, reading goes on.
    pub stopped: Option<String>,
    /// Commands waiting for its writer.
    pub queued: usize,
    /// Tries of deliveries under way.
    pub sending: usize,
}

/// A handle on a running engine. Cheap to clone. The engine runs until [`shutdown`](Self::shutdown): dropping the
/// handles does not end it.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    host: Arc<Host>,
    keys: KeysInFlight,
    writers: Mutex<Vec<JoinHandle<()>>>,
    dispatchers: Mutex<Vec<tokio::task::JoinHandle<()>>>,
    stop_sending: watch::Sender<bool>,
}

impl Engine {
    /// Starts the threads, and the tasks that send deliveries on `runtime`. Timers that are past due begin to
    /// fire at once, oldest first.
    ///
    /// # Errors
    /// [`StartError`]. What was started before ends with the process.
    pub fn start(parts: Parts, runtime: &Handle) -> Result<Self, StartError> {
        if parts.partitions.is_empty() {
            return Err(StartError::NoPartition);
        }
        let stats = Arc::new(Stats::default());
        let settings = parts.settings;
        let pool = Pool::start(settings.evaluation_threads, settings.evaluation_queue_limit, &stats)?;
        let (mut lanes, mut inboxes) = (Vec::new(), Vec::new());
        let of = u32::try_from(parts.partitions.len()).unwrap_or(u32::MAX);
        for (index, partition) in (0..of).zip(parts.partitions) {
            let (sender, inbox) = bounded(settings.command_queue_limit);
            let (committed, _) = watch::channel(partition.head().sequence);
            let (stopped, sending) = (OnceLock::new(), AtomicUsize::new(0));
            let share = Share { index, of };
            lanes.push(Arc::new(Lane { partition, share, inbox: sender, stopped, committed, sending }));
            inboxes.push(inbox);
        }
        let host = Arc::new(Host {
            settings,
            clock: parts.clock,
            random: parts.random,
            configured: Current::new(with_suspended(parts.configured, &lanes)),
            courier: parts.courier,
            pool,
            stats,
            lanes,
            closing: AtomicBool::new(false),
            started: Instant::now(),
        });
        let (stop_sending, stop) = watch::channel(false);
        let (mut writers, mut dispatchers) = (Vec::new(), Vec::new());
        for (number, (lane, inbox)) in host.lanes.iter().zip(inboxes).enumerate() {
            let writer = Writer::new(Arc::clone(&host), Arc::clone(lane));
            let thread = std::thread::Builder::new().name(format!("herald-writer-{number}"));
            writers.push(thread.spawn(move || writer.run(&inbox))?);
            dispatchers.push(runtime.spawn(Dispatcher::new(Arc::clone(&host), Arc::clone(lane)).run(stop.clone())));
        }
        let (writers, dispatchers) = (Mutex::new(writers), Mutex::new(dispatchers));
        let keys = KeysInFlight::default();
        Ok(Self { inner: Arc::new(Inner { host, keys, writers, dispatchers, stop_sending }) })
    }

    /// Submits a message: it is evaluated, judged and durable when this returns.
    ///
    /// The command is carried out even if the future is dropped before.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn submit(
        &self,
        requester: &Requester,
        request: Option<RequestIdentity>,
        draft: Draft,
    ) -> Result<Answer, Refused> {
        let key = self.begin(request.as_ref())?;
        let now = self.inner.host.clock.now();
        let shard = self.shard(request.as_ref(), &draft);
        let case = CaseId::new(now, shard, self.inner.host.random.number());
        let own = self.lane(case);
        let evaluation = Evaluation {
            case,
            requester: requester.clone(),
            request,
            // Another body under the same key may have gone to another partition.
            elsewhere: self.inner.host.lanes.iter().filter(|lane| !Arc::ptr_eq(lane, own)).cloned().collect(),
            expected_version: None,
            wanted: Wanted::Submission(Box::new(draft)),
            now,
        };
        self.evaluate_and_judge(evaluation, key).await
    }

    /// Asks something of a case. It is judged and durable when this returns. `expected_version` is the version
    /// that the requester saw; without one, the command is judged by the case as it is.
    ///
    /// The command is carried out even if the future is dropped before.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn ask(
        &self,
        requester: &Requester,
        request: Option<RequestIdentity>,
        case: CaseId,
        expected_version: Option<u64>,
        ask: Ask,
    ) -> Result<Answer, Refused> {
        let key = self.begin(request.as_ref())?;
        match ask.command() {
            Ok(command) => {
                let (reply, answer) = reply(key);
                let origin = Origin::Caller(reply);
                let received_at = Some(self.inner.host.clock.now());
                let requester = requester.clone();
                let work = Work { case, requester, request, expected_version, received_at, command, origin };
                let lane = self.lane(case);
                lane.offer(Input::Work(Box::new(work))).map_err(|_| self.overloaded())?;
                wait(answer).await
            }
            Err(undecided) => self.ask_policies(requester, request, case, expected_version, undecided, key).await,
        }
    }

    /// What would happen to a message: the message as it would be, and the policies' decision. Nothing is kept.
    ///
    /// # Errors
    /// [`Refused::Form`], [`Refusal::Forbidden`] for who may not submit it, or what keeps the engine from evaluating.
    pub async fn evaluate(
        &self,
        requester: &Requester,
        draft: Draft,
    ) -> Result<(Arc<Message>, Arc<Decision>), Refused> {
        let (host, requester) = (Arc::clone(&self.inner.host), requester.clone());
        let behalf = Behalf::Department(draft.department.clone());
        let evaluate = move || {
            let (configured, now) = (host.configured.get(), host.clock.now());
            let message = draft.into_message(&configured, requester.actor.clone(), now).map_err(Refused::Form)?;
            let context = Context {
                now,
                received_at: now,
                organisation: configured.organisation(),
                requester: &requester,
                expected_version: None,
                share: Share::WHOLE,
            };
            may_submit(&message, &context)?;
            Ok(decide(&configured, &host.stats, message))
        };
        self.evaluated(behalf, evaluate).await?
    }

    /// What `configured` decides about a message that was decided about before. Nothing is stored, and nothing is counted
    /// as a call of its bundles.
    ///
    /// # Errors
    /// What keeps the engine from evaluating.
    pub async fn decide_again(&self, configured: Configured, message: Arc<Message>) -> Result<Decision, Refused> {
        let behalf = Behalf::Department(message.department.clone());
        self.evaluated(behalf, move || configured.policies.decide(&configured.world, &message)).await
    }

    /// What comes of `work` on an evaluation thread.
    async fn evaluated<T: Send + 'static>(
        &self,
        behalf: Behalf,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        self.begin(None)?;
        let (sender, answer) = oneshot::channel();
        // Whoever has gone needs no answer.
        let job = move || drop(sender.send(work()));
        self.inner.host.pool.run(behalf, Box::new(job)).map_err(|_| self.overloaded())?;
        answer.await.map_err(|_| Refused::Internal)
    }

    /// Puts another publication in force. What is under way ends as it began; tasks of people who are away by
    /// it are given again.
    pub fn configure(&self, configured: Configured) {
        let host = &self.inner.host;
        host.configured.set(with_suspended(configured, &host.lanes));
        self.wake_writers();
    }

    /// The revisions in force that keep failing, by bundle and number, and how.
    ///
    /// # Errors
    /// [`StoreError`], when a partition cannot be read.
    pub fn failing(&self) -> Result<BTreeMap<(BundleId, u32), Failing>, StoreError> {
        let host = &self.inner.host;
        failing(&host.configured.get().policies, &host.lanes)
    }

    /// The publication in force; bundles that are suspended have their stand-in in it.
    #[must_use]
    pub fn configured(&self) -> Arc<Configured> {
        self.inner.host.configured.get()
    }

    /// Has everybody look at the clock: it was turned.
    pub fn wake(&self) {
        self.wake_writers();
        for lane in &self.inner.host.lanes {
            lane.committed.send_modify(|_| ());
        }
    }

    /// The partitions, for readers of lists: a list gathers from all of them.
    pub fn partitions(&self) -> impl ExactSizeIterator<Item = &Partition> {
        self.inner.host.lanes.iter().map(|lane| &lane.partition)
    }

    /// The partition that holds a case, if there is such a case.
    #[must_use]
    pub fn partition_of(&self, case: CaseId) -> &Partition {
        &self.lane(case).partition
    }

    /// Follows the commits of each partition, in their order: the number of its last frame. It may be announced
    /// again without having changed.
    #[must_use]
    pub fn committed(&self) -> Vec<watch::Receiver<u64>> {
        self.inner.host.lanes.iter().map(|lane| lane.committed.subscribe()).collect()
    }

    /// How each partition fares, in their order.
    #[must_use]
    pub fn status(&self) -> Vec<PartitionStatus> {
        let status = |lane: &Arc<Lane>| PartitionStatus {
            stopped: lane.stopped.get().cloned(),
            queued: lane.inbox.len(),
            sending: lane.sending.load(Ordering::Relaxed),
        };
        self.inner.host.lanes.iter().map(status).collect()
    }

    /// Whether commands are taken, by every partition.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.inner.host.is_closing() && self.inner.host.lanes.iter().all(|lane| lane.stopped.get().is_none())
    }

    /// What the engine counts.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.inner.host.stats
    }

    /// Ends the engine: takes nothing new, waits for tries of deliveries as long as the settings allow, finishes
    /// and commits what was taken, and ends the threads. A second call returns at once.
    pub async fn shutdown(&self) {
        self.inner.host.closing.store(true, Ordering::Release);
        self.inner.stop_sending.send_replace(true);
        let dispatchers = std::mem::take(&mut *lock(&self.inner.dispatchers));
        for dispatcher in dispatchers {
            // One that panicked has nothing under way any more.
            let _ = dispatcher.await;
        }
        let inner = Arc::clone(&self.inner);
        let ended = tokio::task::spawn_blocking(move || {
            // Evaluations hand what they decided to the writers, so they end first.
            inner.host.pool.close();
            inner.host.lanes.iter().for_each(|lane| lane.send(Input::Shutdown));
            for writer in std::mem::take(&mut *lock(&inner.writers)) {
                // A writer contains its panics.
                let _ = writer.join();
            }
        });
        // It joins threads and cannot fail.
        let _ = ended.await;
    }

    /// Whether a request may begin, and its key if it bears one.
    fn begin(&self, request: Option<&RequestIdentity>) -> Result<Option<Arc<KeyGuard>>, Refused> {
        if self.inner.host.is_closing() {
            return Err(Refused::Closing);
        }
        let Some(request) = request else { return Ok(None) };
        self.inner.keys.take(request).map(|guard| Some(Arc::new(guard))).ok_or(Refused::KeyInFlight)
    }

    async fn ask_policies(
        &self,
        requester: &Requester,
        request: Option<RequestIdentity>,
        case: CaseId,
        expected_version: Option<u64>,
        undecided: Undecided,
        key: Option<Arc<KeyGuard>>,
    ) -> Result<Answer, Refused> {
        for _ in 0..EVALUATION_TRIES {
            let evaluation = Evaluation {
                case,
                requester: requester.clone(),
                request: request.clone(),
                elsewhere: Vec::new(),
                expected_version,
                wanted: Wanted::Decision(undecided.clone()),
                now: self.inner.host.clock.now(),
            };
            match self.evaluate_and_judge(evaluation, key.clone()).await {
                // The case moved on while policies were asked about it as it was.
                Err(Refused::Step(Refusal::Version { .. })) if expected_version.is_none() => {}
                answer => return answer,
            }
        }
        Err(Refused::Contended)
    }

    async fn evaluate_and_judge(&self, evaluation: Evaluation, key: Option<Arc<KeyGuard>>) -> Result<Answer, Refused> {
        let (reply, answer) = reply(key);
        let host = Arc::clone(&self.inner.host);
        let lane = Arc::clone(self.lane(evaluation.case));
        let behalf =
            evaluation.department().map_or(Behalf::Caller, |department| Behalf::Department(department.clone()));
        let job = {
            let (host, lane) = (Arc::clone(&host), Arc::clone(&lane));
            move || evaluation.run(&host, &lane, reply)
        };
        host.pool.run(behalf, Box::new(job)).map_err(|_| self.overloaded())?;
        wait(answer).await
    }

    fn overloaded(&self) -> Refused {
        if self.inner.host.is_closing() {
            return Refused::Closing;
        }
        self.inner.host.stats.overloaded.add(1);
        Refused::Overloaded { retry_after: RETRY_AFTER }
    }

    /// The shard of a new message: by its dedup key, so that the same event finds its case whoever reports it;
    /// else that of the case it came out of; else by its idempotency key, so that a retry finds its first
    /// attempt; else any.
    fn shard(&self, request: Option<&RequestIdentity>, draft: &Draft) -> Shard {
        match (&draft.dedup_key, draft.caused_by, request) {
            (Some(key), _, _) => shard_of(&[draft.kind.as_str(), draft.department.as_str(), key]),
            (None, Some(cause), _) => cause.shard(),
            (None, None, Some(request)) => shard_of(&[&request.principal, &request.path, &request.key]),
            (None, None, None) => Shard::of_digest(self.inner.host.random.number()),
        }
    }

    fn lane(&self, case: CaseId) -> &Arc<Lane> {
        self.inner.host.lane(case)
    }

    /// Wakes every writer. One whose queue is full is awake.
    fn wake_writers(&self) {
        for lane in &self.inner.host.lanes {
            let _ = lane.offer(Input::Wake);
        }
    }
}

fn reply(key: Option<Arc<KeyGuard>>) -> (Reply, oneshot::Receiver<Settled>) {
    let (sender, answer) = oneshot::channel();
    (Reply { sender, key }, answer)
}

/// Waits for the writer's answer. It answers whatever happens, unless it fails with the command in its hands.
async fn wait(answer: oneshot::Receiver<Settled>) -> Result<Answer, Refused> {
    answer.await.map_or(Err(Refused::Unknown), |settled| settled.answer)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
