//! How many durable submissions a second, beside a floor that commits as much with no policy and no case machine:
//! of one message with three bundles, and of what the sample organisation sends, with all of its bundles.
//!
//! Both serve in this process on the same two cores as the client, on files in the same folder, and take turns. A
//! name as argument, `one` or `sample`, leaves the other out.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use herald_tests::Failure;
use herald_tests::floor::{TableShape, floor, shape};
use herald_tests::load::{Connection, Figures, run};
use herald_tests::mix::Mix;
use herald_tests::report::{Target, head, median, note, row, size};
use herald_tests::serving::{Serving, requests};
use herald_tests::workload::MESSAGE_BYTES;

/// Submissions in the run that is looked at table by table, and to warm up.
const PROBE: usize = 2_000;
/// Turns of each of the two.
const TURNS: usize = 7;

/// What is sent to what.
struct Load {
    /// What the table says of it.
    title: String,
    /// Starts a host on an empty folder.
    serve: fn(&Path) -> Result<Serving, Failure>,
    /// So many requests from a number on.
    requests: Requests,
    /// The same as the floor takes them.
    of_floor: Requests,
    /// Connections, each with one request at a time.
    connections: usize,
    /// Submissions a second that it should come to.
    at_least: f64,
    /// What share of the floor that should be.
    share: Target,
}

type Requests = Box<dyn Fn(usize, usize) -> Arc<Vec<Vec<u8>>>>;

fn main() -> Result<(), Failure> {
    let per_turn = size(8_000);
    let wanted: Vec<String> = std::env::args().filter(|word| ["one", "sample"].contains(&word.as_str())).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if is_wanted("one") {
        let title = format!("{MESSAGE_BYTES} bytes, three bundles");
        let (requests, of_floor): (Requests, Requests) = (Box::new(requests), Box::new(requests));
        let (connections, share) = (32, Target::AtLeast(0.5));
        let serve = Serving::host;
        measure(&Load { title, serve, requests, of_floor, connections, at_least: 4_000.0, share }, per_turn)?;
    }
    if is_wanted("sample") {
        let mix = Arc::new(Mix::read()?);
        let (count, bytes) = mix.size();
        let title = format!("the sample organisation, {count} messages in turn, {bytes} bytes on average");
        let of_floor = Arc::clone(&mix);
        let requests: Requests = Box::new(move |first, count| mix.requests(first, count));
        let of_floor: Requests = Box::new(move |first, count| of_floor.requests_of_one(first, count));
        let (serve, connections, share) = (Serving::sample, 64, Target::None);
        measure(&Load { title, serve, requests, of_floor, connections, at_least: 3_000.0, share }, per_turn)?;
    }
    Ok(())
}

fn measure(load: &Load, per_turn: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let (shapes, answer_bytes) = probe(load, &folder.path().join("probe"), &runtime)?;

    let herald = (load.serve)(&folder.path().join("herald"))?;
    let floor = floor(&folder.path().join("floor.redb"), &shapes, answer_bytes)?;
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let count = if turn == 0 { PROBE } else { per_turn };
        let submit = |address: SocketAddr, requests: &Requests| {
            runtime.block_on(run(address, load.connections, requests(turn * per_turn, count), 201))
        };
        let pair = (submit(floor.address, &load.of_floor)?, submit(herald.address, &load.requests)?);
        if turn > 0 {
            floors.push(pair.0);
            ours.push(pair.1);
        }
    }
    floor.stop()?;
    herald.stop()?;
    report(load, &shapes, answer_bytes, &ours, &floors);
    Ok(())
}

/// What one submission leaves in each table, and how long its answer is.
fn probe(load: &Load, data: &Path, runtime: &tokio::runtime::Runtime) -> Result<(Vec<TableShape>, usize), Failure> {
    let herald = (load.serve)(data)?;
    let answer = runtime.block_on(async {
        let first = (load.requests)(0, 1);
        let request = first.first().map(Vec::as_slice).unwrap_or_default();
        let answer = Connection::open(herald.address).await?.send(request).await?;
        run(herald.address, load.connections, (load.requests)(1, PROBE - 1), 201).await.map(|_| answer)
    })?;
    herald.stop()?;
    Ok((shape(&data.join("partition-0.redb"), PROBE)?, answer.body.len()))
}

fn report(load: &Load, shapes: &[TableShape], answer_bytes: usize, ours: &[Figures], floors: &[Figures]) {
    let Load { title, connections, at_least, share, .. } = load;
    head(&format!("durable submissions: {title}, {connections} connections, median of {TURNS} turns"));
    let rates = |figures: &[Figures]| figures.iter().map(Figures::rate).collect::<Vec<_>>();
    let (rate, floor) = (median(rates(ours)), median(rates(floors)));
    let ratio = median(ours.iter().zip(floors).map(|(ours, floor)| ours.rate() / floor.rate()).collect());
    let (measured, beside) = (format!("{rate:.0} /s"), format!("floor {floor:.0} /s"));
    row("durable submissions, to the floor", &measured, &beside, ratio, "", *share);
    row("durable submissions a second", &measured, "", rate, "", Target::AtLeast(*at_least));
    for (name, share) in [("p50 of the answers", 0.5), ("p99 of the answers", 0.99)] {
        let of = |figures: &[Figures]| median(figures.iter().map(|run| millis(run.percentile(share))).collect());
        let (ours, floor) = (of(ours), of(floors));
        row(name, &format!("{ours:.2} ms"), &format!("floor {floor:.2} ms"), ours / floor, "", Target::None);
    }
    let total = |of: fn(&TableShape) -> f64| shapes.iter().map(of).sum::<f64>();
    let (rows, bytes) = (total(|shape| shape.rows), total(|shape| shape.bytes));
    note(&format!("a submission leaves {rows:.1} rows and {bytes:.0} bytes; an answer has {answer_bytes} bytes"));
    for TableShape { name, rows, bytes } in shapes {
        note(&format!("{name:<18} {rows:>6.2} rows {bytes:>6.0} bytes"));
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
