//! Which addresses a delivery may reach: the guard against server-side request forgery (Standard
//! Webhooks 1.0.0, "Server side request forgery").
//!
//! Whoever may register an endpoint could otherwise make the host post to the machines beside it: a
//! database, a cloud's metadata service, itself. So internal addresses are refused unless the
//! operator lists them, whether they stand in the URL or a name resolves to them. A name is resolved
//! once, its addresses are checked, and the connection goes to those checked addresses: nothing can
//! change between the check and its use.
//!
//! Plain `http` is for listed destinations only, where the operator vouches for the network: a
//! signature does not keep a message from being read on its way.
//!
//! The guard never opens a connection itself and knows nothing of what is sent.

mod allowed;
mod range;
mod resolver;

use std::net::IpAddr;

use url::{Host, Url};

pub use allowed::{Allowed, AllowedError};
pub(crate) use resolver::CheckedResolver;

/// The operator's list of internal destinations, and the judgement by it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    allowed: Vec<Allowed>,
}

/// Which addresses a name in a judged URL may resolve to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The operator listed the host by its name, and thereby trusts whoever answers for that name.
    Anywhere,
    /// Public addresses and listed networks: `https`.
    PublicOrListed,
    /// Listed networks: `http`.
    Listed,
}

/// Where a URL leads, as far as the URL itself says.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    host: Host<String>,
    port: u16,
    encrypted: bool,
}

impl Destination {
    /// `None` when the scheme is neither `http` nor `https`, or the host cannot be looked up.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = url.host().map(|host| host.to_owned())?;
        match &host {
            Host::Domain(name) if !allowed::is_host_name(name) => None,
            _ => Some(Self { host, port: url.port_or_known_default()?, encrypted }),
        }
    }
}

impl Guard {
    pub(crate) fn new(allowed: Vec<Allowed>) -> Self {
        Self { allowed }
    }

    /// Judges what can be judged without resolving the host's name, and says which addresses the
    /// name may then have.
    pub(crate) fn judge(&self, destination: &Destination) -> Result<Reach, Refusal> {
        if self.allowed.iter().any(|allowed| allowed.names(destination)) {
            return Ok(Reach::Anywhere);
        }
        let reach = if destination.encrypted { Reach::PublicOrListed } else { Reach::Listed };
        match destination.host {
            Host::Domain(_) => {}
            Host::Ipv4(address) => self.admit(address.into(), reach)?,
            Host::Ipv6(address) => self.admit(address.into(), reach)?,
        }
        Ok(reach)
    }

    /// Judges one address.
    pub(crate) fn admit(&self, address: IpAddr, reach: Reach) -> Result<(), Refusal> {
        if reach == Reach::Anywhere || self.lists(address) {
            return Ok(());
        }
        match range::special(address) {
            Some(range) => Err(Refusal::Internal { address, range }),
            None if reach == Reach::Listed => Err(Refusal::PlainHttp),
            None => Ok(()),
        }
    }

    fn lists(&self, address: IpAddr) -> bool {
        let reached = range::reached(address);
        self.allowed.iter().any(|allowed| allowed.covers(address) || allowed.covers(reached))
    }
}

/// Why nothing was sent. Only a change of the configuration (of the endpoint, of the list of allowed
/// destinations, of the network's names) heals it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The URL, or the name in it, leads inside.
    #[error(
        "the endpoint leads to the internal address `{address}` ({range}); an operator can allow it in `allowed_internal`"
    )]
    Internal {
        /// The address, as written or resolved.
        address: IpAddr,
        /// What the address is for.
        range: &'static str,
    },
    /// Unencrypted, to somewhere that is not listed.
    #[error("plain `http` is only for destinations listed in `allowed_internal`; use `https` for this endpoint")]
    PlainHttp,
}

#[cfg(test)]
mod tests;
