//! One run of the script over disks that fail, and what must hold after each start and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use herald_core::ids::DeliveryId;
use herald_core::workspace::Rows as _;
use herald_tests::fault::{Fault, FaultController, Random};
use herald_tests::load::Answer;
use herald_tests::sample;
use serde_json::Value;

use super::ledger::{Ledger, Played, json, text};
use herald_tests::site::{Disks, Faults, Ground, Site};

/// A process that starts again on a running machine finds everything that was written; one time in so many.
const RESTARTS_ONE_IN: usize = 4;

/// How a life of a host ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failure {
    /// Its disk fails.
    Disk(Fault),
    /// The power fails after so many steps of the script, when nothing is under way.
    Power(usize),
}

/// The script without any failure: what all other runs of it have to come to.
pub(super) struct Undisturbed {
    portrait: BTreeMap<&'static str, Value>,
    /// Syncs and writes that it took.
    pub(super) syncs: u64,
    pub(super) writes: u64,
}

impl Undisturbed {
    pub(super) async fn new(ground: &Ground) -> Self {
        let mut ledger = Ledger::new();
        let mut site = Site::start(ground, Disks::new(ground), Faults::default(), ledger.now, 0).await.unwrap();
        let played = ledger.play(&mut site, usize::MAX).await;
        assert!(matches!(played, Played::ToItsEnd), "{played:?}");
        let portrait = ledger.portrait(&mut site).await;
        let (syncs, writes) = (site.hardware.partition.syncs(), site.hardware.partition.writes());
        // Each request waited for the one before, so no two can have shared a commit.
        assert!(syncs > ledger.answers() as u64, "{syncs} syncs cannot have kept {} answers", ledger.answers());
        site.end().await;
        Self { portrait, syncs, writes }
    }
}

/// What is on a disk when the next life begins: most times the power has failed.
pub(super) fn image(disk: &FaultController, random: &mut Random) -> Vec<u8> {
    if random.below(RESTARTS_ONE_IN) == 0 {
        disk.image_after_restart()
    } else {
        disk.image_after_crash(random.next_u64())
    }
}

