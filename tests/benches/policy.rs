//! What a policy costs: a hook with all that Herald does around it beside a bare call of the same script, and
//! picking the bundles of a message among many.

use std::sync::Arc;

use herald_core::message::Message;
use herald_core::target::Actor;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, HostLimits, PolicySet, World};
use herald_tests::Failure;
use herald_tests::measure::{micros, rounds};
use herald_tests::report::{Target, head, note, row};
use herald_tests::workload::{self, Files, SENDER, fault_draft, files};
use jiff::Timestamp;
use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Engine, ImmutableString, Scope};

/// Calls in a round.
const CALLS: u32 = 2_000;

fn main() -> Result<(), Failure> {
    let world = Arc::new(World::new(Arc::new(workload::organisation()?)).map_err(|_| "the sample does not compile")?);
    let configured = Configured { world: Arc::clone(&world), policies: PolicySet::default() };
    let message = fault_draft(1)?.into_message(&configured, Actor::Person(SENDER.parse()?), Timestamp::UNIX_EPOCH);
    let message = Arc::new(message.map_err(|problems| format!("{problems:?}"))?);
    head("policies: median of microseconds a call");
    for (id, files) in workload::bundles()? {
        route(&id.to_string(), files, &world, &message)?;
    }
    note("measured: one bundle asked through the set: picking it, limits, records, plan, merge of the one plan");
    note("bare: `call_fn` of the same script; its verbs exist and do nothing, no limits, no records");
    choosing(&world, &message)
}

/// A `route` as Herald calls it, beside a bare call of the script.
fn route(name: &str, files: Files, world: &Arc<World>, message: &Arc<Message>) -> Result<(), Failure> {
    let script = String::from_utf8(files.get("policy.rhai").cloned().unwrap_or_default())?;
    let ours = PolicySet::new(vec![bundle(files)?]);
    let none = PolicySet::default();
    let (engine, ast) = bare(&script)?;
    let facts = BareMessage::of(message);
    let call =
        || engine.call_fn::<Dynamic>(&mut Scope::new(), &ast, "route", (facts.clone(), BarePlan)).map_or(0, |_| 1);
    if call() == 0 {
        return Err(format!("the bare engine does not run the script of {name}").into());
    }
    let decide = |set: &PolicySet| set.decide(world, message).contributions.len();
    let times = rounds(CALLS, &[&|| decide(&ours), &call, &|| decide(&none)]);
    let [ours, bare, empty] = times.as_slice() else { return Err("three are measured".into()) };
    row(name, &micros(*ours), &format!("bare {}", micros(*bare)), ours / bare, "", Target::AtMost(2.5));
    let hook = ours - empty;
    let beside = format!("without a bundle {}", micros(*empty));
    row("  of that, the hook alone", &micros(hook), &beside, hook / bare, "", Target::None);
    Ok(())
}

/// Choosing among many bundles of one kind that differ by label and department.
fn choosing(world: &Arc<World>, message: &Arc<Message>) -> Result<(), Failure> {
    let mut wanted = Message::clone(message);
    wanted.labels.insert("line".to_owned(), "7".to_owned());
    let fits = Arc::new(wanted.clone());
    wanted.labels.insert("line".to_owned(), "none".to_owned());
    let fits_none = Arc::new(wanted);
    let (few, many) = (shelf(100)?, shelf(10_000)?);
    for (name, message, found) in [("choosing, one bundle fits", &fits, 1), ("choosing, none fits", &fits_none, 0)] {
        let decide = |set: &PolicySet| set.decide(world, message).contributions.len();
        if (decide(&few), decide(&many)) != (found, found) {
            return Err("another number of bundles fits than should".into());
        }
        let times = rounds(CALLS, &[&|| decide(&few), &|| decide(&many)]);
        let [few, many] = times.as_slice() else { return Err("two are measured".into()) };
        let (measured, beside) = (micros(*many), format!("among 100: {}", micros(*few)));
        row(name, &measured, &beside, many / few, "", Target::AtMost(3.0));
    }
    note("measured: a whole decision among 10,000 bundles on one shelf, of which each does nothing");
    Ok(())
}

/// So many bundles of the organisation, for four departments and as many lines as are needed.
fn shelf(count: usize) -> Result<PolicySet, Failure> {
    let departments = ["production", "maintenance", "sales", "quality"];
    let bundles = (0..count).map(|number| {
        let department = departments.get(number % departments.len()).copied().unwrap_or_default();
        let line = number / departments.len();
        let manifest = format!(
            "name = \"b{number}\"\ndepartment = \"organisation\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n\
             [applies_to]\nkinds = [\"equipment-fault\"]\ndepartments = [\"{department}\"]\nlabels = {{ line = [\"{line}\"] }}\n"
        );
        bundle(files(&manifest, "fn route(message, plan) { }"))
    });
    Ok(PolicySet::new(bundles.collect::<Result<_, _>>()?))
}

fn bundle(files: Files) -> Result<Arc<Bundle>, Failure> {
    let host = HostLimits::default();
    let files = BundleFiles::new(files, &host)?;
    Ok(Arc::new(Bundle::load(&files, 1, &host).map_err(|report| report.to_string())?))
}

/// What the scripts read of a message, ready to be handed out.
#[derive(Clone)]
struct BareMessage {
    kind: ImmutableString,
    urgency: ImmutableString,
    department: ImmutableString,
}

impl BareMessage {
    fn of(message: &Message) -> Self {
        Self {
            kind: message.kind.as_str().into(),
            urgency: message.urgency.as_str().into(),
            department: message.department.as_str().into(),
        }
    }
}

#[derive(Clone)]
struct BareBody;
#[derive(Clone)]
struct BarePlan;
#[derive(Clone)]
struct BareLink;
#[derive(Clone)]
struct BareSpan;

/// An engine without limits whose verbs do nothing, and `script` as it compiles it.
fn bare(script: &str) -> Result<(Engine, AST), Failure> {
    let mut engine = Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine
        .register_get("kind", |message: &mut BareMessage| message.kind.clone())
        .register_get("urgency", |message: &mut BareMessage| message.urgency.clone())
        .register_get("department", |message: &mut BareMessage| message.department.clone())
        .register_get("body", |_: &mut BareMessage| BareBody)
        .register_fn("has", |_: BareBody, _: ImmutableString| true)
        .register_set("level", |_: &mut BarePlan, _: i64| ())
        .register_fn("label", |_: &mut BarePlan, _: ImmutableString, _: ImmutableString| ())
        .register_fn("assign", |_: &mut BarePlan, _: ImmutableString| ())
        .register_fn("send", |_: &mut BarePlan, _: ImmutableString| BareLink)
        .register_fn("goal", |_: &mut BarePlan, _: ImmutableString| BareLink)
        .register_fn("acknowledge_within", |link: &mut BareLink, _: ImmutableString| link.clone())
        .register_fn("within", |link: &mut BareLink, _: BareSpan| link.clone())
        .register_fn("owner", |link: &mut BareLink, _: ImmutableString| link.clone())
        .register_fn("working_days", |_: i64| BareSpan)
        .register_fn("working_hours", |_: i64| BareSpan);
    let ast = engine.compile(script)?;
    Ok((engine, ast))
}
