//! Random commands against live cases, in a directory whose people come and go.
//!
//! What must hold after each is in the fixture's invariants: every command that is carried out is held against
//! them, and every timer that falls due must be taken.

use std::collections::BTreeMap;

use jiff::ToSpan;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::case::{DeliveryStatus, TaskKind, TaskStatus};
use crate::command::{Command, Verb};
use crate::fixture::{World, plan};
use crate::ids::TaskNumber;
use crate::names::PersonId;
use crate::organisation::Absence;
use crate::target::Actor;

/// One command to be made up: most fit the case as it stands, some are nonsense.
#[derive(Debug, Clone)]
struct Move {
    verb: usize,
    fits: bool,
    pick: usize,
    who: usize,
    minutes: i64,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (
        0..Verb::ALL.len() + 8,
        prop::bool::weighted(0.8),
        any::<u16>(),
        any::<u16>(),
        prop_oneof![
            4 => 0..120_i64,
            1 => 0..5_000_i64,
        ],
    );
    let one = one.prop_map(|(verb, fits, pick, who, minutes)| Move {
        verb,
        fits,
        pick: usize::from(pick),
        who: usize::from(who),
        minutes,
    });
    prop::collection::vec(one, 1..32)
}

/// Those of `parts` whose bit is set.
fn picked(parts: &[Value], bits: u32) -> Vec<Value> {
    parts.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1).map(|(_, part)| part.clone()).collect()
}

fn reaches() -> Vec<(&'static str, Value)> {
    let promise = |within: Value| json!([{"within": within, "set_by": "sales/x"}]);
    vec![
        ("department:sales", json!({"answer": promise(json!("PT24H")), "by": ["room", "inbox"]})),
        ("role:sales/agent", json!({"acknowledge": promise(json!({"working_hours": 4})), "by": ["phone"]})),
        ("everyone", json!({"acknowledge": promise(json!({"working_days": 1}))})),
        ("role:sales/nobody", json!({"answer": promise(json!({"working_days": 2}))})),
        ("person:s.head", json!({"report": promise(json!("PT72H"))})),
        ("contact:acme", json!({"by": ["partner"]})),
        ("person:p.worker", json!({})),
        (
            "members:production",
            json!({"acknowledge": [{"within": "PT20H", "remind_before": "PT2H", "set_by": "sales/x"}]}),
        ),
        (
            "role:legal/head",
            json!({"answer": [
                {"within": "PT4H", "about": "the law", "set_by": "sales/x"},
                {"within": "PT6H", "about": "the price", "remind_before": "PT1H", "set_by": "sales/x"},
            ]}),
        ),
    ]
}

fn goals() -> Vec<Value> {
    let set_by = "production/x";
    vec![
        json!({"name": "solve", "within": {"working_days": 2}, "set_by": set_by, "stops": "resolved", "warn_before": "PT2H"}),
        json!({"name": "solve", "within": "PT20H", "set_by": set_by, "owner": "role:production/head"}),
        json!({"name": "approved", "within": "PT6H", "set_by": set_by, "starts": "submitted", "stops": "opened"}),
        json!({"name": "tell", "within": "PT6H", "set_by": set_by, "starts": "met:solve", "stops": "met:survey"}),
        json!({"name": "weekly", "within": {"working_days": 1}, "set_by": set_by, "repeats": true, "stops": "resolved"}),
        json!({"name": "survey", "within": {"working_days": 1}, "set_by": set_by, "starts": "resolved", "stops": "met:tell"}),
        json!({"name": "learn", "within": {"working_hours": 9}, "set_by": set_by, "starts": "closed"}),
        json!({"name": "daily", "within": "PT24H", "set_by": set_by, "repeats": true, "owner": "role:sales/agent"}),
        json!({"name": "after", "within": "PT6H", "set_by": set_by, "starts": "met:answer", "stops": "met:solve"}),
        json!({"name": "watch", "within": "PT9H", "set_by": set_by, "starts": "met:acknowledge", "stops": "met:coordinate"}),
        json!({"name": "file", "within": "PT6H", "set_by": set_by, "starts": "met:stage:e"}),
        json!({"name": "reply", "within": "PT3H", "set_by": set_by}),
    ]
}