/// What runs have in common, and what they have shown.
pub(super) struct Runs<'a> {
    pub(super) ground: &'a Ground,
    pub(super) undisturbed: &'a Undisturbed,
    scratch: tempfile::TempDir,
    pub(super) failures: usize,
    pub(super) doubtful_answers: usize,
    starts: Vec<Duration>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(ground: &'a Ground, undisturbed: &'a Undisturbed) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        Self { ground, undisturbed, scratch, failures: 0, doubtful_answers: 0, starts: Vec::new() }
    }

    /// Plays the script to its end, with a failure in each life that `failures` still has one for. All that is left
    /// to chance follows from `seed`.
    pub(super) async fn run(&mut self, seed: u64, failures: impl IntoIterator<Item = Failure>) {
        self.ground.receiver.clear();
        let (mut random, mut failures) = (Random::new(seed), failures.into_iter());
        let (mut ledger, mut disks) = (Ledger::new(), Disks::new(self.ground));
        for life in 0.. {
            let (fault, limit) = match failures.next() {
                Some(Failure::Disk(fault)) => (Some(fault), usize::MAX),
                Some(Failure::Power(steps)) => (None, steps),
                None => (None, usize::MAX),
            };
            let faults = Faults { partition: fault, ..Faults::default() };
            let began = Instant::now();
            // No two lives of all runs draw the same numbers: what arrives late at the receiver is told apart.
            let started = Site::start(self.ground, disks.clone(), faults, ledger.now, seed << 16 | life).await;
            let mut site = match started {
                Ok(site) => site,
                Err((error, hardware)) => {
                    assert!(hardware.partition.fault_happened(), "it does not start on a disk that works: {error}");
                    disks.partition = image(&hardware.partition, &mut random);
                    self.failures += 1;
                    continue;
                }
            };
            self.starts.push(began.elapsed());
            if life > 0 {
                self.check_start(&ledger, &mut site).await;
            }
            match ledger.play(&mut site, limit).await {
                Played::ToItsEnd => {
                    self.check_end(&ledger, &mut site).await;
                    return site.end().await;
                }
                Played::UntilFailure(answer) => self.check_failure(fault, answer, &ledger, &mut site).await,
                Played::UntilLimit => {}
            }
            self.failures += 1;
            disks.partition = image(&site.hardware.partition, &mut random);
            site.end().await;
        }
    }

    /// A host whose disk has failed says so: to whoever asks it for something, and to whoever watches it. When only
    /// a sync has failed, what is in memory can still be read.
    async fn check_failure(&mut self, fault: Option<Fault>, answer: Option<Answer>, ledger: &Ledger, site: &mut Site) {
        let is_running = matches!(fault, Some(Fault::FailSync(_)));
        // Where the power has failed, nobody gets an answer.
        if let Some(answer) = answer.filter(|_| is_running) {
            let problem = json(&answer);
            let kinds = ["/problems/unknown-outcome", "/problems/not-ready"];
            assert!(kinds.iter().any(|kind| problem["type"] == *kind), "{}", text(&answer));
            assert_eq!((answer.status, &problem["status"]), (503, &503.into()));
            self.doubtful_answers += usize::from(problem["type"] == kinds[0]);
        }
        let ready = site.get("person:li.lei", "/readyz").await;
        assert_eq!(ready.status, 503, "{}", text(&ready));
        assert_eq!(json(&ready)["errors"][0]["pointer"], "/partitions/0");
        assert_eq!(site.get("person:li.lei", "/healthz").await.status, 200);
        let later = r#"{"kind": "complaint", "subject": "x", "department": "customer-service",
            "body": {"customer": "x", "what": "x"}}"#;
        let later = site.post("person:lin.xiao", "/v1/messages", None, later).await;
        assert_eq!((later.status, &json(&later)["type"]), (503, &"/problems/not-ready".into()));
        if is_running {
            assert_eq!(ledger.portrait(site).await.len(), ledger.known(), "reading goes on");
        }
    }

    /// After a start: everything that was answered is there and nothing contradicts the journal.
    async fn check_start(&self, ledger: &Ledger, site: &mut Site) {
        ledger.portrait(site).await;
        ledger.repeat(site).await;
        self.verify(site);
    }

    async fn check_end(&self, ledger: &Ledger, site: &mut Site) {
        let portrait = ledger.portrait(site).await;
        for (name, case) in &portrait {
            let expected = &self.undisturbed.portrait[name];
            assert_eq!(case, expected, "`{name}` ended as no run without a failure does");
        }
        let counts = site.messages().snapshot().unwrap().counts().unwrap();
        assert_eq!(counts.cases, portrait.len() as u64, "a message has two cases");
        ledger.repeat(site).await;
        self.verify(site);
        self.check_webhooks(site, ledger);
    }

    /// Every delivery by webhook arrived, and nothing else did.
    fn check_webhooks(&self, site: &Site, ledger: &Ledger) {
        let (snapshot, webhooks) = (site.messages().snapshot().unwrap(), sample::webhooks());
        let mut expected = BTreeSet::new();
        for (id, _) in ledger.names() {
            let case = snapshot.case(id.parse().unwrap()).unwrap().unwrap();
            for number in case.deliveries() {
                if webhooks.contains(&snapshot.delivery(case.id, number).unwrap().unwrap().channel) {
                    expected.insert(DeliveryId { case: case.id, number }.to_string());
                }
            }
        }
        assert!(!expected.is_empty());
        let arrived = self.ground.receiver.arrived();
        assert_eq!(arrived.keys().cloned().collect::<BTreeSet<_>>(), expected, "webhooks that arrived, and deliveries");
        for (id, bodies) in arrived {
            assert!(bodies.iter().all(|body| body["data"]["delivery"] == *id), "{id}: {bodies:?}");
        }
    }

    fn verify(&self, site: &Site) {
        match site.messages().verify(&self.scratch.path().join("verify.redb"), |_| ()) {
            Ok(report) => assert!(report.is_sound(), "{report:?}"),
            Err(error) => assert!(site.hardware.partition.fault_happened(), "{error}"),
        }
    }

    /// What the runs came to, for who watches.
    pub(super) fn summary(mut self) -> String {
        self.starts.sort_unstable();
        let middle = self.starts[self.starts.len() / 2];
        let (starts, longest) = (self.starts.len(), self.starts[self.starts.len() - 1]);
        let Self { failures, doubtful_answers, .. } = self;
        format!(
            "{failures} failures, {doubtful_answers} unknown outcomes, {starts} starts: {middle:?}, at most {longest:?}"
        )
    }
}
