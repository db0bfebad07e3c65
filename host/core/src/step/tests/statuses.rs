//! Every command in every status: the table of the case machine, written down a second time.

use serde_json::json;

use crate::case::Status;
use crate::command::Verb;
use crate::fixture::{World, check_in};
use crate::step::Refusal;

/// How a case comes into a status, and by which plan.
fn world_in(column: char) -> World {
    let open = json!({
        "recipients": {"department:sales": {
            "acknowledge": [{"within": "PT8H", "set_by": "sales/x"}],
            "answer": [{"within": "PT8H", "set_by": "sales/x"}],
            "report": [{"within": "PT8H", "set_by": "sales/x"}],
            "by": ["room"],
        }},
        "accountable": "role:sales/head",
        "goals": [
            {"name": "settle", "within": "PT8H", "set_by": "sales/x", "owner": "person:s.head"},
            {"name": "survey", "within": "PT8H", "starts": "closed", "set_by": "sales/x", "owner": "person:s.head"},
        ],
    });
    let stages = json!([{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]);
    let mut world = World::new(open);
    if !matches!(column, 'O' | 'R' | 'C' | 'X') {
        world.plan.stages = serde_json::from_value(stages).unwrap();
    }
    world.plan.post_hoc = matches!(column, 'o' | 'r');
    world.held_by = (column == 'H').then_some("production/x");
    let submit = ("11-23 09:00 p.worker submit", "");
    // The delivery by the room is given up, so that there is one to replay.
    let dead = ("11-23 09:01 host dead 1", "");
    let resolve = ("11-23 09:02 s.head resolve done", "case resolved");
    let close = ("11-23 09:03 p.worker close", "case closed");
    let steps = match column {
        'H' => vec![submit],
        'A' => vec![submit],
        'T' => vec![submit, ("11-23 09:01 p.head return 1 unclear", "case returned")],
        'J' => vec![submit, ("11-23 09:01 p.head reject 1 no", "case rejected")],
        'W' => vec![submit, ("11-23 09:01 p.worker withdraw", "case withdrawn")],
        'O' | 'o' => vec![submit, dead],
        'R' | 'r' => vec![submit, dead, resolve],
        'C' => vec![submit, dead, resolve, close],
        'X' => vec![submit, dead, resolve, close, ("11-23 09:04 s.head archive", "case archived")],
        other => panic!("no column `{other}`"),
    };
    let mut world = check_in(world, &steps);
    world.held_by = None;
    world
}

#[test]
fn every_command_in_every_status() {
    // H held, A awaiting approval, T returned, J rejected, W withdrawn, O open, o open with a stage beside it,
    // R resolved, r resolved with a stage beside it, C closed, X archived.
    // `x`: carried out. `.`: the status does not take it. `r`: refused or without effect because of what its row
    // or something beside it says.
    const COLUMNS: &str = "HATJWOoRrCX";
    #[rustfmt::skip]
    let table = [
        //                                                     HATJWOoRrCX
        ("p.worker submit",          Verb::Submit,            "rrrrrrrrrrr"),
        ("author:production release", Verb::Release,          "x.........."),
        ("p.head approve APPROVAL",  Verb::Approve,           ".x....x.x.."),
        ("p.head reject APPROVAL no", Verb::Reject,           ".x....x.x.."),
        ("p.head return APPROVAL no", Verb::Return,           ".x....x.x.."),
        ("p.worker resubmit",        Verb::Resubmit,          "..x........"),
        ("p.worker withdraw",        Verb::Withdraw,          "xxx..xx...."),
        ("s.desk acknowledge 1",     Verb::Acknowledge,       ".r...xxxx.."),
        ("s.desk answer 2 yes",      Verb::Answer,            ".r...xxxx.."),
        // Reports end with the resolution.
        ("s.desk report 3 half",     Verb::Report,            ".r...xxrr.."),
        ("s.desk claim 2",           Verb::Claim,             ".r...rrrr.."),
        ("s.desk transfer 2 person:s.agent", Verb::Transfer,  ".r...xxxx.."),
        ("s.desk delegate 2 person:s.agent", Verb::Delegate,  ".r...xxxx.."),
        ("p.head add-approver APPROVAL person:p.mate", Verb::AddApprover, ".x....x.x.."),
        ("p.worker remind 2",        Verb::Remind,            ".r...xxxx.."),
        ("p.worker comment so",      Verb::Comment,           "xxxxxxxxxx."),
        ("p.worker copy person:p.mate", Verb::Copy,          ".x...xxxxx."),
        ("s.head hand-over person:s.agent", Verb::HandOver,   ".....xxxx.."),
        ("s.head resolve done",      Verb::Resolve,           ".....xx...."),
        ("p.worker reopen",          Verb::Reopen,            ".......xxx."),
        // A stage beside the case has to be decided first.
        ("p.worker close",           Verb::Close,             ".......xr.."),
        ("admin archive",            Verb::Archive,           "...xx....x."),
        ("s.head pause settle",      Verb::Pause,             ".....xx...."),
        ("s.head resume settle",     Verb::Resume,            ".....rr...."),
        ("s.head meet GOAL",         Verb::Meet,              ".r...xxxxx."),
        ("s.head decline GOAL never", Verb::Decline,          ".r...xxxxx."),
        ("host arrived 1",           Verb::DeliveryReport,    "rrrrrrrrrrr"),
        ("admin replay 1",           Verb::Replay,            "rrrrrxxxxx."),
        ("host warn 1",              Verb::GoalWarning,       "rrrrrrrrrrr"),
        ("host due 1",               Verb::GoalDue,           "rrrrrrrrrrr"),
        ("host regive 1",            Verb::Regive,            ".r...rrrr.."),
    ];
    let verbs: Vec<Verb> = table.iter().map(|(_, verb, _)| *verb).collect();
    assert!(Verb::ALL.iter().all(|verb| verbs.contains(verb)), "the table leaves a command out");
    for (asked, verb, row) in table {
        for (column, expected) in COLUMNS.chars().zip(row.chars()) {
            let mut world = world_in(column);
            let before = world.rows.clone();
            let status = world.case().status;
            let approval = if column == 'A' { 1 } else { 4 };
            let goal = if column == 'C' { "survey" } else { "settle" };
            let asked = asked.replace("APPROVAL", &approval.to_string()).replace("GOAL", goal);
            let outcome = crate::fixture::play(&mut world, &format!("11-23 09:10 {asked}"));
            let found = match &outcome {
                Ok(events) if !events.is_empty() => 'x',
                Err(Refusal::Status { verb: found, status: of }) if *found == verb && *of == status => '.',
                _ => 'r',
            };
            assert_eq!(found, expected, "`{asked}` in {column}: {outcome:?}");
            if found != 'x' {
                assert_eq!(world.rows, before, "`{asked}` in {column} was refused and changed something");
            }
            if let Err(Refusal::Status { .. }) = outcome {
                let says = outcome.unwrap_err().to_string();
                assert_eq!(says, format!("a case that is `{status}` does not take `{verb}`"));
            }
        }
    }
}

#[test]
fn every_status_is_in_the_table() {
    let reached: Vec<Status> = "HATJWORCX".chars().map(|column| world_in(column).case().status).collect();
    assert_eq!(
        reached,
        [
            Status::Held,
            Status::AwaitingApproval,
            Status::Returned,
            Status::Rejected,
            Status::Withdrawn,
            Status::Open,
            Status::Resolved,
            Status::Closed,
            Status::Archived,
        ]
    );
    assert!(Status::ALL.iter().all(|status| reached.contains(status)));
}
