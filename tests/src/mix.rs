//! The messages that the sample organisation's people send, the first of each scenario in `tests/scenarios`, as a load.

use std::sync::Arc;

use crate::load::post;
use crate::scenario::format::Step;
use crate::scenario::{act, all};
use crate::{Failure, sample, serving};

/// Messages, and who sends them.
#[derive(Debug)]
pub struct Mix {
    messages: Vec<(String, String)>,
}

impl Mix {
    /// The first message of each scenario that a person sends and that is taken, in the order of the scenarios' names.
    ///
    /// # Errors
    /// When a scenario cannot be read, or sends a message that it does not have.
    pub fn read() -> Result<Self, Failure> {
        let bundles = sample::bundles();
        let mut messages = Vec::new();
        for scenario in all()? {
            let is_taken = |step: &&Step| {
                let Step { does, refused, by, .. } = step;
                let by_a_person = by.as_ref().is_some_and(|who| act::bearer(&scenario, who) == format!("person:{who}"));
                does.as_deref() == Some("submit") && refused.is_none() && by_a_person
            };
            let Some(step) = scenario.steps.iter().map(AsRef::as_ref).find(is_taken) else { continue };
            let mut request = act::request(&scenario, step, None, &bundles)?;
            if let Some(message) = request.body.as_object_mut() {
                // It is another event each time.
                message.remove("dedup_key");
            }
            messages.push((request.bearer, request.body.to_string()));
        }
        Ok(Self { messages })
    }

    /// How many different ones there are, and how long they are on average, in bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let count = self.messages.len();
        let bytes: usize = self.messages.iter().map(|(_, body)| body.len()).sum();
        (count, bytes / count.max(1))
    }

    /// So many requests, each message in turn, from those who send them.
    #[must_use]
    pub fn requests(&self, first: usize, count: usize) -> Arc<Vec<Vec<u8>>> {
        self.posts(first, count, |who| sample::token(who).reveal().to_owned())
    }

    /// The same requests from the bearer of [`serving::token`].
    #[must_use]
    pub fn requests_of_one(&self, first: usize, count: usize) -> Arc<Vec<Vec<u8>>> {
        self.posts(first, count, |_| serving::token().reveal().to_owned())
    }

    fn posts(&self, first: usize, count: usize, token: impl Fn(&str) -> String) -> Arc<Vec<Vec<u8>>> {
        let taken = self.messages.iter().cycle().skip(first).take(count);
        Arc::new(taken.map(|(who, body)| post("/v1/messages", &token(who), None, body)).collect())
    }
}
