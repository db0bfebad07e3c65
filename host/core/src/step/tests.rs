//! The case machine, by scenarios: what is asked of a case, and what is to be seen afterwards.

mod approval;
mod escalations;
mod goals;
mod life;
mod random;
mod statuses;