fn stages() -> Vec<Value> {
    let set_by = "production/x";
    vec![
        json!({"name": "a", "approvers": ["role:production/head"], "within": "PT4H", "set_by": set_by}),
        json!({"name": "b", "approvers": ["role:legal/reviewer"], "mode": {"quorum": 2}, "within": {"working_hours": 3},
            "at_deadline": "approve", "set_by": set_by}),
        json!({"name": "c", "approvers": ["role:legal/head", "person:p.worker"], "mode": "sequential", "set_by": set_by}),
        json!({"name": "d", "approvers": ["role:legal/head", "role:sales/head"], "mode": "all", "within": "PT9H",
            "at_deadline": "reject"}),
        json!({"name": "e", "phase": "acceptance", "approvers": ["role:production/head", "role:sales/head"], "mode": "all",
            "within": "PT9H", "set_by": set_by}),
    ]
}

/// A plan of some of the parts that there are.
fn plans() -> impl Strategy<Value = Value> {
    (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), any::<bool>()).prop_map(
        |(reached, set, asked, post_hoc, unasked)| {
            let recipients: BTreeMap<_, _> = reaches()
                .into_iter()
                .enumerate()
                .filter(|(n, _)| reached >> n & 1 == 1)
                .map(|(_, part)| part)
                .collect();
            let stages = if unasked { Vec::new() } else { picked(&stages(), asked) };
            json!({"recipients": recipients, "goals": picked(&goals(), set), "stages": stages, "post_hoc": post_hoc})
        },
    )
}

/// What policies answer to breaches: nothing, somebody, nobody, further goals.
fn escalations(bits: u32) -> Vec<(&'static str, Value)> {
    let promise = json!([{"within": "PT2H", "set_by": "sales/x"}]);
    let next = json!([{"name": "coordinate", "within": "PT9H", "owner": "role:sales/head", "set_by": "sales/x"}]);
    let all = [
        ("answer", json!({"notify": {"role:sales/head": {"acknowledge": promise, "by": ["phone"]}}})),
        ("acknowledge", json!({"notify": {"role:sales/nobody": {"answer": promise}}, "level": 1})),
        ("solve", json!({"assign": "role:sales/head", "goals": next})),
        ("stage:a", json!({"notify": {"role:legal/head": {"acknowledge": promise}}, "goals": next})),
        ("reply", json!({"notify": {"role:legal/head": {"answer": promise, "acknowledge": promise}}, "goals": next})),
        ("coordinate", json!({"assign": "role:organisation/general-manager"})),
        ("weekly", json!({"goals": next})),
        ("learn", json!({"notify": {"role:sales/head": {"acknowledge": promise}, "contact:acme": {}}, "goals": next})),
        ("approved", json!({"notify": {"contact:acme": {"by": ["partner"]}}})),
    ];
    all.into_iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, part)| part).collect()
}

fn word(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.to_string(),
        Actor::Service(service) => format!("service:{service}"),
        Actor::Anonymous => "anonymous".to_owned(),
        _ => "host".to_owned(),
    }
}

fn choose<T: Clone>(from: &[T], pick: usize) -> Option<T> {
    (!from.is_empty()).then(|| from[pick % from.len()].clone())
}

