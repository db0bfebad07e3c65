//! The systems that are compared, behind one seam: rules as text become something ready, which threads then ask.
//!
//! A system may do whatever its library offers to be fast when the same rules are asked again and again. Making its
//! own form of the message is part of a call, since a host has to.

mod cedar;
mod extism;
mod herald;
mod rego;
mod zen;

use crate::Failure;
use crate::workload::{Facts, Outcome, Rule};

/// A system before it has rules.
pub(crate) trait System {
    /// The rules as its users write them.
    fn text(&self, rules: &[Rule]) -> Result<String, Failure>;

    /// Makes it ready.
    fn load(&self, text: String) -> Result<Box<dyn Loaded>, Failure>;
}

/// A system with rules, shared by threads.
pub(crate) trait Loaded: Sync {
    /// What answers, where the library has more than one way and the rules decide which it takes.
    fn way(&self) -> Option<&'static str> {
        None
    }

    /// What one thread asks.
    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure>;
}

/// What one thread asks, one message after the other.
pub(crate) trait Asker {
    /// What the first rule that holds says; `None` if there is none.
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure>;
}

/// A system by its name in the table.
pub(crate) struct Entry {
    /// The name.
    pub(crate) name: &'static str,
    /// Whether it has [`crate::GUEST_RULES`] rules in its own code, and is asked with no others.
    pub(crate) is_guest: bool,
    /// Prepares what is there before any rules.
    pub(crate) new: fn() -> Result<Box<dyn System>, Failure>,
}

/// All systems, in the order of the table.
pub(crate) const ALL: &[Entry] = &[
    Entry { name: "herald-script", is_guest: false, new: || herald::system(herald::Way::Script) },
    Entry { name: "herald-table", is_guest: false, new: || herald::system(herald::Way::Table) },
    Entry { name: "herald-component", is_guest: false, new: || herald::system(herald::Way::Component) },
    Entry { name: "zen-engine", is_guest: false, new: || Ok(Box::new(zen::Zen)) },
    Entry { name: "regorus-data", is_guest: false, new: || Ok(Box::new(rego::Rego::Data)) },
    Entry { name: "regorus-code", is_guest: false, new: || Ok(Box::new(rego::Rego::Code)) },
    Entry { name: "cedar-policy", is_guest: false, new: || Ok(Box::new(cedar::Cedar)) },
    Entry { name: "herald-call", is_guest: true, new: || herald::system(herald::Way::Call) },
    Entry { name: "extism-fresh", is_guest: true, new: || Ok(Box::new(extism::Extism::Fresh)) },
    Entry { name: "extism-kept", is_guest: true, new: || Ok(Box::new(extism::Extism::Kept)) },
];
