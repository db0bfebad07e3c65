//! A small organisation, and bundles out of texts, for the tests of this crate.

use std::alloc::System;
use std::sync::Arc;

use herald_core::message::Message;
use herald_core::organisation::Organisation;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::diagnostic::CheckReport;
use crate::evaluation::{Evaluation, Input, Subject};
use crate::files::BundleFiles;
use crate::limits::{HostLimits, Limits};
use crate::memory::Counting;
use crate::world::World;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

pub(crate) fn world() -> Arc<World> {
    let department = |title: &str, roles: Value| json!({"title": title, "roles": roles});
    let organisation: Organisation = serde_json::from_value(json!({
        "revision": 7,
        "rules": {"catch_all": "role:organisation/duty", "calendar": "office"},
        "departments": {
            "organisation": department("本公司", json!({"general-manager": ["zong"], "duty": ["duty"]})),
            "customer-service": department(
                "客服部",
                json!({"head": ["li.lei"], "supervisor": ["li.lei"], "agent": ["han"]}),
            ),
            "sales": department("销售部", json!({"head": ["wang"], "director": ["wang"]})),
            "production": department("生产部", json!({"head": ["zhao"]})),
            "legal": department("法务部", json!({"head": ["qian"], "reviewer": ["qian"], "compliance": ["qian"]})),
            "public-relations": department("公关部", json!({"head": ["sun"], "lead": ["sun"]}))
        },
        "people": {
            "zong": {"title": "总经理", "departments": ["organisation"]},
            "duty": {"title": "值班", "departments": ["organisation"]},
            "li.lei": {"title": "李雷", "departments": ["customer-service"]},
            "han": {"title": "韩梅梅", "departments": ["customer-service"]},
            "wang": {"title": "王", "departments": ["sales"]},
            "zhao": {"title": "赵", "departments": ["production"]},
            "qian": {"title": "钱", "departments": ["legal"]},
            "sun": {"title": "孙", "departments": ["public-relations"]}
        },
        "contacts": {"acme": {"title": "Acme"}},
        "calendars": {"office": {
            "time_zone": "Asia/Shanghai",
            "weekly": {
                "mon": ["09:00-18:00"], "tue": ["09:00-18:00"], "wed": ["09:00-18:00"],
                "thu": ["09:00-18:00"], "fri": ["09:00-18:00"]
            }
        }},
        "channels": {
            "inbox": {"title": "收件箱", "transport": {"type": "inbox"}},
            "group": {"title": "群", "transport": {"type": "webhook", "url": "https://example.com/g"}},
            "phone": {"title": "电话", "transport": {"type": "webhook", "url": "https://example.com/p"}},
            "ticket": {"title": "工单", "transport": {"type": "webhook", "url": "https://example.com/t"}}
        },
        "kinds": {
            "complaint": {"title": "投诉", "form": {
                "type": "object",
                "properties": {
                    "amount_cents": {"type": "integer"},
                    "rate": {"type": "number"},
                    "machine": {"type": "string"},
                    "paid": {"type": ["boolean", "null"]},
                    "customer": {"type": "object", "properties": {
                        "name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}
                    }},
                    "items": {"type": "array", "items": {"type": "object", "properties": {
                        "code": {"type": "string"}, "count": {"type": "integer"}
                    }}},
                    "extra": {"type": "object"}
                }
            }},
            "fault": {"title": "故障", "form": {"type": "object"}, "deferrable": true}
        }
    }))
    .unwrap();
    organisation.check().unwrap();
    Arc::new(World::new(Arc::new(organisation)).unwrap())
}

/// A `route` of a bundle without settings and tables, about the usual message.
pub(crate) fn evaluation() -> Evaluation {
    Evaluation { subject: subject(json!({})), input: Input::Route, limits: Limits::default(), given: Arc::default() }
}

/// [`message`] in [`world`].
pub(crate) fn subject(change: Value) -> Arc<Subject> {
    Subject::new(&world(), message(change))
}

/// A complaint that customer service sends; `change` overrides fields.
pub(crate) fn message(change: Value) -> Arc<Message> {
    let mut message = json!({
        "kind": "complaint", "subject": "裂纹", "body": {"amount_cents": 1_000}, "sender": {"person": "han"},
        "department": "customer-service", "urgency": "normal", "audience": "department",
        "classification": "internal", "content_type": "feedback", "submitted_at": "2026-11-20T08:30:00Z"
    });
    for (key, value) in change.as_object().unwrap() {
        message[key] = value.clone();
    }
    Arc::new(serde_json::from_value(message).unwrap())
}

pub(crate) fn files(files: &[(&str, &str)]) -> BundleFiles {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    BundleFiles::new(files, &HostLimits::default()).unwrap()
}

/// The decision table of bundles that are made of a script.
const TIERS: &str = "\
tier,amount_cents,rate,submitted,->,level,to,share
strategic|key,,,,->,1,role:sales/director,0.5
,>=100000,,,->,2,department:sales,
,,<0.3,,->,3,,
,,,>=2026-11-20,->,2,everyone,1
";

/// A manifest of `id` with the hooks that `script` defines, followed by `more`.
pub(crate) fn manifest(id: &str, script: &str, more: &str) -> String {
    let (department, name) = id.split_once('/').unwrap();
    let hooks: Vec<_> =
        ["route", "approve", "escalate"].into_iter().filter(|hook| script.contains(&format!("fn {hook}("))).collect();
    format!("name = {name:?}\ndepartment = {department:?}\nlanguage = \"rhai\"\nhooks = {hooks:?}\n{more}\n")
}

pub(crate) fn compile(id: &str, script: &str, more: &str) -> Result<Bundle, CheckReport> {
    let manifest = manifest(id, script, more);
    let files = files(&[("policy.toml", &manifest), ("policy.rhai", script), ("tables/tiers.csv", TIERS)]);
    Bundle::compile(&files, 3, &world(), &HostLimits::default())
}

/// As [`compile`] without looking up names: what is wrong shows when it runs.
pub(crate) fn load(id: &str, script: &str, more: &str) -> Bundle {
    let manifest = manifest(id, script, more);
    let files = files(&[("policy.toml", &manifest), ("policy.rhai", script), ("tables/tiers.csv", TIERS)]);
    Bundle::load(&files, 3, &HostLimits::default()).unwrap()
}
