//! The merge table, field by field.

mod later;
mod properties;

use serde_json::{Value, json};

use super::{approve, escalation, receivers, route};
use crate::decision::{Contribution, Cost, Cut, Escalation};
use crate::fixture::{merged, message, organisation};

/// What `bundle` of a layer returned from a hook: `("organisation/base", "organisation", plan)`.
fn contribution(hook: &str, (bundle, layer, plan): &(&str, &str, Value)) -> Contribution {
    let contribution = json!({
        "bundle": bundle, "revision": 1, "digest": "", "layer": layer, "hook": hook,
        "outcome": {"plan": {hook: plan}}, "cost": Cost::default(),
    });
    serde_json::from_value(contribution).unwrap()
}

fn contributions(hook: &str, voices: &[(&str, &str, Value)]) -> Vec<Contribution> {
    voices.iter().map(|voice| contribution(hook, voice)).collect()
}

/// Cuts in words: `sales/x: sending to `everyone`: why`.
fn in_words(cuts: &[Cut]) -> Vec<String> {
    cuts.iter().map(|cut| format!("{}: {}: {}", cut.bundle, cut.what, cut.why)).collect()
}

fn agree(name: &str, merged: &Value, cuts: &[Cut], seen: &[(&str, Value)], cut: &[&str]) {
    for (pointer, expected) in seen {
        let found = merged.pointer(pointer).cloned().unwrap_or(Value::Null);
        assert_eq!(found, *expected, "{name}: {pointer} of {merged:#}");
    }
    let words = in_words(cuts);
    assert_eq!(words.len(), cut.len(), "{name}: {words:#?}");
    for (found, expected) in words.iter().zip(cut) {
        assert!(found.contains(expected), "{name}: `{expected}` in {words:#?}");
    }
}

/// Merges `route` plans for the usual message with `edit`, and looks at fields of the outcome.
fn check(edit: Value, voices: &[(&str, &str, Value)], seen: &[(&str, Value)], cut: &[&str]) {
    let (plan, cuts) = route(&organisation(), &message(edit), &contributions("route", voices));
    agree(&format!("{voices:?}"), &json!(plan), &cuts, seen, cut);
}

const HOUSE: (&str, &str) = ("organisation/base", "organisation");
const SENDER: (&str, &str) = ("production/x", "sender");
const SALES: (&str, &str) = ("sales/x", "receiver");
const LEGAL: (&str, &str) = ("legal/x", "receiver");

fn of((bundle, layer): (&'static str, &'static str), plan: Value) -> (&'static str, &'static str, Value) {
    (bundle, layer, plan)
}

fn send(to: &str, edit: Value) -> Value {
    merged(json!({"to": to}), edit)
}

#[test]
fn words_of_one_value() {
    let to_sales = || json!([send("department:sales", json!({}))]);
    let level = |level: u8| json!({"level": level, "sends": to_sales()});
    check(json!({}), &[of(SENDER, json!({"sends": to_sales()}))], &[("/level", json!(3))], &[]);
    check(json!({"urgency": "urgent"}), &[of(SENDER, json!({"sends": to_sales()}))], &[("/level", json!(1))], &[]);
    check(json!({}), &[of(HOUSE, level(3)), of(SENDER, level(1)), of(SALES, level(1))], &[("/level", json!(3))], &[]);
    check(json!({}), &[of(SENDER, level(2)), of(SALES, level(1))], &[("/level", json!(2))], &[]);
    check(json!({}), &[of(SALES, level(2)), of(LEGAL, level(1))], &[("/level", json!(1))], &[]);

    let class = |class: &str| json!({"classification": class, "sends": [send("role:sales/head", json!({}))]});
    check(json!({}), &[of(HOUSE, class("public"))], &[("/classification", json!("internal"))], &[]);
    let strictest = [of(HOUSE, class("internal")), of(SENDER, class("restricted")), of(SALES, class("public"))];
    check(json!({}), &strictest, &[("/classification", json!("restricted"))], &[]);

    let meant = |content_type: &str| json!({"content_type": content_type, "sends": to_sales()});
    check(json!({}), &[of(SALES, json!({"sends": to_sales()}))], &[("/content_type", json!("notice"))], &[]);
    let words = [of(SALES, meant("feedback")), of(SENDER, meant("decision"))];
    check(json!({}), &words, &[("/content_type", json!("decision"))], &[]);
    let words = [of(SENDER, meant("decision")), of(HOUSE, meant("collaboration"))];
    check(json!({}), &words, &[("/content_type", json!("collaboration"))], &[]);

    let audience = |audience: &str| json!({"audience": audience, "sends": to_sales()});
    check(
        json!({"audience": "external"}),
        &[of(SENDER, audience("department"))],
        &[("/audience", json!("external"))],
        &[],
    );
    check(json!({}), &[of(SENDER, audience("external"))], &[("/audience", json!("external"))], &[]);
    check(
        json!({"audience": "external"}),
        &[of(HOUSE, audience("department")), of(SALES, audience("external"))],
        &[("/audience", json!("department"))],
        &[],
    );

    let archive = |class: &str| json!({"archive": class, "sends": to_sales()});
    check(
        json!({}),
        &[of(SALES, archive("standard")), of(LEGAL, archive("permanent"))],
        &[("/archive", json!("permanent"))],
        &[],
    );
    check(json!({"kind": "fault"}), &[of(HOUSE, archive("standard"))], &[("/archive", json!("extended"))], &[]);

    let digest = |digest: &str| json!({"digest": digest, "sends": to_sales()});
    check(json!({}), &[of(SENDER, digest("weekly")), of(SALES, digest("daily"))], &[("/digest", json!("weekly"))], &[]);
    check(
        json!({}),
        &[of(SENDER, digest("weekly")), of(SALES, json!({"sends": to_sales()}))],
        &[("/digest", json!(null))],
        &[],
    );
    check(
        json!({}),
        &[of(SENDER, digest("weekly")), of(SALES, json!({"labels": {"a": "b"}}))],
        &[("/digest", json!("weekly"))],
        &[],
    );

    let label = |line: &str| json!({"labels": {"line": line}, "sends": to_sales()});
    check(
        json!({"labels": {"line": "0", "own": "1"}}),
        &[of(SENDER, label("2")), of(SALES, label("1"))],
        &[("/labels", json!({"line": "2", "own": "1"}))],
        &[],
    );
}

