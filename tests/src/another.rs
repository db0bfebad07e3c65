//! A bench once more, as a process of its own, to which it says lines and which says lines to it.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::Failure;

/// Another process of the same bench. What it does, its arguments say; it ends when nothing more is said to it.
pub struct Another {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Another {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(arguments: &[&OsStr]) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let says = BufReader::new(child.stdout.take().ok_or("it has no output")?);
        Ok(Self { child, says })
    }

    /// Says an empty line to it.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn nudge(&mut self) -> Result<(), Failure> {
        Ok(self.child.stdin.as_mut().ok_or("it has no input")?.write_all(b"\n")?)
    }

    /// Waits for the next line that it says.
    ///
    /// # Errors
    /// When it ended.
    pub fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.says.read_line(&mut line)? {
            0 => Err("the other process ended".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Lets it end, and waits until it has.
    ///
    /// # Errors
    /// When something went wrong in it.
    pub fn stop(mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        if self.child.wait()?.success() { Ok(()) } else { Err("the other process ended with an error".into()) }
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        // Closes its input first, which is what ends it. It has said all it had to say.
        let _ = self.child.wait();
    }
}
