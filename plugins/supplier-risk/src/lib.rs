//! A supplier delivers later than promised: what that does to production, by the material and by how long stock lasts,
//! and who therefore acts.

use std::fmt;

use herald_policy_sdk::prelude::*;

herald_policy_sdk::export!(SupplierRisk);

const BUYER: &str = "role:procurement/buyer";
const HEAD: &str = "role:procurement/head";
const PLANNER: &str = "role:production/planner";
const PRODUCTION_HEAD: &str = "role:production/head";
const ACCOUNT_MANAGER: &str = "role:sales/account-manager";
const DEPUTY_GENERAL_MANAGER: &str = "role:organisation/deputy-general-manager";

/// What the department may change without a new build: the `[settings]` of the bundle.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupplierRisk {
    /// By which working days stock is counted.
    calendar: String,
    /// How far the calendar's clocks are ahead of UTC.
    utc_offset_minutes: i32,
    /// Stock that lasts so many days longer than the delay is on the safe side.
    margin_days: i64,
    /// How soon the buyer agrees a new date.
    new_date_within: Span,
    /// The same, when production would stop.
    new_date_within_at_a_stop: Span,
}

/// The form of a delay.
#[derive(Deserialize)]
struct Delay {
    order: String,
    material: String,
    promised: Date,
    expected: Date,
    /// For how many working days the stock lasts.
    stock_days: u32,
}

/// A row of `tables/materials.csv`.
#[derive(Deserialize)]
struct Material {
    /// Whether the line can stand still without it for a while.
    deferrable: bool,
    line: Option<String>,
    substitute: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Impact {
    /// Stock lasts until the new date and longer.
    Covered,
    /// It just lasts, or something else can be used meanwhile.
    Tight,
    /// Production stops.
    Stop,
}

impl Policy for SupplierRisk {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        let delay: Delay = message.body_as()?;
        let late_days = delay.promised.days_until(delay.expected);
        if late_days <= 0 {
            return Err(format!("the new date {} is not after the promised {}", delay.expected, delay.promised).into());
        }
        let material: Material = table("materials")
            .given("material", delay.material.as_str())
            .given("late_days", late_days)
            .first()?
            .ok_or("table `materials` has no row for this delay; its last one should match always")?
            .read()?;
        let impact = self.impact(message.submitted_at, &delay, &material)?;

        plan.level(impact.level());
        plan.label("impact", impact.to_string()).label("late-days", late_days.to_string());
        plan.label("order", delay.order.as_str());
        if let Some(line) = material.line {
            plan.label("line", line);
        }
        if let Some(substitute) = material.substitute {
            plan.label("substitute", substitute);
        }

        plan.send(PLANNER);
        plan.send(BUYER).acknowledge_within(working_hours(2));
        plan.goal("new-date").within(self.new_date_within(impact)).owner(BUYER).stops("resolved");
        if impact != Impact::Covered {
            plan.send(HEAD);
        }
        if impact == Impact::Stop {
            plan.assign(HEAD).send(PRODUCTION_HEAD);
            plan.send(ACCOUNT_MANAGER);
        }
        Ok(())
    }

    fn escalate(&self, _message: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
        match breach.goal.as_str() {
            "new-date" => {
                plan.notify(HEAD);
                plan.goal("new-date-by-the-head").within(working_days(1)).owner(HEAD).stops("resolved");
            }
            _ => {
                plan.level(1).assign(HEAD);
                plan.notify(DEPUTY_GENERAL_MANAGER).answer_within(working_hours(4));
            }
        }
        Ok(())
    }

    fn validate_settings(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.margin_days < 0 {
            problems.push(format!("`margin_days` is {}: a margin is not negative", self.margin_days));
        }
        if self.utc_offset_minutes.abs() > 14 * 60 {
            problems.push(format!("`utc_offset_minutes` is {}: no zone is that far", self.utc_offset_minutes));
        }
        problems
    }
}

impl SupplierRisk {
    fn impact(&self, submitted_at: Timestamp, delay: &Delay, material: &Material) -> Result<Impact> {
        let lasts_until = match delay.stock_days {
            0 => submitted_at,
            days => calendar(self.calendar.as_str()).add(submitted_at, working_days(days))?,
        };
        let lasts_until = lasts_until.date(self.utc_offset_minutes);
        let spare_days = delay.expected.days_until(lasts_until);
        log!("stock lasts until {lasts_until}, the new date is {}", delay.expected);
        Ok(if spare_days >= self.margin_days {
            Impact::Covered
        } else if spare_days >= 0 || material.deferrable || material.substitute.is_some() {
            Impact::Tight
        } else {
            Impact::Stop
        })
    }

    fn new_date_within(&self, impact: Impact) -> Span {
        if impact == Impact::Stop { self.new_date_within_at_a_stop } else { self.new_date_within }
    }
}

impl Impact {
    /// Of the message, as the organisation counts them.
    fn level(self) -> u8 {
        match self {
            Self::Stop => 1,
            Self::Tight => 2,
            Self::Covered => 3,
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Covered => "covered",
            Self::Tight => "tight",
            Self::Stop => "stop",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bundle, with the office hours of `cn-office`; its cases keep away from holidays.
    fn bundle() -> Harness<SupplierRisk> {
        let office = OfficeHours::new([(8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60 + 30)], 8 * 60);
        Harness::of_bundle("../../rules/procurement/supplier-risk").unwrap().calendar("cn-office", office)
    }

    #[test]
    fn the_cases_of_the_bundle() {
        bundle().assert_cases();
    }

    #[test]
    fn the_settings_of_the_bundle_are_sound() {
        assert!(bundle().validate_settings().is_empty());
        let wrong = json!({
            "calendar": "cn-office", "utc_offset_minutes": 4_800, "margin_days": -1,
            "new_date_within": {"working_days": 1}, "new_date_within_at_a_stop": "PT4H",
        });
        assert_eq!(bundle().settings(wrong).validate_settings().len(), 2);
    }
}
