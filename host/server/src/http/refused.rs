//! How what the engine refuses becomes a problem.

use herald_core::step::Refusal;
use herald_engine::Refused;

use super::json::field_errors;
use super::problem::{FieldError, Problem, ProblemKind};

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Step(refusal) => refusal.into(),
            Refused::Form(problems) => Self::of_fields(form_or_fields(&problems), field_errors(problems)),
            Refused::KeyReused => Self::new(ProblemKind::KeyReused, detail),
            Refused::KeyInFlight => Self::new(ProblemKind::InFlight, detail),
            Refused::Overloaded { retry_after } => {
                Self::new(ProblemKind::Overloaded, detail).retry_after(retry_after.as_secs().max(1))
            }
            Refused::Contended => Self::new(ProblemKind::Overloaded, detail),
            Refused::TooLarge { .. } => Self::new(ProblemKind::TooLarge, detail),
            Refused::Unknown => Self::new(ProblemKind::UnknownOutcome, detail),
            Refused::Stopped | Refused::Closing => Self::new(ProblemKind::NotReady, detail),
            // The engine has logged it.
            Refused::Internal => Self::new(ProblemKind::Internal, detail),
        }
    }
}

/// What is wrong in the body is wrong by the kind's form; the rest by this API's own rules.
fn form_or_fields(problems: &[herald_policy::FieldProblem]) -> ProblemKind {
    let by_form = problems.iter().any(|problem| problem.pointer.starts_with("/body"));
    if by_form { ProblemKind::Form } else { ProblemKind::Fields }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound(_) => Self::new(ProblemKind::NotFound, detail),
            Refusal::Forbidden { .. } => Self::new(ProblemKind::Forbidden, detail),
            Refusal::Version { .. } => Self::new(ProblemKind::Version, detail),
            Refusal::Invalid { field, message } => {
                Self::of_fields(ProblemKind::Fields, vec![FieldError::new(field, message)])
            }
            Refusal::Exists
            | Refusal::Status { .. }
            | Refusal::TaskOver { .. }
            | Refusal::OtherTask { .. }
            | Refusal::Goal { .. }
            | Refusal::First(_)
            | Refusal::TooLate(_) => Self::new(ProblemKind::Status, detail),
            Refusal::RemindedAlready { wait_seconds, .. } => {
                Self::new(ProblemKind::Reminded, detail).retry_after(wait_seconds.max(1))
            }
            // What the organisation's configuration lacks; nobody's request is at fault.
            Refusal::Nobody | Refusal::Deadline { .. } | Refusal::NoCalendar { .. } => {
                Self::new(ProblemKind::Incomplete, detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_organisation_lacks_is_no_failed_publication() {
        let goal = || "answer".to_owned();
        let lacks =
            [Refusal::Nobody, Refusal::NoCalendar { goal: goal() }, Refusal::Deadline { goal: goal(), why: goal() }];
        for refusal in lacks {
            let (detail, problem) = (refusal.to_string(), Problem::from(refusal));
            assert_eq!((problem.kind, problem.kind.status().as_u16()), (ProblemKind::Incomplete, 409), "{detail}");
            assert!(!problem.kind.title().contains("published"), "{detail}");
        }
    }
}
