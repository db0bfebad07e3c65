//! A whole host in this process, on a data folder and over a real socket, with the benches' workload published.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use herald_core::target::Actor;
use herald_engine::{Clock as _, SystemClock};
use herald_server::host::Host;
use herald_server::publish::Proposal;
use herald_server::settings::{Resolved, Sources};
use herald_server::tokens::{TokenText, requester};
use herald_store::configuration::{Stamp, Token, TokenOwner};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;

use crate::receiver::Receiver;
use crate::workload::{SENDER, bundles, organisation};
use crate::{Failure, sample, workload};

/// Requests a second that the rate limit leaves alone: the load comes from one principal.
const RATE: &str = "1000000";

/// The secret of the token that the load bears.
const SECRET: [u8; 32] = [7; 32];

/// The token that the load bears, for [`SENDER`].
#[must_use]
pub fn token() -> TokenText {
    TokenText::new(&SECRET)
}

/// What stands in the store about [`token`].
///
/// # Errors
/// Never with the sample as it is.
pub fn stored_token() -> Result<Token, Failure> {
    Ok(Token {
        id: "load".to_owned(),
        name: String::new(),
        hash: token().hash(),
        owner: TokenOwner::Person(SENDER.parse()?),
        admin: false,
        author_of: Default::default(),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
    })
}

/// The settings in force where nobody changes any, but for the data folder and the rate limit.
///
/// # Errors
/// When the settings have other names by now.
pub fn settings(data: &Path) -> Result<Resolved, Failure> {
    let data = data.to_string_lossy();
    let flags = flags(&data).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Sources { flags: flags.to_vec(), ..Sources::default() }.resolve()?)
}

fn flags(data: &str) -> [(&str, &str); 3] {
    [("data", data), ("rate_limit_per_second", RATE), ("rate_burst", RATE)]
}

/// Starts a host on `data` with the workload published. Call it within a runtime.
///
/// # Errors
/// When the host does not start, or refuses the sample.
pub fn host(data: &Path) -> Result<Host, Failure> {
    let host = Host::start(&settings(data)?, Arc::new(SystemClock), &Handle::current())?;
    let app = host.app();
    if app.publisher.tokens().is_empty() {
        let stamp = Stamp { at: SystemClock.now(), by: &Actor::Host, seed: [0; 32] };
        let token = stored_token()?;
        app.publisher.add_token(&token, &stamp)?;
        let admin = herald_core::access::Requester { admin: true, ..requester(&token) };
        let proposal = Proposal {
            organisation: Some(organisation()?),
            bundles: bundles()?,
            prune: false,
            expected_revision: None,
        };
        let (before, in_force) = (app.engine.configured(), |configured| app.engine.configure(configured));
        app.publisher.apply(&proposal, &admin, SystemClock.now(), false, in_force, Some(&before))?;
    }
    Ok(host)
}

/// Starts a host on `data` with the sample organisation of `rules/` published. Call it within a runtime, which its
/// webhooks then arrive on.
///
/// # Errors
/// When the host does not start.
pub async fn sample_host(data: &Path) -> Result<Host, Failure> {
    let receiver = Receiver::start().await?;
    let settings = sample::settings_with(&receiver, &flags(&data.to_string_lossy()));
    let host = Host::start(&settings, Arc::new(SystemClock), &Handle::current())?;
    let app = host.app();
    sample::publish_by(&app.publisher, &receiver, sample::bundles(), SystemClock.now(), Some(&app.engine));
    Ok(host)
}

/// A runtime with a thread for each processor, as the program has.
///
/// # Errors
/// When there are no threads to be had.
pub fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Something that serves on threads of its own until it is told to stop.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), Failure>>,
}

impl Serving {
    /// Starts a host on `data` with the workload published.
    ///
    /// # Errors
    /// As [`host`].
    pub fn host(data: &Path) -> Result<Self, Failure> {
        Self::of(async || host(data))
    }

    /// Starts a host on `data` with the sample organisation published.
    ///
    /// # Errors
    /// As [`sample_host`].
    pub fn sample(data: &Path) -> Result<Self, Failure> {
        Self::of(async || sample_host(data).await)
    }

    fn of(host: impl AsyncFnOnce() -> Result<Host, Failure>) -> Result<Self, Failure> {
        let runtime = runtime()?;
        let host = runtime.block_on(host())?;
        Self::start(runtime, async move |listener, stop| {
            host.serve(listener, async move { drop(stop.await) }).await;
            Ok(())
        })
    }

    /// Serves on `runtime` with `work`.
    ///
    /// # Errors
    /// When there is no socket or no thread to be had.
    pub fn start<W>(runtime: Runtime, work: W) -> Result<Self, Failure>
    where
        W: AsyncFnOnce(TcpListener, oneshot::Receiver<()>) -> Result<(), Failure> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let thread = std::thread::Builder::new().name("serving".to_owned());
        let thread = thread.spawn(move || runtime.block_on(work(listener, stopped)))?;
        Ok(Self { address, stop, thread })
    }

    /// Stops it, and waits until it has ended.
    ///
    /// # Errors
    /// Why it had ended before.
    pub fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        self.thread.join().map_err(|_| "the server panicked")?
    }
}

/// Faults from number `first` on, as requests that bear [`token`].
#[must_use]
pub fn requests(first: usize, count: usize) -> Arc<Vec<Vec<u8>>> {
    let token = token();
    let request = |number| crate::load::post("/v1/messages", token.reveal(), None, &workload::fault(number));
    Arc::new((first..first + count).map(request).collect())
}
