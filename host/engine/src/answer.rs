//! What a request is answered with: its case, as far as the requester may see it. The one place where that is
//! decided for answers.

use herald_core::access::{self, Requester};
use herald_core::decision::Decision;
use herald_core::names::PersonId;
use herald_core::organisation::Organisation;
use herald_core::view::view;
use herald_core::workspace::Workspace;
use herald_store::StoreError;

use crate::request::{Answer, Outcome, Receipt};

/// Whom an answer is for.
pub(crate) struct Reader<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) requester: &'a Requester,
}

impl Reader<'_> {
    /// The answer with `workspace`'s case, as it is after a command that `decision` was made for. `participates`
    /// says whether a person takes part in it.
    pub(crate) fn answer(
        &self,
        workspace: &mut Workspace<'_>,
        outcome: Outcome,
        decision: Option<&Decision>,
        participates: impl FnOnce(&PersonId) -> Result<bool, StoreError>,
    ) -> Result<Answer, StoreError> {
        let unseen = Answer { case: workspace.id(), outcome, repeated: false, view: None, receipt: None };
        let Some(case) = workspace.case() else { return Ok(unseen) };
        if access::sees(self.organisation, case, self.requester, participates)? {
            let view = view(workspace, decision)?.map(Box::new);
            return Ok(Answer { view, ..unseen });
        }
        // Where an event was submitted before, it was somebody else's, and its fate is theirs to know.
        let receipt = match outcome {
            Outcome::Existing => None,
            Outcome::Created | Outcome::Changed => Some(Receipt { status: case.status, version: case.version }),
        };
        Ok(Answer { receipt, ..unseen })
    }
}
