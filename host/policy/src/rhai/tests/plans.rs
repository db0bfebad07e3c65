//! Scripts and the plans they return.

use super::*;

const COMPLAINT: &str = include_str!("complaint.rhai");

#[test]
fn the_sample_of_the_guide_runs_as_printed() {
    crate::testing::compile("customer-service/complaint", COMPLAINT, "[applies_to]\nkinds = [\"complaint\"]").unwrap();
    let routed = json!({
        "level": 1, "assign": "role:customer-service/head",
        "sends": [{
            "to": "department:customer-service", "by": ["group", "ticket"],
            "acknowledge_within": "PT30M", "answer_within": "PT24H"
        }],
        "goals": [{
            "name": "satisfaction", "owner": "role:customer-service/agent", "starts": "resolved",
            "within": {"working_days": 3}
        }]
    });
    assert_eq!(outcome(&call(Hook::Route, COMPLAINT, json!({}), "")), Ok(routed.clone()));
    let mut strategic = routed;
    strategic["sends"].as_array_mut().unwrap().push(json!({"to": "role:sales/director", "by": ["inbox"]}));
    for change in [json!({"labels": {"tier": "strategic"}}), json!({"body": {"amount_cents": 10_000_000}})] {
        assert_eq!(outcome(&call(Hook::Route, COMPLAINT, change, "")), Ok(strategic.clone()));
    }
    let approved = json!({"stages": [
        {
            "name": "wording", "phase": "department", "mode": "any", "approvers": ["role:public-relations/lead"],
            "within": {"working_hours": 4}, "at_deadline": "escalate"
        },
        {
            "name": "legal", "phase": "legal", "mode": "all",
            "approvers": ["role:legal/reviewer", "role:legal/compliance"],
            "within": {"working_days": 1}, "at_deadline": "escalate"
        }
    ]});
    assert_eq!(outcome(&call(Hook::Approve, COMPLAINT, json!({}), "")), Ok(approved));
    let escalated = json!({
        "notify": [{"to": "role:customer-service/supervisor", "by": ["inbox", "phone"]}],
        "goals": [{
            "name": "coordination", "owner": "role:customer-service/supervisor", "starts": "opened", "within": "PT24H"
        }]
    });
    assert_eq!(outcome(&call(Hook::Escalate, COMPLAINT, json!({}), "")), Ok(escalated));
}