/// Makes up a command and who asks it.
fn made_up(world: &World, verb: Verb, one: &Move) -> (String, Command) {
    let people: Vec<PersonId> = world.organisation.people.keys().cloned().collect();
    let anybody = || choose(&people, one.who).unwrap().to_string();
    let case = world.rows.cases.get(&world.id);
    let somebody = || match one.pick % 3 {
        0 => "role:sales/agent".to_owned(),
        1 => "department:legal".to_owned(),
        _ => format!("person:{}", choose(&people, one.pick).unwrap()),
    };
    let sender = word(&world.message.sender);
    let accountable = || case.and_then(|case| case.accountable.as_ref()).map_or_else(anybody, ToString::to_string);
    let of_task = |kind: Option<TaskKind>, line: &str| {
        let fits = |status, of| status == TaskStatus::Open && kind.is_none_or(|kind| kind == of);
        let tasks: Vec<_> = world.rows.tasks.values().filter(|task| fits(task.status, task.kind)).collect();
        match choose(&tasks, one.pick).filter(|_| one.fits) {
            Some(task) => {
                let holder = choose(&task.holders, one.who).unwrap();
                (holder.to_string(), format!("{} {line}", task.number.0))
            }
            None => (anybody(), format!("{} {line}", one.pick % 9)),
        }
    };
    let live: Vec<_> = world.rows.goals.values().filter(|goal| goal.is_live()).collect();
    let of_goal = || match choose(&live, one.pick).filter(|_| one.fits) {
        Some(goal) => (choose(&goal.owners, one.who).unwrap().to_string(), goal.name.to_string()),
        None => (anybody(), "solve".to_owned()),
    };
    let host = || if one.fits { "host".to_owned() } else { anybody() };
    let fitting = |who: String| if one.fits { who } else { anybody() };
    let pending: Vec<_> =
        world.rows.deliveries.values().filter(|d| d.status == DeliveryStatus::Pending).map(|d| d.number.0).collect();
    let delivery = choose(&pending, one.pick).unwrap_or(u32::try_from(one.pick % 5).unwrap()).to_string();
    let (who, verb, words) = match verb {
        Verb::Submit => (sender, "submit", String::new()),
        Verb::Release => (fitting("admin".to_owned()), "release", String::new()),
        Verb::Approve => triple(of_task(Some(TaskKind::Approve), ""), "approve"),
        Verb::Reject => triple(of_task(Some(TaskKind::Approve), "no"), "reject"),
        Verb::Return => triple(of_task(Some(TaskKind::Approve), "unclear"), "return"),
        Verb::Resubmit => (fitting(sender), "resubmit", String::new()),
        Verb::Withdraw => (fitting(sender), "withdraw", String::new()),
        Verb::Claim => triple(of_task(None, ""), "claim"),
        Verb::Acknowledge => triple(of_task(Some(TaskKind::Acknowledge), ""), "acknowledge"),
        Verb::Answer => triple(of_task(Some(TaskKind::Answer), "yes"), "answer"),
        Verb::Report => triple(of_task(Some(TaskKind::Report), "half"), "report"),
        Verb::Transfer => triple(of_task(None, &somebody()), "transfer"),
        Verb::Delegate => triple(of_task(None, &somebody()), "delegate"),
        Verb::AddApprover => triple(of_task(Some(TaskKind::Approve), &somebody()), "add-approver"),
        Verb::Remind => (fitting(sender), "remind", ["", "1", "answer", "acknowledge"][one.pick % 4].to_owned()),
        Verb::Comment => (fitting(sender), "comment", "so it is".to_owned()),
        Verb::Copy => (fitting(sender), "copy", somebody()),
        Verb::HandOver => (fitting(accountable()), "hand-over", somebody()),
        Verb::Resolve => (fitting(accountable()), "resolve", "done".to_owned()),
        Verb::Reopen => (fitting(accountable()), "reopen", String::new()),
        Verb::Close => (fitting(sender), "close", (one.pick % 7).to_string()),
        Verb::Archive => (fitting("admin".to_owned()), "archive", String::new()),
        Verb::Pause => triple(of_goal(), "pause"),
        Verb::Resume => triple(of_goal(), "resume"),
        Verb::Meet => triple(of_goal(), "meet"),
        Verb::Decline => {
            let promise = || {
                let (who, goal) = of_goal();
                (who, format!("{goal} never"))
            };
            triple(if one.pick.is_multiple_of(2) { promise() } else { of_task(None, "never") }, "decline")
        }
        Verb::DeliveryReport => (host(), ["arrived", "failed", "dead"][one.pick % 3], delivery),
        Verb::Replay => ("admin".to_owned(), "replay", (one.pick % 5).to_string()),
        Verb::GoalWarning => (host(), "warn", format!("{} {}", one.pick % 7, one.who % 7)),
        Verb::GoalDue => (host(), "due", format!("{} {}", one.pick % 7, one.who % 7)),
        Verb::Regive => (host(), "regive", format!("{} {}", one.pick % 7, one.who % 7)),
    };
    (who, crate::fixture::command(world, verb, words.trim()))
}

