//! The HTTP API over a real socket.

mod batches;
mod life;
mod limits;
mod operation;
mod problems;
mod publishing;
mod sight;
