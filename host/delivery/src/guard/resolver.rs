//! The look-up of names on the way to a connection: what the system resolves, less what the guard
//! does not admit.
//!
//! The HTTP client connects to what this returns and asks nobody else, so the addresses checked are
//! the addresses used. URLs with an address instead of a name never come here; the guard judges them
//! beforehand.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Guard, Reach, Refusal};

/// Resolves names by the system's resolver, within one [`Reach`].
pub(crate) struct CheckedResolver {
    guard: Arc<Guard>,
    reach: Reach,
}

impl CheckedResolver {
    pub(crate) fn new(guard: Arc<Guard>, reach: Reach) -> Self {
        Self { guard, reach }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, reach) = (Arc::clone(&self.guard), self.reach);
        Box::pin(async move {
            // Port 0: the client puts in the URL's own.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted = admitted(&guard, reach, found)?;
            if admitted.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// The addresses that the guard admits; its refusal when there are some, but none that it admits.
pub(super) fn admitted(
    guard: &Guard,
    reach: Reach,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Refusal> {
    let mut admitted = Vec::new();
    let mut refusal = None;
    for address in found {
        match guard.admit(address.ip(), reach) {
            Ok(()) => admitted.push(address),
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    match refusal {
        Some(refusal) if admitted.is_empty() => Err(refusal),
        _ => Ok(admitted),
    }
}
