//! Turns of a writer, one by one: no thread, no waiting.

use std::borrow::Cow;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::bounded;
use herald_core::access::Requester;
use herald_core::case::{Goal, GoalStatus, Status};
use herald_core::decision::{Contribution, Decision, Escalation, SetGoal};
use herald_core::encoded::Encoded;
use herald_core::event::Event;
use herald_core::ids::{CaseId, GoalNumber, Shard};
use herald_core::message::Message;
use herald_core::organisation::{Channel, Organisation};
use herald_core::record::{Json, Request};
use herald_core::target::Actor;
use herald_core::workspace::Rows;
use herald_policy::{PolicySet, World};
use herald_store::{Partition, StoreSettings};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::*;
use crate::clock::TurnedClock;
use crate::configured::{Configured, Current};
use crate::courier::{Carried as CourierCarried, Courier, Parcel};
use crate::draft::Draft;
use crate::evaluation::decide;
use crate::pool::Pool;
use crate::random::Random;
use crate::request::{Answer, OwedAnswer};
use crate::settings::Settings;
use crate::stats::Stats;

const START: &str = "2026-11-23T06:00:00Z";

struct NoCourier;

impl Courier for NoCourier {
    fn carry(&self, _: Parcel) -> Pin<Box<dyn Future<Output = CourierCarried> + Send + '_>> {
        unreachable!("a writer sends nothing")
    }

    fn next_attempt(&self, _: &Channel, _: u32, _: Timestamp, _: Option<Timestamp>, _: u64) -> Option<Timestamp> {
        unreachable!("a writer sends nothing")
    }
}

struct Bench {
    writer: Writer,
    configured: Configured,
    cases: u64,
}

