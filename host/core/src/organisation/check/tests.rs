//! A small organisation that is whole, and every way to break it.

use serde_json::{Value, json};

use super::*;

/// Everything that an organisation needs, once.
fn whole() -> Value {
    json!({
        "rules": {
            "catch_all": "role:organisation/duty",
            "calendar": "office",
            "superiors": ["role:organisation/general-manager"],
            "may_reach_everyone": ["sales"],
            "senior_management": ["role:organisation/general-manager"],
        },
        "departments": {
            "organisation": {"title": "华信", "roles": {"general-manager": ["han.mei"], "duty": ["li.lei"]}},
            "sales": {"title": "销售部", "roles": {"head": ["li.lei"]}, "contacts": ["han.mei"], "leader": "han.mei"},
        },
        "people": {
            "li.lei": {"title": "李雷", "departments": ["sales"], "substitute": "han.mei"},
            "han.mei": {"title": "韩梅", "substitute": "li.lei"},
            "wu.old": {"title": "吴老", "active": false},
        },
        "contacts": {"acme": {"title": "Acme", "owner": "li.lei", "addresses": {"hook": "https://acme.example.com/in"}}},
        "calendars": {"office": {"time_zone": "Asia/Shanghai", "weekly": {"mon": ["09:00-17:00"]}}},
        "channels": {
            "inbox": {"title": "收件箱", "transport": {"type": "inbox"}},
            "hook": {
                "title": "大屏",
                "transport": {"type": "webhook", "url": "https://screen.example.com/in", "secret": "screen"},
                "approval": {"name": "hook", "approvers": ["role:sales/head"]},
            },
        },
        "kinds": {
            "notice": {"title": "通知", "form": {
                "type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"],
            }},
        },
    })
}

/// What the check says about [`whole`] after `value` was put at `pointer`, or what is there was removed (null).
fn check(pointer: &str, value: &Value) -> String {
    let mut organisation = whole();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = organisation.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => assert!(parent.remove(key).is_some(), "{pointer} is not there"),
        value => drop(parent.insert(key.to_owned(), value.clone())),
    }
    let organisation: Organisation = serde_json::from_value(organisation).unwrap();
    organisation.check().map_or_else(|error| error.to_string(), |()| String::new())
}

#[test]
fn a_whole_organisation_has_no_problem() {
    assert_eq!(check("/rules/may_reach_everyone", &json!(["sales"])), "");
}

