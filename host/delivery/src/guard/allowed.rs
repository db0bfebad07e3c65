//! One entry of the operator's list of internal destinations, and its text form.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use rustls::pki_types::DnsName;
use serde::Deserialize;
use url::Host;

use super::Destination;

/// An internal destination that deliveries may reach.
///
/// | text | what it allows |
/// | --- | --- |
/// | `10.20.0.0/16`, `fd12:3456::/32` | URLs and names that lead to an address in this network |
/// | `10.20.0.7`, `fd12:3456::7` | the same, for one address |
/// | `hooks.intern.example` | URLs with exactly this host, on any port, whatever it resolves to |
/// | `hooks.intern.example:8443`, `10.20.0.7:8080`, `[fd12::7]:8080` | the same, on this port only |
///
/// A host by its name is trusted with its address: whoever answers for the name in DNS decides where
/// the delivery goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Allowed(Entry);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Network(IpNet),
    Host { host: Host<String>, port: Option<u16> },
}

impl Allowed {
    /// Whether the entry names this destination's host, and its port if it names one.
    pub(super) fn names(&self, destination: &Destination) -> bool {
        match &self.0 {
            Entry::Network(_) => false,
            Entry::Host { host, port } => {
                same_host(host, &destination.host) && port.is_none_or(|port| port == destination.port)
            }
        }
    }

    /// Whether the entry is a network with this address in it.
    pub(super) fn covers(&self, address: IpAddr) -> bool {
        matches!(&self.0, Entry::Network(network) if network.contains(&address))
    }
}

/// A trailing full stop only says that a name is complete; it is the same host.
fn same_host(one: &Host<String>, other: &Host<String>) -> bool {
    match (one, other) {
        (Host::Domain(one), Host::Domain(other)) => one.trim_end_matches('.') == other.trim_end_matches('.'),
        _ => one == other,
    }
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let entry = if text.contains('/') {
            network(text)?
        } else if let Ok(address) = text.parse::<IpAddr>() {
            Entry::Network(address.into())
        } else {
            host(text)?
        };
        Ok(Self(entry))
    }
}

impl TryFrom<String> for Allowed {
    type Error = AllowedError;

    fn try_from(text: String) -> Result<Self, AllowedError> {
        text.parse()
    }
}

fn network(text: &str) -> Result<Entry, AllowedError> {
    let network: IpNet = text.parse().map_err(|_| AllowedError::Network { text: text.to_owned() })?;
    let whole = network.trunc();
    // `10.20.0.7/16` may be meant as one address or as sixty-five thousand.
    if whole == network {
        Ok(Entry::Network(network))
    } else {
        Err(AllowedError::HostBits { text: text.to_owned(), network: whole })
    }
}

fn host(text: &str) -> Result<Entry, AllowedError> {
    let malformed = || AllowedError::Host { text: text.to_owned() };
    let (name, port) = match text.rsplit_once(':') {
        // The colons of an IPv6 address in brackets are its own.
        Some((name, port)) if !port.ends_with(']') => {
            let port = port.parse().ok().filter(|port| *port != 0);
            (name, Some(port.ok_or_else(malformed)?))
        }
        _ => (text, None),
    };
    let host = Host::parse(name).map_err(|_| malformed())?;
    match &host {
        Host::Domain(domain) if !is_host_name(domain) => Err(malformed()),
        _ => Ok(Entry::Host { host, port }),
    }
}

/// Whether a name that the URL standard accepts is also one that DNS and TLS can carry: that standard
/// lets wildcards, braces and labels of any length pass.
pub(super) fn is_host_name(domain: &str) -> bool {
    DnsName::try_from(domain).is_ok()
}

/// Why a text is no allowed destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedError {
    /// It has a slash but is no network.
    #[error("`{text}` is no network; write an address and a prefix, such as `10.20.0.0/16`")]
    Network {
        /// The entry.
        text: String,
    },
    /// The address has bits set behind the prefix.
    #[error("`{text}` has bits set behind its prefix; write `{network}` for the network, or the address alone")]
    HostBits {
        /// The entry.
        text: String,
        /// The network that it lies in.
        network: IpNet,
    },
    /// It is neither an address nor a host with or without a port.
    #[error(
        "`{text}` is no destination; write `host`, `host:port`, an address or a network, without scheme, path or wildcard"
    )]
    Host {
        /// The entry.
        text: String,
    },
}
