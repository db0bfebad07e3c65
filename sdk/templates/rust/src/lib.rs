//! What this policy decides is in the bundle's README.md.

use herald_policy_sdk::prelude::*;

/// The `[settings]` of policy.toml.
#[derive(Deserialize)]
struct Notices {
    confirm_working_hours: u32,
}

impl Policy for Notices {
    /// Who gets a message, and what is asked of them.
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        log!("a notice about {}", message.field::<&str>("reason")?);
        plan.level(if message.urgency == "urgent" { 1 } else { 3 });
        plan.send("department:{{department}}").acknowledge_within(working_hours(self.confirm_working_hours));
        Ok(())
    }

    /// What happens when a goal is breached.
    fn escalate(&self, _: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
        log!("{} was due at {}", breach.goal, breach.due);
        plan.notify("role:{{department}}/head");
        Ok(())
    }

    /// What is wrong with the settings, a sentence each.
    fn validate_settings(&self) -> Vec<String> {
        let none = self.confirm_working_hours == 0;
        none.then(|| "`confirm_working_hours` is a whole number above 0".to_owned()).into_iter().collect()
    }
}

herald_policy_sdk::export!(Notices);

#[cfg(test)]
mod tests {
    use super::*;

    /// Natively, without a Wasm toolchain: `cargo test`.
    #[test]
    fn the_cases_hold() {
        Harness::<Notices>::of_bundle("..").unwrap().assert_cases();
    }
}