#[test]
fn each_problem_is_named_with_its_place() {
    let sales = "/departments/sales";
    let lei = "/people/li.lei";
    let url = "/channels/hook/transport/url";
    let form = "/kinds/notice/form";
    let cases: Vec<(String, Value, &str)> = vec![
        (
            "/rules/catch_all".into(),
            json!(null),
            "rules.catch_all: missing: somebody must get what nothing else routes",
        ),
        ("/rules/catch_all".into(), json!("everyone"), "rules.catch_all: `everyone` is too many to be responsible"),
        (
            "/rules/catch_all".into(),
            json!("contact:acme"),
            "rules.catch_all: `contact:acme` is outside the organisation",
        ),
        ("/rules/catch_all".into(), json!("person:wu.old"), "`person:wu.old` comes to nobody who still works here"),
        (
            "/rules/catch_all".into(),
            json!("role:organisation/dutty"),
            "there is no role in department `organisation` called `dutty`; did you mean `duty`?",
        ),
        ("/rules/calendar".into(), json!(null), "rules.calendar: missing: deadlines need the working hours"),
        (
            "/rules/calendar".into(),
            json!("ofice"),
            "rules.calendar: there is no calendar `ofice`; did you mean `office`?",
        ),
        (
            "/rules/may_reach_everyone".into(),
            json!(["sales", "sale"]),
            "rules.may_reach_everyone[1]: there is no department `sale`; did you mean `sales`?",
        ),
        ("/rules/superiors".into(), json!(["contact:acme"]), "rules.superiors[0]: `contact:acme` is outside"),
        (
            "/rules/restricted_readers".into(),
            json!(["person:x"]),
            "rules.restricted_readers[0]: there is no person `x`",
        ),
        ("/departments/organisation".into(), json!(null), "departments.organisation: missing: it stands for the whole"),
        (
            "/departments/everyone".into(),
            json!({"title": "全"}),
            "departments.everyone: `everyone` means something else",
        ),
        ("/departments/.hr".into(), json!({"title": "人事"}), "departments.\".hr\": `.hr` begins with a dot"),
        (format!("{sales}/title"), json!(" "), "departments.sales.title: is empty"),
        (format!("{sales}/roles"), json!({}), "departments.sales.roles.head: missing: somebody must answer"),
        (format!("{sales}/roles/head"), json!([]), "departments.sales.roles.head: nobody holds this role"),
        (format!("{sales}/roles/head"), json!(["wu.old"]), "departments.sales.roles.head: nobody of these still works"),
        (
            format!("{sales}/roles/head"),
            json!(["li.lei", "li.le"]),
            "departments.sales.roles.head[1]: there is no person `li.le`; did you mean `li.lei`?",
        ),
        (format!("{sales}/contacts"), json!(["li.lei", "li.lei"]), "contacts[1]: `li.lei` is in this list already"),
        (format!("{sales}/leader"), json!("nobody"), "departments.sales.leader: there is no person `nobody`"),
        (format!("{sales}/calendar"), json!("x"), "departments.sales.calendar: there is no calendar `x`"),
        (format!("{sales}/catch_all"), json!("everyone"), "departments.sales.catch_all: `everyone` is too many"),
        (
            format!("{lei}/departments"),
            json!(["salse"]),
            "people.\"li.lei\".departments[0]: there is no department `salse`",
        ),
        (format!("{lei}/departments"), json!(["sales", "sales"]), "departments[1]: `sales` is in this list already"),
        (format!("{lei}/substitute"), json!("li.lei"), "people.\"li.lei\".substitute: nobody can stand in"),
        (
            format!("{lei}/absences"),
            json!([{"from": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}]),
            "people.\"li.lei\".absences[0].until: must be later than `from`",
        ),
        (format!("{lei}/addresses"), json!({"inbox": "x"}), "addresses.inbox: channel `inbox` needs no address"),
        (format!("{lei}/addresses"), json!({"hok": "x"}), "there is no channel `hok`; did you mean `hook`?"),
        (format!("{lei}/addresses"), json!({"hook": "li@example.com"}), "addresses.hook: is no web address"),
        ("/people".into(), json!({}), "people: nobody works here: the directory needs at least one active person"),
        ("/people".into(), json!({"wu.old": {"title": "吴老", "active": false}}), "people: nobody works here"),
        ("/contacts/acme/owner".into(), json!("li.li"), "contacts.acme.owner: there is no person `li.li`"),
        ("/calendars/.x".into(), whole()["calendars"]["office"].clone(), "calendars.\".x\": `.x` begins with a dot"),
        ("/channels/inbox/per".into(), json!("target"), "channels.inbox.per: an inbox belongs to a person"),
        ("/channels/inbox".into(), json!(null), "channels.inbox: missing: every organisation has the channel"),
        (
            "/channels/inbox".into(),
            whole()["channels"]["hook"].clone(),
            "channels.inbox.transport: the channel of this name has the transport `inbox`",
        ),
        ("/channels/hook/open_to".into(), json!(["x"]), "channels.hook.open_to[0]: there is no department `x`"),
        ("/channels/hook/owner".into(), json!("contact:acme"), "channels.hook.owner: `contact:acme` is outside"),
        (
            "/channels/hook/approval/approvers".into(),
            json!([]),
            "approval.approvers: is empty: an approval that nobody",
        ),
        ("/channels/hook/approval/approvers".into(), json!(["everyone"]), "approvers[0]: `everyone` is too many"),
        (
            "/channels/hook/approval/mode".into(),
            json!({"quorum": 2}),
            "mode: a quorum of 2 cannot be had: the approvers are 1",
        ),
        ("/channels/hook/approval/mode".into(), json!({"quorum": 0}), "approval.mode: a quorum of 0 cannot be had"),
        (url.into(), json!("ftp://x"), "channels.hook.transport.url: is no web address"),
        (url.into(), json!("https:///x"), "url: names no host"),
        (url.into(), json!("https://me:word@x.example"), "url: has a name or password in it"),
        (url.into(), json!("https://x.example/a b"), "contains a blank"),
        (url.into(), json!(format!("https://{}", "x".repeat(2_048))), "url: is longer than 2048 bytes"),
        ("/channels/hook/transport/secret".into(), json!("whsec_MfKQ"), "transport.secret: is a secret itself"),
        ("/channels/hook/transport/secret".into(), json!("a b"), "transport.secret: is not the name of a secret"),
        ("/channels/hook/transport/retry_after_seconds".into(), json!([]), "retry_after_seconds: has 0 tries"),
        (
            "/channels/hook/transport/retry_after_seconds".into(),
            json!([5, 604_801]),
            "seconds[1]: 604801 seconds are more",
        ),
        (
            "/kinds/notice/naming".into(),
            json!("{titel}"),
            "kinds.notice.naming: there is no field `{titel}`; use `{urgent}`",
        ),
        ("/kinds/notice/naming".into(), json!("{title"), "kinds.notice.naming: has a `{` without a `}`"),
        ("/kinds/notice/naming".into(), json!(""), "kinds.notice.naming: is empty"),
        (
            "/kinds/notice/document_number".into(),
            json!("{subject}{number}"),
            "kinds.notice.document_number: there is no field `{subject}`; use `{department}`, `{title}`, `{year}`, `{number}`",
        ),
        ("/kinds/notice/document_number".into(), json!("{year}"), "document_number: must name `{number}` once"),
        ("/kinds/notice/document_number".into(), json!("{number}{number}"), "must name `{number}` once"),
        ("/kinds/notice/close_after_working_days".into(), json!(0), "close_after_working_days: 0 working days is out"),
        ("/kinds/notice/reopen_within_working_days".into(), json!(1001), "1001 working days is out of range"),
        ("/kinds/.x".into(), whole()["kinds"]["notice"].clone(), "kinds.\".x\": `.x` begins with a dot"),
        (
            "/kinds/policy-failure".into(),
            whole()["kinds"]["notice"].clone(),
            "kinds.policy-failure: is a kind of herald's own; choose another name",
        ),
        (form.into(), json!("string"), "kinds.notice.form: a form is a JSON Schema: an object"),
        (form.into(), json!({}), "kinds.notice.form.type: must be `object`"),
        (format!("{form}/properties"), json!([]), "kinds.notice.form.properties: must be an object"),
        (
            format!("{form}/required"),
            json!(["reasn"]),
            "form.required[0]: there is no field `reasn`; did you mean `reason`?",
        ),
        (format!("{form}/required"), json!([1]), "kinds.notice.form.required[0]: is not the name of a field"),
    ];
    for (pointer, value, says) in cases {
        let found = check(&pointer, &value);
        assert!(found.contains(says), "{pointer} = {value}\nexpected: {says}\nfound: {found}");
    }
}