#[test]
fn recipients_are_united_and_cut() {
    let united = [
        of(SENDER, json!({"sends": [send("department:sales", json!({"by": ["room"]})), send("person:gm", json!({}))]})),
        of(SALES, json!({"sends": [send("department:sales", json!({"by": ["inbox"], "answer_within": "PT4H"}))]})),
    ];
    let reach = json!({
        "department:sales": {"by": ["inbox", "room"], "answer": [{"within": "PT4H", "set_by": "sales/x"}]}, "person:gm": {},
    });
    check(json!({}), &united, &[("/recipients", reach), ("/receivers", json!(["sales"]))], &[]);

    // Only the administration department and the organisation reach everyone.
    let everyone = |asks: Value| json!({"sends": [send("everyone", asks)]});
    check(
        json!({}),
        &[of(SALES, everyone(json!({})))],
        &[("/flags", json!(["unrouted"]))],
        &["sales/x: sending to `everyone`: department `sales` may not reach everyone"],
    );
    // To reach all of another department is no less; all of their own they may.
    let members = |department: &str| json!({"sends": [send(&format!("members:{department}"), json!({}))]});
    check(
        json!({"to": ["members:legal"]}),
        &[
            of(SENDER, members("legal")),
            of(SALES, members("sales")),
            of(("administration/x", "sender"), members("production")),
        ],
        &[("/recipients", json!({"members:sales": {}, "members:production": {}}))],
        &["production/x: sending to `members:legal`: department `production` may not reach all of another department"],
    );
    check(
        json!({}),
        &[of(("administration/x", "sender"), everyone(json!({"acknowledge_within": "PT8H"})))],
        &[("/recipients/everyone/acknowledge/0/within", json!("PT8H"))],
        &[],
    );

    // Confidential stays with participants and named roles.
    let all = json!({"sends": [
        send("department:sales", json!({})), send("contact:acme", json!({})), send("role:sales/head", json!({})), send("person:gm", json!({})), send("department:legal", json!({})),
    ]});
    let secret = json!({"classification": "confidential", "to": ["department:legal"]});
    let kept = json!({"role:sales/head": {}, "person:gm": {}, "department:legal": {}});
    let why = "the message is confidential: it stays with participants and named roles";
    check(
        secret,
        &[of(SENDER, all)],
        &[("/recipients", kept)],
        &[&format!("sending to `contact:acme`: {why}"), &format!("sending to `department:sales`: {why}")],
    );

    // Channels: unknown, external for confidential, not open to the department.
    let by = |channels: Value| json!({"sends": [send("role:sales/head", json!({"by": channels}))]});
    let sales_by = |channels: Value| [("/recipients/role:sales~1head/by", channels)];
    check(
        json!({}),
        &[of(SENDER, by(json!(["pigeon", "room"])))],
        &sales_by(json!(["room"])),
        &["channel `pigeon` to `role:sales/head`: there is no channel `pigeon`"],
    );
    check(
        json!({"classification": "confidential"}),
        &[of(SENDER, by(json!(["partner"])))],
        &sales_by(json!(null)),
        &["channel `partner` leaves the organisation, and the message is confidential"],
    );
    check(
        json!({}),
        &[of(SALES, by(json!(["bulletin"])))],
        &sales_by(json!(null)),
        &["channel `bulletin` is not open to department `sales`"],
    );
    check(
        json!({}),
        &[of(SENDER, by(json!(["bulletin"]))), of(HOUSE, by(json!(["bulletin"])))],
        &sales_by(json!(["bulletin"])),
        &[],
    );

    // What the organisation restricts.
    let only = |restrict: Value| of(HOUSE, json!({"restrict": restrict}));
    let two = || {
        of(
            SENDER,
            json!({"sends": [send("role:sales/head", json!({"by": ["room", "inbox"]})), send("role:legal/head", json!({}))]}),
        )
    };
    check(
        json!({}),
        &[only(json!({"recipients": ["department:sales", "person:s.head"], "channels": ["inbox"]})), two()],
        &[
            ("/recipients", json!({"role:sales/head": {"by": ["inbox"]}})),
            ("/receivers", json!(["sales"])),
            ("/restrictions/0/channels", json!(["inbox"])),
            ("/restrictions/0/set_by", json!("organisation/base")),
        ],
        &[
            "organisation/base: channel `room` to `role:sales/head`: cut by `organisation/base`",
            "sending to `role:legal/head`: cut by `organisation/base`",
        ],
    );
    // Nor does anybody else become accountable whom it may not reach, but by the organisation's own word.
    let assigns = |who, to: &str| of(who, json!({"assign": to}));
    for (who, accountable, cut) in [
        (SALES, json!(null), &["sales/x: making `person:p.head` accountable"] as &[&str]),
        (HOUSE, json!("person:p.head"), &[]),
    ] {
        let restricted = only(json!({"recipients": ["department:sales"]}));
        let sent = of(SENDER, json!({"sends": [send("department:sales", json!({}))]}));
        let voices = [restricted, sent, assigns(who, "person:p.head")];
        check(json!({}), &voices, &[("/accountable", accountable)], cut);
    }
    check(
        json!({}),
        &[of(SALES, json!({"restrict": {"recipients": []}})), two()],
        &[("/recipients/role:legal~1head", json!({})), ("/restrictions", json!(null))],
        &["sales/x: a restriction: only an organisation's bundle may restrict"],
    );
}