fn at(minutes: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

impl Bench {
    fn new() -> Self {
        let backend = redb::backends::InMemoryBackend::new();
        Self::on(Partition::open_with_backend(backend, &StoreSettings::default()).unwrap())
    }

    fn on(partition: Partition) -> Self {
        let organisation = include_str!("../../../../tests/data/house/organisation.json");
        let organisation: Organisation = serde_json::from_str(organisation).unwrap();
        let world = Arc::new(World::new(Arc::new(organisation)).unwrap());
        let configured = Configured { world, policies: PolicySet::default() };
        let stats = Arc::new(Stats::default());
        let lane = Arc::new(Lane {
            share: herald_core::step::Share::WHOLE,
            partition,
            inbox: bounded(1).0,
            stopped: OnceLock::new(),
            committed: watch::channel(0).0,
            sending: AtomicUsize::new(0),
        });
        let host = Host {
            settings: Settings::default(),
            clock: Arc::new(TurnedClock::new(at(0))),
            random: Random::from_seed([1; 32]),
            configured: Current::new(configured.clone()),
            courier: Arc::new(NoCourier),
            pool: Pool::start(1, 1, &stats).unwrap(),
            stats,
            lanes: vec![Arc::clone(&lane)],
            closing: AtomicBool::new(false),
            started: std::time::Instant::now(),
        };
        Self { writer: Writer::new(Arc::new(host), lane), configured, cases: 0 }
    }

    /// A turn, and the breaches that it wants policies to be asked about.
    fn turn(&mut self, now: Timestamp, inputs: impl IntoIterator<Item = Input>) -> Vec<Breached> {
        let turn = self.writer.turn(now, inputs.into_iter()).unwrap();
        let breached = |effect| match effect {
            Effect::Escalate(breached) => Some(breached),
            Effect::Sweep | Effect::Attend => None,
        };
        turn.effects.into_iter().filter_map(breached).collect()
    }

    /// A decided fault of somebody in production, with what `adjust` makes of the decision.
    fn submission(&mut self, machine: &str, adjust: impl FnOnce(&mut Decision)) -> (CaseId, Command) {
        let Value::Object(body) = json!({"machine": machine}) else { unreachable!() };
        let draft = Draft {
            kind: "fault".parse().unwrap(),
            subject: "3号注塑机停机".to_owned(),
            summary: None,
            body,
            department: "production".parse().unwrap(),
            urgency: None,
            audience: None,
            classification: None,
            content_type: None,
            to: Vec::new(),
            labels: Default::default(),
            dedup_key: None,
            caused_by: None,
        };
        let message: Message = draft.into_message(&self.configured, person("li").actor, at(0)).unwrap();
        let (message, mut decision) = decide(&self.configured, &Stats::default(), message);
        adjust(Arc::make_mut(&mut decision));
        self.cases += 1;
        let command = Command::Submit { message: Encoded::new(message), decision: Encoded::new(decision) };
        (CaseId::new(at(0), Shard::of_digest(0), self.cases), command)
    }

    /// Begins a case with a goal of zhao's, due so many minutes after [`START`].
    fn case_due(&mut self, minutes: i64) -> CaseId {
        let goal = json!({
            "name": "repair", "owner": "person:zhao", "within": format!("PT{minutes}M"), "set_by": "organisation/none"
        });
        let goal: SetGoal = serde_json::from_value(goal).unwrap();
        let (case, command) = self.submission("IM-03", |decision| decision.plan.goals.push(goal));
        self.turn(at(0), [work(case, "li", command)]);
        assert_eq!(self.goals(case)[0].status, GoalStatus::Running);
        case
    }

    fn goals(&self, case: CaseId) -> Vec<Goal> {
        let snapshot = self.writer.lane.partition.snapshot().unwrap();
        let row = snapshot.case(case).unwrap().unwrap();
        row.goals().map(|number| snapshot.goal(case, number).unwrap().unwrap()).collect()
    }
}

fn person(id: &str) -> Requester {
    Requester::plain(Actor::Person(id.parse().unwrap()))
}

fn asked(case: CaseId, who: &str, command: Command, origin: Origin) -> Input {
    let requester = person(who);
    let received_at = None;
    Input::Work(Box::new(Work { case, requester, request: None, expected_version: None, received_at, command, origin }))
}

fn work(case: CaseId, who: &str, command: Command) -> Input {
    asked(case, who, command, Origin::Nobody)
}

fn escalated(breached: &Breached, escalation: Option<Escalation>) -> Input {
    let Breached { case, goals } = breached.clone();
    Input::Escalated { case, goals, escalation: escalation.map(Box::new) }
}

#[test]
fn a_breach_is_asked_about_once_and_an_act_of_the_same_turn_comes_first() {
    let mut bench = Bench::new();
    let (late, kept) = (bench.case_due(60), bench.case_due(60));
    let meet = Command::Meet { goal: "repair".parse().unwrap() };
    assert_eq!(bench.turn(at(59), []), []);
    let breached = Breached { case: late, goals: vec![GoalNumber(1)] };
    assert_eq!(bench.turn(at(60), [work(kept, "zhao", meet.clone())]), std::slice::from_ref(&breached));
    assert_eq!(bench.turn(at(61), []), [], "it is being asked about");
    assert_eq!(bench.goals(kept)[0].status, GoalStatus::Met);
    assert_eq!(bench.goals(late)[0].status, GoalStatus::Running);

    bench.turn(at(61), [escalated(&breached, Some(Escalation::default()))]);
    assert_eq!(bench.goals(late)[0].status, GoalStatus::Breached);
    // The built-in chain follows: the owner's head has as long again, from the deadline on.
    assert_eq!(bench.goals(late)[1].due, Some(at(120)));
    assert_eq!(bench.turn(at(119), []), []);
    assert_eq!(bench.turn(at(120), []), [Breached { case: late, goals: vec![GoalNumber(2)] }]);

    // An escalation that comes too late changes nothing.
    let stale = escalated(&Breached { case: kept, goals: vec![GoalNumber(1)] }, Some(Escalation::default()));
    bench.turn(at(121), [stale]);
    assert_eq!(bench.goals(kept).len(), 1);
}

#[test]
fn new_cases_come_last_in_the_order_of_their_ids_and_the_rest_in_its_own() {
    let mut bench = Bench::new();
    let old = bench.case_due(60);
    let mut new: Vec<_> = (0..30).map(|_| bench.submission("IM-03", |_| ())).collect();
    let ids: Vec<_> = new.iter().map(|(case, _)| *case).collect();
    assert!(ids.is_sorted());
    new.reverse();
    let comment = |number: usize| Command::Comment { task: None, text: number.to_string() };
    let inputs: Vec<_> = (0..)
        .zip(new)
        .map(|(number, (case, command))| [work(case, "li", command), work(old, "zhao", comment(number))])
        .collect();
    bench.turn(at(1), inputs.into_iter().flatten());

    let snapshot = bench.writer.lane.partition.snapshot().unwrap();
    let of = |case: CaseId| snapshot.records(case, None, 100).unwrap().into_iter();
    let comments: Vec<_> = of(old).skip(1).collect();
    let said = comments.iter().map(|entry| match entry.record.as_ref().unwrap().events.as_slice() {
        [Event::Commented { text, .. }, ..] => text.clone(),
        other => panic!("{other:?}"),
    });
    assert!(said.eq((0..30).map(|number| number.to_string())), "what is said about a case stays in its order");
    let positions =
        comments.iter().map(|entry| entry.position).chain(ids.iter().map(|case| of(*case).next().unwrap().position));
    let positions: Vec<_> = positions.collect();
    assert!(positions.is_sorted() && positions.iter().all(|position| position.sequence == 2), "{positions:?}");
}

/// A journal keeps answers that were written with their fields in alphabetical order.
#[test]
fn an_owed_answer_is_read_whatever_the_order_of_its_fields() {
    let mut bench = Bench::new();
    let (case, command) = bench.submission("IM-03", |_| ());
    let (sender, mut answer) = oneshot::channel::<Settled>();
    bench.turn(at(0), [asked(case, "li", command, Origin::Caller(Reply { sender, key: None }))]);
    let Answer { outcome, view, .. } = answer.try_recv().unwrap().answer.unwrap();
    let view = view.unwrap();
    assert!(!view.tasks.is_empty() || !view.goals.is_empty() || !view.deliveries.is_empty());
    let owed = OwedAnswer { case, outcome, view: Some(Cow::Borrowed(&view)), receipt: None };
    let sorted = serde_json::to_value(&owed).unwrap();
    assert_ne!(sorted.to_string(), serde_json::to_string(&owed).unwrap(), "the order is another");
    for answer in [Json::of(&owed), Json::of(&sorted)] {
        let [principal, path, key, body_digest] = ["person:li", "/v1/messages", "k", "00"].map(str::to_owned);
        let request = Request { principal, path, key, body_digest, answer: answer.unwrap() };
        let again = repeat(request, "00").unwrap();
        assert_eq!((again.case, again.repeated, again.view.as_deref()), (case, true, Some(&*view)));
    }
}

#[test]
fn a_breach_that_could_not_be_asked_about_comes_again_after_a_rest() {
    let mut bench = Bench::new();
    let case = bench.case_due(60);
    let breached = Breached { case, goals: vec![GoalNumber(1)] };
    assert_eq!(bench.turn(at(60), []), std::slice::from_ref(&breached));
    assert_eq!(bench.turn(at(60), [escalated(&breached, None)]), []);
    assert_eq!(bench.turn(at(60) + SignedDuration::from_secs(59), []), []);
    assert_eq!(bench.turn(at(61), []), [breached]);
}

#[test]
fn past_due_timers_fire_oldest_first_and_so_many_at_once() {
    let mut bench = Bench::new();
    let mut cases: Vec<CaseId> = (1..=40).rev().map(|minutes| bench.case_due(minutes)).collect();
    cases.reverse();
    let first = bench.turn(at(100), []);
    let of = |breached: &[Breached]| breached.iter().map(|breached| breached.case).collect::<Vec<_>>();
    assert_eq!(of(&first), cases[..32]);
    let back: Vec<_> = first[..5].iter().map(|breached| escalated(breached, None)).collect();
    assert_eq!(of(&bench.turn(at(100), back)), cases[32..37]);
}

#[test]
fn breaches_of_one_case_are_judged_one_after_the_other() {
    let mut bench = Bench::new();
    let goal = |name: &str, minutes: i64| {
        let goal = json!({
            "name": name, "owner": "person:zhao", "within": format!("PT{minutes}M"), "set_by": "organisation/none"
        });
        serde_json::from_value::<SetGoal>(goal).unwrap()
    };
    let goals = [goal("repair", 70), goal("spare-part", 60), goal("report", 60)];
    let (case, command) = bench.submission("IM-03", |decision| decision.plan.goals.extend(goals));
    bench.turn(at(0), [work(case, "li", command)]);
    let other = bench.case_due(80);
    let names = |bench: &Bench, breached: &[Breached]| -> Vec<(CaseId, String)> {
        let name = |case, number: GoalNumber| bench.goals(case)[number.0 as usize - 1].name.to_string();
        breached.iter().map(|breached| (breached.case, name(breached.case, breached.goals[0]))).collect()
    };
    let first = bench.turn(at(100), []);
    let [(of_first, name), (of_second, _)] = &names(&bench, &first)[..] else { panic!("{first:?}") };
    assert_eq!((*of_first, *of_second), (case, other), "another case does not wait");
    assert!(["report", "spare-part"].contains(&name.as_str()), "{name}");
    assert_eq!(bench.turn(at(101), []), [], "the others of its case do");
    let second = bench.turn(at(101), [escalated(&first[0], Some(Escalation::default()))]);
    // One that could not be asked about rests; the next does not wait for it.
    let third = bench.turn(at(101), [escalated(&second[0], None)]);
    assert_eq!((second.len(), names(&bench, &third)), (1, vec![(case, "repair".to_owned())]));
}

#[test]
fn goals_of_one_name_that_are_due_at_once_are_one_breach() {
    let mut bench = Bench::new();
    let everyone = json!({"acknowledge": [{"within": "PT1H", "set_by": "organisation/none"}]});
    let (case, command) = bench.submission("IM-03", |decision| {
        decision.plan.recipients.insert("everyone".parse().unwrap(), serde_json::from_value(everyone).unwrap());
    });
    bench.turn(at(0), [work(case, "li", command)]);
    let goals: Vec<_> = bench.goals(case).iter().map(|goal| goal.number).collect();
    assert!(goals.len() >= 4, "one for each person");
    assert_eq!(bench.turn(at(60), []), [Breached { case, goals }]);
}

#[test]
fn time_stands_still_while_the_clock_is_behind() {
    let mut bench = Bench::new();
    let case = bench.case_due(60);
    let meet = Command::Meet { goal: "repair".parse().unwrap() };
    bench.turn(at(-30), [work(case, "zhao", meet)]);
    assert_eq!(bench.goals(case)[0].met_at, Some(at(0)));
}

#[test]
fn what_fits_no_frame_is_refused_and_the_rest_takes_as_many_frames_as_it_needs() {
    let mut bench = Bench::new();
    let mut answers = Vec::new();
    let mut inputs = Vec::new();
    // Of 512 KiB, seven records of 70 KB fit into a frame, and one of 600 KB into none.
    for number in 0..10 {
        let size = if number == 3 { 600_000 } else { 70_000 };
        let (case, command) = bench.submission(&"x".repeat(size), |_| ());
        let (sender, answer) = oneshot::channel::<Settled>();
        inputs.push(asked(case, "li", command, Origin::Caller(Reply { sender, key: None })));
        answers.push(answer);
    }
    bench.turn(at(0), inputs);
    for (number, mut answer) in answers.into_iter().enumerate() {
        match answer.try_recv().unwrap().answer {
            Ok(answer) => assert!(number != 3 && answer.view.is_some()),
            Err(Refused::TooLarge { bytes, .. }) => assert!(number == 3 && bytes > 600_000),
            Err(other) => panic!("{number}: {other}"),
        }
    }
    assert_eq!(bench.writer.host.stats.frames.get(), 2);
    assert_eq!(bench.writer.lane.partition.head().sequence, 2);
}

/// What a bundle said with `size` bytes of answers from the host.
fn contribution(bundle: &str, hook: &str, size: usize) -> Contribution {
    let answers = json!([{"question": "people(everyone)", "answer": "x".repeat(size)}]);
    serde_json::from_value(json!({
        "bundle": bundle, "revision": 1, "digest": "", "layer": "organisation", "hook": hook,
        "outcome": {"failed": {"cause": "error", "message": "it failed"}}, "answers": answers,
        "cost": {"time_micros": 1, "operations": 1, "memory_bytes": 0}
    }))
    .unwrap()
}

#[test]
fn a_message_whose_decision_fits_no_record_is_held_with_the_reason() {
    let mut bench = Bench::new();
    let parts = || ["organisation/small", "production/large"].into_iter().zip([200_000, 400_000]);
    let contributions: Vec<_> = parts().map(|(bundle, size)| contribution(bundle, "route", size)).collect();
    let (case, command) = bench.submission("IM-03", |decision| decision.contributions = contributions.clone());
    let (sender, mut answer) = oneshot::channel::<Settled>();
    bench.turn(at(0), [asked(case, "li", command, Origin::Caller(Reply { sender, key: None }))]);
    let view = answer.try_recv().unwrap().answer.unwrap().view.unwrap();
    assert_eq!(view.status, Status::Held);
    let held = view.held.unwrap();
    assert_eq!(held.bundle.to_string(), "production/large");
    assert!(held.reason.contains("larger than a record"), "{}", held.reason);

    // Its release is decided anew, and held again while that does not fit either.
    for (contributions, status) in [(contributions, Status::Held), (Vec::new(), Status::Open)] {
        let (_, command) = bench.submission("IM-03", |decision| decision.contributions = contributions);
        let Command::Submit { decision, .. } = command else { unreachable!() };
        let requester = Requester { admin: true, ..person("wang") };
        let (command, origin) = (Command::Release { decision }, Origin::Nobody);
        let received_at = None;
        let work = Work { case, requester, request: None, expected_version: None, received_at, command, origin };
        bench.turn(at(1), [Input::Work(Box::new(work))]);
        assert_eq!(bench.writer.lane.partition.snapshot().unwrap().case(case).unwrap().unwrap().status, status);
    }
}

#[test]
fn an_escalation_that_fits_no_record_goes_the_houses_own_way() {
    let mut bench = Bench::new();
    let case = bench.case_due(60);
    let breached = bench.turn(at(60), []).remove(0);
    let contributions = vec![contribution("organisation/large", "escalate", 600_000)];
    let too_large = Escalation { contributions, ..Escalation::default() };
    bench.turn(at(60), [escalated(&breached, Some(too_large))]);
    let goals = bench.goals(case);
    assert_eq!(goals[0].status, GoalStatus::Breached);
    assert_eq!(goals[1].due, Some(at(120)), "the owner's head has as long again");
}

/// Makes the first row of a table unreadable.
fn damage(path: &Path, table: &'static str) {
    let table = redb::TableDefinition::<&[u8], &[u8]>::new(table);
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut rows = transaction.open_table(table).unwrap();
        let key = redb::ReadableTable::first(&rows).unwrap().unwrap().0.value().to_vec();
        rows.insert(key.as_slice(), b"{".as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

#[test]
fn a_row_that_cannot_be_read_stops_only_what_needs_it() {
    // A damaged goal cannot even be asked about; that its case is damaged shows when the breach is judged.
    for (table, is_asked_about) in [("goals", false), ("cases", true)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("partition.redb");
        let open = || Bench::on(Partition::open(&path, &StoreSettings::default()).unwrap());
        let mut bench = open();
        let (damaged, sound) = (bench.case_due(60), bench.case_due(60));
        drop(bench);
        damage(&path, table);

        let mut bench = open();
        let meet = || Command::Meet { goal: "repair".parse().unwrap() };
        let (sender, mut answer) = oneshot::channel::<Settled>();
        let asked = asked(damaged, "zhao", meet(), Origin::Caller(Reply { sender, key: None }));
        bench.turn(at(59), [asked, work(sound, "zhao", meet())]);
        assert!(matches!(answer.try_recv().unwrap().answer, Err(Refused::Internal)), "{table}");
        assert_eq!(bench.writer.host.stats.defects.get(), 1, "{table}");
        assert_eq!(bench.goals(sound)[0].status, GoalStatus::Met, "{table}");

        let breached = Breached { case: damaged, goals: vec![GoalNumber(1)] };
        let expected = if is_asked_about { vec![breached.clone()] } else { Vec::new() };
        assert_eq!(bench.turn(at(60), []), expected, "{table}");
        let judged = escalated(&breached, Some(Escalation::default()));
        assert_eq!(bench.turn(at(60), [judged]), [], "{table}");
        assert_eq!(bench.turn(at(60) + SignedDuration::from_secs(59), []), [], "{table}: it rests");
        assert_eq!(bench.turn(at(61), []), expected, "{table}");
    }
}
