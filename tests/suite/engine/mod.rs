//! The engine as a whole, on a real store, real policies and real threads; only its clock is turned by hand.

mod failing;
mod faults;
mod held;
mod outbox;
mod requests;
mod timers;
