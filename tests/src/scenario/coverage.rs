//! Which requirements which scenarios show: the table in `tests/scenarios/README.md`, made from the scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::format::Scenario;
use crate::sample::Bundles;

/// The requirements that a scenario has to show, each in a few words.
pub const REQUIREMENTS: &[(&str, &str)] = &[
    ("R1", "forms, checked by field"),
    ("R2", "urgency, content type, audience, level, confidentiality"),
    ("R3", "names by the kind's rule; what a formal notice carries"),
    ("R4", "the registry of channels"),
    ("R5", "channels by kind, audience and level"),
    ("R7", "recipients matched to need"),
    ("R8", "the same message twice is one"),
    ("R10", "the head approves; the bulletin asks for more"),
    ("R11", "several departments, and what is confidential"),
    ("R12", "legal before partners; contracts"),
    ("R13", "emergencies go first and are approved afterwards"),
    ("R14", "stages and the verbs of approval; nobody approves their own"),
    ("R15", "joint review"),
    ("R16", "substitutes; stages past their deadline"),
    ("R17", "the approval as a view"),
    ("R18", "acknowledged before it takes effect"),
    ("R20", "read receipts, and who has not"),
    ("R21", "cross-department requests"),
    ("R22", "customers' limits"),
    ("R23", "the customer's need from node to node"),
    ("R24", "complaints in three tiers"),
    ("R25", "incidents"),
    ("R26", "suppliers"),
    ("R27", "projects' progress, and decisions carried out"),
    ("R28", "working days, holidays, make-up days, time zones"),
    ("R29", "escalation until somebody acts"),
    ("R31", "nothing ends unanswered"),
    ("R32", "meetings, and minutes that become tasks"),
    ("R35", "training for newcomers"),
    ("R50", "rights to publish, read and operate"),
    ("R51", "policies as scripts or components, changed at run time"),
    ("R54", "decisions explain themselves"),
    ("R55", "a faulty policy stops nobody else"),
];

/// The table's file, from what the scenarios say.
#[must_use]
pub fn table(scenarios: &[Scenario]) -> String {
    let mut text = String::from(
        "# Which scenario shows what\n\n\
         Made from the scenarios by `HERALD_REFRESH=1 cargo nextest run scenarios`; do not edit. `FORMAT.md` says how to\n\
         read and write one.\n\n\
         | requirement | in a few words | scenarios |\n| --- | --- | --- |\n",
    );
    let shown = shown(scenarios);
    for (id, words) in REQUIREMENTS {
        let names = shown.get(id).into_iter().flatten().map(|name| format!("[{name}]({name}.toml)"));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "| {id} | {words} | {} |", names.collect::<Vec<_>>().join(", "));
    }
    text.push_str("\n| scenario | what it tells | bundles without which it fails |\n| --- | --- | --- |\n");
    for scenario in scenarios {
        let about = scenario.about.iter().map(|bundle| format!("`{bundle}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| [{0}]({0}.toml) | {1} | {about} |", scenario.name, scenario.title);
    }
    text
}

/// What is missing: requirements and bundles without a scenario, and ids that are no requirement of the list.
#[must_use]
pub fn gaps(scenarios: &[Scenario], bundles: &Bundles) -> Vec<String> {
    let (shown, known) = (shown(scenarios), REQUIREMENTS.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>());
    let missing = known.iter().filter(|id| !shown.contains_key(*id)).map(|id| format!("no scenario shows {id}"));
    let strange = shown.keys().filter(|id| !known.contains(*id));
    let about: BTreeSet<&str> = scenarios.iter().flat_map(|scenario| &scenario.about).map(String::as_str).collect();
    let bundles = bundles.keys().map(ToString::to_string).filter(|bundle| !about.contains(bundle.as_str()));
    missing
        .chain(strange.map(|id| format!("a scenario shows `{id}`, which is not on the list")))
        .chain(bundles.map(|bundle| format!("no scenario is about `{bundle}`")))
        .collect()
}

fn shown(scenarios: &[Scenario]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut shown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scenario in scenarios {
        for id in &scenario.requirements {
            shown.entry(id).or_default().insert(&scenario.name);
        }
    }
    shown
}