#[test]
fn a_department_promises_for_its_own_people() {
    let asks = json!({"acknowledge_within": "PT1H", "answer_within": "PT2H", "report_every": "PT3H"});
    let foreign = "department `production` may ask this of its own people only";
    check(
        json!({}),
        &[of(SENDER, json!({"sends": [send("role:sales/head", asks.clone())]}))],
        &[("/recipients", json!({"role:sales/head": {}}))],
        &[&format!("an acknowledgement from `role:sales/head`: {foreign}"), "an answer from", "reports from"],
    );
    let promise = |within: &str, by: &str| json!([{"within": within, "set_by": by}]);
    let house = json!({"acknowledge": promise("PT1H", "organisation/base"), "answer": promise("PT2H", "organisation/base"), "report": promise("PT3H", "organisation/base")});
    check(
        json!({}),
        &[of(HOUSE, json!({"sends": [send("role:sales/head", asks.clone())]}))],
        &[("/recipients/role:sales~1head", house)],
        &[],
    );
    check(
        json!({}),
        &[of(SALES, json!({"sends": [send("person:s.desk", asks)]}))],
        &[("/recipients/person:s.desk/answer/0/set_by", json!("sales/x"))],
        &[],
    );

    let goal = |name: &str, owner: Value| json!({"name": name, "within": "PT8H", "owner": owner});
    let set = |goals: Value| json!({"goals": goals, "sends": [send("department:sales", json!({}))]});
    check(
        json!({}),
        &[of(SENDER, set(json!([goal("a", json!("role:sales/head")), goal("b", json!("role:production/head"))])))],
        &[("/goals/0/name", json!("b")), ("/goals/1", json!(null))],
        &["goal `a` for `role:sales/head`"],
    );
    // A goal that names nobody is the accountable person's: of the first receiver, unless somebody is named.
    check(json!({}), &[of(SALES, set(json!([goal("a", json!(null))])))], &[("/goals/0/name", json!("a"))], &[]);
    check(
        json!({}),
        &[of(SENDER, set(json!([goal("a", json!(null))])))],
        &[("/goals", json!(null))],
        &["goal `a` for `role:sales/head`"],
    );
    check(json!({}), &[of(HOUSE, set(json!([goal("a", json!("person:gm"))])))], &[("/goals/0/name", json!("a"))], &[]);
    // What decides a stage, or closes a case, is the host's own, whoever asks.
    for name in ["stage:legal", "close"] {
        let cut = format!("goal `{name}`: the host sets goals of this name itself");
        check(
            json!({}),
            &[of(HOUSE, set(json!([goal(name, json!("person:gm"))])))],
            &[("/goals", json!(null))],
            &[&cut],
        );
    }
}

