//! The program, killed again and again under load, always on the same store. The clients' own ledgers say what has
//! to be there: nothing that was answered is lost, nothing is done twice, every goal that runs has its timer, and
//! every webhook arrives at least once, under one id.

#![expect(clippy::print_stdout, reason = "seeds and figures are for who watches the test")]

mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use herald_core::case::GoalStatus;
use herald_core::ids::GoalNumber;
use herald_core::workspace::Rows as _;
use herald_server::data::DataFolder;
use herald_store::partition::CaseFilter;
use herald_store::{Partition, StoreSettings};
use herald_tests::fault::Random;
use herald_tests::load::{self, Connection};
use herald_tests::program::{Process, program};
use herald_tests::receiver::Receiver;
use herald_tests::sample;
use jiff::Timestamp;
use serde_json::Value;

use client::{Client, Known};

/// Connections at once.
const CLIENTS: u64 = 4;
/// How long a server lives at most once it listens.
const LIFE_MS: usize = 800;
/// One life in so many ends without any client, within so many milliseconds: somewhere in the server's start.
const STILLBIRTHS_ONE_IN: usize = 8;
const STILLBORN_MS: usize = 120;
/// How long webhooks may take to arrive in the end.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_three_kills() {
    kill_again_and_again(3, 1).await;
}

mod slow {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_lost_or_doubled_by_a_hundred_kills() {
        super::kill_again_and_again(100, 2).await;
    }
}

