//! The first rule that holds, from the bundle's decision table or from the rules in this component's own code.

use herald_policy_sdk::prelude::*;
use peers_rules::{Facts, first};

herald_policy_sdk::export!(Routing);

/// Where the rules are.
#[derive(Deserialize)]
struct Routing {
    asks_the_table: bool,
}

/// A row of `tables/rules.csv`.
#[derive(Deserialize)]
struct Row {
    to: String,
    level: u8,
}

impl Policy for Routing {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        let label = |name| message.label(name).unwrap_or_default();
        let (region, tier, amount) = (label("region"), label("tier"), message.field("amount")?);
        if self.asks_the_table {
            let row = table("rules")
                .given("kind", message.kind.as_str())
                .given("department", message.department.as_str())
                .given("urgency", message.urgency.as_str())
                .given("region", region)
                .given("tier", tier)
                .given("amount", amount)
                .first()?;
            if let Some(row) = row {
                let Row { to, level } = row.read()?;
                plan.level(level).send(to);
            }
        } else {
            let texts = [&message.kind, &message.department, &message.urgency, region, tier];
            if let Some(outcome) = first(&Facts { texts, amount }) {
                plan.level(outcome.level).send(outcome.to);
            }
        }
        Ok(())
    }
}
