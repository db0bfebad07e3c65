//! Herald, as it decides for real: one bundle of the organisation asked through the set, with limits, records and the
//! merge of its plan. The message is one that the host has checked, made from the facts in each call.

use std::fmt::Write as _;
use std::sync::Arc;

use herald_core::decision::{HookOutcome, HookPlan};
use herald_core::message::{Audience, Classification, ContentType, Message, Urgency};
use herald_core::organisation::Organisation;
use herald_core::target::Actor;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, World};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Asker, Loaded, System};
use crate::Failure;
use crate::workload::{DEPARTMENTS, Facts, KINDS, Outcome, Rule, TEXT_FIELDS, names};

/// The component, as `guests/build` makes it.
const COMPONENT: &[u8] = include_bytes!("../../guests/herald.wasm");
/// What asks the table.
const LOOKUP: &str = r#"
fn route(message, plan) {
    let row = table("rules").first(#{
        kind: message.kind, department: message.department, urgency: message.urgency,
        region: message.label("region"), tier: message.label("tier"), amount: message.body.amount,
    });
    if row != () {
        plan.send(row.to);
        plan.level = row.level;
    }
}
"#;
/// Size of the largest script in KiB; an `if` for each of 10,000 rules is more than the 256 that a host allows
/// unless it is told to.
const SCRIPT_LIMIT_KIB: u32 = 4_096;

/// How the rules are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A script with an `if` for each.
    Script,
    /// A decision table, asked by a script.
    Table,
    /// A decision table, asked by a component.
    Component,
    /// In a component's own code.
    Call,
}

struct Herald {
    way: Way,
    world: Arc<World>,
}

struct Policies {
    world: Arc<World>,
    set: PolicySet,
}

/// The host with its organisation.
pub(crate) fn system(way: Way) -> Result<Box<dyn System>, Failure> {
    let world = World::new(Arc::new(organisation()?)).map_err(|errors| format!("{errors:?}"))?;
    Ok(Box::new(Herald { way, world: Arc::new(world) }))
}

impl System for Herald {
    fn text(&self, rules: &[Rule]) -> Result<String, Failure> {
        match self.way {
            Way::Script => script(rules),
            Way::Table | Way::Component => csv(rules),
            Way::Call => Ok(String::new()),
        }
    }

    fn load(&self, text: String) -> Result<Box<dyn Loaded>, Failure> {
        let language = if matches!(self.way, Way::Script | Way::Table) { "rhai" } else { "wasm" };
        let manifest = format!(
            "name = \"routing\"\ndepartment = \"organisation\"\nlanguage = \"{language}\"\nhooks = [\"route\"]\n\
             [settings]\nasks_the_table = {}\n",
            self.way == Way::Component
        );
        let mut files = vec![("policy.toml", manifest.into_bytes())];
        match self.way {
            Way::Script => files.push(("policy.rhai", text.into_bytes())),
            Way::Table => files.extend([("policy.rhai", LOOKUP.into()), ("tables/rules.csv", text.into_bytes())]),
            Way::Component => {
                files.extend([("policy.wasm", COMPONENT.into()), ("tables/rules.csv", text.into_bytes())]);
            }
            Way::Call => files.push(("policy.wasm", COMPONENT.into())),
        }
        let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
        let host = HostLimits { script_limit_kib: SCRIPT_LIMIT_KIB, ..HostLimits::default() };
        let bundle = Bundle::load(&BundleFiles::new(files, &host)?, 1, &host).map_err(|report| report.to_string())?;
        Ok(Box::new(Policies { world: Arc::clone(&self.world), set: PolicySet::new(vec![Arc::new(bundle)]) }))
    }
}

impl Loaded for Policies {
    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure> {
        Ok(Box::new(self))
    }
}

