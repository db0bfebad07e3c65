//! A TOML text with the place of everything in it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use herald_core::organisation::Step;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Errors, Position};
use super::message;

/// A parsed text.
pub(super) struct Document<'t> {
    file: &'t str,
    lines: Lines<'t>,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses a text. What is no TOML is said, everything at once; so is every date, because dates are texts
    /// here. `None` when there was any.
    pub(super) fn parse(file: &'t str, text: &'t str, errors: &mut Errors) -> Option<Self> {
        let (root, problems) = DeTable::parse_recoverable(text);
        let document = Self { file, lines: Lines::of(text), root };
        let before = errors.count();
        for problem in problems {
            let (position, message) = document.explain(&problem);
            errors.say(file, position, message);
        }
        if errors.count() == before {
            document.refuse_dates(errors);
        }
        (errors.count() == before).then_some(document)
    }

    /// The whole text as one value; what is wrong with it is said.
    pub(super) fn value<T: DeserializeOwned>(mut self, errors: &mut Errors) -> Option<T> {
        let root = std::mem::replace(&mut self.root, Spanned::new(0..0, DeTable::new()));
        let span = root.span();
        match self.deserialize(Spanned::new(span, DeValue::Table(root.into_inner()))) {
            Ok(value) => Some(value),
            Err((position, message)) => {
                errors.say(self.file, position, message);
                None
            }
        }
    }

    /// A table of named entries; what is wrong is said of each. `what` names an entry.
    pub(super) fn entries<K, V>(mut self, what: &str, errors: &mut Errors) -> BTreeMap<K, V>
    where
        K: Ord + FromStr<Err: fmt::Display>,
        V: DeserializeOwned,
    {
        let root = std::mem::replace(&mut self.root, Spanned::new(0..0, DeTable::new()));
        let mut entries = BTreeMap::new();
        for (key, value) in root.into_inner() {
            let at = Some(self.lines.position(key.span().start));
            let name = match key.get_ref().parse::<K>() {
                Ok(name) => name,
                Err(error) => {
                    errors.say(self.file, at, error.to_string());
                    continue;
                }
            };
            if !value.get_ref().is_table() {
                let key = key.get_ref();
                errors.say(self.file, at, format!("`{key}` is to be a {what}: write `[{key}]` above its fields"));
                continue;
            }
            let dotted = first_table_in(&value).map(|inner| format!("{}.{inner}", key.get_ref()));
            // The header of a table is its place; without this, what is missing in it would be at its first field.
            let value = Spanned::new(key.span(), value.into_inner());
            match self.deserialize(value) {
                Ok(value) => drop(entries.insert(name, value)),
                Err((position, mut message)) => {
                    if let Some(dotted) = dotted.filter(|_| message.starts_with(message::NO_FIELD)) {
                        message.push_str(&format!("; a name with a dot is quoted: `[\"{dotted}\"]`"));
                    }
                    errors.say(self.file, position, message);
                }
            }
        }
        entries
    }

    /// The value of `key`, if it is a text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.root.get_ref().get(key)?.get_ref().as_str()
    }

    /// Puts an empty table in the place of `key`'s value.
    pub(super) fn empty(&mut self, key: &str) {
        if let Some(value) = self.root.get_mut().get_mut(key) {
            *value = Spanned::new(value.span(), DeValue::Table(DeTable::new()));
        }
    }

    /// The place of a field, or of the deepest of its steps that the text has; `None` when it has none of them.
    pub(super) fn place<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> Option<Position> {
        let mut steps = steps.into_iter();
        let Some(Step::Key(first)) = steps.next() else { return None };
        let (key, mut value) = self.root.get_ref().get_key_value(first.as_str())?;
        let mut span = place_of(Some(key.span()), value);
        for step in steps {
            let (key, next) = match (step, value.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => match table.get_key_value(key.as_str()) {
                    Some((key, next)) => (Some(key.span()), next),
                    None => break,
                },
                (Step::Index(index), DeValue::Array(array)) => match array.get(*index) {
                    Some(next) => (None, next),
                    None => break,
                },
                _ => break,
            };
            span = place_of(key, next);
            value = next;
        }
        Some(self.lines.position(span.start))
    }

    fn deserialize<T: DeserializeOwned>(&self, value: Spanned<DeValue<'t>>) -> Result<T, (Option<Position>, String)> {
        T::deserialize(value.into_deserializer()).map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &toml::de::Error) -> (Option<Position>, String) {
        let position = error.span().map(|span| self.lines.position(span.start));
        (position, message::plain(error.message()))
    }

    fn refuse_dates(&self, errors: &mut Errors) {
        let mut pending: Vec<&Spanned<DeValue<'_>>> = self.root.get_ref().values().collect();
        while let Some(value) = pending.pop() {
            match value.get_ref() {
                DeValue::Datetime(date) => {
                    let position = self.lines.position(value.span().start);
                    errors.say(self.file, Some(position), format!("dates are texts: write `\"{date}\"`, in quotes"));
                }
                DeValue::Array(array) => pending.extend(array.iter()),
                DeValue::Table(table) => pending.extend(table.values()),
                _ => {}
            }
        }
    }
}

/// Where to point for a value: to the key of a table, which may be spread over the file, else to the value.
fn place_of(key: Option<Range<usize>>, value: &Spanned<DeValue<'_>>) -> Range<usize> {
    key.filter(|_| value.get_ref().is_table()).unwrap_or_else(|| value.span())
}

/// The key of the first table within a table: perhaps the rest of a name with a dot.
fn first_table_in(value: &Spanned<DeValue<'_>>) -> Option<String> {
    let table = value.get_ref().as_table()?;
    let all_are_tables = table.values().all(|value| value.get_ref().is_table());
    let (key, _) = table.iter().next().filter(|_| all_are_tables)?;
    Some(key.get_ref().to_string())
}

/// Where the lines of a text begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }
}
