//! Keeps the counts of promises as goals change.

use super::Workspace;
use super::apply::ApplyError;
use crate::case::{Goal, Standing};
use crate::ids::GoalNumber;
use crate::names::StageName;
use crate::plan::GoalName;

impl Workspace<'_> {
    /// A stage that starts is decided anew, whatever was decided in it before.
    pub(super) fn forget_promises_of(&mut self, stage: &StageName) -> Result<(), ApplyError> {
        self.case_mut()?.promises.remove(&GoalName::Stage(stage.clone()));
        Ok(())
    }

    /// A goal that stood as `was` stands as `is`: so does its promise, unless another goal stands for it too.
    pub(super) fn count_promise(&mut self, number: GoalNumber, was: Standing, is: Standing) -> Result<(), ApplyError> {
        if was == is {
            return Ok(());
        }
        let first = self.first_of_promise(number)?;
        let goal = self.promised(number)?;
        let (name, kept_at) = (goal.name.clone(), goal.met_at);
        let (before, after) = if first == number {
            let followers = goal.followers.get(&name).copied().unwrap_or_default();
            (followers.promise(was), followers.promise(is))
        } else {
            let goal = self.promised(first)?;
            // What is promised under another name after a breach is a promise of its own.
            let stands = if goal.name == name { goal.standing() } else { Standing::Out };
            let (mut before, mut after) = (Standing::Out, Standing::Out);
            self.change_goal(first, |goal| {
                let followers = goal.followers.entry(name.clone()).or_default();
                before = followers.promise(stands);
                followers.change(was, is);
                after = followers.promise(stands);
            })?;
            (before, after)
        };
        if before == after {
            return Ok(());
        }
        self.case_mut()?.promises.entry(name).or_default().change(before, after, kept_at);
        Ok(())
    }

    /// The first of the goals that stand for the same promise: the one whose breach all others follow from.
    fn first_of_promise(&mut self, mut number: GoalNumber) -> Result<GoalNumber, ApplyError> {
        while let Some(breached) = self.promised(number)?.follows {
            number = breached;
        }
        Ok(number)
    }

    fn promised(&mut self, number: GoalNumber) -> Result<&Goal, ApplyError> {
        self.goal(number)?.ok_or_else(|| ApplyError::Missing(format!("goal {number}")))
    }
}
