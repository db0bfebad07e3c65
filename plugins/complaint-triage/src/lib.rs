//! Complaints: how grave one is, by its text, the money in it and what the customer has been through before; and on
//! which of the three tiers it therefore begins.
//!
//! It adds to what `customer-service/complaint` asks of the front line in any case; it takes nothing back.

use std::fmt;

use herald_policy_sdk::prelude::*;

herald_policy_sdk::export!(ComplaintTriage);

const SUPERVISOR: &str = "role:customer-service/supervisor";
const HEAD: &str = "role:customer-service/head";
const GENERAL_MANAGER: &str = "role:organisation/general-manager";

/// What the department may change without a new build: the `[settings]` of the bundle.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComplaintTriage {
    grave_words: Vec<String>,
    serious_words: Vec<String>,
    grave_from_cents: i64,
    serious_from_cents: i64,
    /// So many earlier complaints within a year make the next one graver.
    repeated_from: u32,
}

/// The form of a complaint, as far as it matters here.
#[derive(Deserialize)]
struct Complaint {
    what: String,
    amount_cents: Option<i64>,
    #[serde(default)]
    earlier_complaints: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Minor,
    Serious,
    Grave,
}

/// A row of `tables/tiers.csv`.
#[derive(Deserialize)]
struct Entry {
    tier: u8,
    /// Who takes it up besides the front line.
    owner: Option<String>,
    within_hours: Option<u32>,
}

impl Policy for ComplaintTriage {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        let severity = self.severity(&message.subject, &message.body_as()?);
        let entry = table("tiers")
            .given("severity", severity.to_string())
            .given("customer", message.label("tier").unwrap_or("ordinary"))
            .first()?
            .ok_or("table `tiers` has no row for this complaint; its last one should match always")?;
        let entry: Entry = entry.read()?;

        plan.label("severity", severity.to_string()).label("complaint-tier", entry.tier.to_string());
        if let (Some(owner), Some(within_hours)) = (entry.owner, entry.within_hours) {
            let goal = if entry.tier == 3 { "early-response" } else { "early-coordination" };
            plan.send(owner.as_str()).acknowledge_within(minutes(30));
            plan.goal(goal).within(hours(within_hours)).owner(owner).stops("resolved").warn_before(hours(2));
        }
        if entry.tier == 3 {
            plan.send(GENERAL_MANAGER);
        }
        Ok(())
    }

    fn escalate(&self, _message: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
        match breach.goal.as_str() {
            "early-coordination" => {
                plan.notify(HEAD);
                plan.goal("early-response").within(hours(24)).owner(HEAD).stops("resolved");
            }
            "early-response" => {
                plan.level(1).assign(GENERAL_MANAGER).notify(GENERAL_MANAGER);
                plan.goal("executive-response").within(hours(24)).owner(GENERAL_MANAGER);
            }
            _ => {
                plan.notify(SUPERVISOR);
            }
        }
        Ok(())
    }

    fn validate_settings(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.serious_from_cents > self.grave_from_cents {
            problems.push("`serious_from_cents` is more than `grave_from_cents`: nothing would be serious".to_owned());
        }
        if self.grave_words.iter().chain(&self.serious_words).any(|word| word.trim().is_empty()) {
            problems.push("a word is empty: it would be found in every complaint".to_owned());
        }
        if self.repeated_from == 0 {
            problems.push("`repeated_from` is 0: every complaint would be a repeated one".to_owned());
        }
        problems
    }
}

impl ComplaintTriage {
    /// The gravest of what text and money say; one step graver when the customer has complained again and again.
    fn severity(&self, subject: &str, complaint: &Complaint) -> Severity {
        let by_text = self.by_text(&format!("{subject}\n{}", complaint.what));
        let by_amount = match complaint.amount_cents.unwrap_or(0) {
            amount if amount >= self.grave_from_cents => Severity::Grave,
            amount if amount >= self.serious_from_cents => Severity::Serious,
            _ => Severity::Minor,
        };
        let severity = by_text.max(by_amount);
        if complaint.earlier_complaints < self.repeated_from {
            return severity;
        }
        log!("{} complaints within a year: one step graver", complaint.earlier_complaints);
        severity.next()
    }

    fn by_text(&self, text: &str) -> Severity {
        let text = text.to_lowercase();
        for (words, severity) in [(&self.grave_words, Severity::Grave), (&self.serious_words, Severity::Serious)] {
            if let Some(word) = words.iter().find(|word| text.contains(&word.to_lowercase())) {
                log!("{severity} by the word `{word}`");
                return severity;
            }
        }
        Severity::Minor
    }
}

impl Severity {
    fn next(self) -> Self {
        match self {
            Self::Minor => Self::Serious,
            Self::Serious | Self::Grave => Self::Grave,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minor => "minor",
            Self::Serious => "serious",
            Self::Grave => "grave",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Harness<ComplaintTriage> {
        Harness::of_bundle("../../rules/customer-service/complaint-triage").unwrap()
    }

    #[test]
    fn the_cases_of_the_bundle() {
        bundle().assert_cases();
    }

    #[test]
    fn the_settings_of_the_bundle_are_sound() {
        assert!(bundle().validate_settings().is_empty());
        let wrong = json!({
            "grave_words": [""], "serious_words": [], "grave_from_cents": 1, "serious_from_cents": 2, "repeated_from": 0,
        });
        assert_eq!(bundle().settings(wrong).validate_settings().len(), 3);
    }

    #[test]
    fn the_log_says_why() {
        let body = json!({"customer": "a", "what": "the part is BROKEN", "earlier_complaints": 4});
        let log = bundle().log_of_route(json!({"kind": "complaint", "body": body})).unwrap();
        assert_eq!(log, ["serious by the word `broken`", "4 complaints within a year: one step graver"]);
    }
}
