//! Publications and tokens on a disk that fails: each is wholly there or wholly absent, what was answered is there,
//! and messages go on.

use std::collections::BTreeSet;

use herald_core::decision::BundleId;
use herald_server::code;
use herald_server::http::ApplyBody;
use herald_server::publish::Proposal;
use herald_tests::fault::{Fault, Random};
use herald_tests::load::Answer;
use herald_tests::sample;

use super::ledger::{json, text};
use super::run::image;
use herald_tests::site::{Disks, Faults, Ground, Site, start};

/// What an administrator does.
#[derive(Clone, Copy)]
enum Deed {
    AddToken,
    RevokeToken,
    /// Publishes the organisation with a person of this title.
    Title(&'static str),
    /// Publishes a bundle with this line at its end.
    Line(&'static str),
}

const DEEDS: [Deed; 5] =
    [Deed::AddToken, Deed::Title("代班长"), Deed::Line("// revised\n"), Deed::RevokeToken, Deed::Line("// again\n")];
const TOKEN: &str = "night-shift";
const PERSON: &str = "yang.fan";

/// What there is, as far as the deeds change it.
#[derive(Debug, Clone, PartialEq)]
struct State {
    revision: u64,
    title: String,
    bundles: BTreeSet<(BundleId, u32, String)>,
    has_token: bool,
}

impl State {
    fn of(site: &Site) -> Self {
        let loaded = site.app.publisher.store().load().unwrap();
        let bundles = loaded.bundles.into_iter().map(|bundle| (bundle.id, bundle.revision, bundle.digest)).collect();
        Self {
            revision: loaded.organisation.revision,
            title: loaded.organisation.people[PERSON].title.clone(),
            bundles,
            has_token: loaded.tokens.iter().any(|token| token.id == TOKEN),
        }
    }
}

impl Deed {
    async fn done(self, ground: &Ground, site: &mut Site) -> Answer {
        match self {
            Self::AddToken => {
                let body = format!(r#"{{"owner": "person:{PERSON}", "id": "{TOKEN}"}}"#);
                site.post(sample::ADMIN, "/v1/tokens", None, &body).await
            }
            Self::RevokeToken => site.delete(sample::ADMIN, &format!("/v1/tokens/{TOKEN}")).await,
            Self::Title(title) => {
                let mut organisation = sample::organisation(&ground.receiver);
                organisation.people.get_mut(PERSON).unwrap().title = title.to_owned();
                apply(site, Proposal { organisation: Some(organisation), ..Proposal::default() }).await
            }
            Self::Line(line) => {
                let id: BundleId = "maintenance/equipment-fault".parse().unwrap();
                let mut files = code::read(&sample::rules()).unwrap().bundles.remove(&id).unwrap();
                files.get_mut("policy.rhai").unwrap().extend(line.bytes());
                apply(site, Proposal { bundles: [(id, files)].into(), ..Proposal::default() }).await
            }
        }
    }

    /// Whether `answer`, to a deed that was tried before, says that it is done, by this try or by that.
    fn is_settled(self, answer: &Answer) -> bool {
        match self {
            Self::AddToken => answer.status == 201 || (answer.status == 422 && text(answer).contains(TOKEN)),
            Self::RevokeToken => matches!(answer.status, 204 | 404),
            // A publication that is in force already changes nothing.
            Self::Title(_) | Self::Line(_) => answer.status == 200,
        }
    }
}

async fn apply(site: &mut Site, proposal: Proposal) -> Answer {
    let body = serde_json::to_string(&ApplyBody::new(proposal)).unwrap();
    site.post(sample::ADMIN, "/v1/apply", None, &body).await
}

/// What there is after each of the deeds, with none done first; and how many syncs they take.
async fn undisturbed(ground: &Ground) -> (Vec<State>, u64) {
    let mut site = Site::start(ground, Disks::new(ground), Faults::default(), start(), 0).await.unwrap();
    let mut states = vec![State::of(&site)];
    for deed in DEEDS {
        let answer = deed.done(ground, &mut site).await;
        assert!(answer.status < 300, "{}", text(&answer));
        states.push(State::of(&site));
    }
    let syncs = site.hardware.configuration.syncs();
    site.end().await;
    (states, syncs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_is_wholly_there_or_wholly_absent() {
    // Every publication checks the cases of all bundles; two are enough to be torn apart.
    let mut bundles = sample::bundles();
    bundles.retain(|id, _| ["maintenance/equipment-fault", "production/equipment-fault"].contains(&&*id.to_string()));
    let ground = Ground::with(bundles).await;
    let (states, syncs) = undisturbed(&ground).await;
    assert!(syncs > DEEDS.len() as u64, "{syncs} syncs cannot have kept {} answers", DEEDS.len());
    let faults = (1..=syncs).flat_map(|sync| [Fault::CrashAtSync(sync), Fault::FailSync(sync)]);
    let of_disk = faults.map(|fault| (Some(fault), DEEDS.len()));
    let of_power = (0..=DEEDS.len()).map(|deeds| (None, deeds));
    for (seed, (fault, deeds)) in of_disk.chain(of_power).enumerate() {
        println!("{fault:?} of {syncs}, or no power after {deeds} deeds");
        fail_once(&ground, &states, fault, deeds, seed as u64).await;
    }
}

/// Does at most so many deeds until the disk or the power fails, starts again and goes on.
async fn fail_once(ground: &Ground, states: &[State], fault: Option<Fault>, deeds: usize, seed: u64) {
    let (mut random, mut disks) = (Random::new(seed), Disks::new(ground));
    let faults = Faults { configuration: fault, ..Faults::default() };
    let mut done = 0;
    match Site::start(ground, disks.clone(), faults, start(), 0).await {
        Ok(mut site) => {
            for deed in DEEDS.into_iter().take(deeds) {
                let answer = deed.done(ground, &mut site).await;
                if answer.status >= 300 {
                    check_failure(&answer, &mut site).await;
                    break;
                }
                done += 1;
            }
            disks.configuration = image(&site.hardware.configuration, &mut random);
            site.end().await;
        }
        Err((_, hardware)) => disks.configuration = image(&hardware.configuration, &mut random),
    }
    let mut site = Site::start(ground, disks, Faults::default(), start(), 1).await.unwrap();
    let found = State::of(&site);
    let possible = &states[done..states.len().min(done + 2)];
    assert!(possible.contains(&found), "after {done} deeds: {found:#?} is none of {possible:#?}");
    for (number, deed) in DEEDS.into_iter().enumerate().skip(done) {
        let answer = deed.done(ground, &mut site).await;
        assert!(deed.is_settled(&answer), "deed {number}: {} {}", answer.status, text(&answer));
        assert_eq!(State::of(&site), states[number + 1], "after deed {number}");
    }
    let verification = site.app.publisher.store().verify(|_| ()).unwrap();
    assert!(verification.is_whole(), "{verification:?}");
    site.end().await;
}

/// Whoever publishes is told that the outcome is unknown; messages are taken as before.
async fn check_failure(answer: &Answer, site: &mut Site) {
    let problem = json(answer);
    assert_eq!((answer.status, &problem["type"]), (503, &"/problems/unknown-outcome".into()), "{}", text(answer));
    let complaint = r#"{"kind": "complaint", "subject": "x", "department": "customer-service",
        "body": {"customer": "x", "what": "x"}}"#;
    let submitted = site.post("person:lin.xiao", "/v1/messages", None, complaint).await;
    assert_eq!(submitted.status, 201, "{}", text(&submitted));
}
