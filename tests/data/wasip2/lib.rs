//! A policy that uses Rust's library as a program does: a map with a random seed, output, a clock; and that panics.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use herald_policy_sdk::prelude::*;

#[derive(Deserialize)]
struct Counts {}

impl Policy for Counts {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        let mut letters: HashMap<char, u32> = HashMap::new();
        for letter in message.subject.chars() {
            *letters.entry(letter).or_default() += 1;
        }
        println!("{} letters", letters.len());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        eprintln!("{} s", now.as_secs());
        assert!(message.subject != "none", "nothing to count");
        if std::fs::read("/etc/passwd").is_ok() || std::env::args().count() > 0 {
            plan.send("everyone");
        }
        plan.label("letters", letters.len().to_string());
        Ok(())
    }
}

herald_policy_sdk::export!(Counts);
