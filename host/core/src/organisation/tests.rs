//! Whom targets come to, who stands above whom, what cases are called.

use serde_json::{Value, json};

use super::{Kind, Organisation};
use crate::fixture::{at, message, organisation};
use crate::names::PersonId;

/// The house while some are away on Monday, and some have left.
fn with(away: &[&str], left: &[&str], substitutes: &[(&str, &str)]) -> Organisation {
    let mut house = organisation();
    for who in away {
        let absence = json!([{"from": at("11-23 00:00"), "until": at("11-24 00:00")}]);
        house.people.get_mut(*who).unwrap().absences = serde_json::from_value(absence).unwrap();
    }
    for who in left {
        house.people.get_mut(*who).unwrap().active = false;
    }
    for (who, substitute) in substitutes {
        house.people.get_mut(*who).unwrap().substitute = Some(substitute.parse().unwrap());
    }
    house
}

fn joined(people: &[PersonId]) -> String {
    people.iter().map(|person| person.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn targets_come_to_who_is_there() {
    let house =
        with(&["l.lou", "s.desk"], &["p.mate"], &[("l.lou", "l.head"), ("p.mate", "l.lou"), ("l.luo", "p.mate")]);
    let table = [
        ("person:p.worker", "p.worker"),
        ("person:l.lou", "l.head"),
        // Who left is stood in for by who is away, and so on.
        ("person:p.mate", "l.head"),
        ("person:s.desk", ""),
        ("person:nobody", ""),
        ("role:legal/reviewer", "l.head l.lun l.luo"),
        ("role:sales/agent", "s.agent"),
        ("role:sales/nobody", ""),
        // Its contact persons, or its head where it has none.
        ("department:sales", ""),
        ("department:legal", "l.head"),
        ("department:nowhere", ""),
        // Everybody who belongs to it and is there.
        ("members:production", "p.head p.worker"),
        ("members:nowhere", ""),
        ("leader:production", "gm"),
        ("leader:legal", ""),
        ("everyone", "a.head duty gm l.head l.lun l.luo p.head p.worker s.agent s.head"),
        ("contact:acme", ""),
    ];
    for (target, people) in table {
        let found = house.resolve(&target.parse().unwrap(), at("11-23 09:00"));
        assert_eq!(joined(&found.people), people, "{target}");
        assert_eq!(found.contacts.len(), usize::from(target == "contact:acme"), "{target}");
    }
    // An absence ends with its last moment.
    let back = house.resolve(&"person:s.desk".parse().unwrap(), at("11-24 00:00"));
    assert_eq!(joined(&back.people), "s.desk");
    let circle = with(&["l.lou", "l.luo"], &[], &[("l.lou", "l.luo"), ("l.luo", "l.lou")]);
    assert_eq!(circle.present(&"l.lou".parse().unwrap(), at("11-23 09:00")), None);
}

#[test]
fn who_stands_above_somebody() {
    let all_but = |kept: &[&str]| -> Vec<String> {
        organisation().people.keys().map(ToString::to_string).filter(|id| !kept.contains(&id.as_str())).collect()
    };
    let only = |kept: &[&str]| {
        let left = all_but(kept);
        with(&[], &left.iter().map(String::as_str).collect::<Vec<_>>(), &[])
    };
    let table = [
        (organisation(), Some("p.worker"), "p.head"),
        (organisation(), Some("p.head"), "gm"),
        // Nobody stands above the general manager: the catch-all is asked.
        (organisation(), Some("gm"), "p.head"),
        (organisation(), None, "p.head"),
        (with(&["p.head"], &[], &[]), Some("p.worker"), "gm"),
        (with(&["p.head"], &[], &[("p.head", "p.mate")]), Some("p.worker"), "p.mate"),
        // The substitute of the head is who is to be judged.
        (with(&["p.head"], &[], &[("p.head", "p.worker")]), Some("p.worker"), "gm"),
        (only(&["p.mate", "p.worker"]), Some("p.mate"), "p.worker"),
        (only(&["p.mate", "p.worker"]), Some("p.worker"), "p.mate"),
        (only(&["p.worker"]), Some("p.worker"), "p.worker"),
        (only(&[]), Some("p.worker"), ""),
    ];
    for (house, person, expected) in table {
        let person = person.map(|person| person.parse().unwrap());
        let found = house.superiors(person.as_ref(), &"production".parse().unwrap(), at("11-23 09:00"));
        assert_eq!(joined(&found), expected, "above {person:?}");
    }
    // Somebody who is away is asked before nobody is.
    let away = with(&["p.mate", "p.worker"], &[], &[]);
    let mut away = away;
    away.people.retain(|id, _| id.as_str().starts_with("p."));
    away.people.remove("p.head");
    let found = away.superiors(Some(&"p.mate".parse().unwrap()), &"production".parse().unwrap(), at("11-23 09:00"));
    assert_eq!(joined(&found), "p.worker");
}

#[test]
fn who_gets_what_nobody_else_gets() {
    let mut own = organisation();
    own.departments.get_mut("production").unwrap().catch_all = Some("person:p.mate".parse().unwrap());
    let mut own_left = own.clone();
    own_left.people.get_mut("p.mate").unwrap().active = false;
    let table = [
        (organisation(), "p.head"),
        (own, "p.mate"),
        (own_left, "p.head"),
        (with(&["p.head"], &[], &[]), "duty"),
        (with(&["p.head", "duty"], &[], &[]), "gm"),
        (with(&["p.head", "duty", "gm"], &[], &[]), "a.head"),
    ];
    for (house, expected) in table {
        let found = house.catch_all(&"production".parse().unwrap(), at("11-23 09:00"));
        assert_eq!(joined(&found), expected);
    }
}

#[test]
fn cases_are_named_by_their_kind() {
    let name = |naming: Option<&str>, edit: Value| {
        let mut kind = json!({"title": "设备故障通知", "form": {}});
        if let Some(naming) = naming {
            kind["naming"] = json!(naming);
        }
        let kind: Kind = serde_json::from_value(kind).unwrap();
        kind.name(&message(edit), "生产部")
    };
    let urgent = || json!({"urgency": "urgent", "subject": "3号机停机"});
    let table = [
        (None, urgent(), "【紧急】生产部-设备故障通知：3号机停机"),
        (None, json!({}), "生产部-设备故障通知：停机"),
        (Some("{urgent}{department}-{title}"), urgent(), "【紧急】生产部-设备故障通知"),
        (Some("{subject}"), json!({"subject": "{title} {} }{"}), "{title} {} }{"),
        (Some("no fields"), json!({}), "no fields"),
        (Some("a {unknown} b"), json!({}), "a  b"),
        (Some("open {subject"), json!({}), "open 停机"),
        (Some(""), json!({}), ""),
    ];
    for (naming, edit, expected) in table {
        assert_eq!(name(naming, edit), expected, "{naming:?}");
    }
}
