//! A submission: what a client sends for one message, and how it becomes a draft for the engine.
//!
//! Names and words are read here, so that a wrong one is answered with the nearest right one; sizes, the form
//! and the defaults of the kind are the draft's own business.

use std::collections::BTreeMap;
use std::str::FromStr;

use herald_core::access::Requester;
use herald_core::message::{Audience, Classification, ContentType, Urgency};
use herald_core::names::{DepartmentId, KindName};
use herald_core::organisation::Organisation;
use herald_core::target::{Actor, Target};
use herald_engine::{Configured, Draft};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::json::field_errors;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use herald_core::nearest::guess;

/// One message, as a client submits it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "a message: an object")]
pub struct Submission {
    /// The kind of message, as GET /v1/kinds lists them.
    #[schema(required = true, example = "equipment-fault")]
    pub kind: String,
    /// One line that says what it is about: 1 to 200 characters.
    #[schema(required = true, min_length = 1, max_length = 200, example = "3号注塑机停机")]
    pub subject: String,
    /// At most 200 characters.
    #[schema(max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The kind's form, filled in.
    #[schema(value_type = Object)]
    pub body: Map<String, Value>,
    /// The department it is sent for. May be left out by who speaks for one department only.
    #[schema(example = "production")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// `urgent` or `normal`; without it, the kind's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// `everyone`, `department` or `external`; without it, the kind's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// `public`, `internal`, `confidential` or `restricted`; without it, the kind's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// `notice`, `collaboration`, `decision` or `feedback`; without it, the kind's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whom the sender names, at most 256: `person:ID`, `role:DEPARTMENT/ROLE`, `department:ID`,
    /// `contact:ID`, `everyone`.
    #[schema(max_items = 256)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Free labels for policies to look at: at most 32, names and values of at most 255 bytes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The same event submitted twice while its case is live is one case. At most 255 bytes.
    #[schema(max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// The id of the case this one came out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<String>,
}

impl Submission {
    /// The draft that the engine takes.
    ///
    /// # Errors
    /// 422 with everything that is wrong: names and words, and what the draft itself would be refused for.
    pub(crate) fn into_draft(self, configured: &Configured, requester: &Requester) -> Result<Draft, Problem> {
        let organisation = configured.organisation();
        let mut fields = Fields { organisation, errors: Vec::new() };
        let kind = fields.kind(&self.kind);
        let department = fields.department(self.department.as_deref(), requester);
        let urgency = fields.word("/urgency", self.urgency.as_deref(), Urgency::ALL, Urgency::as_str);
        let audience = fields.word("/audience", self.audience.as_deref(), Audience::ALL, Audience::as_str);
        let classification = self.classification.as_deref();
        let classification =
            fields.word("/classification", classification, Classification::ALL, Classification::as_str);
        let content_type = self.content_type.as_deref();
        let content_type = fields.word("/content_type", content_type, ContentType::ALL, ContentType::as_str);
        let to = self.to.iter().enumerate();
        let to: Vec<Target> = to.filter_map(|(index, target)| fields.read(&format!("/to/{index}"), target)).collect();
        let caused_by = self.caused_by.as_deref().and_then(|id| fields.read("/caused_by", id));
        let mut errors = fields.errors;
        let (Some(kind), Some(department)) = (kind, department) else {
            return Err(Problem::of_fields(ProblemKind::Fields, errors));
        };
        let draft = Draft {
            kind,
            subject: self.subject,
            summary: self.summary,
            body: self.body,
            department,
            urgency,
            audience,
            classification,
            content_type,
            to,
            labels: self.labels,
            dedup_key: self.dedup_key,
            caused_by,
        };
        if errors.is_empty() {
            return Ok(draft);
        }
        // It is refused already; what else is wrong with it is said in the same answer.
        let refused = draft.into_message(configured, requester.actor.clone(), Timestamp::UNIX_EPOCH);
        errors.extend(field_errors(refused.err().unwrap_or_default()));
        Err(Problem::of_fields(ProblemKind::Fields, errors))
    }
}

/// Reads fields one by one and collects what is wrong with them.
struct Fields<'a> {
    organisation: &'a Organisation,
    errors: Vec<FieldError>,
}

