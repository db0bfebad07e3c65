//! Rules as Rust, for guests that have them in their own code.

use std::fmt::Write as _;

use crate::workload::{Outcome, Rule};

/// `guests/rules/src/rows.rs`.
pub(crate) fn rows(rules: &[Rule]) -> String {
    let mut text = String::from(
        "//! Made by `cargo run --release -- guest-rules`; do not edit.\n\nuse crate::{Outcome, Row};\n\n\
         #[rustfmt::skip]\npub(crate) const ROWS: &[Row] = &[\n",
    );
    for rule in rules {
        let Outcome { to, level } = &rule.outcome;
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "    Row {{ texts: {:?}, amount: {:?}, outcome: Outcome {{ to: {to:?}, level: {level} }} }},",
            rule.texts, rule.amount
        );
    }
    text.push_str("];\n");
    text
}