#[test]
fn verbs_build_plans() {
    let goal = |more: Value| {
        let mut goal = json!({"name": "g", "starts": "opened", "within": "PT1H"});
        goal.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"goals": [goal]})
    };
    for (lines, plan) in [
        ("", json!({})),
        (
            r#"plan.classification = "restricted"; plan.audience = "everyone"; plan.content_type = "decision";"#,
            json!({"classification": "restricted", "audience": "everyone", "content_type": "decision"}),
        ),
        (
            r#"plan.label("a", "b"); plan.digest("weekly"); plan.archive("permanent");"#,
            json!({"labels": {"a": "b"}, "digest": "weekly", "archive": "permanent"}),
        ),
        (
            r#"plan.restrict_recipients(["role:sales/head"]); plan.restrict_channels(["inbox"]);"#,
            json!({"restrict": {"recipients": ["role:sales/head"], "channels": ["inbox"]}}),
        ),
        (
            r#"let r = plan.send("everyone"); r.by(["inbox"]); r.by(["group"]); r.report_every(working_minutes(5));"#,
            json!({"sends": [{"to": "everyone", "by": ["group", "inbox"], "report_every": {"working_minutes": 5}}]}),
        ),
        (
            r#"plan.goal("g").within("PT60M").stops("met:other").warn_before("PT5M").repeats();"#,
            goal(json!({"stops": "met:other", "warn_before": "PT5M", "repeats": true})),
        ),
        (
            r#"for who in ["sales", "legal"] { plan.send(`department:${who}`); }"#,
            json!({"sends": [{"to": "department:sales"}, {"to": "department:legal"}]}),
        ),
        (r#"["sales"].map(|who| plan.send("department:" + who));"#, json!({"sends": [{"to": "department:sales"}]})),
        (r#"return; plan.level = 1;"#, json!({})),
        (r#"plan.level = if parse_decimal("12.50") > 12 { 1 } else { 2 };"#, json!({"level": 1})),
    ] {
        assert_eq!(route(lines, json!({})), Ok(plan), "{lines}");
    }
    let stage = |mode: Value| {
        json!({"stages": [{
            "name": "s", "phase": "department", "mode": mode, "approvers": ["role:sales/head"], "at_deadline": "escalate"
        }]})
    };
    for (lines, mode) in [
        (r#"plan.stage("s").any_of(["role:sales/head"]);"#, json!("any")),
        (r#"plan.stage("s").all_of(["role:sales/head"]);"#, json!("all")),
        (r#"plan.stage("s").quorum_of(2, ["role:sales/head"]);"#, json!({"quorum": 2})),
        (r#"plan.stage("s").in_order(["role:sales/head"]);"#, json!("sequential")),
    ] {
        let script = format!("fn approve(message, route, plan) {{ {lines} }}");
        assert_eq!(outcome(&call(Hook::Approve, &script, json!({}), "")), Ok(stage(mode)), "{lines}");
    }
    let script = r#"fn approve(message, route, plan) { plan.stage("s").any_of(["role:sales/head"]).self_approval(); }"#;
    let mut own = stage(json!("any"));
    own["stages"][0]["self_approval"] = json!(true);
    assert_eq!(outcome(&call(Hook::Approve, script, json!({}), "")), Ok(own));
}

#[test]
fn scripts_read_the_message_and_its_body() {
    let change = json!({
        "summary": "s", "labels": {"line": "2"}, "to": ["department:sales"], "urgency": "urgent",
        "body": {
            "amount_cents": 5, "rate": 0.25, "machine": "IM-03", "paid": null,
            "customer": {"name": "Acme", "tags": ["a", "b"]},
            "items": [{"code": "x", "count": 2}, {"code": "y"}], "extra": {"deep": {"er": true}}
        }
    });
    for condition in [
        r#"message.kind == "complaint""#,
        r#"message.subject == "裂纹" && message.summary == "s""#,
        r#"message.sender == "person:han" && message.department == "customer-service""#,
        r#"message.urgency == "urgent" && message.audience == "department""#,
        r#"message.classification == "internal" && message.content_type == "feedback""#,
        r#"message.to == ["department:sales"]"#,
        r#"message.label("line") == "2" && message.label("other") == """#,
        r#"message.labels.line == "2" && !("x" in message.labels)"#,
        r#"message.submitted_at.to_string() == "2026-11-20T08:30:00Z""#,
        r#"message.submitted_at == message.submitted_at && !(message.submitted_at < message.submitted_at)"#,
        "message.body.amount_cents == 5 && message.body.amount_cents < 5.5",
        "message.body.rate > 0.2 && message.body.rate < 1",
        r#"message.body.customer.name == "Acme" && message.body.customer.tags.contains("b")"#,
        r#"message.body.items[0].code == "x" && message.body.items.len() == 2"#,
        r#"message.body.items.filter(|item| has(item, "count")).len() == 1"#,
        r#"message.body.items[0].count == 2 && !message.body.items[1].has("count")"#,
        r#"has(message.body, "amount_cents") && !has(message.body, "paid")"#,
        "message.body.extra.deep.er",
        r#"!has(message.body.extra, "other")"#,
        r#"let name = "machine"; message.body[name] == "IM-03""#,
        r#"people("role:customer-service/head") == ["person:li.lei"]"#,
        r#"people("contact:acme") == ["contact:acme"]"#,
        r#"tier("contact:acme") == "ordinary""#,
        r#"calendar("office").add(message.submitted_at, working_days(1)).to_string() == "2026-11-23T10:00:00Z""#,
        r#"calendar("office").add(message.submitted_at, "PT1H") > message.submitted_at"#,
    ] {
        let lines = format!("let yes = {{ {condition} }};\nif yes {{ plan.level = 1; }}");
        assert_eq!(route(&lines, change.clone()), Ok(json!({"level": 1})), "{condition}");
    }
}

#[test]
fn approve_and_escalate_see_what_they_are_about() {
    for condition in [
        r#"route.level == 1 && route.classification == "internal" && route.audience == "external""#,
        r#"route.recipients == ["department:sales", "everyone"] && "group" in route.channels"#,
        r#"route.labels.line == "2" && route.content_type == "notice""#,
    ] {
        let script = format!("fn approve(message, route, plan) {{ if {condition} {{ plan.post_hoc(); }} }}");
        let plan = outcome(&call(Hook::Approve, &script, json!({}), ""));
        assert_eq!(plan, Ok(json!({"post_hoc": true})), "{condition}");
    }
    for condition in [
        r#"breach.goal == "answer" && breach.owners == ["person:han"]"#,
        r#"breach.at > breach.due && breach.case_status == "open""#,
        r#"breach.level == 2 && breach.reached == ["person:han"] && breach.declined == "no part""#,
    ] {
        let script = format!("fn escalate(message, breach, plan) {{ if {condition} {{ plan.level = 1; }} }}");
        let plan = outcome(&call(Hook::Escalate, &script, json!({}), ""));
        assert_eq!(plan, Ok(json!({"level": 1})), "{condition}");
    }
}

#[test]
fn what_it_asked_and_logged_is_recorded() {
    let script = r#"fn route(message, plan) {
        log("first");
        [1, 2].map(|n| log(`n ${n}`));
        people("role:sales/head");
        calendar("office").add(message.submitted_at, working_hours(1));
        if setting("limit").cents == 5 && setting("names")[0] == "a" { log("set"); }
    }"#;
    let more = "[settings]\nlimit = { cents = 5 }\nnames = [\"a\"]";
    let contribution = call(Hook::Route, script, json!({}), more);
    assert_eq!(outcome(&contribution), Ok(json!({})));
    assert_eq!(contribution.log, "first\nn 1\nn 2\nset\n");
    let answers: Vec<_> =
        contribution.answers.iter().map(|answer| format!("{} = {}", answer.question, answer.answer)).collect();
    assert_eq!(
        answers,
        [
            r#"people(role:sales/head) = ["person:wang"]"#,
            r#"calendar(office).add(2026-11-20T08:30:00Z, 1 working hour) = "2026-11-20T09:30:00Z""#,
        ]
    );
    assert!(contribution.cost.operations > 10);
    assert_eq!((contribution.revision, contribution.digest.len()), (3, 64));
}
