//! What hooks fill in: plans, by verbs that read like those of scripts. Nothing is checked here; the host names what is
//! wrong with a word, the field it stands in, and the nearest known one.

mod goal;
mod recipient;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use goal::{Goal, NewGoal};
pub use recipient::{Question, Recipient};
pub use stage::{Mode, NewStage, Stage};

/// What `route` fills in. Everything may be left empty.
///
/// ```
/// use herald_policy_sdk::{RoutePlan, hours, working_days};
///
/// let mut plan = RoutePlan::default();
/// plan.level(2).assign("role:sales/account-manager").label("tier", "strategic").archive("permanent");
/// plan.send("department:sales").by(["inbox"]).answer_within(hours(2));
/// plan.goal("contact").within(working_days(1)).owner("role:sales/account-manager");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RoutePlan {
    /// 1 (urgent and important), 2 (important) or 3 (general).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// How confidential it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Whom it is meant for, corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// What it is for, corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Recipients.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<Recipient>,
    /// Who is accountable for its resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<String>,
    /// Goals besides those that recipients bring with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<Goal>,
    /// The digest to collect it into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Labels to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How long it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// What nothing may go beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict: Option<Restriction>,
    /// Why it is not to be sent at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuse: Option<String>,
}

impl RoutePlan {
    /// How urgent it is: 1 urgent and important, 2 important, 3 general.
    pub fn level(&mut self, level: u8) -> &mut Self {
        self.level = Some(level);
        self
    }

    /// How confidential it is; the strictest word of all policies counts.
    pub fn classification(&mut self, classification: impl Into<String>) -> &mut Self {
        self.classification = Some(classification.into());
        self
    }

    /// Whom it is meant for, corrected: `everyone`, `department` or `external`.
    pub fn audience(&mut self, audience: impl Into<String>) -> &mut Self {
        self.audience = Some(audience.into());
        self
    }

    /// What it is for, corrected: `notice`, `collaboration`, `decision` or `feedback`.
    pub fn content_type(&mut self, content_type: impl Into<String>) -> &mut Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Who is accountable for its resolution.
    pub fn assign(&mut self, target: impl Into<String>) -> &mut Self {
        self.assign = Some(target.into());
        self
    }

    /// Sends the message to a target, through the inbox unless [`Recipient::by`] says otherwise.
    pub fn send(&mut self, target: impl Into<String>) -> &mut Recipient {
        recipient::add(&mut self.sends, target.into())
    }

    /// Sets a goal of the policy's own; [`NewGoal::within`] says how long it may take.
    pub fn goal(&mut self, name: impl Into<String>) -> NewGoal<'_> {
        NewGoal::new(&mut self.goals, name.into())
    }

    /// Collects it into a digest, unless anything asks for it to be sent at once.
    pub fn digest(&mut self, name: impl Into<String>) -> &mut Self {
        self.digest = Some(name.into());
        self
    }

    /// Adds a label.
    pub fn label(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// How long it is kept: `standard`, `extended` or `permanent`; the longest of all policies counts.
    pub fn archive(&mut self, class: impl Into<String>) -> &mut Self {
        self.archive = Some(class.into());
        self
    }

    /// Cuts every recipient beyond these; only in a bundle of the organisation.
    pub fn restrict_recipients<T: Into<String>>(&mut self, targets: impl IntoIterator<Item = T>) -> &mut Self {
        self.restrict.get_or_insert_default().recipients = Some(texts(targets));
        self
    }

    /// Cuts every channel beyond these; only in a bundle of the organisation.
    pub fn restrict_channels<T: Into<String>>(&mut self, channels: impl IntoIterator<Item = T>) -> &mut Self {
        self.restrict.get_or_insert_default().channels = Some(texts(channels));
        self
    }

    /// Refuses the message: it is not sent, and its sender reads why; not in a bundle of a department that only
    /// receives it.
    ///
    /// ```
    /// use herald_policy_sdk::prelude::*;
    ///
    /// #[derive(Deserialize)]
    /// struct Publication {}
    ///
    /// impl Policy for Publication {
    ///     fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
    ///         if message.department != "administration" && message.to.iter().any(|target| target == "everyone") {
    ///             plan.refuse("only administration publishes to everyone");
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let message = json!({"kind": "notice", "department": "sales", "to": ["everyone"]});
    /// let plan = Harness::<Publication>::new().route(message).unwrap();
    /// assert_eq!(plan.refuse.as_deref(), Some("only administration publishes to everyone"));
    /// ```
    pub fn refuse(&mut self, reason: impl Into<String>) -> &mut Self {
        self.refuse = Some(reason.into());
        self
    }
}

/// Recipients and channels that nothing may go beyond.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Restriction {
    /// Whom it may reach; `None` leaves it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipients: Option<BTreeSet<String>>,
    /// Through which channels; `None` leaves it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<BTreeSet<String>>,
}

/// What `approve` fills in.
///
/// ```
/// use herald_policy_sdk::{ApprovePlan, working_days};
///
/// let mut plan = ApprovePlan::default();
/// plan.stage("legal").all_of(["role:legal/reviewer"]).phase("legal").within(working_days(1));
/// plan.post_hoc();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ApprovePlan {
    /// Who must approve first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Whether it may go out first and be approved afterwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub post_hoc: bool,
}

impl ApprovePlan {
    /// Asks for an approval before the message goes out; [`NewStage`] says by whom.
    pub fn stage(&mut self, name: impl Into<String>) -> NewStage<'_> {
        NewStage::new(&mut self.stages, name.into())
    }

    /// Lets it go out first and be approved afterwards, if its kind is deferrable.
    pub fn post_hoc(&mut self) -> &mut Self {
        self.post_hoc = true;
        self
    }
}

/// What `escalate` fills in.
///
/// ```
/// use herald_policy_sdk::{EscalatePlan, hours};
///
/// let mut plan = EscalatePlan::default();
/// plan.level(1).assign("role:customer-service/supervisor");
/// plan.notify("role:customer-service/supervisor").by(["inbox"]);
/// plan.goal("coordination").within(hours(24)).owner("role:customer-service/supervisor");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct EscalatePlan {
    /// Whom to tell of the breach, and what to ask of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Recipient>,
    /// Who is accountable from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<String>,
    /// How urgent it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// What is promised next, counted from the breached deadline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<Goal>,
}

impl EscalatePlan {
    /// How urgent it is now: 1 urgent and important, 2 important, 3 general.
    pub fn level(&mut self, level: u8) -> &mut Self {
        self.level = Some(level);
        self
    }

    /// Who is accountable from now on.
    pub fn assign(&mut self, target: impl Into<String>) -> &mut Self {
        self.assign = Some(target.into());
        self
    }

    /// Tells a target of the breach.
    pub fn notify(&mut self, target: impl Into<String>) -> &mut Recipient {
        recipient::add(&mut self.notify, target.into())
    }

    /// What is promised next, counted from the breached deadline.
    pub fn goal(&mut self, name: impl Into<String>) -> NewGoal<'_> {
        NewGoal::new(&mut self.goals, name.into())
    }
}

fn texts<T: Into<String>, C: FromIterator<String>>(texts: impl IntoIterator<Item = T>) -> C {
    texts.into_iter().map(Into::into).collect()
}
