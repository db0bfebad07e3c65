//! The house in which the demo plays: the rules published into a fresh folder, a token for everybody, and the real host
//! on a clock that is turned.
//!
//! Whatever would leave the machine leads to the demo's own [`Receiver`] instead. Nothing is taken from the settings
//! file or the environment: what is set there is for a real host, and the demo must not touch its data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use herald_core::access::Requester;
use herald_core::organisation::{Organisation, Transport};
use herald_core::target::Actor;
use herald_store::configuration::Stamp;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::clock::DemoClock;
use super::receiver::Receiver;
use super::sample::FROM;
use super::{DemoError, Options, rules};
use crate::code::{self, Code};
use crate::data::DataFolder;
use crate::host::Host;
use crate::publish::{Proposal, Publisher, random};
use crate::settings::{Resolved, Sources};
use crate::token_request::TokenRequest;
use crate::tokens::TokenText;

/// Who runs the installation.
pub(super) const ADMIN: &str = "service:admin";

/// Where the demo keeps everything.
pub(super) enum Place {
    /// A folder that goes with the demo.
    Temporary(TempDir),
    /// The folder that was asked for; it stays.
    Chosen(PathBuf),
}

impl Place {
    /// The folder.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Chosen(path) => path,
        }
    }

    /// Whether it stays when the demo ends.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Chosen(_))
    }

    /// Makes the folder, or takes the one that `wanted` names, which must be empty.
    pub(super) fn make(wanted: Option<&Path>) -> Result<Self, DemoError> {
        let Some(path) = wanted else {
            let folder = tempfile::Builder::new().prefix("herald-demo-").tempdir();
            return folder.map(Self::Temporary).map_err(DemoError::folder(&std::env::temp_dir()));
        };
        fs::create_dir_all(path).map_err(DemoError::folder(path))?;
        let mut entries = fs::read_dir(path).map_err(DemoError::folder(path))?;
        if entries.next().is_some() {
            return Err(DemoError::NotEmpty(path.to_owned()));
        }
        // Commands that are printed should work wherever they are pasted.
        fs::canonicalize(path).map(Self::Chosen).map_err(DemoError::folder(path))
    }

    /// The folder with the rules as they were published.
    pub(super) fn rules(&self) -> PathBuf {
        self.path().join("rules")
    }

    /// The folder with everybody's token.
    pub(super) fn tokens(&self) -> PathBuf {
        self.path().join("tokens")
    }

    /// The file with the token of `owner`.
    pub(super) fn token(&self, owner: &str) -> PathBuf {
        self.tokens().join(owner.split_once(':').map_or(owner, |(_, name)| name))
    }
}

/// The rules that the demo plays by, with every channel leading to `receiver`.
pub(super) fn read(options: &Options, receiver: &Receiver) -> Result<Code, DemoError> {
    let mut code = match &options.rules {
        Some(rules) => code::read(rules)?,
        None => {
            let folder = TempDir::new().map_err(DemoError::folder(&std::env::temp_dir()))?;
            rules::unpack(folder.path()).map_err(DemoError::folder(folder.path()))?;
            code::read(folder.path())?
        }
    };
    keep_inside(&mut code.organisation, receiver);
    Ok(code)
}

/// When the story begins, by the organisation's clock.
pub(super) fn begins(organisation: &Organisation) -> Timestamp {
    let calendar = organisation.rules.calendar.as_ref().and_then(|name| organisation.calendars.get(name));
    let zone = calendar.and_then(|calendar| TimeZone::get(&calendar.spec().time_zone).ok());
    instant(&zone.unwrap_or(TimeZone::UTC), FROM)
}

