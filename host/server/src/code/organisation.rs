//! Reads the folder `organisation`: one file for each section, or one for each calendar and kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use herald_core::calendar::{Calendar, CalendarSpec};
use herald_core::names::{CalendarName, KindName};
use herald_core::nearest::guess;
use herald_core::organisation::{Kind, Organisation, Rules, Step};
use serde::Deserialize;
use serde_json::Value;

use super::document::Document;
use super::error::{Errors, Position};
use super::folder::Folder;
use super::place;

pub(super) const HOUSE: &str = "organisation.toml";
pub(super) const DEPARTMENTS: &str = "departments.toml";
pub(super) const PEOPLE: &str = "people.toml";
pub(super) const CONTACTS: &str = "contacts.toml";
pub(super) const CHANNELS: &str = "channels.toml";
const FILES: [&str; 5] = [HOUSE, DEPARTMENTS, PEOPLE, CONTACTS, CHANNELS];
pub(super) const CALENDARS_FOLDER: &str = "calendars";
pub(super) const KINDS_FOLDER: &str = "kinds";
/// What the name of a file of one calendar or kind ends with.
pub(super) const TOML: &str = ".toml";
/// What the name of a form's file ends with.
const JSON: &str = ".json";
/// The field of a kind that may name a file instead.
pub(super) const FORM: &str = "form";

/// `organisation.toml`, whose only table so far are the house rules.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    #[serde(default)]
    rules: Rules,
}

/// The texts of the folder's files.
pub(super) struct Texts<'f> {
    folder: &'f Folder,
    /// By their name within the folder: `kinds/notice.toml`.
    by_name: BTreeMap<String, Text>,
}

/// A file's text.
struct Text {
    /// What the file is called within the folder of code.
    file: String,
    text: String,
}

/// The organisation, checked as a whole, unless one of its files cannot be read.
pub(super) fn read(folder: &Folder, errors: &mut Errors) -> Option<Organisation> {
    let before = errors.count();
    let texts = Texts::read(folder, errors);
    let organisation = Organisation {
        revision: 0,
        rules: texts.document(HOUSE, errors).and_then(|file| file.value::<House>(errors)).unwrap_or_default().rules,
        departments: texts.entries(DEPARTMENTS, "department", errors),
        people: texts.entries(PEOPLE, "person", errors),
        contacts: texts.entries(CONTACTS, "contact", errors),
        channels: texts.entries(CHANNELS, "channel", errors),
        calendars: texts.calendars(errors),
        kinds: texts.kinds(errors),
    };
    if errors.count() > before {
        return None;
    }
    place::check(&organisation, &texts, errors);
    Some(organisation)
}

impl<'f> Texts<'f> {
    fn read(folder: &'f Folder, errors: &mut Errors) -> Self {
        let mut texts = Self { folder, by_name: BTreeMap::new() };
        let listing = folder.list_without_documents(errors);
        for name in listing.files {
            if FILES.contains(&name.as_str()) {
                texts.add(folder, &name, name.clone(), errors);
            } else {
                let message = format!("has no place here{}", guess(&name, FILES));
                errors.say(&folder.file(&name), None, message);
            }
        }
        for (within, endings) in [(CALENDARS_FOLDER, [TOML].as_slice()), (KINDS_FOLDER, [TOML, JSON].as_slice())] {
            if listing.folders.iter().any(|name| name == within) {
                texts.read_folder(&folder.folder(within), within, endings, errors);
            }
        }
        texts
    }

    fn read_folder(&mut self, folder: &Folder, within: &str, endings: &[&str], errors: &mut Errors) {
        let listing = folder.list_without_documents(errors);
        for name in listing.folders {
            errors.say(&folder.file(&name), None, format!("has no place here: there are no folders in `{within}`"));
        }
        for name in listing.files {
            if endings.iter().any(|ending| name.ends_with(ending)) {
                self.add(folder, &name, format!("{within}/{name}"), errors);
            } else {
                let endings = endings.join("` or `");
                errors.say(&folder.file(&name), None, format!("has no place here: names end with `{endings}`"));
            }
        }
    }

    fn add(&mut self, folder: &Folder, name: &str, within: String, errors: &mut Errors) {
        if let Some(text) = folder.text(name, errors) {
            self.by_name.insert(within, Text { file: folder.file(name), text });
        }
    }

