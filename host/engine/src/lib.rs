//! The engine: evaluate, step, commit, dispatch.
//!
//! ```text
//! submit ─► evaluation thread: look up, read, ask policies ─┐
//! ask ──────────────────────────────────────────────────────┤
//! report on a delivery ─────────────────────────────────────┤
//! escalation, tasks of people who are away ─────────────────┤
//!                                                           ▼
//!                               writer of the partition: step ─► frame ─► commit ─► answers
//!                                  ▲          │ timers due          │ committed
//!                                  └─ clock ──┘                     ▼
//!                                                       dispatcher ─► courier
//! ```
//!
//! * [`Engine`] is the handle: [`submit`](Engine::submit), [`ask`](Engine::ask), and the rest.
//! * A partition has one writer, a thread with one loop and one synchronous handler. It judges commands in the
//!   order in which they were received, new cases of a turn last, and never waits for anything but its input, its
//!   clock and its disk.
//! * Policies are evaluated on threads of their own, before a command reaches the writer. What became stale by
//!   then is refused, or evaluated again.
//! * Deliveries leave through a [`Courier`]; what becomes of them comes back as commands.
//!
//! What an engine keeps in memory is bounded by its [`Settings`], not by the number of messages: everything that
//! waits for a moment or a receiver waits in the store. It reads no clock but the [`Clock`] it is given, knows
//! neither HTTP nor secrets, and judges nothing: that is core's.

mod answer;
mod clock;
mod configured;
mod courier;
mod dispatch;
mod draft;
mod engine;
mod escalate;
mod evaluation;
mod existing;
mod failing;
mod held;
mod host;
mod keys;
pub mod payload;
mod pool;
mod random;
mod request;
mod send;
mod settings;
pub mod stats;
mod sweep;
mod turns;
mod writer;

pub use clock::{Clock, SystemClock, TurnedClock};
pub use configured::Configured;
pub use courier::{Carried, Courier, Parcel};
pub use draft::Draft;
pub use engine::{Engine, PartitionStatus, Parts, StartError};
pub use random::Random;
pub use request::{Answer, Ask, Outcome, Receipt, Refused, RequestIdentity};
pub use settings::{FRAME_LIMIT_COMMANDS, Settings};