/// When it is `at` in `zone`; a moment that the zone skips is the one after it.
pub(super) fn instant(zone: &TimeZone, at: DateTime) -> Timestamp {
    zone.to_ambiguous_timestamp(at).compatible().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Publishes `code` at `now` into `place`, and makes tokens: for every person, for `services` with the departments that
/// each speaks for, and for an administrator. They are given by whom they stand for.
pub(super) fn publish(
    place: &Place,
    resolved: &Resolved,
    code: Code,
    services: &BTreeMap<String, BTreeSet<String>>,
    now: Timestamp,
) -> Result<BTreeMap<String, String>, DemoError> {
    // What is published lies beside the data, to be changed and published again: in it, channels lead inside too.
    code::write(&place.rules(), &code)?;
    let folder = DataFolder::take(place.path(), true)?;
    let publisher = Publisher::new(folder.configuration(&resolved.settings)?, folder.host_limits(&resolved.settings)?);
    let requester = Requester { admin: true, ..Requester::plain(Actor::Host) };
    let people: Vec<String> = code.organisation.people.keys().map(|person| format!("person:{person}")).collect();
    let proposal = Proposal { organisation: Some(code.organisation), bundles: code.bundles, ..Proposal::default() };
    publisher.apply(&proposal, &requester, now, false, |_| (), None)?;
    let nobody = BTreeSet::new();
    let others = services.iter().map(|(name, departments)| (name.clone(), departments));
    let owners = people.into_iter().chain([ADMIN.to_owned()]).map(|owner| (owner, &nobody)).chain(others);
    let kept = place.tokens();
    fs::DirBuilder::new().mode(0o700).create(&kept).map_err(DemoError::folder(&kept))?;
    let mut tokens = BTreeMap::new();
    for (owner, departments) in owners {
        let (admin, departments) = (owner == ADMIN, departments.clone());
        let request = TokenRequest { owner: owner.clone(), departments, admin, ..TokenRequest::default() };
        let text = TokenText::new(&random()?);
        publisher.add_token(&request.token(&text, now)?, &Stamp { at: now, by: &Actor::Host, seed: random()? })?;
        let file = place.token(&owner);
        let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        written.and_then(|mut file| writeln!(file, "{}", text.reveal())).map_err(DemoError::folder(&file))?;
        tokens.insert(owner, text.reveal().to_owned());
    }
    Ok(tokens)
}

/// Has every channel lead to `receiver`; addresses of people's own go elsewhere, so they have none.
fn keep_inside(organisation: &mut Organisation, receiver: &Receiver) {
    for (name, channel) in &mut organisation.channels {
        if let Transport::Webhook { url, .. } = &mut channel.transport {
            *url = receiver.url(name.as_str());
        }
    }
    organisation.people.values_mut().for_each(|person| person.addresses.clear());
    organisation.contacts.values_mut().for_each(|contact| contact.addresses.clear());
}

/// The settings of the demo's host: those of `options`, but for what keeps it to `place` and lets it send to `receiver`.
pub(super) fn settings(
    place: &Place,
    options: &Options,
    listen: SocketAddr,
    receiver: &Receiver,
) -> Result<Resolved, DemoError> {
    let own = |settings: [(&str, String); 3]| settings.map(|(name, text)| (name.to_owned(), text));
    let before = own([
        ("log_filter", "warn".to_owned()),
        ("store_cache_bytes", (64_u64 << 20).to_string()),
        ("shutdown_grace_ms", "1000".to_owned()),
    ]);
    let after = own([
        ("listen", listen.to_string()),
        ("data", place.path().display().to_string()),
        ("webhook_allowed_internal", receiver.address().to_string()),
    ]);
    let flags = before.into_iter().chain(options.settings.iter().cloned()).chain(after).collect();
    Ok(Sources { flags, ..Sources::default() }.resolve()?)
}

/// Makes up a secret for every name that a channel of `organisation` gives one.
pub(super) fn make_up_secrets(resolved: &mut Resolved, organisation: &Organisation) -> Result<(), DemoError> {
    let names = organisation.channels.values().filter_map(|channel| match &channel.transport {
        Transport::Webhook { secret, .. } => secret.as_ref(),
        Transport::Inbox => None,
    });
    let mut environment = Vec::new();
    for name in names.collect::<BTreeSet<_>>() {
        let secret = format!("whsec_{}", STANDARD.encode(random::<32>()?));
        environment.push((format!("HERALD_SECRET_{name}"), secret));
    }
    resolved.secrets = Sources { environment, ..Sources::default() }.resolve()?.secrets;
    Ok(())
}

/// The host, started on what was published.
pub(super) fn start(resolved: &Resolved, clock: &Arc<DemoClock>) -> Result<Host, DemoError> {
    Ok(Host::start(resolved, Arc::<DemoClock>::clone(clock), &Handle::current())?)
}

/// Listens where `options` say.
pub(super) async fn listen(options: &Options) -> Result<(TcpListener, SocketAddr), DemoError> {
    let address = options.listen;
    let failed = |source| DemoError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let chosen = listener.local_addr().map_err(failed)?;
    Ok((listener, chosen))
}

/// Where a host that listens on `address` is reached from this machine.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(if address.ip().is_unspecified() { loopback } else { address.ip() }, address.port())
}
