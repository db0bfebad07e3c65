//! Whatever happens to cases, in whatever order: rows are those of the workspace, indexes are those of the rows,
//! and a replay makes the same bytes.

use herald_core::case::{DeliveryStatus, GoalStatus, TaskStatus};
use herald_core::workspace::{MemoryRows, Rows};
use proptest::prelude::*;

use super::*;
use crate::Database;
use crate::partition::check::{self, Problems};
use crate::partition::replay::{Frames, Replay};

const PEOPLE: [&str; 4] = ["li", "wang", "chen", "zhao"];

/// Something that may happen to a case. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Happening {
    Asked { people: u8, each: bool, due: i64 },
    Told { people: u8, inbox: bool },
    TaskDone(u32),
    Regiven { task: u32, people: u8 },
    TaskCancelled(u32),
    GoalPaused(u32),
    GoalStarted { goal: u32, due: i64, warn: bool },
    GoalWarned(u32),
    GoalBreached(u32),
    Delivered(u32),
    Failed { delivery: u32, next: i64 },
    Dead(u32),
    Replayed(u32),
    Moved(&'static str),
    Assigned(u8),
}

#[derive(Debug, Clone)]
struct Step {
    case: u64,
    minutes: i64,
    key: Option<u8>,
    frame_ends: bool,
    happening: Happening,
}

fn people(bits: u8) -> Vec<&'static str> {
    let chosen: Vec<_> = (0..4).filter(|bit| bits >> bit & 1 == 1).map(|bit| PEOPLE[bit]).collect();
    if chosen.is_empty() { vec![PEOPLE[0]] } else { chosen }
}

