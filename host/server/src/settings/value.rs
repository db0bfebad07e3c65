//! How the text of a setting becomes its value.

use std::net::SocketAddr;
use std::path::PathBuf;

use herald_delivery::guard::Allowed;

use super::Definition;

/// The least and the most a number may be, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

impl Bounds {
    /// For what is not a number.
    pub const NONE: Self = Self { least: 0, most: u64::MAX };

    /// From `least` to `most`.
    #[must_use]
    pub const fn new(least: u64, most: u64) -> Self {
        Self { least, most }
    }

    /// Whether there is a range to speak of.
    #[must_use]
    pub fn is_range(self) -> bool {
        self != Self::NONE
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
}

/// A type that a setting may have.
pub(super) trait Value: Sized {
    /// The value written as `text`, or what is wrong with it.
    fn read(definition: &Definition, text: &str) -> Result<Self, String>;
}

/// The value of type `T` written as `text`, or what is wrong with it in a lowercase fragment.
pub(super) fn read<T: Value>(definition: &Definition, text: &str) -> Result<T, String> {
    T::read(definition, text)
}

impl Value for u64 {
    fn read(definition: &Definition, text: &str) -> Result<Self, String> {
        let Definition { bounds, unit, .. } = definition;
        let within = |number: &u64| (bounds.least..=bounds.most).contains(number);
        text.parse()
            .ok()
            .filter(within)
            .ok_or_else(|| format!("`{text}` is not a number of {unit} from {} to {}", bounds.least, bounds.most))
    }
}

impl Value for SocketAddr {
    fn read(_: &Definition, text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is not an address and port; write one such as `127.0.0.1:8420`"))
    }
}

impl Value for PathBuf {
    fn read(_: &Definition, text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("may not be empty; name a folder".to_owned()) } else { Ok(text.into()) }
    }
}

impl Value for String {
    fn read(_: &Definition, text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for Vec<Allowed> {
    fn read(_: &Definition, text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| entry.parse().map_err(|error| format!("`{entry}`: {error}"))).collect()
    }
}

impl Value for LogFormat {
    fn read(_: &Definition, text: &str) -> Result<Self, String> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is no format of logs; write `human` or `json`")),
        }
    }
}
