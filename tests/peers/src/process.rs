//! Each system with each number of rules in a process of its own, so that what one leaves in memory is not another's.
//!
//! The rules arrive by the standard input, as text: the child has made nothing before it loads them, and its memory
//! grows by what loading leaves behind.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::Failure;
use crate::measure::{Figures, measure};
use crate::systems::{ALL, Entry};
use crate::workload::rules;

/// The first argument of a child; the others are the system, the number of rules and the length of their text in bytes.
pub(crate) const CHILD: &str = "child";

/// Measures a system with so many rules in a process of its own.
pub(crate) fn measured_apart(entry: &Entry, size: usize) -> Result<Figures, Failure> {
    let text = (entry.new)()?.text(&rules(size))?;
    let mut child = Command::new(std::env::current_exe()?)
        .args([CHILD, entry.name, &size.to_string(), &text.len().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("a child reads")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{} with {size} rules failed", entry.name).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The child: measures and answers with the figures as JSON.
pub(crate) fn child(system: &str, size: usize, bytes: usize) -> Result<(), Failure> {
    let entry = ALL.iter().find(|entry| entry.name == system).ok_or("no such system")?;
    let mut text = vec![0; bytes];
    std::io::stdin().read_exact(&mut text)?;
    let figures = measure(entry, size, String::from_utf8(text)?)?;
    serde_json::to_writer(std::io::stdout(), &figures)?;
    Ok(())
}

/// What this process has in memory, in KiB.
pub(crate) fn resident_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