impl Fields<'_> {
    fn wrong(&mut self, pointer: &str, message: impl ToString) {
        self.errors.push(FieldError::new(pointer, message));
    }

    fn read<T: FromStr<Err: ToString>>(&mut self, pointer: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.wrong(pointer, error)).ok()
    }

    /// A known kind. The name comes out of the organisation, where it lies ready to be shared.
    fn kind(&mut self, name: &str) -> Option<KindName> {
        let kinds = &self.organisation.kinds;
        let found = kinds.get_key_value(name).map(|(name, _)| name.clone());
        if found.is_none() {
            let message = match name {
                "" => "missing: name the kind of message; GET /v1/kinds lists them".to_owned(),
                _ => format!("there is no kind `{name}`{}", guess(name, kinds.keys().map(KindName::as_str))),
            };
            self.wrong("/kind", message);
        }
        found
    }

    fn department(&mut self, name: Option<&str>, requester: &Requester) -> Option<DepartmentId> {
        let departments = &self.organisation.departments;
        let Some(name) = name else {
            let only = only_department(self.organisation, requester);
            if only.is_none() {
                self.wrong("/department", "missing: name the department that the message is sent for");
            }
            return only;
        };
        let found = departments.get_key_value(name).map(|(name, _)| name.clone());
        if found.is_none() {
            let near = guess(name, departments.keys().map(DepartmentId::as_str));
            self.wrong("/department", format!("there is no department `{name}`{near}"));
        }
        found
    }

    fn word<T: Copy>(
        &mut self,
        pointer: &str,
        word: Option<&str>,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let word = word?;
        let found = all.iter().copied().find(|value| name(*value) == word);
        if found.is_none() {
            let words: Vec<_> = all.iter().map(|value| format!("`{}`", name(*value))).collect();
            self.wrong(pointer, format!("`{word}` is none of {}", words.join(", ")));
        }
        found
    }
}

/// The department that a requester speaks for, if it is one only.
fn only_department(organisation: &Organisation, requester: &Requester) -> Option<DepartmentId> {
    let of_person = match &requester.actor {
        Actor::Person(person) => organisation.people.get(person).map(|person| person.departments.as_slice()),
        _ => None,
    };
    let mut all = requester.speaks_for.iter().chain(of_person.unwrap_or_default());
    let first = all.next()?;
    all.all(|other| other == first).then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use herald_policy::{PolicySet, World};
    use serde_json::json;

    use super::*;

    fn organisation() -> Organisation {
        serde_json::from_value(json!({
            "departments": {"production": {"title": "生产部"}, "maintenance": {"title": "设备部"}},
            "people": {
                "li.lei": {"title": "李雷", "departments": ["production"]},
                "zhao.min": {"title": "赵敏", "departments": ["production", "maintenance"]}
            },
            "kinds": {"equipment-fault": {"title": "设备故障", "form": {}}}
        }))
        .unwrap()
    }

    fn draft(person: &str, submission: Value) -> Result<Draft, Vec<(String, String)>> {
        let requester = Requester::plain(Actor::Person(person.parse().unwrap()));
        let submission: Submission = serde_json::from_value(submission).unwrap();
        let wrong = |problem: Problem| problem.errors.into_iter().map(|e| (e.pointer, e.message)).collect();
        let world = World::new(Arc::new(organisation())).unwrap();
        let configured = Configured { world: Arc::new(world), policies: PolicySet::default() };
        submission.into_draft(&configured, &requester).map_err(wrong)
    }

    #[test]
    fn every_wrong_word_is_named_with_its_field() {
        let sent = json!({
            "kind": "equipment-falt", "department": "producton", "urgency": "asap", "audience": "all",
            "classification": "secret", "content_type": "x", "to": ["department:production", "boss"],
            "caused_by": "17"
        });
        let errors = draft("li.lei", sent).unwrap_err();
        let expected = [
            ("/kind", "there is no kind `equipment-falt`; did you mean `equipment-fault`?"),
            ("/department", "there is no department `producton`; did you mean `production`?"),
            ("/urgency", "`asap` is none of `urgent`, `normal`"),
            ("/audience", "`all` is none of `everyone`, `department`, `external`"),
            ("/classification", "`secret` is none of"),
            ("/content_type", "`x` is none of"),
            ("/to/1", "`boss` is no target"),
            ("/caused_by", "`17` is not the id of a message"),
        ];
        assert_eq!(errors.len(), expected.len(), "{errors:?}");
        for ((pointer, message), (expected_pointer, says)) in errors.iter().zip(expected) {
            assert_eq!(pointer, expected_pointer);
            assert!(message.contains(says), "{message}");
        }
    }

    #[test]
    fn what_the_form_wants_is_said_in_the_same_answer() {
        let errors = draft("li.lei", json!({"kind": "equipment-fault", "urgency": "asap"})).unwrap_err();
        let pointers: Vec<_> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/urgency", "/subject"], "{errors:?}");
    }

    #[test]
    fn the_only_department_goes_without_saying() {
        let sent = json!({"kind": "equipment-fault", "subject": "x", "urgency": "urgent"});
        let draft_of = |person| draft(person, sent.clone());
        let made = draft_of("li.lei").unwrap();
        assert_eq!(made.department.as_str(), "production");
        assert_eq!((made.urgency, made.audience), (Some(Urgency::Urgent), None));
        assert_eq!(draft_of("zhao.min").unwrap_err()[0].0, "/department");
        assert_eq!(draft_of("nobody").unwrap_err()[0].0, "/department");
    }
}
