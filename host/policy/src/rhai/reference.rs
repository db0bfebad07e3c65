//! The reference of what scripts may say, made from what is registered with the engine.

use std::fmt::Write;

use herald_core::decision::Hook;

use super::api::{Form, Owner};
use super::check::parameters;
use super::engine::runtime;

/// The reference of all verbs, as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# What a policy script may say\n\n\
         Made from what is registered with the engine; do not edit. Examples are lines inside a hook.\n\n",
    );
    for hook in Hook::ALL {
        let names: Vec<_> = parameters(*hook).iter().map(|(name, _)| *name).collect();
        // Writing to a string does not fail.
        let _ = writeln!(page, "- `fn {hook}({})`", names.join(", "));
    }
    for owner in Owner::ALL {
        let verbs: Vec<_> = runtime().verbs.iter().filter(|verb| verb.owner == owner).collect();
        if verbs.is_empty() {
            continue;
        }
        let title: String =
            owner.title().chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c }).collect();
        let _ = write!(page, "\n## {title}\n\n| write | get | what it does | example |\n| --- | --- | --- | --- |\n");
        for verb in verbs {
            let dot = if matches!(verb.form, Form::Function) { "" } else { "." };
            let cell = |text: &str| text.replace('|', "\\|");
            let signature = verb.signature().replace('`', "");
            let _ = writeln!(
                page,
                "| `{dot}{}` | {} | {} | `` {} `` |",
                cell(&signature),
                verb.gives,
                cell(verb.doc),
                cell(verb.example),
            );
        }
    }
    page
}
