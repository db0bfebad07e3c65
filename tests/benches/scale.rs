//! The program with a million messages beside the program with ten thousand: how soon it is ready after it was
//! killed, how much memory it takes, and how many submissions a second it makes durable.
//!
//! The stores are filled in this process through the engine, and served by the real program, which lies beside
//! this one: `cargo build --release --bin herald` makes it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use herald_core::access::Requester;
use herald_core::target::Actor;
use herald_engine::Engine;
use herald_store::partition::Counts;
use herald_tests::Failure;
use herald_tests::load::{Connection, run};
use herald_tests::report::{Target, head, median, note, row, size};
use herald_tests::serving::{host, requests};
use herald_tests::workload::{SENDER, fault_draft, note_draft};
use tokio::runtime::Runtime;

/// Messages in the small store.
const FEW: usize = 10_000;
/// One message in so many is a fault, with three goals that run; the others are notes. So one message in five has
/// a pending timer, on average.
const FAULT_EVERY: usize = 15;
/// Messages on their way into a store that is being filled.
const FILLERS: usize = 128;
/// Connections of the load.
const CONNECTIONS: usize = 32;
/// Turns of each program under load, and the submissions of a turn.
const TURNS: usize = 5;
const PER_TURN: usize = 8_000;
/// How long a program may take to be ready before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<(), Failure> {
    let messages = size(1_000_000);
    let program = program()?;
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    head(&format!("{messages} messages, beside {FEW}"));

    let mut stores = Vec::new();
    for (name, count) in [("many", messages), ("few", FEW)] {
        let data = folder.path().join(name);
        let began = Instant::now();
        let counts = runtime.block_on(fill(&data, count))?;
        let (took, rate) = (began.elapsed().as_secs(), count as f64 / began.elapsed().as_secs_f64());
        let bytes = std::fs::metadata(data.join("partition-0.redb"))?.len() / (1 << 20);
        note(&format!(
            "{} messages with {} timers: {bytes} MiB, written in {took} s ({rate:.0} /s)",
            counts.cases, counts.timers
        ));
        stores.push(Store::open(&program, data, &client)?);
    }
    let [many, few] = stores.as_mut_slice() else { return Err("there are two stores".into()) };

    // Killed under load, both have something to recover.
    let (many_ready, few_ready) = (many.kill_and_start(&client)?, few.kill_and_start(&client)?);
    let (mut many_rates, mut few_rates) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        few_rates.push(few.load(&client, turn)?);
        many_rates.push(many.load(&client, turn)?);
    }
    let (many_bytes, few_bytes) = (many.resident_bytes()?, few.resident_bytes()?);

    let seconds = many_ready.as_secs_f64();
    let beside = format!("few: {:.0} ms", few_ready.as_secs_f64() * 1e3);
    row("ready after SIGKILL", &format!("{:.0} ms", seconds * 1e3), &beside, seconds, " s", Target::AtMost(3.0));
    let (measured, beside) = (mebibytes(many_bytes), format!("few: {}", mebibytes(few_bytes)));
    row("resident memory after the load", &measured, &beside, many_bytes / few_bytes, "", Target::AtMost(1.5));
    let ratio = median(many_rates.iter().zip(&few_rates).map(|(many, few)| many / few).collect());
    let (many, few) = (median(many_rates), median(few_rates));
    let (measured, beside) = (format!("{many:.0} /s"), format!("few: {few:.0} /s"));
    row("durable submissions", &measured, &beside, ratio, "", Target::AtLeast(0.8));
    Ok(())
}

/// The program: beside this bench's own folder.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).ok_or("this bench lies in no build folder")?;
    let program = folder.join("herald");
    if program.exists() { Ok(program) } else { Err("first run `cargo build --release --bin herald`".into()) }
}

/// Fills a new store with `count` messages through the engine, and closes it.
async fn fill(data: &Path, count: usize) -> Result<Counts, Failure> {
    let host = host(data)?;
    let engine = &host.app().engine;
    let (next, sender) = (Arc::new(AtomicUsize::new(0)), Requester::plain(Actor::Person(SENDER.parse()?)));
    let fillers: Vec<_> = (0..FILLERS)
        .map(|_| tokio::spawn(submit_while_any(engine.clone(), sender.clone(), Arc::clone(&next), count)))
        .collect();
    for filler in fillers {
        filler.await??;
    }
    let partition = engine.partitions().next().ok_or("there is one partition")?;
    let counts = partition.snapshot()?.counts()?;
    engine.shutdown().await;
    Ok(counts)
}

async fn submit_while_any(
    engine: Engine,
    sender: Requester,
    next: Arc<AtomicUsize>,
    count: usize,
) -> Result<(), Failure> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(());
        }
        let draft = if number.is_multiple_of(FAULT_EVERY) { fault_draft(number)? } else { note_draft(number)? };
        engine.submit(&sender, None, draft).await?;
    }
}

/// A running program and the store it runs on.
struct Store {
    program: PathBuf,
    data: PathBuf,
    address: SocketAddr,
    process: Child,
}

impl Store {
    fn open(program: &Path, data: PathBuf, client: &Runtime) -> Result<Self, Failure> {
        // Free a moment ago, and nobody else is asking for ports on a machine that runs benches.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = start(program, &data, address)?;
        let store = Self { program: program.to_owned(), data, address, process };
        client.block_on(ready(address))?;
        Ok(store)
    }

    /// Kills the program while it is busy, starts it again, and says how long it took from the kill until it was
    /// ready.
    fn kill_and_start(&mut self, client: &Runtime) -> Result<Duration, Failure> {
        let load = run(self.address, CONNECTIONS, requests(0, PER_TURN), 201);
        let cut = client.block_on(async { tokio::time::timeout(Duration::from_millis(500), load).await });
        if let Ok(figures) = cut {
            note(&format!("the load ended before the kill: {} answers", figures?.answered));
        }
        let killed = Instant::now();
        self.process.kill()?;
        self.process.wait()?;
        self.process = start(&self.program, &self.data, self.address)?;
        client.block_on(ready(self.address))?;
        Ok(killed.elapsed())
    }

    /// Durable submissions a second.
    fn load(&self, client: &Runtime, turn: usize) -> Result<f64, Failure> {
        let requests = requests(turn * PER_TURN, PER_TURN);
        Ok(client.block_on(run(self.address, CONNECTIONS, requests, 201))?.rate())
    }

    /// Memory that the program takes, as Linux counts it.
    fn resident_bytes(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS is given")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(program: &Path, data: &Path, address: SocketAddr) -> Result<Child, Failure> {
    let mut command = Command::new(program);
    command.arg("--data").arg(data).args(["--set", "rate_limit_per_second=1000000", "--set", "rate_burst=1000000"]);
    command.args(["serve", "--listen", &address.to_string()]).stdin(Stdio::null());
    Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Waits until the program at `address` says that it is ready.
async fn ready(address: SocketAddr) -> Result<(), Failure> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Ok(mut connection) = Connection::open(address).await
            && let Ok(answer) = connection.send(b"GET /readyz HTTP/1.1\r\nhost: herald\r\n\r\n").await
            && answer.status == 200
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err("the program does not get ready".into())
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.0} MiB", bytes / f64::from(1 << 20))
}
