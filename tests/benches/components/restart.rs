//! How soon a host is ready again that has many components: with what it compiled before, and without. The host is a
//! process of its own on a data folder, as the program is, and is asked over HTTP.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use herald_core::decision::BundleId;
use herald_core::target::Actor;
use herald_server::data::DataFolder;
use herald_store::configuration::{Publication, Stamp};
use herald_tests::Failure;
use herald_tests::another::Another;
use herald_tests::load::{self, Connection};
use herald_tests::measure::per_second;
use herald_tests::report::{Target, head, median, note, row, size};
use herald_tests::serving::{self, Serving};
use herald_tests::workload::{self, Files};
use jiff::Timestamp;
use serde_json::{Value, json};

/// How many components there are, unless the command line says otherwise.
const COMPONENTS: usize = 200;
/// The argument of a bench that is the host of another, before its data folder.
const SERVE: &str = "--serve";
/// Where a host keeps what it compiled, in its data folder.
const COMPILED: &str = "cache/components";
/// Messages of which the rate is told at a time.
const MESSAGES: usize = 500;
/// How long compilers may take.
const COMPILING: Duration = Duration::from_secs(600);
/// How long what a compiler has done may take to show.
const PATIENCE: Duration = Duration::from_secs(30);

/// The data folder on which this process is the host of another.
pub(crate) fn served() -> Option<PathBuf> {
    let mut arguments = std::env::args().skip_while(|argument| argument != SERVE);
    arguments.next()?;
    arguments.next().map(PathBuf::from)
}

/// Serves until nobody listens any more to what this process says.
pub(crate) fn serve(data: &Path) -> Result<(), Failure> {
    let serving = Serving::host(data)?;
    writeln!(stdout(), "{}", serving.address)?;
    stdin().read_to_end(&mut Vec::new())?;
    serving.stop()
}

/// Starts a host with many bundles like `files`, cold and warm.
pub(crate) fn restart(files: &Files) -> Result<(), Failure> {
    let count = size(COMPONENTS);
    let data = tempfile::tempdir()?;
    publish(data.path(), files, count)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(data.path(), count))
}

