//! Herald's domain: what a message is, who gets it, who must approve it, and what happens when it stalls.
//!
//! This crate is pure. It knows no runtime, store, HTTP or policy engine; it reads no clock, no file and no
//! randomness: those come in as arguments. What it decides it decides again, bit for bit, when a journal is
//! replayed.
//!
//! * [`organisation`] is the configuration that everything is judged by.
//! * [`plan`], [`decision`] and [`merge`] are what policies return and what becomes of it.
//! * [`case`] is the state, [`command`] what may be asked of it, [`event`] what happened.
//! * [`step`] judges a command; [`workspace`] applies events.
//! * [`access`] says who may do and see what; [`failing`] counts policies that keep failing.

pub mod access;
pub mod calendar;
pub mod case;
pub mod command;
pub mod decision;
pub mod encoded;
pub mod event;
pub mod failing;
#[cfg(test)]
mod fixture;
pub mod ids;
pub mod merge;
pub mod message;
pub mod names;
pub mod nearest;
pub mod organisation;
pub mod plan;
pub mod record;
pub mod span;
pub mod step;
pub mod target;
mod text;
pub mod view;
mod words;
pub mod workspace;
