//! The sample organisation of `rules/`, made ready to run a whole host on: published, with a token for every
//! person, and with its webhook channel leading to a receiver on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its organisation fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use herald_core::decision::BundleId;
use herald_core::names::ChannelName;
use herald_core::organisation::{Organisation, Transport};
use herald_engine::Engine;
use herald_policy::HostLimits;
use herald_server::code;
use herald_server::publish::{Proposal, Publisher};
use herald_server::settings::{Resolved, Sources};
use herald_server::token_request::TokenRequest;
use herald_server::tokens::{TokenText, requester};
use herald_store::configuration::{ConfigurationStore, SECRET_BYTES, Stamp};
use jiff::Timestamp;

use crate::receiver::Receiver;
use crate::workload::Files;

/// Bundles, each with its files by path.
pub type Bundles = BTreeMap<BundleId, Files>;

/// Who runs the installation.
pub const ADMIN: &str = "service:operator";
/// The environment's variable for the secret of the channel to the workshop's screen, and the secret.
pub const SECRET: (&str, &str) =
    ("HERALD_SECRET_WORKSHOP_SCREEN", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");

/// The sample organisation's folder.
#[must_use]
pub fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")
}

/// The token of `person:ID` or of [`ADMIN`], always the same one.
#[must_use]
pub fn token(owner: &str) -> TokenText {
    let mut secret = [b'.'; SECRET_BYTES];
    secret.iter_mut().zip(owner.bytes()).for_each(|(to, from)| *to = from);
    TokenText::new(&secret)
}

/// The organisation, with its webhook channels leading to `receiver`, signed by [`SECRET`].
#[must_use]
pub fn organisation(receiver: &Receiver) -> Organisation {
    let mut organisation = code::read(&rules()).unwrap().organisation;
    let Organisation { channels, people, contacts, .. } = &mut organisation;
    let mut outside = BTreeSet::new();
    for (name, channel) in channels {
        if let Transport::Webhook { url, secret, .. } = &mut channel.transport {
            *url = receiver.url();
            *secret = Some("workshop-screen".to_owned());
            outside.insert(name.clone());
        }
    }
    let people = people.values_mut().map(|person| &mut person.addresses);
    let contacts = contacts.values_mut().map(|contact| &mut contact.addresses);
    for (channel, address) in people.chain(contacts).flatten() {
        if outside.contains(channel) {
            *address = receiver.url();
        }
    }
    organisation
}

/// The channels whose deliveries leave as webhooks.
#[must_use]
pub fn webhooks() -> &'static BTreeSet<ChannelName> {
    static WEBHOOKS: LazyLock<BTreeSet<ChannelName>> = LazyLock::new(|| {
        let channels = code::read(&rules()).unwrap().organisation.channels.into_iter();
        let webhooks = channels.filter(|(_, channel)| matches!(channel.transport, Transport::Webhook { .. }));
        webhooks.map(|(name, _)| name).collect()
    });
    &WEBHOOKS
}

/// Its bundles.
#[must_use]
pub fn bundles() -> Bundles {
    code::read(&rules()).unwrap().bundles
}

/// Publishes the organisation with `bundles`, and everybody's token, in an empty store.
pub fn publish(store: ConfigurationStore, receiver: &Receiver, bundles: Bundles, now: Timestamp) {
    publish_by(&Publisher::new(store, HostLimits::default()), receiver, bundles, now, None);
}

/// The same in a host that has just been started on an empty data folder; `engine` is its own.
pub fn publish_by(
    publisher: &Publisher,
    receiver: &Receiver,
    bundles: Bundles,
    now: Timestamp,
    engine: Option<&Engine>,
) {
    let organisation = organisation(receiver);
    let admin = made(ADMIN, true, now);
    let people = organisation.people.keys().map(|person| made(&format!("person:{person}"), false, now));
    let tokens: Vec<_> = people.chain([admin.clone()]).collect();
    let proposal = Proposal { organisation: Some(organisation), bundles, ..Proposal::default() };
    let before = engine.map(Engine::configured);
    let in_force = |configured| {
        if let Some(engine) = engine {
            engine.configure(configured);
        }
    };
    publisher.apply(&proposal, &requester(&admin), now, false, in_force, before.as_deref()).unwrap();
    for (number, token) in tokens.iter().enumerate() {
        let by = &requester(&admin).actor;
        publisher.add_token(token, &Stamp { at: now, by, seed: [number as u8; 32] }).unwrap();
    }
}

fn made(owner: &str, admin: bool, now: Timestamp) -> herald_store::configuration::Token {
    let request = TokenRequest { owner: owner.to_owned(), admin, ..TokenRequest::default() };
    request.token(&token(owner), now).unwrap()
}

/// Settings for a small host that may send to `receiver`.
#[must_use]
pub fn settings(receiver: &Receiver) -> Resolved {
    let small = [("evaluation_threads", "2"), ("shutdown_grace_ms", "1000")];
    settings_with(receiver, &small)
}

/// Settings for a host that may send to `receiver`, with `flags`.
#[must_use]
pub fn settings_with(receiver: &Receiver, flags: &[(&str, &str)]) -> Resolved {
    let mut flags: Vec<_> = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    flags.push(("webhook_allowed_internal".to_owned(), receiver.address.to_string()));
    let environment = vec![(SECRET.0.to_owned(), SECRET.1.to_owned())];
    Sources { flags, environment, ..Sources::default() }.resolve().unwrap()
}