    /// What a file is called within the folder of code.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    /// The parsed text of a file; `None` when there is no such file, or when it is no TOML, which is said.
    pub(super) fn document(&self, name: &str, errors: &mut Errors) -> Option<Document<'_>> {
        let Text { file, text } = self.by_name.get(name)?;
        Document::parse(file, text, errors)
    }

    fn entries<K, V>(&self, name: &str, what: &str, errors: &mut Errors) -> BTreeMap<K, V>
    where
        K: Ord + FromStr<Err: fmt::Display>,
        V: serde::de::DeserializeOwned,
    {
        self.document(name, errors).map(|document| document.entries(what, errors)).unwrap_or_default()
    }

    fn calendars(&self, errors: &mut Errors) -> BTreeMap<CalendarName, Calendar> {
        self.named_files(CALENDARS_FOLDER, errors, |name, errors| {
            let spec: CalendarSpec = self.document(name, errors)?.value(errors)?;
            match Calendar::try_from(spec) {
                Ok(calendar) => Some(calendar),
                Err(error) => {
                    // The text was parsed before, so there is nothing new to say about it.
                    let document = self.document(name, &mut Errors::default());
                    let place = document.and_then(|document| document.place(&steps_of(&error.field)));
                    errors.say(&self.file(name), place, error.to_string());
                    None
                }
            }
        })
    }

    fn kinds(&self, errors: &mut Errors) -> BTreeMap<KindName, Kind> {
        let mut forms = BTreeSet::new();
        let kinds = self.named_files(KINDS_FOLDER, errors, |name, errors| {
            let mut document = self.document(name, errors)?;
            let Some(form) = document.text(FORM).map(str::to_owned) else { return document.value(errors) };
            let place = document.place(&[Step::Key(FORM.to_owned())]);
            document.empty(FORM);
            let kind: Option<Kind> = document.value(errors);
            let schema = self.form(name, &form, place, errors);
            forms.insert(format!("{KINDS_FOLDER}/{form}"));
            kind.zip(schema).map(|(kind, form)| Kind { form, ..kind })
        });
        for (name, Text { file, .. }) in self.by_name.iter().filter(|(name, _)| name.ends_with(JSON)) {
            if !forms.contains(name) {
                errors.say(file, None, "no kind uses it: name it as `form` of one, or remove it");
            }
        }
        kinds
    }

    /// The form in a file beside the kind that names it.
    fn form(&self, kind: &str, form: &str, place: Option<Position>, errors: &mut Errors) -> Option<Value> {
        let name = format!("{KINDS_FOLDER}/{form}");
        let Some(Text { file, text }) = self.by_name.get(&name).filter(|_| form.ends_with(JSON)) else {
            let prefix = format!("{KINDS_FOLDER}/");
            let known = self.by_name.keys().filter_map(|name| name.strip_prefix(&prefix));
            let guess = guess(form, known.filter(|name| name.ends_with(JSON)));
            let message = format!("there is no file `{form}` in `{KINDS_FOLDER}` that ends with `{JSON}`{guess}");
            errors.say(&self.file(kind), place, message);
            return None;
        };
        match serde_json::from_str(text) {
            Ok(form) => Some(form),
            Err(error) => {
                let position = Position { line: error.line(), column: error.column() };
                // The position is said already.
                let text = error.to_string();
                let message = text.split(" at line ").next().unwrap_or_default();
                errors.say(file, Some(position), format!("is not JSON: {message}"));
                None
            }
        }
    }

    /// One value for each TOML file of a folder, by the file's name without its ending.
    fn named_files<K, V>(
        &self,
        within: &str,
        errors: &mut Errors,
        mut value: impl FnMut(&str, &mut Errors) -> Option<V>,
    ) -> BTreeMap<K, V>
    where
        K: Ord + FromStr<Err: fmt::Display>,
    {
        let mut values = BTreeMap::new();
        for (name, Text { file, .. }) in &self.by_name {
            let stem = name.strip_prefix(within).and_then(|name| name.strip_prefix('/')?.strip_suffix(TOML));
            let Some(stem) = stem else { continue };
            match stem.parse::<K>() {
                Err(error) => errors.say(file, None, format!("{error}; rename the file")),
                Ok(key) => drop(value(name, errors).map(|value| values.insert(key, value))),
            }
        }
        values
    }
}

/// The steps of a calendar's field, such as `weekly.mon[1]`; none of its names has a dot.
fn steps_of(field: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in field.split('.') {
        let (key, index) = part.split_once('[').unwrap_or((part, ""));
        steps.push(Step::Key(key.to_owned()));
        steps.extend(index.strip_suffix(']').and_then(|index| index.parse().ok()).map(Step::Index));
    }
    steps
}
