//! What scripts read: the message, its body, the merged route plan and the breach.
//!
//! Nothing is converted before it is asked for. The body is a view over the form, not a map: reading what the
//! form does not declare, or what was not filled in, is an error, because the script language would take a
//! missing number for one that is never large enough, and an approval would be skipped in silence.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, ImmutableString, Map};
use serde_json::Value;

use super::api::{Api, Form, Owner, Verb, read_only, unknown_property};
use super::call::{Call, Raised, raise};
use super::time::Time;
use crate::evaluation::{BreachFacts, Input, RouteFacts};
use crate::form::{Field, Node};

use crate::vocabulary::{Sort, Wrong};

/// The message.
#[derive(Clone)]
pub(super) struct Message(pub(super) Arc<Call>);

/// The merged route plan, for `approve`.
#[derive(Clone)]
pub(super) struct RouteView(pub(super) Arc<Call>);

/// The breach and the case so far, for `escalate`.
#[derive(Clone)]
pub(super) struct Breach(pub(super) Arc<Call>);

/// The body, or an object in it.
#[derive(Clone)]
struct Body {
    call: Arc<Call>,
    node: Node,
    /// Where in the body, as a JSON pointer.
    pointer: Arc<str>,
}

pub(super) fn register(api: &mut Api) {
    api.handle::<Message>(Owner::Message);
    api.handle::<Body>(Owner::Body);
    api.handle::<RouteView>(Owner::Route);
    api.handle::<Breach>(Owner::Breach);
    register_message(api);
    register_body(api);
    register_route(api);
    register_breach(api);
    api.seal::<Message>(Owner::Message);
    api.seal::<RouteView>(Owner::Route);
    api.seal::<Breach>(Owner::Breach);
}

const fn of_message(name: &'static str, gives: &'static str) -> Verb {
    Verb::new(Owner::Message, Form::Getter, name).gives(gives)
}

fn text(text: impl AsRef<str>) -> ImmutableString {
    text.as_ref().into()
}

fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> Array {
    values.into_iter().map(|value| Dynamic::from(text(value.to_string()))).collect()
}

fn labels(labels: &std::collections::BTreeMap<String, String>) -> Map {
    labels.iter().map(|(name, value)| (name.as_str().into(), Dynamic::from(text(value)))).collect()
}

