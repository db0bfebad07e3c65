//! What a guest said before it failed: the text and place of its panic.
//!
//! A guest with WASI writes them to its standard error, one without it logs a line that begins `panicked at `.

/// How much of standard error is kept, in bytes. A traceback that is longer loses its beginning, which says least.
const RING_LIMIT_BYTES: usize = 4 * 1_024;
/// How much of a guest's words a failure repeats, in bytes.
const SHOWN_LIMIT_BYTES: usize = 1_024;
/// What a panic's line begins with, in the words of the languages' own hooks.
const PANICKED: &str = "panicked at ";

/// The last words of a guest.
#[derive(Default)]
pub(super) struct LastWords {
    panic: Option<String>,
    stderr: String,
}

impl LastWords {
    /// Takes note of a line of the log.
    pub(super) fn log_line(&mut self, line: &str) {
        if line.starts_with(PANICKED) {
            self.panic = Some(shown(line));
        }
    }

    /// Takes note of what was written to standard error.
    pub(super) fn stderr(&mut self, text: &str) {
        self.stderr.push_str(text);
        let excess = self.stderr.len().saturating_sub(RING_LIMIT_BYTES);
        self.stderr.drain(..self.stderr.ceil_char_boundary(excess));
    }

    /// The panic with its place.
    pub(super) fn panic(&self) -> Option<String> {
        if let Some(panic) = &self.panic {
            return Some(panic.clone());
        }
        let panic = self.stderr.get(self.stderr.rfind(PANICKED)?..).unwrap_or_default();
        Some(shown(panic.split("\nnote: ").next().unwrap_or(panic)))
    }

    /// The last line of standard error that says anything.
    pub(super) fn last_line(&self) -> Option<String> {
        self.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(shown)
    }
}

/// On one line, as much as a reader needs.
pub(super) fn shown(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(SHOWN_LIMIT_BYTES)).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_found_in_what_was_said() {
        for (stderr, log, said) in [
            ("", "", None),
            ("", "panicked at src/lib.rs:3:5: no tier", Some("panicked at src/lib.rs:3:5: no tier")),
            ("", "he panicked at once", None),
            (
                "\nthread 'main' panicked at src/lib.rs:3:5:\nindex out of bounds\nnote: run with `RUST_BACKTRACE=1`\n",
                "",
                Some("panicked at src/lib.rs:3:5: index out of bounds"),
            ),
            ("Traceback:\n  File \"a.py\"\nValueError: no tier\n\n", "", None),
        ] {
            let mut words = LastWords::default();
            words.stderr(stderr);
            words.log_line(log);
            assert_eq!(words.panic().as_deref(), said, "{stderr}{log}");
        }
    }

    #[test]
    fn a_traceback_says_most_at_its_end() {
        let mut words = LastWords::default();
        assert_eq!(words.last_line(), None);
        words.stderr("Traceback:\n  File \"a.py\"\nValueError: no tier\n\n");
        assert_eq!(words.last_line().as_deref(), Some("ValueError: no tier"));
    }

    #[test]
    fn only_the_end_is_kept() {
        let mut words = LastWords::default();
        for _ in 0..10_000 {
            words.stderr("好坏");
        }
        assert!(words.stderr.len() <= RING_LIMIT_BYTES);
        assert!(words.last_line().unwrap().len() <= SHOWN_LIMIT_BYTES);
    }
}
