//! The operator's settings for webhooks, and whom TLS connections trust.
//!
//! The certificate authorities are Mozilla's, compiled in, so that a container without a certificate
//! store works and every machine trusts the same. An organisation adds its own authority in the
//! settings.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use crate::guard::Allowed;

/// The longest time limit that can be set, in milliseconds: two minutes. A try holds a place among the
/// deliveries under way for as long.
pub const MAX_TIMEOUT_MS: u32 = 120_000;

const TIMEOUT_RANGE_MS: RangeInclusive<u32> = 1..=MAX_TIMEOUT_MS;

/// How webhooks are sent. Everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// The time limit for a whole try, from resolving the name to the last byte read, in
    /// milliseconds, 1 to [`MAX_TIMEOUT_MS`]. Default 15,000: the standard recommends 15 to 30 s.
    pub total_timeout_ms: u32,
    /// The time limit for resolving the name, connecting and the TLS handshake together, in
    /// milliseconds, 1 to [`MAX_TIMEOUT_MS`]. Default 5,000.
    pub connect_timeout_ms: u32,
    /// Internal destinations that may be reached all the same, and by plain `http`. Default none.
    pub allowed_internal: Vec<Allowed>,
    /// Certificates of authorities to trust besides Mozilla's, in PEM, one after another. Default
    /// none.
    pub additional_roots_pem: String,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            total_timeout_ms: 15_000,
            connect_timeout_ms: 5_000,
            allowed_internal: Vec::new(),
            additional_roots_pem: String::new(),
        }
    }
}

impl WebhookSettings {
    /// Checks the ranges, and turns the trusted authorities into a configuration for TLS.
    pub(super) fn check(&self) -> Result<ClientConfig, SettingsError> {
        in_range("total_timeout_ms", self.total_timeout_ms)?;
        in_range("connect_timeout_ms", self.connect_timeout_ms)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::Client { reason: error.to_string() })?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        Ok(config)
    }

    fn roots(&self) -> Result<RootCertStore, SettingsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let bundled = roots.len();
        for certificate in CertificateDer::pem_slice_iter(self.additional_roots_pem.as_bytes()) {
            let certificate = certificate.map_err(roots_error)?;
            roots.add(certificate).map_err(roots_error)?;
        }
        let nothing_found = roots.len() == bundled && !self.additional_roots_pem.trim().is_empty();
        if nothing_found { Err(roots_error("there is none in it")) } else { Ok(roots) }
    }
}

fn in_range(setting: &'static str, value: u32) -> Result<(), SettingsError> {
    if TIMEOUT_RANGE_MS.contains(&value) { Ok(()) } else { Err(SettingsError::Timeout { setting, value }) }
}

fn roots_error(reason: impl ToString) -> SettingsError {
    SettingsError::Roots { reason: reason.to_string() }
}

/// Why webhooks cannot be sent with these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A time limit out of its range.
    #[error("`{setting}` is {value}, it must be 1 to {MAX_TIMEOUT_MS} milliseconds")]
    Timeout {
        /// Which one.
        setting: &'static str,
        /// Its value.
        value: u32,
    },
    /// The additional authorities are not certificates.
    #[error("`additional_roots_pem` must be certificates in PEM: {reason}")]
    Roots {
        /// What is wrong with them.
        reason: String,
    },
    /// The HTTP client did not accept the settings.
    #[error("the HTTP client cannot be set up: {reason}")]
    Client {
        /// What it said.
        reason: String,
    },
}
