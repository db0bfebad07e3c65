//! The `herald` program: HTTP API, command line, settings and telemetry around the engine.
//!
//! This crate is the edge: it authenticates, checks the form of what comes in, and shows what may be seen. It
//! decides nothing about cases (the engine and core do), and keeps nothing but what the store keeps.

pub mod backup;
pub mod cli;
pub mod code;
pub mod courier;
pub mod data;
pub mod demo;
pub mod difference;
mod gate;
pub mod host;
pub mod http;
mod output;
pub mod plugin;
mod policy_state;
pub mod publish;
pub mod settings;
pub mod telemetry;
pub mod token_request;
pub mod tokens;
