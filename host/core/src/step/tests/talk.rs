//! Reminders, comments, copies: who hears of what, and how often.

use serde_json::{Value, json};

use super::SUBMIT;
use crate::fixture::{at, check, check_in, command, merged};
use crate::step::Refusal;

fn asked() -> Value {
    let promise = json!([{"within": "PT8H", "set_by": "sales/x"}]);
    json!({
        "recipients": {
            "role:legal/reviewer": {"acknowledge": promise},
            "department:sales": {"answer": promise},
        },
        "accountable": "role:sales/head",
    })
}

#[test]
fn whoever_is_waited_for_is_reminded() {
    check(
        asked(),
        &[
            SUBMIT,
            ("11-23 09:10 p.mate remind 1", "refused: person:p.mate may not `remind` this"),
            ("11-23 09:10 l.lou acknowledge 1", ""),
            (
                "11-23 09:20 p.worker remind acknowledge",
                "reminder to l.lun; reminder to l.luo; !reminder to l.lou; !reminder to s.desk",
            ),
            // Whoever was reminded a moment ago is left alone; the others are not.
            ("11-23 09:25 s.head remind acknowledge", "refused: a reminder has just gone out"),
            ("11-23 09:25 p.head remind", "d7 reminder to s.desk; !d8"),
            ("11-23 09:31 p.worker remind 2", "d8 reminder to l.lun; !d9"),
            ("11-23 09:40 p.worker remind 1", "refused: there is no such open task"),
            ("11-23 09:41 p.worker remind approve", "refused: there is no such open task"),
        ],
    );
}

#[test]
fn what_is_only_said_keeps_nobody_from_deciding() {
    let said = ["p.worker remind 1", "s.desk comment 4 called them", "gm comment who is that?"];
    for said in said {
        let mut world = check(asked(), &[SUBMIT, (&format!("11-23 09:10 {said}"), "version 1 ")]);
        world.expected_version = Some(1);
        check_in(world, &[("11-23 09:20 s.desk answer 4 yes", "version 2 ")]);
    }
    let world = check(asked(), &[SUBMIT, ("11-23 09:10 p.worker remind 1", "")]);
    assert!(world.task(1).reminded_at.is_some());
    check_in(world, &[("11-23 09:11 s.desk copy 4 person:a.head", "version 2 ")]);
}

#[test]
fn a_reminder_that_comes_too_soon_says_when_the_next_may() {
    let mut world = check(asked(), &[SUBMIT, ("11-23 09:10 p.worker remind 1", "")]);
    for (after, wait) in [(0, 600), (1, 600), (999, 600), (1_000, 599), (599_001, 1)] {
        world.now = at("11-23 09:10") + jiff::SignedDuration::from_millis(after);
        let remind = command(&world, "remind", "1");
        let refused = world.clone().run("p.worker", &remind);
        let next = at("11-23 09:20");
        assert_eq!(refused, Err(Refusal::RemindedAlready { next, wait_seconds: wait }), "{after} ms later");
    }
    // Of several, the first that may.
    let all = "p.worker remind acknowledge";
    check(
        asked(),
        &[
            SUBMIT,
            ("11-23 09:10 p.worker remind 1", ""),
            (&format!("11-23 09:15 {all}"), ""),
            (&format!("11-23 09:19 {all}"), "the next one may from 2026-11-23T01:20:00Z on"),
        ],
    );
}

#[test]
fn a_comment_reaches_those_whom_it_concerns() {
    check(
        asked(),
        &[
            SUBMIT,
            ("11-23 09:10 s.desk comment 4 called them", "comment to p.worker; comment to s.head; !comment to s.desk"),
            ("11-23 09:11 p.worker comment 4 which one?", "comment to s.desk"),
            ("11-23 09:12 a.head comment let me in", "refused: person:a.head may not `comment` this"),
            ("11-23 09:12 service:mes comment it runs again", "events: commented told"),
            ("11-23 09:12 p.worker comment  ", "refused: `/text`: is empty"),
        ],
    );
}

#[test]
fn whoever_is_copied_in_takes_part() {
    check(
        asked(),
        &[
            SUBMIT,
            ("11-23 09:10 s.agent copy person:a.head", "refused: person:s.agent may not `copy` this"),
            ("11-23 09:10 s.desk copy person:a.head", "refused: person:s.desk may not `copy` this"),
            ("11-23 09:11 s.desk copy 4 person:a.head,role:legal/head", "copy to a.head; copy to l.head"),
            ("11-23 09:12 a.head comment I know about it", "events: commented told"),
            ("11-23 09:13 p.worker copy everyone", "refused: `/to`: `everyone` cannot be given this"),
        ],
    );
    // Whoever takes part already needs no copy.
    check(
        asked(),
        &[SUBMIT, ("11-23 09:10 p.worker copy person:s.desk,person:a.head", "copy to a.head; !copy to s.desk")],
    );
    let secret = merged(asked(), json!({"classification": "restricted"}));
    check(
        secret,
        &[
            SUBMIT,
            ("11-23 09:10 p.worker copy person:a.head", "refused: `/to`: `person:a.head` may not have this"),
            ("11-23 09:10 p.worker copy person:l.head", "refused"),
            ("11-23 09:10 s.desk copy 4 person:l.lou", "!copy to l.lou"),
        ],
    );
}

#[test]
fn a_copy_publishes_nothing_that_is_not_approved() {
    let stage = json!({"name": "check", "approvers": ["role:legal/head"], "set_by": "production/x"});
    let plan = merged(asked(), json!({"stages": [stage], "receivers": ["sales"]}));
    let early = "refused: `/to`: `person:a.head` may not see this before it is approved";
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "case awaiting-approval"),
            ("11-23 09:10 p.worker copy person:p.mate,person:a.head", early),
            ("11-23 09:10 l.head copy 1 person:a.head", early),
            ("11-23 09:10 p.worker copy members:administration", "refused: `/to`: `members:administration` cannot"),
            // Those who may see it anyway: of the sending and the receiving departments, and who takes part.
            (
                "11-23 09:10 p.worker copy person:p.mate,person:s.agent,person:gm",
                "copy to p.mate; copy to s.agent; copy to gm",
            ),
            ("11-23 09:20 l.head approve 1", "case open"),
            ("11-23 09:30 p.worker copy person:a.head", "copy to a.head"),
        ],
    );
}
