//! What hooks are given.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Map;

use crate::error::{Result, without_place};
use crate::fields;
use crate::time::Timestamp;

/// Labels by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// What was submitted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Message {
    /// The kind whose form the body was checked against: `complaint`.
    pub kind: String,
    /// One line that says what it is about.
    pub subject: String,
    /// At most 200 characters.
    pub summary: Option<String>,
    /// The filled-in form.
    pub(crate) body: Body,
    /// Who sent it: `person:li.lei`, `service:erp`, `contact:acme` or `anonymous`.
    pub sender: String,
    /// The department it is sent for.
    pub department: String,
    /// What the sender says about haste: `urgent` or `normal`.
    pub urgency: String,
    /// Whom the sender means it for: `everyone`, `department` or `external`.
    pub audience: String,
    /// How confidential it is in the sender's eyes: `public`, `internal`, `confidential` or `restricted`.
    pub classification: String,
    /// What it is for: `notice`, `collaboration`, `decision` or `feedback`.
    pub content_type: String,
    /// Whom the sender names, as targets.
    pub to: Vec<String>,
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
    /// When it arrived.
    pub submitted_at: Timestamp,
}

impl Message {
    /// The whole filled-in form as a type of the policy's own. It may borrow its texts from the message. A field that the
    /// form may leave empty is an `Option`.
    ///
    /// ```
    /// use herald_policy_sdk::prelude::*;
    ///
    /// #[derive(Deserialize)]
    /// struct Fault<'a> {
    ///     machine: &'a str,
    ///     expected_recovery: Option<Timestamp>,
    /// }
    ///
    /// fn is_open_ended(message: &Message) -> Result<bool> {
    ///     let fault: Fault<'_> = message.body_as()?;
    ///     log!("{} stands still", fault.machine);
    ///     Ok(fault.expected_recovery.is_none())
    /// }
    /// ```
    ///
    /// # Errors
    /// When the form has another shape; the text names the field.
    pub fn body_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(&self.body.text)
            .map_err(|error| format!("the message's body: {}", without_place(&error)).into())
    }

    /// One field of the form: `message.field::<&str>("machine")?`.
    ///
    /// # Errors
    /// When it was left empty or is of another type, so that no comparison is quietly false.
    pub fn field<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<T> {
        fields::field(self.body.fields()?, "the message's body", name)
    }

    /// One field of the form, if it was filled in.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn optional<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>> {
        fields::optional(self.body.fields()?, "the message's body", name)
    }

    /// One label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

/// A filled-in form: JSON text, read as a tree only when single fields are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    text: String,
    fields: OnceCell<Map<String, serde_json::Value>>,
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self { text, fields: OnceCell::new() }
    }
}

impl Body {
    fn fields(&self) -> Result<&Map<String, serde_json::Value>> {
        if let Some(fields) = self.fields.get() {
            return Ok(fields);
        }
        let fields = serde_json::from_str(&self.text)
            .map_err(|error| format!("the message's body: {}", without_place(&error)))?;
        Ok(self.fields.get_or_init(|| fields))
    }
}

/// The merged plan of all `route` hooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RouteFacts {
    /// How urgent it was found to be: 1 (urgent and important), 2 (important) or 3 (general).
    pub level: u8,
    /// How confidential it was found to be.
    pub classification: String,
    /// Whom it goes to: `everyone`, `department` or `external`.
    pub audience: String,
    /// What it is for: `notice`, `collaboration`, `decision` or `feedback`.
    pub content_type: String,
    /// The targets it reaches.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// The channels it goes through.
    #[serde(default)]
    pub channels: Vec<String>,
    /// The sender's labels and those of the plans.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// A goal past its deadline, and the case so far.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Breach {
    /// The goal: `answer`, `stage:legal`, or one of the policy's own.
    pub goal: String,
    /// Its deadline.
    pub due: Timestamp,
    /// When the breach was noticed.
    pub at: Timestamp,
    /// Whose promise it was, as targets: `person:li.lei`.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Why one of them declined it; `None` when its deadline simply passed.
    #[serde(default)]
    pub declined: Option<String>,
    /// Where the case is: `open`, `awaiting-approval`, `resolved`, …
    pub case_status: String,
    /// How urgent the case is: 1, 2 or 3.
    pub level: u8,
    /// Whom deliveries reached so far, as targets.
    #[serde(default)]
    pub reached: Vec<String>,
}