fn register_message(api: &mut Api) {
    api.verb(
        of_message("kind", "text")
            .doc("The kind of the message.", r#"if message.kind == "complaint" { plan.level = 2; }"#),
        |m: &mut Message| text(m.0.evaluation.subject.message.kind.as_str()),
    );
    api.verb(
        of_message("subject", "text").doc("The line that says what it is about.", "log(message.subject);"),
        |m: &mut Message| text(&m.0.evaluation.subject.message.subject),
    );
    api.verb(
        of_message("summary", "text").doc("Its summary; empty without one.", "log(message.summary);"),
        |m: &mut Message| text(m.0.evaluation.subject.message.summary.as_deref().unwrap_or_default()),
    );
    api.verb(
        of_message("body", "body").doc("The filled-in form.", "if message.body.amount_cents > 500 { plan.level = 1; }"),
        |m: &mut Message| Body { call: m.0.clone(), node: Node::ROOT, pointer: "".into() },
    );
    api.verb(
        of_message("sender", "text")
            .doc("Who sent it: `person:…`, `service:…`, `contact:…` or `anonymous`.", "log(message.sender);"),
        |m: &mut Message| text(m.0.evaluation.subject.message.sender.to_string()),
    );
    api.verb(
        of_message("department", "text")
            .doc("The department it is sent for.", "plan.send(`department:${message.department}`);"),
        |m: &mut Message| text(m.0.evaluation.subject.message.department.as_str()),
    );
    api.verb(
        of_message("urgency", "text").doc(
            "What the sender says: `urgent` or `normal`.",
            r#"if message.urgency == "urgent" { plan.level = 1; }"#,
        ),
        |m: &mut Message| text(m.0.evaluation.subject.message.urgency.as_str()),
    );
    api.verb(
        of_message("audience", "text").doc(
            "Whom the sender means it for: `everyone`, `department` or `external`.",
            r#"if message.audience == "external" { plan.level = 2; }"#,
        ),
        |m: &mut Message| text(m.0.evaluation.subject.message.audience.as_str()),
    );
    api.verb(
        of_message("classification", "text").doc(
            "How confidential it is in the sender's eyes: `public`, `internal`, `confidential` or `restricted`.",
            r#"if message.classification == "public" { plan.level = 3; }"#,
        ),
        |m: &mut Message| text(m.0.evaluation.subject.message.classification.as_str()),
    );
    api.verb(
        of_message("content_type", "text").doc(
            "What it is for: `notice`, `collaboration`, `decision` or `feedback`.",
            r#"if message.content_type == "feedback" { plan.level = 3; }"#,
        ),
        |m: &mut Message| text(m.0.evaluation.subject.message.content_type.as_str()),
    );
    api.verb(
        of_message("to", "list of texts")
            .doc("Whom the sender names.", "for target in message.to { plan.send(target); }"),
        |m: &mut Message| list(&m.0.evaluation.subject.message.to),
    );
    api.verb(
        of_message("labels", "map").doc("All labels.", "for name in message.labels.keys() { log(name); }"),
        |m: &mut Message| labels(&m.0.evaluation.subject.message.labels),
    );
    api.verb(
        Verb::new(Owner::Message, Form::Method, "label").takes(&[("name", Sort::Text)]).gives("text").doc(
            "One label; empty if it is not there.",
            r#"if message.label("tier") == "strategic" { plan.level = 1; }"#,
        ),
        |m: &mut Message, name: ImmutableString| {
            text(m.0.evaluation.subject.message.labels.get(name.as_str()).map_or("", String::as_str))
        },
    );
    api.verb(
        of_message("submitted_at", "time").doc("When it arrived.", "log(`${message.submitted_at}`);"),
        |m: &mut Message| Time(m.0.evaluation.subject.message.submitted_at),
    );
}

/// The verb that asks before something is read that may not be there.
pub(super) const HAS: Verb = Verb::new(Owner::Nothing, Form::Function, "has")
    .takes(&[("body or row", Sort::Body), ("field", Sort::Text)])
    .gives("true or false")
    .doc(
        "Whether a field of the form, or a result of a row, was filled in.",
        r#"if has(message.body, "machine") { plan.label("machine", message.body.machine); }"#,
    );

fn register_body(api: &mut Api) {
    api.verb(HAS, |body: Body, name: ImmutableString| body.read(&name).map(|value| value.is_some()));
    api.engine.register_indexer_get(|body: &mut Body, name: ImmutableString| -> Raised<Dynamic> {
        body.read(&name)?.ok_or_else(|| {
            raise(
                Wrong::new(format!("`{name}` is not filled in"))
                    .hint(Some(format!("ask `has({}, \"{name}\")` first", body.title()))),
            )
        })
    });
    api.engine.register_indexer_set(|_: &mut Body, _: ImmutableString, _: Dynamic| -> Raised<()> { Err(read_only()) });
}

impl Body {
    /// `message.body.customer`.
    fn title(&self) -> String {
        format!("message.body{}", self.pointer.replace('/', "."))
    }

    /// The value of a field, if it was filled in; `null` was not.
    fn read(&self, name: &str) -> Raised<Option<Dynamic>> {
        let message = &self.call.evaluation.subject.message;
        let form = self.call.evaluation.subject.form();
        let node = match form.map_or(Field::Open, |form| form.field(self.node, name)) {
            Field::Declared(node) => node,
            Field::Open => Node::OPEN,
            Field::Unknown => {
                let fields: Vec<_> = form.into_iter().flat_map(|form| form.fields(self.node)).collect();
                let owner = format!("`{}` of kind `{}`", self.title(), message.kind);
                return Err(raise(unknown_property(&owner, name, &fields)));
            }
        };
        let value = match self.pointer.split_first_name() {
            None => message.body.get(name),
            Some((first, rest)) => {
                message.body.get(first).and_then(|value| value.pointer(rest)).and_then(|object| object.get(name))
            }
        };
        Ok(value.filter(|value| !value.is_null()).map(|value| {
            let pointer = || format!("{}/{}", self.pointer, escape(name));
            self.value(value, node, &pointer)
        }))
    }

    fn value(&self, value: &Value, node: Node, pointer: &dyn Fn() -> String) -> Dynamic {
        match value {
            Value::Null => Dynamic::UNIT,
            Value::Bool(flag) => Dynamic::from(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Dynamic::from(whole),
                None => Dynamic::from(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(string) => Dynamic::from(text(string)),
            Value::Array(elements) => {
                let element = |(index, element)| self.value(element, node, &|| format!("{}/{index}", pointer()));
                Dynamic::from_array(elements.iter().enumerate().map(element).collect())
            }
            Value::Object(_) => Dynamic::from(Self { call: self.call.clone(), node, pointer: pointer().into() }),
        }
    }
}

/// A JSON pointer below the body: its first name, and the pointer from there.
trait SplitPointer {
    fn split_first_name(&self) -> Option<(&str, &str)>;
}

impl SplitPointer for str {
    fn split_first_name(&self) -> Option<(&str, &str)> {
        let names = self.strip_prefix('/')?;
        let end = names.find('/').unwrap_or(names.len());
        names.split_at_checked(end)
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn register_route(api: &mut Api) {
    fn facts(view: &RouteView) -> Raised<&RouteFacts> {
        match &view.0.evaluation.input {
            Input::Approve(facts) => Ok(facts),
            _ => Err(raise("only `approve` sees a route")),
        }
    }
    const fn verb(name: &'static str, gives: &'static str) -> Verb {
        Verb::new(Owner::Route, Form::Getter, name).gives(gives)
    }
    api.verb(
        verb("level", "whole number")
            .doc("How urgent it was found to be: 1, 2 or 3.", "if route.level == 1 { plan.post_hoc(); }"),
        |view: &mut RouteView| facts(view).map(|facts| i64::from(u8::from(facts.level))),
    );
    api.verb(
        verb("classification", "text").doc(
            "How confidential it was found to be.",
            r#"if route.classification == "restricted" { plan.stage("leader").any_of(["role:production/head"]); }"#,
        ),
        |view: &mut RouteView| facts(view).map(|facts| text(facts.classification.as_str())),
    );
    api.verb(
        verb("audience", "text").doc(
            "Whom it goes to: `everyone`, `department` or `external`.",
            r#"if route.audience == "external" { plan.stage("wording").any_of(["role:production/head"]); }"#,
        ),
        |view: &mut RouteView| facts(view).map(|facts| text(facts.audience.as_str())),
    );
    api.verb(
        verb("content_type", "text").doc(
            "What it is for: `notice`, `collaboration`, `decision` or `feedback`.",
            r#"if route.content_type == "decision" { plan.stage("leader").any_of(["role:production/head"]); }"#,
        ),
        |view: &mut RouteView| facts(view).map(|facts| text(facts.content_type.as_str())),
    );
    api.verb(
        verb("recipients", "list of texts")
            .doc("The targets it reaches.", r#"if "everyone" in route.recipients { log("to all"); }"#),
        |view: &mut RouteView| facts(view).map(|facts| list(&facts.recipients)),
    );
    api.verb(
        verb("channels", "list of texts")
            .doc("The channels it goes through.", r#"if "group" in route.channels { log("to a room"); }"#),
        |view: &mut RouteView| facts(view).map(|facts| list(&facts.channels)),
    );
    api.verb(
        verb("labels", "map")
            .doc("The sender's labels and those of the route.", "for name in route.labels.keys() { log(name); }"),
        |view: &mut RouteView| facts(view).map(|facts| labels(&facts.labels)),
    );
}

fn register_breach(api: &mut Api) {
    fn facts(view: &Breach) -> Raised<&BreachFacts> {
        match &view.0.evaluation.input {
            Input::Escalate(facts) => Ok(facts),
            _ => Err(raise("only `escalate` sees a breach")),
        }
    }
    const fn verb(name: &'static str, gives: &'static str) -> Verb {
        Verb::new(Owner::Breach, Form::Getter, name).gives(gives)
    }
    api.verb(
        verb("goal", "text").doc(
            "The goal that was breached: `answer`, `stage:legal`, or one of the policy's own.",
            r#"if breach.goal == "answer" { plan.notify("role:production/head"); }"#,
        ),
        |view: &mut Breach| facts(view).map(|facts| text(facts.goal.to_string())),
    );
    api.verb(verb("due", "time").doc("Its deadline.", "log(`${breach.due}`);"), |view: &mut Breach| {
        facts(view).map(|facts| Time(facts.due))
    });
    api.verb(
        verb("at", "time").doc("When the breach was noticed.", "if breach.at > breach.due { plan.level = 1; }"),
        |view: &mut Breach| facts(view).map(|facts| Time(facts.at)),
    );
    api.verb(
        verb("owners", "list of texts")
            .doc("Whose promise it was.", "for owner in breach.owners { plan.notify(owner); }"),
        |view: &mut Breach| facts(view).map(|facts| list(facts.owners.iter().map(|owner| format!("person:{owner}")))),
    );
    api.verb(
        verb("declined", "text").doc(
            "Why its owner declined it; empty if its deadline passed.",
            r#"if breach.declined != "" { plan.notify("role:production/head").ask(`settle: ${breach.declined}`, "PT24H"); }"#,
        ),
        |view: &mut Breach| facts(view).map(|facts| text(facts.declined.as_deref().unwrap_or_default())),
    );
    api.verb(
        verb("case_status", "text").doc("Where the case is.", r#"if breach.case_status == "open" { plan.level = 1; }"#),
        |view: &mut Breach| facts(view).map(|facts| text(facts.case_status.as_str())),
    );
    api.verb(
        verb("level", "whole number").doc("How urgent the case is.", "if breach.level == 3 { plan.level = 2; }"),
        |view: &mut Breach| facts(view).map(|facts| i64::from(u8::from(facts.level))),
    );
    api.verb(
        verb("reached", "list of texts")
            .doc("Whom deliveries reached so far.", "if breach.reached.is_empty() { plan.level = 1; }"),
        |view: &mut Breach| facts(view).map(|facts| list(&facts.reached)),
    );
}
