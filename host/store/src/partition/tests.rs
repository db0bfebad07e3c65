//! The partition on redb in memory, or in a file where it is closed and opened again. Cases are made of events,
//! as the journal holds them.

use std::collections::BTreeMap;

use herald_core::command::Verb;
use herald_core::event::Event;
use herald_core::ids::{CaseId, Shard};
use herald_core::names::PersonId;
use herald_core::record::{Json, RECORD_FORMAT, Record, Request};
use herald_core::target::Actor;
use herald_core::workspace::Workspace;
use jiff::{SignedDuration, Timestamp};
use redb::ReadableTable;
use redb::backends::InMemoryBackend;
use serde_json::{Value, json};

use super::frame::{FrameWriter, PushError};
use super::tables::TableName;
use super::{Partition, Snapshot};
use crate::StoreSettings;
use crate::error::StoreError;
use crate::journal::Head;

mod format;
mod lists;
mod maintenance;
mod properties;
mod requests;
mod rows;

fn partition() -> Partition {
    Partition::open_with_backend(InMemoryBackend::new(), &StoreSettings::default()).unwrap()
}

/// The moment `minute` minutes after six o'clock (UTC) on 23 November 2026.
fn at(minute: i64) -> Timestamp {
    "2026-11-23T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

/// Case `number`; ids sort by number.
fn case(number: u64) -> CaseId {
    CaseId::new(at(0) + SignedDuration::from_millis(number.cast_signed()), Shard::of_digest(7), number)
}

fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

fn event(value: Value) -> Event {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// A message of `zhao` of sales to production, submitted and decided on; its dedup key is `dedup`.
fn submitted(dedup: Option<&str>) -> Vec<Event> {
    let message = json!({
        "kind": "equipment-fault", "subject": "3号注塑机停机", "body": {"machine": "IM-03"},
        "sender": {"person": "zhao"}, "department": "sales", "urgency": "urgent", "audience": "department",
        "classification": "internal", "content_type": "collaboration", "dedup_key": dedup, "submitted_at": at(0),
    });
    vec![event(json!({"submitted": {"message": message, "name": "【紧急】设备故障"}})), decided(&["production"])]
}

/// That these departments receive the message.
fn decided(receivers: &[&str]) -> Event {
    let plan = json!({
        "level": 1, "classification": "internal", "audience": "department", "recipients": {},
        "receivers": receivers, "archive": "standard",
    });
    event(json!({"decided": {"decision": {"plan": plan, "contributions": [], "configuration": 1}}}))
}

/// A submission about which `sales/b0`, `b1` … were asked, a character each: `+` succeeded, `-` failed, `.` was not
/// asked.
fn fared(outcomes: &str) -> Vec<Event> {
    let contribution = |(index, outcome): (usize, char)| {
        let outcome = match outcome {
            '+' => json!({"plan": {"route": {}}}),
            _ => json!({"failed": {"cause": "error", "message": "broken"}}),
        };
        json!({
            "bundle": format!("sales/b{index}"), "revision": 3, "digest": "", "layer": "sender", "hook": "route",
            "outcome": outcome, "cost": {"time_micros": 1, "operations": 1, "memory_bytes": 1},
        })
    };
    let asked = outcomes.chars().enumerate().filter(|(_, outcome)| *outcome != '.');
    let mut decided = serde_json::to_value(decided(&["production"])).unwrap();
    decided["decided"]["decision"]["contributions"] = asked.map(contribution).collect();
    let mut events = submitted(None);
    events.pop();
    events.push(event(decided));
    events
}

fn opened() -> Event {
    event(json!({"opened": {"accountable": "wang", "information_only": false}}))
}

fn numbered(number: u64) -> Event {
    let series = "生产部〔2026〕{number}号";
    event(
        json!({"numbered": {"text": series.replace("{number}", &number.to_string()), "series": series, "number": number}}),
    )
}

/// A task to acknowledge for each of `people`, from number `first` on, with a goal of the same number each.
fn asked(first: u32, people: &[&str], due: Timestamp) -> Event {
    event(json!({"asked": {
        "first": first, "kind": "acknowledge", "target": "department:production", "holders": {"each": people},
        "goal": {"first": first, "name": "acknowledge", "department": "production", "within": "PT1H", "due": due,
                 "set_by": "host"},
    }}))
}

/// A delivery of the message to each of `people`.
fn told(first: u32, channel: &str, people: &[&str]) -> Event {
    let to: Vec<Value> = people.iter().map(|person| json!({"person": person})).collect();
    event(json!({"told": {
        "first": first, "purpose": "message", "channel": channel, "to": to, "arrived": channel == "inbox",
    }}))
}

fn done(task: u32) -> Vec<Event> {
    vec![event(json!({"task-done": {"task": task}})), event(json!({"goal-met": {"goal": task}}))]
}

fn record(case: CaseId, at: Timestamp, events: Vec<Event>) -> Record {
    let actor = Actor::Person(person("li"));
    Record { format: RECORD_FORMAT, case, at, actor, verb: Verb::Submit, request: None, events }
}

fn request(key: &str, answer: Value) -> Request {
    Request {
        principal: "person:zhao".into(),
        path: "/v1/messages".into(),
        key: key.into(),
        body_digest: "00".into(),
        answer: Json::of(&answer).unwrap(),
    }
}

/// Lets the events of `record` happen and pushes it.
fn push(frame: &FrameWriter<'_>, record: &Record) -> Result<(), PushError> {
    let mut workspace = Workspace::open(frame, record.case).unwrap();
    for event in &record.events {
        workspace.apply(event, record.at, &record.actor).unwrap();
    }
    frame.push(record, workspace.changes(), [7; 16])
}

/// Writes one frame with one record.
fn write(partition: &Partition, record: &Record) -> Head {
    partition.write(record.at, |frame| push(frame, record)).unwrap().1
}

/// Every row and every entry of every table.
type Dump = BTreeMap<(TableName, Vec<u8>), Vec<u8>>;

fn dump(snapshot: &Snapshot) -> Dump {
    let mut dump = Dump::new();
    for &name in TableName::ALL {
        for row in snapshot.table(name).unwrap().iter().unwrap() {
            let (key, value) = row.unwrap();
            dump.insert((name, key.value().to_vec()), value.value().to_vec());
        }
    }
    dump
}

fn dump_of(partition: &Partition) -> Dump {
    dump(&partition.snapshot().unwrap())
}

/// What a test closure fails with when it fails on purpose.
#[derive(Debug)]
struct Deliberate;

impl From<StoreError> for Deliberate {
    fn from(error: StoreError) -> Self {
        panic!("{error}")
    }
}
