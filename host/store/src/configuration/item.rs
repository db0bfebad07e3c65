//! An organisation as rows: what its sections are, and how an entry is written and read.

use std::collections::BTreeMap;
use std::fmt;

use herald_core::organisation::Organisation;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;

/// A part of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// The house rules; one entry, called `house`.
    Rules,
    /// Departments by id.
    Departments,
    /// People by id.
    People,
    /// External contacts by id.
    Contacts,
    /// Calendars by name.
    Calendars,
    /// Channels by name.
    Channels,
    /// Kinds of messages by name.
    Kinds,
    /// Policy bundles by id. They are kept by revision, not as entries.
    Bundles,
}

impl Section {
    /// The section as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Departments => "departments",
            Self::People => "people",
            Self::Contacts => "contacts",
            Self::Calendars => "calendars",
            Self::Channels => "channels",
            Self::Kinds => "kinds",
            Self::Bundles => "bundles",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of the one entry of [`Section::Rules`].
const HOUSE: &str = "house";

/// The entries of an organisation, all sections but [`Section::Bundles`].
pub(super) type Items = BTreeMap<(Section, String), Value>;

/// Takes an organisation apart; its revision is no entry.
///
/// # Errors
/// When a value has no JSON form, which none of an organisation's has.
pub(super) fn items_of(organisation: &Organisation) -> Result<Items, serde_json::Error> {
    let Organisation { revision: _, rules, departments, people, contacts, calendars, channels, kinds } = organisation;
    let mut items = Items::new();
    items.insert((Section::Rules, HOUSE.to_owned()), serde_json::to_value(rules)?);
    add(&mut items, Section::Departments, departments)?;
    add(&mut items, Section::People, people)?;
    add(&mut items, Section::Contacts, contacts)?;
    add(&mut items, Section::Calendars, calendars)?;
    add(&mut items, Section::Channels, channels)?;
    add(&mut items, Section::Kinds, kinds)?;
    Ok(items)
}

fn add<K: fmt::Display, V: Serialize>(
    items: &mut Items,
    section: Section,
    entries: &BTreeMap<K, V>,
) -> Result<(), serde_json::Error> {
    for (name, entry) in entries {
        items.insert((section, name.to_string()), serde_json::to_value(entry)?);
    }
    Ok(())
}

/// Puts an entry back into an organisation, from its section as written, its name and its JSON.
///
/// # Errors
/// [`StoreError::Corrupt`] when the entry is not one that this program, or an earlier one, has written.
pub(super) fn put(organisation: &mut Organisation, section: &str, name: &str, json: &[u8]) -> Result<(), StoreError> {
    let unreadable = |reason| StoreError::Corrupt(format!("entry `{name}` of `{section}`: {reason}"));
    put_entry(organisation, section, name, json).map_err(unreadable)
}

fn put_entry(organisation: &mut Organisation, section: &str, name: &str, json: &[u8]) -> Result<(), String> {
    match section {
        "rules" => organisation.rules = decode(json)?,
        "departments" => insert(&mut organisation.departments, name, json)?,
        "people" => insert(&mut organisation.people, name, json)?,
        "contacts" => insert(&mut organisation.contacts, name, json)?,
        "calendars" => insert(&mut organisation.calendars, name, json)?,
        "channels" => insert(&mut organisation.channels, name, json)?,
        "kinds" => insert(&mut organisation.kinds, name, json)?,
        _ => return Err("there is no such section".to_owned()),
    }
    Ok(())
}

fn insert<K, V>(entries: &mut BTreeMap<K, V>, name: &str, json: &[u8]) -> Result<(), String>
where
    K: Ord + std::str::FromStr<Err: fmt::Display>,
    V: DeserializeOwned,
{
    let name = name.parse().map_err(|error: K::Err| error.to_string())?;
    entries.insert(name, decode(json)?);
    Ok(())
}

fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}