impl Asker for &Policies {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        let decision = self.set.decide(&self.world, &Arc::new(message(facts)?));
        let [contribution] = decision.contributions.as_slice() else { return Err("one bundle is asked".into()) };
        match &contribution.outcome {
            HookOutcome::Failed { message, .. } => Err(message.clone().into()),
            HookOutcome::Plan(HookPlan::Route(plan)) => Ok(plan
                .sends
                .first()
                .map(|send| Outcome { to: send.to.to_string(), level: decision.plan.level.into() })),
            HookOutcome::Plan(_) => Err("it was asked for a route".into()),
        }
    }
}

fn message(facts: &Facts) -> Result<Message, Failure> {
    let [kind, department, urgency, region, tier] = &facts.texts;
    Ok(Message {
        kind: kind.parse()?,
        subject: "routing".to_owned(),
        summary: None,
        body: Map::from_iter([("amount".to_owned(), facts.amount.into())]),
        sender: Actor::Anonymous,
        department: department.parse()?,
        urgency: if urgency == "urgent" { Urgency::Urgent } else { Urgency::Normal },
        audience: Audience::Department,
        classification: Classification::Internal,
        content_type: ContentType::Notice,
        to: Vec::new(),
        labels: [("region", region), ("tier", tier)].map(|(name, text)| (name.to_owned(), text.clone())).into(),
        dedup_key: None,
        caused_by: None,
        submitted_at: Timestamp::UNIX_EPOCH,
    })
}

/// An organisation with the departments and kinds that rules speak of.
fn organisation() -> Result<Organisation, Failure> {
    let all = |members: &mut dyn Iterator<Item = (String, Value)>| Value::Object(members.collect());
    let departments = || std::iter::once("organisation".to_owned()).chain(names("department", DEPARTMENTS));
    let form = json!({
        "type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"],
        "additionalProperties": false,
    });
    let head = |department: &str| format!("head-of-{department}");
    Ok(serde_json::from_value(json!({
        "revision": 1,
        "rules": {"catch_all": "person:head-of-organisation", "calendar": "office", "may_reach_everyone": []},
        "departments": all(&mut departments().map(|name| {
            let heads = [head(&name)];
            (name.clone(), json!({"title": name, "roles": {"head": heads}}))
        })),
        "people": all(&mut departments().map(|name| (head(&name), json!({"title": name, "departments": [name]})))),
        "calendars": {"office": {"time_zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}},
        "channels": {"inbox": {"title": "inbox", "transport": {"type": "inbox"}}},
        "kinds": all(&mut names("kind", KINDS).map(|name| (name.clone(), json!({"title": name, "form": form})))),
    }))?)
}

fn script(rules: &[Rule]) -> Result<String, Failure> {
    let mut text = "fn route(message, plan) {
    let kind = message.kind;
    let department = message.department;
    let urgency = message.urgency;
    let region = message.label(\"region\");
    let tier = message.label(\"tier\");
    let amount = message.body.amount;
"
    .to_owned();
    for rule in rules {
        let mut conditions: Vec<_> = rule.named().map(|(field, wanted)| format!("{field} == \"{wanted}\"")).collect();
        if let Some(range) = &rule.amount {
            conditions.push(format!("amount >= {} && amount < {}", range.start, range.end));
        }
        let (conditions, Outcome { to, level }) = (conditions.join(" && "), &rule.outcome);
        writeln!(text, "    if {conditions} {{ plan.send(\"{to}\"); plan.level = {level}; return; }}")?;
    }
    text.push_str("}\n");
    Ok(text)
}

fn csv(rules: &[Rule]) -> Result<String, Failure> {
    let mut text = format!("{},amount,->,to,level\n", TEXT_FIELDS.join(","));
    for rule in rules {
        for wanted in &rule.texts {
            write!(text, "{},", wanted.as_deref().unwrap_or_default())?;
        }
        if let Some(range) = &rule.amount {
            write!(text, ">={} <{}", range.start, range.end)?;
        }
        let Outcome { to, level } = &rule.outcome;
        writeln!(text, ",->,{to},{level}")?;
    }
    Ok(text)
}