fn happening() -> impl Strategy<Value = Happening> {
    let number = 0_u32..12;
    let due = 0_i64..5_000;
    prop_oneof![
        3 => (any::<u8>(), any::<bool>(), due.clone()).prop_map(|(people, each, due)| Happening::Asked { people, each, due }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(people, inbox)| Happening::Told { people, inbox }),
        3 => number.clone().prop_map(Happening::TaskDone),
        2 => (number.clone(), any::<u8>()).prop_map(|(task, people)| Happening::Regiven { task, people }),
        1 => number.clone().prop_map(Happening::TaskCancelled),
        1 => number.clone().prop_map(Happening::GoalPaused),
        2 => (number.clone(), due.clone(), any::<bool>())
            .prop_map(|(goal, due, warn)| Happening::GoalStarted { goal, due, warn }),
        1 => number.clone().prop_map(Happening::GoalWarned),
        1 => number.clone().prop_map(Happening::GoalBreached),
        1 => number.clone().prop_map(Happening::Delivered),
        1 => (number.clone(), due).prop_map(|(delivery, next)| Happening::Failed { delivery, next }),
        1 => number.clone().prop_map(Happening::Dead),
        1 => number.prop_map(Happening::Replayed),
        2 => prop::sample::select(vec!["resolved", "reopened", "closed", "withdrawn", "archived"])
            .prop_map(Happening::Moved),
        1 => (0_u8..4).prop_map(Happening::Assigned),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let minutes = prop_oneof![9 => 0_i64..20, 1 => 600_i64..2_000];
    let step = (0_u64..4, minutes, prop::option::of(0_u8..4), any::<bool>(), happening());
    let step =
        step.prop_map(|(case, minutes, key, frame_ends, happening)| Step { case, minutes, key, frame_ends, happening });
    prop::collection::vec(step, 1..60)
}

/// The events of a step as they can happen to the case, if they can.
fn events(frame: &FrameWriter<'_>, id: CaseId, step: &Step) -> Vec<Event> {
    let Some(case) = frame.case(id).unwrap() else {
        let mut events = submitted((step.case < 2).then_some("im-03"));
        events.push(opened());
        return events;
    };
    let pick = |number: u32, made: u32| (made > 0).then(|| number % made + 1);
    let task = |number| {
        let task = frame.task(id, herald_core::ids::TaskNumber(pick(number, case.made.tasks)?)).unwrap()?;
        (task.status == TaskStatus::Open).then_some(task)
    };
    let goal = |number, status: &[GoalStatus]| {
        let goal = frame.goal(id, herald_core::ids::GoalNumber(pick(number, case.made.goals)?)).unwrap()?;
        status.contains(&goal.status).then_some(goal.number)
    };
    let delivery = |number, status| {
        let delivery = pick(number, case.made.deliveries)?;
        let delivery = frame.delivery(id, herald_core::ids::DeliveryNumber(delivery)).unwrap()?;
        (delivery.status == status).then_some(delivery.number)
    };
    let pending = |number| delivery(number, DeliveryStatus::Pending);
    let running = [GoalStatus::Running];
    let value = match &step.happening {
        Happening::Asked { people: bits, each: true, due } => {
            let goal = json!({"first": case.made.goals + 1, "name": "acknowledge", "department": "production",
                              "within": "PT1H", "due": at(*due), "set_by": "host"});
            Some(json!({"asked": {"first": case.made.tasks + 1, "kind": "acknowledge", "target": "everyone",
                                  "holders": {"each": people(*bits)}, "goal": goal}}))
        }
        Happening::Asked { people: bits, .. } => {
            Some(json!({"asked": {"first": case.made.tasks + 1, "kind": "answer", "target": "everyone",
                                  "holders": {"any": people(*bits)}}}))
        }
        Happening::Told { people: bits, inbox } => {
            return vec![told(case.made.deliveries + 1, if *inbox { "inbox" } else { "group" }, &people(*bits))];
        }
        Happening::TaskDone(number) => task(*number).map(|task| json!({"task-done": {"task": task.number}})),
        Happening::Regiven { task: number, people: bits } => {
            task(*number).map(|task| json!({"regiven": {"task": task.number, "holders": people(*bits)}}))
        }
        Happening::TaskCancelled(number) => {
            task(*number).map(|task| json!({"tasks-cancelled": {"tasks": [task.number]}}))
        }
        Happening::GoalPaused(number) => {
            goal(*number, &running).map(|goal| json!({"goal-paused": {"goal": goal, "remaining": {"clock": "PT1M"}}}))
        }
        Happening::GoalStarted { goal: number, due, warn } => goal(*number, GoalStatus::ALL).map(|goal| {
            let mut started = json!({"goal": goal, "started_at": at(0), "due": at(*due)});
            if *warn {
                started["warn_at"] = json!(at(due / 2));
            }
            json!({"goal-started": started})
        }),
        Happening::GoalWarned(number) => goal(*number, &running).map(|goal| json!({"goals-warned": {"goals": [goal]}})),
        Happening::GoalBreached(number) => {
            goal(*number, &running).map(|goal| json!({"goals-breached": {"goals": [goal]}}))
        }
        Happening::Delivered(number) => pending(*number).map(|number| json!({"delivered": {"delivery": number}})),
        Happening::Failed { delivery: number, next } => pending(*number)
            .map(|number| json!({"attempt-failed": {"delivery": number, "reason": "500", "next_attempt": at(*next)}})),
        Happening::Dead(number) => {
            pending(*number).map(|number| json!({"delivery-dead": {"delivery": number, "reason": "gone"}}))
        }
        Happening::Replayed(number) => {
            delivery(*number, DeliveryStatus::Dead).map(|number| json!({"delivery-replayed": {"delivery": number}}))
        }
        Happening::Moved("archived") => Some(json!("archived")),
        Happening::Moved(what) => Some(json!({*what: {}})),
        Happening::Assigned(person) => Some(json!({"assigned": {"accountable": PEOPLE[usize::from(*person)]}})),
    };
    value.map(event).into_iter().collect()
}

/// Writes the steps in frames as they are cut, and keeps the rows in memory beside.
fn run(partition: &Partition, steps: &[Step]) -> MemoryRows {
    let mut memory = MemoryRows::default();
    let mut minute = 0;
    for frame_steps in steps.split_inclusive(|step| step.frame_ends) {
        minute += frame_steps.iter().map(|step| step.minutes).sum::<i64>();
        let at = at(minute);
        partition
            .write(at, |frame| {
                for step in frame_steps {
                    let id = case(step.case);
                    let mut record = record(id, at, events(frame, id, step));
                    record.request = step.key.map(|key| request(&key.to_string(), json!(minute)));
                    let mut workspace = Workspace::open(frame, id).unwrap();
                    for event in &record.events {
                        workspace.apply(event, at, &record.actor).unwrap();
                    }
                    frame.push(&record, workspace.changes(), [7; 16])?;
                    memory.write(id, workspace.changes());
                }
                Ok::<_, PushError>(())
            })
            .unwrap();
    }
    memory
}

fn same_rows(snapshot: &Snapshot, memory: &MemoryRows) {
    for (id, case) in &memory.cases {
        assert_eq!(snapshot.case(*id).unwrap().as_ref(), Some(case));
    }
    for ((id, number), task) in &memory.tasks {
        assert_eq!(snapshot.task(*id, *number).unwrap().as_ref(), Some(task));
    }
    for ((id, number), goal) in &memory.goals {
        assert_eq!(snapshot.goal(*id, *number).unwrap().as_ref(), Some(goal));
    }
    for ((id, number), delivery) in &memory.deliveries {
        assert_eq!(snapshot.delivery(*id, *number).unwrap().as_ref(), Some(delivery));
    }
    let counts = snapshot.counts().unwrap();
    let stored = (counts.cases, counts.tasks, counts.deliveries);
    assert_eq!(stored, (memory.cases.len() as u64, memory.tasks.len() as u64, memory.deliveries.len() as u64));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexes_follow_rows_and_a_replay_makes_the_same_bytes(steps in steps()) {
        let partition = partition();
        let memory = run(&partition, &steps);
        let snapshot = partition.snapshot().unwrap();
        same_rows(&snapshot, &memory);

        let mut problems = Problems::default();
        check::check_rows(&snapshot, &mut problems, &mut |_| {}).unwrap();
        let again = Database::open_with_backend(InMemoryBackend::new(), &StoreSettings::default()).unwrap();
        crate::partition::create_tables(&again).unwrap();
        let mut replay = Replay::new(&again, Frames::Copied);
        replay.catch_up(&partition.database, &mut |_| {}).unwrap();
        let replayed = Snapshot::new(again.begin_read().unwrap());
        prop_assert_eq!(replayed.journal().unwrap().head().unwrap(), partition.head());
        check::compare(&snapshot, &replayed, &mut problems, &mut |_| {}).unwrap();
        let problems: Vec<String> = problems.first.iter().map(ToString::to_string).collect();
        prop_assert_eq!(problems, Vec::<String>::new());
        prop_assert_eq!(dump(&snapshot), dump(&replayed));
    }
}
