//! Why a hook gives no plan.

use std::fmt;

/// What a hook returns: nothing, since it fills in its plan, or why there is none.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a hook gives no plan: a sentence for the people who read the decision.
///
/// Made from anything that can be written as text, so that `?` works on every error, and `.into()` on a sentence:
///
/// ```
/// use herald_policy_sdk::Result;
///
/// fn count(text: &str) -> Result<u32> {
///     if text.is_empty() {
///         return Err("no count is given".into());
///     }
///     Ok(text.parse()?)
/// }
/// assert_eq!(count("").unwrap_err().text(), "no count is given");
/// assert_eq!(count("many").unwrap_err().text(), "invalid digit found in string");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    text: String,
}

impl Error {
    /// The sentence.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

// Without `Display`, so that the conversion below leaves room for the one from `Error` to itself.
impl<E: fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self { text: error.to_string() }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text of a reading error without its place: what was read is one line that nobody wrote.
pub(crate) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