fn triple((who, words): (String, String), verb: &str) -> (String, &str, String) {
    (who, verb, words)
}

/// Somebody leaves, comes back or is away for a day; their open tasks are given again.
fn somebody_goes(world: &mut World, one: &Move) {
    let people: Vec<PersonId> = world.organisation.people.keys().cloned().collect();
    let who = choose(&people, one.pick).unwrap();
    let substitute = choose(&people, one.who).unwrap();
    let now = world.now;
    let person = world.organisation.people.get_mut(&who).unwrap();
    match one.minutes % 3 {
        0 => person.active = !person.active,
        1 => person.absences.push(Absence { from: now, until: now + 24.hours() }),
        _ => person.substitute = Some(substitute),
    }
    // Somebody always works here.
    world.organisation.people.get_mut("duty").unwrap().active = true;
    if world.rows.cases.contains_key(&world.id) {
        let tasks: Vec<TaskNumber> = world.rows.tasks.keys().map(|(_, number)| *number).collect();
        // Refused by the status, or done.
        let _ = world.run("host", &Command::Regive { tasks });
    }
}

fn senders() -> impl Strategy<Value = Actor> {
    let person = |id: &str| Actor::Person(id.parse().unwrap());
    prop_oneof![
        4 => Just(person("p.worker")),
        1 => Just(person("p.head")),
        1 => Just(person("gm")),
        1 => Just(Actor::Service("mes".parse().unwrap())),
        1 => Just(Actor::Anonymous),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_commands_breaks_the_machine(
        plans in (plans(), plans()),
        sender in senders(),
        kind in prop::sample::select(&["notice", "fault", "quick", "decree", "opinion"][..]),
        escalation in any::<u32>(),
        held in prop::bool::weighted(0.1),
        moves in moves(),
    ) {
        let mut world = World::new(plans.0);
        world.message.sender = sender;
        world.message.kind = kind.parse().unwrap();
        if matches!(&world.message.sender, Actor::Person(person) if person.as_str() == "gm") {
            world.message.department = "organisation".parse().unwrap();
        }
        world.held_by = held.then_some("production/x");
        let escalations = escalations(escalation).into_iter();
        world.escalations =
            escalations.map(|(goal, made)| (goal.to_owned(), serde_json::from_value(made).unwrap())).collect();
        let submit = world.submit_command();
        let who = word(&world.message.sender);
        world.run(&who, &submit).unwrap();
        world.held_by = None;
        world.plan = plan(plans.1);
        for one in moves {
            let until = world.now + one.minutes.minutes();
            if one.pick % 5 == 0 {
                // The command comes before the timers that are due.
                world.now = until;
            } else {
                world.turn(until, !one.fits);
            }
            match Verb::ALL.get(one.verb) {
                Some(verb) => {
                    let (who, command) = made_up(&world, *verb, &one);
                    // Carried out or refused; the world holds what came of it against the invariants.
                    let _ = world.run(&who, &command);
                }
                None if one.verb % 2 == 0 => somebody_goes(&mut world, &one),
                // Time passes.
                None => {}
            }
        }
    }
}
