//! Policies for Herald in Rust.
//!
//! A policy is a type: its fields are the bundle's settings, its [`Policy`] hooks say what happens to a message.
//!
//! ```
//! use herald_policy_sdk::prelude::*;
//!
//! /// Complaints are answered within a day; the sales director hears of those about much money.
//! #[derive(Deserialize)]
//! struct Complaints {
//!     director_from_cents: i64,
//! }
//!
//! impl Policy for Complaints {
//!     fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
//!         plan.level(1).assign("role:customer-service/head");
//!         plan.send("department:customer-service").acknowledge_within(minutes(30)).answer_within(hours(24));
//!         if message.optional::<i64>("amount_cents")?.is_some_and(|amount| amount >= self.director_from_cents) {
//!             plan.send("role:sales/director").by(["inbox"]);
//!         }
//!         plan.goal("satisfaction").within(working_days(3)).starts("resolved");
//!         Ok(())
//!     }
//! }
//!
//! herald_policy_sdk::export!(Complaints);
//!
//! # fn main() {
//! // In a test: the same hook, natively.
//! let harness = Harness::<Complaints>::new().settings(json!({"director_from_cents": 10_000_000}));
//! let message = json!({"kind": "complaint", "body": {"amount_cents": 20_000_000}});
//! let plan = harness.route(message).unwrap();
//! assert_eq!(plan.sends[1].to, "role:sales/director");
//! # }
//! ```
//!
//! # Where things are
//! * [`Policy`] and [`export!`]: what a plugin is.
//! * [`Message`], [`RouteFacts`], [`Breach`]: what hooks are given.
//! * [`RoutePlan`], [`ApprovePlan`], [`EscalatePlan`]: what they fill in, by verbs that read like those of scripts.
//! * [`table`], [`people`], [`tier`], [`calendar`], [`log!`]: what they may ask of the host, and nothing else: there is no clock
//!   but [`Message::submitted_at`] and [`Breach::at`], no randomness, no file and no network.
//! * [`Span`], [`Timestamp`], [`Date`]: time.
//! * `Harness`: runs hooks, and a bundle's own `cases/`, natively.
//!
//! # What to know
//! A component lives for one call: what a `static` or a cache holds is gone at the next. `?` works on any error that can
//! be written as text, and ends the hook with that text; what follows is said by `on_failure` in the bundle's manifest.
//! A panic ends it as well, with its place in the source.
//!
//! This crate must not interpret words: which channels, targets, phases and levels there are is the host's to say, and a
//! component that was built before a word was added goes on working.

mod call;
mod error;
mod fields;
mod host;
mod message;
mod plan;
mod policy;
mod span;
mod table;
mod time;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod guest;
#[cfg(not(target_arch = "wasm32"))]
mod harness;

pub use error::{Error, Result};
#[cfg(not(target_arch = "wasm32"))]
pub use harness::{CaseOutcome, Harness, OfficeHours};
pub use host::{Calendar, calendar, log, people, tier};
pub use message::{Breach, Message, RouteFacts};
pub use plan::{
    ApprovePlan, EscalatePlan, Goal, Mode, NewGoal, NewStage, Question, Recipient, Restriction, RoutePlan, Stage,
};
pub use policy::Policy;
pub use span::{Span, SpanError, hours, minutes, seconds, working_days, working_hours, working_minutes};
pub use table::{Lookup, Row, Value, table};
pub use time::{Date, TimeError, Timestamp};

/// What a plugin needs, for `use herald_policy_sdk::prelude::*`.
pub mod prelude {
    pub use crate::{
        ApprovePlan, Breach, Date, Error, EscalatePlan, Message, Policy, Result, RouteFacts, RoutePlan, Span,
        Timestamp, calendar, hours, log, minutes, people, seconds, table, tier, working_days, working_hours,
        working_minutes,
    };
    #[cfg(not(target_arch = "wasm32"))]
    pub use crate::{Harness, OfficeHours};
    pub use serde::Deserialize;
    pub use serde_json::json;
}