#[test]
fn no_channel_is_the_inbox_beside_others() {
    let to = |edit: Value| json!({"sends": [send("role:sales/head", edit)]});
    let by = |channels: Value| [("/recipients/role:sales~1head/by", channels)];
    let (plain, room) = (json!({}), json!({"by": ["room"]}));
    check(json!({}), &[of(HOUSE, to(plain.clone())), of(SENDER, to(room.clone()))], &by(json!(["inbox", "room"])), &[]);
    check(json!({}), &[of(HOUSE, to(room.clone())), of(SENDER, to(plain.clone()))], &by(json!(["inbox", "room"])), &[]);
    check(json!({}), &[of(HOUSE, to(plain.clone())), of(SENDER, to(plain))], &by(json!(null)), &[]);
    check(json!({}), &[of(HOUSE, to(room.clone())), of(SENDER, to(room))], &by(json!(["room"])), &[]);
}

#[test]
fn who_may_refuse_a_message() {
    let refuse = |reason: &str| json!({"refuse": reason, "sends": [send("role:sales/head", json!({}))]});
    let (house, sender) = (of(HOUSE, refuse("no")), of(SENDER, refuse("not yet")));
    let seen = |bundle: &str, reason: &str| {
        let bundle = bundle.to_owned();
        [("/refused/reason", json!(reason)), ("/refused/bundle", json!(bundle))]
    };
    check(json!({}), &[sender.clone(), house], &seen("organisation/base", "no"), &[]);
    check(json!({}), &[sender], &seen("production/x", "not yet"), &[]);
    check(
        json!({}),
        &[of(SALES, refuse("we have no time"))],
        &[("/refused", json!(null))],
        &["sales/x: refusing the message: only the organisation and the department that sends"],
    );
}

#[test]
fn who_is_accountable() {
    let assign = |who: &str| json!({"assign": who, "sends": [send("department:sales", json!({})), send("department:legal", json!({}))]});
    let (house, sender) = (of(HOUSE, assign("person:gm")), of(SENDER, assign("person:p.head")));
    let (sales, legal) = (of(SALES, assign("person:s.head")), of(LEGAL, assign("person:l.head")));
    let is = |who: &str| [("/accountable", json!(who))];
    check(json!({}), &[sales.clone(), sender.clone(), house], &is("person:gm"), &[]);
    check(json!({}), &[sender.clone(), sales.clone(), legal.clone()], &is("person:l.head"), &[]);
    check(json!({"to": ["department:sales"]}), &[sender.clone(), legal.clone(), sales], &is("person:s.head"), &[]);
    check(json!({}), &[sender], &is("person:p.head"), &[]);
    check(
        json!({}),
        &[of(SENDER, json!({"sends": [send("person:gm", json!({}))]}))],
        &[("/accountable", json!(null))],
        &[],
    );
}

#[test]
fn what_nothing_routes_goes_to_the_catch_all() {
    let unrouted = |to: &str| [("/recipients", json!({to: {}})), ("/flags", json!(["unrouted"]))];
    check(json!({}), &[], &unrouted("role:production/head"), &[]);
    check(json!({"to": ["department:sales"]}), &[], &unrouted("role:sales/head"), &[]);
    // A restriction also holds for the catch-all of a department; the house's gets it then.
    let only_legal = of(HOUSE, json!({"restrict": {"recipients": ["role:legal/head"]}}));
    let to_sales = of(SENDER, json!({"sends": [send("role:sales/head", json!({}))]}));
    check(json!({}), &[only_legal, to_sales], &unrouted("person:duty"), &["sending to `role:sales/head`: cut by"]);
    let failed = json!({
        "bundle": "sales/x", "revision": 1, "digest": "", "layer": "receiver", "hook": "route",
        "outcome": {"failed": {"cause": "time", "message": "too slow"}}, "cost": Cost::default(),
    });
    let failed: Contribution = serde_json::from_value(failed).unwrap();
    let (plan, _) = route(&organisation(), &message(json!({})), &[failed]);
    assert_eq!(json!(plan.flags), json!(["unrouted", "policy-failed"]));
}

#[test]
fn receivers_are_named_by_the_sender_then_by_plans() {
    let voices = [of(
        SENDER,
        json!({"sends": [send("role:sales/head", json!({})), send("person:l.lou", json!({})), send("person:gm", json!({})), send("department:production", json!({}))]}),
    )];
    let found = |to: Value| receivers(&organisation(), &message(json!({"to": to})), &contributions("route", &voices));
    assert_eq!(json!(found(json!([]))), json!(["legal", "sales"]));
    assert_eq!(
        json!(found(json!(["person:s.desk", "department:administration", "contact:acme"]))),
        json!(["sales", "administration", "legal"])
    );
}
