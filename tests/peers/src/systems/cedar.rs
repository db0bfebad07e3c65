//! cedar-policy: a `permit` for each rule, whose outcome stands in annotations.
//!
//! Cedar knows no order: it answers with all policies that hold. Policies are numbered in the order of the text, so the
//! first match is the one with the smallest number. Department and kind are principal and resource, as Cedar's users
//! would have them; the rest is the context.

use std::collections::HashMap;
use std::fmt::Write as _;

use cedar_policy::{
    Authorizer, Context, Entities, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Request,
    RestrictedExpression,
};

use super::{Asker, Loaded, System};
use crate::Failure;
use crate::workload::{Facts, Outcome, Rule};

/// The system.
pub(crate) struct Cedar;

/// A parsed policy set, and what its policies say by their ids.
struct Policies {
    authorizer: Authorizer,
    policies: PolicySet,
    outcomes: HashMap<PolicyId, (usize, Outcome)>,
    department: EntityTypeName,
    kind: EntityTypeName,
    action: EntityUid,
    nobody: Entities,
}

impl System for Cedar {
    fn text(&self, rules: &[Rule]) -> Result<String, Failure> {
        let mut text = String::new();
        for (number, rule) in rules.iter().enumerate() {
            let (mut principal, mut resource) = ("principal".to_owned(), "resource".to_owned());
            let mut conditions = Vec::new();
            for (field, wanted) in rule.named() {
                match field {
                    "department" => principal = format!("principal == Department::\"{wanted}\""),
                    "kind" => resource = format!("resource == Kind::\"{wanted}\""),
                    _ => conditions.push(format!("context.{field} == \"{wanted}\"")),
                }
            }
            if let Some(range) = &rule.amount {
                conditions.push(format!("context.amount >= {} && context.amount < {}", range.start, range.end));
            }
            let Outcome { to, level } = &rule.outcome;
            writeln!(text, "@order(\"{number}\") @to(\"{to}\") @level(\"{level}\")")?;
            write!(text, "permit({principal}, action == Action::\"route\", {resource})")?;
            match conditions.as_slice() {
                [] => writeln!(text, ";")?,
                conditions => writeln!(text, " when {{ {} }};", conditions.join(" && "))?,
            }
        }
        Ok(text)
    }

    fn load(&self, text: String) -> Result<Box<dyn Loaded>, Failure> {
        let policies: PolicySet = text.parse()?;
        let outcomes = policies.policies().map(|policy| {
            let said = |name: &str| policy.annotation(name).ok_or("every policy says this");
            let outcome = Outcome { to: said("to")?.to_owned(), level: said("level")?.parse()? };
            Ok((policy.id().clone(), (said("order")?.parse()?, outcome)))
        });
        let outcomes = outcomes.collect::<Result<_, Failure>>()?;
        Ok(Box::new(Policies {
            authorizer: Authorizer::new(),
            policies,
            outcomes,
            department: "Department".parse()?,
            kind: "Kind".parse()?,
            action: "Action::\"route\"".parse()?,
            nobody: Entities::empty(),
        }))
    }
}

impl Loaded for Policies {
    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure> {
        Ok(Box::new(self))
    }
}

impl Asker for &Policies {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        let [kind, department, urgency, region, tier] = &facts.texts;
        let entity = |of: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id));
        let text = |name: &str, text: &String| (name.to_owned(), RestrictedExpression::new_string(text.clone()));
        let context = Context::from_pairs([
            text("urgency", urgency),
            text("region", region),
            text("tier", tier),
            ("amount".to_owned(), RestrictedExpression::new_long(facts.amount)),
        ])?;
        let (principal, resource) = (entity(&self.department, department), entity(&self.kind, kind));
        let request = Request::new(principal, self.action.clone(), resource, context, None)?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.nobody);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string().into());
        }
        let found = response.diagnostics().reason().filter_map(|id| self.outcomes.get(id));
        Ok(found.min_by_key(|(order, _)| *order).map(|(_, outcome)| outcome.clone()))
    }
}
