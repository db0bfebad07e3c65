//! How large an engine is: its threads, its queues and what it does at once. Limits that nobody needs to
//! change stand beside what they limit.

use std::time::Duration;

/// The size of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Threads that evaluate policies; at least one. As many as there are processors by default: guests
    /// compute and never wait.
    pub evaluation_threads: usize,
    /// Evaluations of one department's messages that may wait for a thread, while no other's do; all together never
    /// come to twice as many, and who comes first leaves room for others. With a millisecond each, 256 on two threads
    /// are an eighth of a second; whoever comes later is told to come again.
    pub evaluation_queue_limit: usize,
    /// Commands that may wait for the writer of one partition, besides those it is working on. A frame takes
    /// up to [`FRAME_LIMIT_COMMANDS`] of them at once.
    pub command_queue_limit: usize,
    /// Tries of deliveries at once in one partition.
    pub sending_limit: usize,
    /// Tries at once through one channel of one partition: a slow receiver holds up only its own channel.
    pub sending_per_channel_limit: usize,
    /// How long a shutdown waits for tries under way. Those that take longer are given up and made again
    /// after the next start, with the same ids.
    pub shutdown_grace: Duration,
}

/// The most commands that one frame takes, so that the first of them does not wait long for the last.
pub const FRAME_LIMIT_COMMANDS: usize = 1_024;

impl Default for Settings {
    fn default() -> Self {
        Self {
            evaluation_threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            evaluation_queue_limit: 256,
            command_queue_limit: 4_096,
            sending_limit: 64,
            sending_per_channel_limit: 8,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
