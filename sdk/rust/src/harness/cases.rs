//! Cases: the files under `cases/` of a bundle, run as publication runs them.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Harness, breach_facts, route_facts};
use crate::plan::{ApprovePlan, EscalatePlan, RoutePlan};
use crate::policy::Policy;

/// A case as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    about: String,
    #[serde(default)]
    hook: Hook,
    message: Value,
    #[serde(default)]
    route: Value,
    #[serde(default)]
    breach: Value,
    expect: Option<Value>,
    fails: Option<String>,
    #[serde(default)]
    compare: Compare,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hook {
    #[default]
    Route,
    Approve,
    Escalate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Compare {
    #[default]
    Exact,
    Subset,
}

/// A case, read.
#[derive(Debug, Clone)]
pub(super) struct Case {
    name: String,
    written: Written,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseOutcome {
    /// The file under `cases/`, without its extension.
    pub name: String,
    /// What the case is about, in its author's words.
    pub about: String,
    /// What did not go as expected, a line each; empty when the case passed.
    pub problems: Vec<String>,
}

impl CaseOutcome {
    /// Whether it went as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for CaseOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed() { "passed" } else { "failed" };
        write!(f, "{} {verdict} ({})", self.name, self.about)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Case {
    pub(super) fn read(name: &str, text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| format!("cases/{name}.json: {error}"))?;
        if written.expect.is_some() == written.fails.is_some() {
            return Err(format!("cases/{name}.json: a case has either `expect` or `fails`"));
        }
        Ok(Self { name: name.to_owned(), written })
    }

    pub(super) fn run<P: Policy>(&self, harness: &Harness<P>) -> CaseOutcome {
        let problems = self.problems(harness).unwrap_or_else(|problem| vec![problem]);
        CaseOutcome { name: self.name.clone(), about: self.written.about.clone(), problems }
    }

    fn problems<P: Policy>(&self, harness: &Harness<P>) -> Result<Vec<String>, String> {
        let written = &self.written;
        let message = harness.message(written.message.clone())?;
        match written.hook {
            Hook::Route => self.judge(harness.run(|policy, plan: &mut RoutePlan| policy.route(&message, plan)).0),
            Hook::Approve => {
                let route = route_facts(&message, written.route.clone())?;
                self.judge(harness.run(|policy, plan: &mut ApprovePlan| policy.approve(&message, &route, plan)).0)
            }
            Hook::Escalate => {
                let breach = breach_facts(&message, written.breach.clone())?;
                self.judge(harness.run(|policy, plan: &mut EscalatePlan| policy.escalate(&message, &breach, plan)).0)
            }
        }
    }

    fn judge<T: Serialize + DeserializeOwned>(&self, plan: Result<T, String>) -> Result<Vec<String>, String> {
        match (plan, &self.written.fails) {
            (Err(text), Some(part)) if text.contains(part.as_str()) => Ok(Vec::new()),
            (Err(text), Some(part)) => Err(format!("a failure that says `{part}` was expected; it says `{text}`")),
            (Ok(_), Some(part)) => Err(format!("a failure that says `{part}` was expected; there was a plan")),
            (Err(text), None) => Err(text),
            (Ok(plan), None) => {
                let written = self.written.expect.clone().unwrap_or_default();
                // Read as a plan and written again, so that `PT60M` is `PT1H` and a mistyped field is named.
                let expected: T =
                    serde_json::from_value(written.clone()).map_err(|error| format!("in `expect`: {error}"))?;
                let mut expected = json(&expected)?;
                if self.written.compare == Compare::Subset {
                    keep_only(&mut expected, &written);
                }
                let mut problems = Vec::new();
                differ(&expected, &json(&plan)?, self.written.compare, "", &mut problems);
                Ok(problems)
            }
        }
    }
}

fn json(plan: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(plan).map_err(|error| error.to_string())
}

/// Drops what reading filled in and a subset does not mean; what reading dropped is expected not to be there.
fn keep_only(normal: &mut Value, written: &Value) {
    match (normal, written) {
        (Value::Object(normal), Value::Object(written)) => {
            normal.retain(|name, _| written.contains_key(name));
            for (name, written) in written {
                keep_only(normal.entry(name).or_insert(Value::Null), written);
            }
        }
        (Value::Array(normal), Value::Array(written)) if normal.len() == written.len() => {
            normal.iter_mut().zip(written).for_each(|(normal, written)| keep_only(normal, written));
        }
        _ => {}
    }
}

fn differ(expected: &Value, found: &Value, compare: Compare, at: &str, problems: &mut Vec<String>) {
    let mut child = |name: &str, expected: Option<&Value>, found: Option<&Value>| {
        let at = format!("{at}/{name}");
        match (expected, found) {
            (Some(Value::Null) | None, None) => {}
            (Some(expected), None) => problems.push(format!("{at}: expected {expected}, found nothing")),
            (Some(Value::Null) | None, Some(found)) => problems.push(format!("{at}: expected nothing, found {found}")),
            (Some(expected), Some(found)) => differ(expected, found, compare, &at, problems),
        }
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let unexpected = found.keys().filter(|_| compare == Compare::Exact);
            let mut names: Vec<_> = expected.keys().chain(unexpected).collect();
            names.sort();
            names.dedup();
            names.into_iter().for_each(|name| child(name, expected.get(name), found.get(name)));
        }
        (Value::Array(expected), Value::Array(found)) => {
            let longest = expected.len().max(found.len());
            (0..longest).for_each(|index| child(&index.to_string(), expected.get(index), found.get(index)));
        }
        _ if expected == found => {}
        _ => problems.push(format!("{at}: expected {expected}, found {found}")),
    }
}