async fn kill_again_and_again(kills: usize, seed: u64) {
    println!("seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let receiver = Receiver::start().await.unwrap();
    prepare(&data, &receiver);
    let mut random = Random::new(seed);
    let mut clients: Vec<_> = (0..CLIENTS).map(|number| Client::new(number, seed)).collect();
    let mut starts = Vec::new();
    for life in 0..kills {
        let began = Instant::now();
        let process = start(&data, &receiver);
        // The first one makes its files.
        if life == 0 || random.below(STILLBIRTHS_ONE_IN) == 0 {
            tokio::time::sleep(Duration::from_millis(random.below(STILLBORN_MS) as u64)).await;
            process.kill();
            continue;
        }
        let address = process.address();
        starts.push(began.elapsed());
        let working: Vec<_> = std::mem::take(&mut clients)
            .into_iter()
            .map(|mut client| {
                tokio::spawn(async move {
                    client.work(address).await;
                    client
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.below(LIFE_MS) as u64)).await;
        assert!(working.iter().all(|client| !client.is_finished()), "a client gave up while the server lived");
        process.kill();
        for client in working {
            clients.push(client.await.unwrap());
        }
    }
    check(&data, &receiver, &mut clients).await;
    starts.sort_unstable();
    let answers: usize = clients.iter().map(Client::answers).sum();
    let (middle, longest) = (starts[starts.len() / 2], starts[starts.len() - 1]);
    println!("{kills} kills, {answers} answers; listening after {middle:?}, at most {longest:?}");
}

/// Starts the program on the folder `data`.
fn start(data: &Path, receiver: &Receiver) -> Process {
    Process::start(data, &[("webhook_allowed_internal", &receiver.address.to_string())])
}

/// Publishes the sample organisation in a new data folder.
fn prepare(data: &Path, receiver: &Receiver) {
    let folder = DataFolder::take(data, true).unwrap();
    let configuration = folder.configuration(&sample::settings(receiver).settings).unwrap();
    sample::publish(configuration, receiver, sample::bundles(), Timestamp::now());
}

/// Has everything settled, and compares what is there with what the clients know.
async fn check(data: &Path, receiver: &Receiver, clients: &mut [Client]) {
    let process = start(data, receiver);
    let address = process.address();
    let mut connection = Connection::open(address).await.unwrap();
    for client in &mut *clients {
        client.settle(&mut connection).await.unwrap();
        client.repeat(&mut connection, 0).await.unwrap();
    }
    let known: BTreeMap<&String, &Known> = clients.iter().flat_map(|client| &client.cases).collect();
    assert!(!known.is_empty(), "no server lived long enough to do anything");
    let (mut expected, webhooks) = (BTreeSet::new(), sample::webhooks());
    for (id, known) in &known {
        let case = get(&mut connection, &format!("/v1/messages/{id}?limit=200")).await;
        check_case(&case, known);
        let deliveries = case["deliveries"].as_array().unwrap().iter();
        let by_webhook = deliveries.filter(|delivery| webhooks.contains(delivery["channel"].as_str().unwrap()));
        expected.extend(by_webhook.map(|delivery| delivery["id"].as_str().unwrap().to_owned()));
    }
    let there = list(&mut connection).await;
    assert_eq!(there, known.keys().map(|id| (*id).clone()).collect(), "cases that are there, and that were answered");
    check_webhooks(receiver, &expected).await;
    process.kill();

    for store in verify(data) {
        assert_eq!((&store["sound"], &store["problems"]), (&true.into(), &Value::Array(Vec::new())), "{store}");
    }
    check_timers(data, known.len());
}

/// Each command was carried out as often as it was answered, and each task was done once.
fn check_case(case: &Value, known: &Known) {
    let mut verbs = BTreeMap::new();
    for entry in case["timeline"]["items"].as_array().unwrap() {
        if entry["actor"] != "host" {
            *verbs.entry(entry["verb"].as_str().unwrap()).or_default() += 1;
        }
    }
    assert_eq!(verbs, known.verbs, "{case}");
    let tasks = case["tasks"].as_array().unwrap();
    let done = tasks.iter().filter(|task| task["status"] == "done").count();
    let commands: usize = known.verbs.iter().filter(|(verb, _)| **verb != "submit").map(|(_, count)| count).sum();
    assert_eq!(done, commands, "{case}");
}

/// Every delivery by webhook has arrived, and nothing else has. Repetitions bear the same id and say the same.
async fn check_webhooks(receiver: &Receiver, expected: &BTreeSet<String>) {
    let began = Instant::now();
    while !receiver.arrived().keys().eq(expected) && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let arrived = receiver.arrived();
    assert_eq!(arrived.keys().cloned().collect::<BTreeSet<_>>(), *expected, "webhooks that arrived, and deliveries");
    let mut repeated = 0;
    for (id, bodies) in &arrived {
        assert!(bodies.iter().all(|body| body["data"]["delivery"] == **id), "{id}: {bodies:?}");
        repeated += bodies.len() - 1;
    }
    println!("{} webhooks arrived, {repeated} times one of them again", arrived.len());
}

/// Every goal that runs has its timer, and there is no timer besides.
fn check_timers(data: &Path, cases: usize) {
    let partition = Partition::open(&data.join("partition-0.redb"), &StoreSettings::default()).unwrap();
    let snapshot = partition.snapshot().unwrap();
    let timers = snapshot.due_timers(Timestamp::MAX, usize::MAX).unwrap();
    let timers: BTreeSet<_> = timers.into_iter().map(|timer| timer.goal).collect();
    let (mut running, mut seen, mut after) = (BTreeSet::new(), 0, None);
    loop {
        let page = snapshot.cases(CaseFilter::default(), after, 1_000).unwrap();
        for case in &page.cases {
            seen += 1;
            for number in 1.. {
                let Some(goal) = snapshot.goal(case.id, GoalNumber(number)).unwrap() else { break };
                if goal.status == GoalStatus::Running {
                    running.insert(herald_core::ids::GoalId { case: case.id, number: GoalNumber(number) });
                }
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, cases);
    assert_eq!(running, timers, "goals that run, and timers");
}

/// Every case there is.
async fn list(connection: &mut Connection) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut path = "/v1/messages?limit=200".to_owned();
    loop {
        let page = get(connection, &path).await;
        let items = page["items"].as_array().unwrap().iter();
        ids.extend(items.map(|case| case["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/messages?limit=200&cursor={next}"),
            None => return ids,
        }
    }
}

/// Reads as one who sees everything.
async fn get(connection: &mut Connection, path: &str) -> Value {
    let request = load::bodiless("GET", path, sample::token("person:zhao.jun").reveal());
    let answer = connection.send(&request).await.unwrap();
    let body = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// What `herald verify` says of the stores in `data`, when it finds nothing wrong.
fn verify(data: &Path) -> Vec<Value> {
    let output = Command::new(program()).args(["verify", "--json", "--data"]).arg(data).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&report).unwrap()
}
