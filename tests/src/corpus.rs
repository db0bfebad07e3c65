//! The hostile corpus in `tests/hostile/`: a folder for each language, a file for each attempt to hurt the host.
//!
//! A file begins with lines of comment that are data:
//!
//! ```text
//! // tries: what it tries
//! // expect: what becomes of it
//! // hook: escalate
//! // limits: operation_limit = 20_000_000
//! ```
//!
//! `expect` is one of
//!
//! * `refused: TEXT`: the check before publication refuses it, and says TEXT;
//! * a cause of failure, as decisions record it, or several with `|` between them: `memory`, `depth: TEXT`. Without
//!   TEXT, the failure has to name what the cause is known by, its limit most often; an `error` is known by TEXT alone;
//! * `plan: TEXT`: it does no harm, and its plan, as JSON, or its log has TEXT in it.
//!
//! `hook` is the one that is called, `route` if no line says so. `limits` is a line of the manifest's `[limits]`. In the
//! rest, `{{1000 × TEXT}}` stands for TEXT a thousand times,
//! with its number from 0 in place of every `№`. Nothing here knows how a language is evaluated.

use std::path::Path;

use herald_core::decision::{FailureCause, Hook};

use crate::Failure;

/// One attempt.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file's name without its ending.
    pub name: String,
    /// What it tries, for whoever reads a failure.
    pub tries: String,
    /// What has to become of it.
    pub expect: Expect,
    /// The hook that is called.
    pub hook: Hook,
    /// Lines of the manifest's `[limits]`.
    pub limits: Vec<String>,
    /// The whole file, with its repetitions written out.
    pub source: String,
}

/// What has to become of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The check refuses it with this text.
    Refused(String),
    /// It fails for one of these causes, and says so with this text, if one is given.
    Stopped(Vec<FailureCause>, Option<String>),
    /// It does no harm; the plan or the log has this text.
    Plan(String),
}

impl Case {
    /// The manifest of a bundle of `department` with this case for its program, and `limits` besides its own.
    #[must_use]
    pub fn manifest(&self, department: &str, language: &str, limits: &str) -> String {
        let (hook, own) = (self.hook, self.limits.join("\n"));
        format!(
            "name = \"hostile\"\ndepartment = \"{department}\"\nlanguage = \"{language}\"\nhooks = [\"{hook}\"]\n\
             [limits]\n{limits}\n{own}\n"
        )
    }
}

/// The corpus of a language: the files of `tests/hostile/<language>/` with this `ending`, by name, whose comments
/// begin with `comment`.
///
/// # Errors
/// A file that cannot be read, or whose first lines are not what they should be.
pub fn read(language: &str, ending: &str, comment: &str) -> Result<Vec<Case>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile").join(language);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)?;
            cases.push(case(&name, &text, comment).map_err(|wrong| format!("{}: {wrong}", path.display()))?);
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn case(name: &str, text: &str, comment: &str) -> Result<Case, Failure> {
    let (mut tries, mut expect, mut hook, mut limits) = (None, None, Hook::Route, Vec::new());
    for line in text.lines().map_while(|line| line.strip_prefix(comment)) {
        match line.trim().split_once(':').map(|(key, value)| (key, value.trim().to_owned())) {
            Some(("tries", value)) => tries = Some(value),
            Some(("expect", value)) => expect = Some(Expect::read(&value)?),
            Some(("hook", value)) => hook = serde_json::from_value(value.into())?,
            Some(("limits", value)) => limits.push(value),
            _ => return Err(format!("`{line}` is neither `tries`, `expect`, `hook` nor `limits`").into()),
        }
    }
    let (tries, expect) = tries.zip(expect).ok_or("it does not say what it tries and what to expect")?;
    Ok(Case { name: name.to_owned(), tries, expect, hook, limits, source: written_out(text)? })
}

impl Expect {
    fn read(text: &str) -> Result<Self, Failure> {
        let (what, says) = match text.split_once(':') {
            Some((what, says)) => (what, Some(says.trim().to_owned()).filter(|says| !says.is_empty())),
            None => (text, None),
        };
        Ok(match (what, &says) {
            ("refused", Some(says)) => Self::Refused(says.clone()),
            ("plan", Some(says)) => Self::Plan(says.clone()),
            ("refused" | "error", None) => return Err(format!("`{what}` does not say what is told").into()),
            (causes, _) => {
                let cause = |text: &str| {
                    FailureCause::from_word(text.trim()).ok_or_else(|| format!("`{text}` is no cause of failure"))
                };
                Self::Stopped(causes.split('|').map(cause).collect::<Result<_, _>>()?, says)
            }
        })
    }
}

/// What a failure of this cause is known by to whoever reads about it.
#[must_use]
pub fn known_by(cause: FailureCause) -> &'static str {
    match cause {
        FailureCause::Operations => "operation_limit",
        FailureCause::Time => "time_limit_ms",
        FailureCause::Memory => "memory_limit_mib",
        FailureCause::Plan => "plan_limit_kib",
        FailureCause::HostCalls => "host_call_limit",
        FailureCause::Depth => "too deeply",
        FailureCause::Size => "too large",
        _ => "",
    }
}

/// The text with its repetitions written out.
fn written_out(text: &str) -> Result<String, Failure> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((count, after)) = after.split_once(" × ") else { break };
        let Ok(count) = count.parse::<usize>() else { break };
        // What is repeated may itself end with a brace.
        let end = after.find("}}").ok_or("a repetition has no end")?;
        let end = end + after.get(end + 2..).unwrap_or_default().bytes().take_while(|byte| *byte == b'}').count();
        let (what, after) = after.split_at(end);
        out.push_str(before);
        (0..count).for_each(|number| out.push_str(&what.replace('№', &number.to_string())));
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_written_out() {
        for (text, expected) in [
            ("a{{3 × b}}c", "abbbc"),
            ("{{2 × {}}x{{2 × }}} }", "{{x}} }"),
            ("{{3 × f№, }}", "f0, f1, f2, "),
            ("{{not one}}", "{{not one}}"),
        ] {
            assert_eq!(written_out(text).map_err(|error| error.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }
}
