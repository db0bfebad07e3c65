//! Records of format 1 stay readable for ever, and are written again as they were.
//!
//! `records-v1.ndjson` holds records with every event there is. A new event is added to it by running these tests
//! with `HERALD_REFRESH=1`; a line that is there is never changed, because journals hold such lines.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::{Json, RECORD_FORMAT, Record, Request};
use crate::event::Event;
use crate::fixture::{World, at, command, name_of, play, requester};

/// The names of all events, as the reader of records knows them.
fn names() -> BTreeSet<String> {
    let error = serde_json::from_str::<Event>("\"nothing\"").unwrap_err().to_string();
    let (_, expected) = error.split_once("expected one of").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn names_in(record: &Record) -> BTreeSet<String> {
    record.events.iter().map(name_of).collect()
}

/// Records of cases in which, together, everything happens.
fn made_up() -> Vec<Record> {
    let promise = |within: Value| json!([{"within": within, "set_by": "sales/complaint"}]);
    let stages = json!([
        {"name": "check", "approvers": ["role:legal/reviewer"], "mode": {"quorum": 1}, "within": {"working_hours": 4},
            "set_by": "production/notice"},
        {"name": "channel.bulletin", "phase": "channel", "approvers": ["role:administration/head"]},
    ]);
    let plan = json!({
        "level": 2, "accountable": "role:sales/head", "receivers": ["sales"], "labels": {"line": "2"}, "stages": stages,
        "recipients": {
            "department:sales": {"by": ["inbox", "room"], "answer": promise(json!("PT24H")),
                "report": promise(json!({"working_days": 3}))},
            "role:sales/agent": {"by": ["phone"], "acknowledge": promise(json!({"working_minutes": 30}))},
            "contact:acme": {"by": ["partner"]},
        },
        "goals": [{"name": "solve", "within": "PT8H", "warn_before": "PT1H", "stops": "resolved",
            "owner": "role:sales/head", "set_by": "sales/complaint"}],
    });
    let escalation =
        json!({"level": 1, "assign": "role:organisation/general-manager", "notify": {"role:sales/nobody": {}}});
    let mut world = World::new(plan);
    world.escalations.insert("solve".to_owned(), serde_json::from_value(escalation).unwrap());
    world.held_by = Some("sales/complaint");
    let mut records = Vec::new();
    let mut take = |world: &mut World, steps: &[&str]| {
        for step in steps {
            let mut words = step[12..].splitn(3, ' ');
            let (who, verb) = (words.next().unwrap(), words.next().unwrap());
            world.now = at(&step[..11]);
            let verb = command(world, verb, words.next().unwrap_or_default()).verb();
            let events = play(world, step).unwrap();
            let (case, actor) = (world.id, requester(who).actor);
            records.push(Record { format: RECORD_FORMAT, case, at: world.now, actor, verb, request: None, events });
        }
    };
    take(&mut world, &["11-23 09:00 p.worker submit"]);
    world.held_by = None;
    take(
        &mut world,
        &[
            "11-23 09:05 author:sales release",
            "11-23 09:10 l.lou return 1 leaves out the line",
            "11-23 09:15 p.worker resubmit",
        ],
    );
    let mut rejected = world.clone();
    take(&mut rejected, &["11-23 09:16 l.lun approve 5", "11-23 09:17 a.head reject 7 not on the bulletin"]);
    take(&mut world, &["11-23 09:16 l.lun approve 5", "11-23 09:20 a.head approve 7"]);
    let mut withdrawn = world.clone();
    take(&mut withdrawn, &["11-23 09:25 p.worker withdraw wrong line"]);
    take(
        &mut world,
        &[
            "11-23 09:21 host arrived 5",
            "11-23 09:22 host failed 6",
            "11-23 09:23 host dead 6",
            "11-23 09:24 admin replay 6",
            "11-23 09:40 s.agent acknowledge 8",
            "11-23 10:00 s.desk report 11 half done",
            "11-23 10:10 s.desk pause answer waits for the customer",
            "11-23 11:10 s.desk resume answer",
            "11-23 16:20 host warn 7",
            "11-23 17:20 host due 7",
        ],
    );
    let desk = world.organisation.people.get_mut("s.desk").unwrap();
    (desk.active, desk.substitute) = (false, Some("s.agent".parse().unwrap()));
    take(
        &mut world,
        &[
            "11-24 09:00 host regive 10",
            "11-24 10:00 gm resolve by phone",
            "11-24 11:00 p.worker reopen still broken",
            "11-24 12:00 gm resolve replaced",
            "11-24 13:00 p.worker close 5",
            "11-24 14:00 admin archive",
        ],
    );
    let mut numbered = World::new(json!({"recipients": {"department:sales": {}}}));
    numbered.message.kind = "decree".parse().unwrap();
    take(&mut numbered, &["11-23 09:00 p.worker submit"]);
    let mut offered = World::new(json!({"recipients": {"role:sales/agent": {"answer": promise(json!("PT24H"))}}}));
    take(&mut offered, &["11-23 09:00 p.worker submit", "11-23 09:10 s.agent claim 1"]);
    let mut passed = World::new(json!({
        "accountable": "role:sales/head", "receivers": ["sales"],
        "stages": [{"name": "check", "approvers": ["role:production/head"], "set_by": "production/notice"}],
        "recipients": {"department:sales": {"answer": promise(json!("PT24H"))}},
        "goals": [{"name": "solve", "within": "PT8H", "set_by": "sales/complaint"}],
    }));
    take(
        &mut passed,
        &[
            "11-23 09:00 p.worker submit",
            "11-23 09:01 p.head add-approver 1 person:p.mate was there",
            "11-23 09:02 p.worker remind 1",
            "11-23 09:03 p.head approve 1",
            "11-23 09:04 p.mate approve 2",
            "11-23 09:05 s.desk transfer 3 person:s.agent knows the customer",
            "11-23 09:06 p.worker comment 3 the second line, too",
            "11-23 09:07 s.head hand-over person:s.agent is away from tomorrow",
            "11-23 09:08 s.agent decline 3 nobody has the part",
        ],
    );
    let first = records.first_mut().unwrap();
    first.request = Some(Request {
        principal: "p.worker".to_owned(),
        path: "/v1/messages".to_owned(),
        key: "k1".to_owned(),
        body_digest: "af1349b9".to_owned(),
        answer: Json::of(&json!({"status": 201})).unwrap(),
    });
    records
}

#[test]
fn records_of_format_1_are_written_again_as_they_were() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/record/records-v1.ndjson");
    let mut kept = std::fs::read_to_string(&path).unwrap_or_default();
    let read = |line: &str| serde_json::from_str::<Record>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut seen: BTreeSet<String> = kept.lines().flat_map(|line| names_in(&read(line))).collect();
    if std::env::var_os("HERALD_REFRESH").is_some() {
        for record in made_up() {
            let here = names_in(&record);
            if !here.is_subset(&seen) {
                seen.extend(here);
                kept += &(serde_json::to_string(&record).unwrap() + "\n");
            }
        }
        std::fs::write(&path, &kept).unwrap();
    }
    for line in kept.lines() {
        assert_eq!(serde_json::to_string(&read(line)).unwrap(), line);
    }
    let missing: Vec<_> = names().difference(&seen).cloned().collect();
    assert!(missing.is_empty(), "no record holds {missing:?}; run with HERALD_REFRESH=1 to add them");
}
