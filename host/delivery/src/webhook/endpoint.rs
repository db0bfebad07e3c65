//! Where webhooks go: a URL and the secrets shared with its receiver.
//!
//! Whether the URL may be reached is the guard's business, and is judged at each try.

use std::fmt;

use url::Url;

use crate::guard::Destination;
use crate::signature::Secret;

/// The longest URL, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// The most secrets of one endpoint: the one in force, and those on their way in or out.
pub const MAX_SECRETS: usize = 4;

/// A receiver of webhooks.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) url: Url,
    pub(super) destination: Destination,
    pub(super) secrets: Vec<Secret>,
}

impl Endpoint {
    /// Takes a URL and 1 to [`MAX_SECRETS`] secrets, the newest first. All of them sign.
    ///
    /// # Errors
    ///
    /// When the URL is no `http` or `https` URL, is too long or carries a user name or a password, or
    /// when there are no secrets or too many.
    pub fn new(url: &str, secrets: Vec<Secret>) -> Result<Self, EndpointError> {
        if url.len() > MAX_URL_BYTES {
            return Err(EndpointError::TooLong { bytes: url.len() });
        }
        let url = Url::parse(url).map_err(|error| EndpointError::Url { reason: error.to_string() })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        let destination = Destination::of(&url).ok_or(EndpointError::Destination)?;
        if secrets.is_empty() || secrets.len() > MAX_SECRETS {
            return Err(EndpointError::Secrets { count: secrets.len() });
        }
        Ok(Self { url, destination, secrets })
    }

    /// Scheme, host and port: what may be shown. Path and query often contain a token.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.origin())
    }
}

/// Why a URL and its secrets make no endpoint. The URL is not shown: it may contain a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Too long.
    #[error("the endpoint's URL has {bytes} bytes, at most {MAX_URL_BYTES} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not a URL.
    #[error("the endpoint's URL is malformed: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// A user name or a password in the URL.
    #[error(
        "the endpoint's URL contains a user name or a password; remove it, webhooks are authenticated by their signature"
    )]
    Credentials,
    /// Another scheme, or a host that cannot be looked up.
    #[error("the endpoint's URL must be `https://` (or `http://` to a listed destination) and a host")]
    Destination,
    /// No secrets, or too many.
    #[error("an endpoint has 1 to {MAX_SECRETS} secrets, this one has {count}")]
    Secrets {
        /// How many it has.
        count: usize,
    },
}