async fn measure(data: &Path, count: usize) -> Result<(), Failure> {
    let (began, mut cold) = (Instant::now(), HostProcess::start(data).await?);
    let answers = began.elapsed();
    let held = cold.submit_notice().await?;
    if cold.evaluated(&held).await? == count {
        return Err("nothing was left to compile".into());
    }
    let mut meanwhile = Vec::new();
    while kept(data)? < count {
        if began.elapsed() > COMPILING {
            return Err("the components are not compiled".into());
        }
        meanwhile.push(cold.rate().await?);
    }
    let compiled = began.elapsed();
    while cold.evaluated(&held).await? < count {
        if began.elapsed() > compiled + PATIENCE {
            return Err("what was held is not released".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let released = began.elapsed() - compiled;
    let mut afterwards = Vec::new();
    for _ in 0..5 {
        afterwards.push(cold.rate().await?);
    }
    cold.process.stop()?;

    let (began, mut warm) = (Instant::now(), HostProcess::start(data).await?);
    let from_cache = began.elapsed();
    let notice = warm.submit_notice().await?;
    let evaluated = warm.evaluated(&notice).await?;
    if evaluated != count {
        return Err(format!("{evaluated} of {count} were taken from the cache").into());
    }
    warm.process.stop()?;

    head(&format!("a restart with {count} components: from its beginning until /readyz"));
    let report = |what: &str, time: Duration, target| {
        row(what, &format!("{:.2} s", time.as_secs_f64()), "", time.as_secs_f64(), " s", target);
    };
    report("warm cache: all are ready", from_cache, Target::AtMost(2.0));
    report("cold cache: the host answers", answers, Target::AtMost(2.0));
    report("cold cache: all are compiled", compiled, Target::None);
    report("  what was held is released after", released, Target::None);
    let (meanwhile, afterwards) = (median(meanwhile), median(afterwards));
    let beside = format!("afterwards {}", per_second(afterwards));
    row("  messages meanwhile", &per_second(meanwhile), &beside, meanwhile / afterwards, "", Target::None);
    note("the host is a process of its own; one connection sends messages that none of the components is asked about");
    Ok(())
}

/// How many compiled components are kept, those aside that are just being written.
fn kept(data: &Path) -> Result<usize, Failure> {
    let files = std::fs::read_dir(data.join(COMPILED))?.collect::<Result<Vec<_>, _>>()?;
    Ok(files.iter().filter(|file| file.path().extension().is_none()).count())
}

/// Publishes bundles that differ by their names, and by a number in their components. Nothing is compiled: a check would.
fn publish(data: &Path, files: &Files, count: usize) -> Result<(), Failure> {
    let manifest = "department = \"production\"\nlanguage = \"wasm\"\nhooks = [\"route\"]\n\
        [applies_to]\nkinds = [\"notice\"]\n";
    let component = files.get("policy.wasm").ok_or("there is no component")?;
    let mut bundles: BTreeMap<BundleId, Files> = BTreeMap::new();
    for number in 0..count {
        let manifest = format!("name = \"b{number}\"\n{manifest}");
        let component = [&component[..], &section(number)].concat();
        let files = [("policy.toml", manifest.into_bytes()), ("policy.wasm", component)];
        let files = files.map(|(path, content)| (path.to_owned(), content)).into();
        bundles.insert(format!("production/b{number}").parse()?, files);
    }
    let organisation = workload::organisation()?;
    let publication =
        Publication { organisation: Some(&organisation), bundles: bundles.iter().collect(), ..Publication::default() };
    let stamp = Stamp { at: Timestamp::now(), by: &Actor::Host, seed: [0; 32] };
    let folder = DataFolder::take(data, true)?;
    let configuration = folder.configuration(&serving::settings(data)?.settings)?;
    configuration.publish(&publication, &stamp)?;
    configuration.add_token(&serving::stored_token()?, &stamp)?;
    Ok(())
}

/// A section of a module that says nothing but `number`.
fn section(number: usize) -> Vec<u8> {
    const NAME: &[u8] = b"number";
    let number = number.to_le_bytes();
    let length = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
    let head = [0, length(1 + NAME.len() + number.len()), length(NAME.len())];
    [&head[..], NAME, &number].concat()
}

/// A host, and a connection to it.
struct HostProcess {
    process: Another,
    connection: Connection,
    sent: usize,
}

impl HostProcess {
    /// Starts it, and waits until it is ready.
    async fn start(data: &Path) -> Result<Self, Failure> {
        let mut process = Another::start(&[OsStr::new(SERVE), data.as_os_str()])?;
        let address: SocketAddr = process.line()?.parse()?;
        let mut connection = Connection::open(address).await?;
        while connection.send(&load::bodiless("GET", "/readyz", "")).await?.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { process, connection, sent: 0 })
    }

    /// Submits a notice, about which all components are asked; its id.
    async fn submit_notice(&mut self) -> Result<String, Failure> {
        let notice = json!({"kind": "notice", "subject": "下周一停电检修", "department": "production",
            "to": ["department:maintenance"], "body": {"text": "下周一停电检修"}});
        let token = serving::token();
        let answer = self.ask(&load::post("/v1/messages", token.reveal(), Some("notice"), &notice.to_string())).await?;
        let id = answer.get("id").and_then(Value::as_str);
        Ok(id.ok_or("the notice has no id")?.to_owned())
    }

    /// How many components were called for the latest decision about a case: those that were compiled.
    async fn evaluated(&mut self, case: &str) -> Result<usize, Failure> {
        let path = format!("/v1/messages/{case}/decisions");
        let decisions = self.ask(&load::bodiless("GET", &path, serving::token().reveal())).await?;
        let latest = decisions.pointer("/items").and_then(Value::as_array).and_then(|items| items.last());
        let contributions = latest.and_then(|latest| latest.pointer("/ruling/contributions")).and_then(Value::as_array);
        let contributions = contributions.ok_or("there is no decision")?.iter();
        // What a component says to a notice does not matter here; one that was called had memory.
        let bytes = |contribution: &Value| contribution.pointer("/cost/memory_bytes").and_then(Value::as_u64);
        Ok(contributions.filter(|contribution| bytes(contribution).is_some_and(|bytes| bytes > 0)).count())
    }

    /// Messages that were taken a second, one after the other.
    async fn rate(&mut self) -> Result<f64, Failure> {
        let requests = serving::requests(self.sent, MESSAGES);
        self.sent += MESSAGES;
        let began = Instant::now();
        for request in requests.iter() {
            let answer = self.connection.send(request).await?;
            if answer.status != 201 {
                return Err(String::from_utf8_lossy(&answer.body).into());
            }
        }
        Ok(MESSAGES as f64 / began.elapsed().as_secs_f64())
    }

    async fn ask(&mut self, request: &[u8]) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.connection.send(request).await?.body)?)
    }
}