#[test]
fn secrets_are_never_shown() {
    for (pointer, value) in [
        ("/channels/hook/transport/url", "https://me:hunter2@x.example"),
        ("/channels/hook/transport/url", "robot.example/send?key=hunter2"),
        ("/channels/hook/transport/secret", "whsec_hunter2"),
        ("/channels/hook/transport/secret", "a hunter2"),
    ] {
        let found = check(pointer, &json!(value));
        assert!(!found.is_empty() && !found.contains("hunter2"), "{found}");
    }
}

#[test]
fn problems_come_all_at_once_in_the_order_of_fields() {
    let error = Organisation::default().check().unwrap_err();
    let fields: Vec<_> = error.problems.iter().map(|problem| problem.field.to_string()).collect();
    let expected = ["channels.inbox", "departments.organisation", "people", "rules.calendar", "rules.catch_all"];
    assert_eq!(fields, expected);
}

#[test]
fn guesses_stop_at_their_limit() {
    let persons = (0..GUESSES_LIMIT + 50).map(|n| (format!("p{n}"), json!({"title": "x", "departments": ["sale"]})));
    let found = check("/people", &persons.collect());
    assert_eq!(found.matches("there is no department `sale`").count() as u32, GUESSES_LIMIT + 50);
    assert!((found.matches("did you mean").count() as u32) <= GUESSES_LIMIT);
}
