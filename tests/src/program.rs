//! The program itself, as it was built, and as a process that can be killed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that does not find what it tests, or cannot start it, fails"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use serde_json::Value;

use crate::sample;

/// The `herald` that was built beside this test.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("herald");
    assert!(program.exists(), "there is no `{}`; `cargo build --bin herald` makes it", program.display());
    program
}

/// How long a start may take, whatever happened before: a hundred times of what it takes on a machine that has
/// nothing else to do.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A running `herald serve`. It is killed at the latest when this is dropped.
pub struct Process {
    child: Child,
    listening: mpsc::Receiver<SocketAddr>,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts it on the folder `data`, with these settings.
    ///
    /// # Panics
    /// When there is no program to start.
    #[must_use]
    pub fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program());
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0", "--set", "log_format=json"]);
        for (name, value) in settings {
            command.args(["--set", &format!("{name}={value}")]);
        }
        command.env(sample::SECRET.0, sample::SECRET.1);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (announce, listening) = mpsc::channel();
        let errors = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&errors);
        // It ends with the process.
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if entry["message"] == "listening" {
                    let _ = announce.send(entry["address"].as_str().unwrap().parse().unwrap());
                } else if !matches!(entry["level"].as_str(), Some("INFO" | "WARN")) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            }
        });
        Self { child, listening, errors }
    }

    /// Waits until it listens, and says where.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let address = self.listening.recv_timeout(START_LIMIT);
        address.unwrap_or_else(|error| panic!("it does not listen ({error}): {:?}", self.errors()))
    }

    /// What it logged as errors, or said otherwise.
    fn errors(&self) -> Vec<String> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kills it (SIGKILL), wherever it is.
    ///
    /// # Panics
    /// When it has ended by itself, or had anything to complain about.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), None, "it ended by itself: {:?}", self.errors());
        assert_eq!(self.errors(), Vec::<String>::new());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless the test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
