//! From a field of the organisation back to the line that says it.

use std::collections::BTreeMap;

use herald_core::organisation::{Organisation, Problem, Step};

use super::document::Document;
use super::error::Errors;
use super::organisation::{
    CALENDARS_FOLDER, CHANNELS, CONTACTS, DEPARTMENTS, FORM, HOUSE, KINDS_FOLDER, PEOPLE, TOML, Texts,
};

/// Checks the organisation as a whole, and says each problem where its cause is written.
pub(super) fn check(organisation: &Organisation, texts: &Texts<'_>, errors: &mut Errors) {
    let Err(error) = organisation.check() else { return };
    let mut documents: BTreeMap<String, Option<Document<'_>>> = BTreeMap::new();
    for problem in &error.problems {
        let (name, steps) = written_in(problem);
        // Every text was parsed before, so there is nothing new to say about it.
        let parse = || texts.document(&name, &mut Errors::default());
        let document = documents.entry(name.clone()).or_insert_with(parse).as_ref();
        let form = document.and_then(|document| document.text(FORM)).filter(|_| is_form(steps));
        match form {
            Some(form) => errors.say(&texts.file(&format!("{KINDS_FOLDER}/{form}")), None, problem.to_string()),
            None => {
                let place = document.and_then(|document| document.place(steps));
                errors.say(&texts.file(&name), place, problem.to_string());
            }
        }
    }
}

/// The file in which a problem's field is written, and the steps to it there.
fn written_in(problem: &Problem) -> (String, &[Step]) {
    let steps = problem.field.steps();
    let (section, rest) = match steps.split_first() {
        Some((Step::Key(section), rest)) => (section.as_str(), rest),
        _ => ("", steps),
    };
    let one_file_each = |folder: &str| match rest.split_first() {
        Some((Step::Key(name), rest)) => (format!("{folder}/{name}{TOML}"), rest),
        _ => (folder.to_owned(), rest),
    };
    match section {
        "departments" => (DEPARTMENTS.to_owned(), rest),
        "people" => (PEOPLE.to_owned(), rest),
        "contacts" => (CONTACTS.to_owned(), rest),
        "channels" => (CHANNELS.to_owned(), rest),
        "calendars" => one_file_each(CALENDARS_FOLDER),
        "kinds" => one_file_each(KINDS_FOLDER),
        // The table of the rules is a step within its file.
        _ => (HOUSE.to_owned(), steps),
    }
}

fn is_form(steps: &[Step]) -> bool {
    steps.first() == Some(&Step::Key(FORM.to_owned()))
}
