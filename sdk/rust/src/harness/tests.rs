use serde_json::json;

use super::cases::Case;
use super::table::Table;
use crate::prelude::*;
use crate::table::Value;

/// Answers with what it was given, so that tests see that it arrived.
#[derive(Deserialize)]
struct Echo {
    #[serde(default)]
    span: Option<Span>,
}

impl Policy for Echo {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        log!("{} from {}", message.kind, message.sender);
        plan.level(message.field("level")?).label("kind", message.kind.as_str());
        plan.send("department:sales").by(["phone", "inbox", "phone"]);
        if let Some(reason) = message.optional::<&str>("refuse")? {
            plan.refuse(reason);
        }
        if let Some(span) = self.span {
            plan.goal("echo").within(span);
        }
        Ok(())
    }

    fn escalate(&self, _: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
        plan.notify(breach.goal.as_str()).remind_before(minutes(90)).ask("why?", hours(4));
        Ok(())
    }
}

fn message() -> serde_json::Value {
    json!({"kind": "echo", "body": {"level": 2, "none": null}})
}

#[test]
fn a_plan_is_written_as_decisions_show_it() {
    let harness = Harness::<Echo>::new().settings(json!({"span": "PT90M"}));
    let plan = serde_json::to_value(harness.route(message()).unwrap()).unwrap();
    let expected = json!({
        "level": 2,
        "sends": [{"to": "department:sales", "by": ["inbox", "phone"]}],
        "goals": [{"name": "echo", "starts": "opened", "within": "PT1H30M"}],
        "labels": {"kind": "echo"},
    });
    assert_eq!(plan, expected);
    assert_eq!(harness.log_of_route(message()).unwrap(), ["echo from anonymous"]);
}

#[test]
fn errors_say_what_is_wrong() {
    let harness = Harness::<Echo>::new();
    let route = |message| harness.route(message).unwrap_err();
    assert_eq!(route(json!({})), "the message names no `kind`");
    assert_eq!(route(json!({"kind": "echo"})), "the message's body has no `level`");
    assert_eq!(
        route(json!({"kind": "echo", "body": {"level": "2"}})),
        "`level` of the message's body: invalid type: string \"2\", expected u8"
    );
    assert_eq!(route(json!({"kind": "echo", "bdy": {}})), "a message has no `bdy`");
    let missing = harness.approve(message(), json!({})).unwrap_err();
    assert_eq!(missing, "the policy has no hook `approve`, although its manifest lists it");
    let days = Harness::<Echo>::new().settings(json!({"span": "P2D"}));
    assert!(days.route(message()).unwrap_err().contains("`P2D` is no span"));
}

#[test]
fn cases_are_compared_whole_or_in_part() {
    let harness = Harness::<Echo>::new().settings(json!({"span": {"working_days": 2}}));
    let problems = |case: serde_json::Value| Case::read("case", &case.to_string()).unwrap().run(&harness).problems;
    let whole = json!({
        "level": 2,
        "sends": [{"to": "department:sales", "by": ["inbox", "phone"]}],
        "goals": [{"name": "echo", "within": {"working_days": 2}}],
        "labels": {"kind": "echo"},
    });
    let none: [&str; 0] = [];
    assert_eq!(problems(json!({"message": message(), "expect": whole})), none);
    assert_eq!(problems(json!({"message": message(), "expect": {"level": 2}, "compare": "subset"})), none);
    assert_eq!(
        problems(json!({"message": message(), "expect": {"level": 1, "sends": []}, "compare": "subset"})),
        [
            "/level: expected 1, found 2",
            r#"/sends: expected nothing, found [{"by":["inbox","phone"],"to":"department:sales"}]"#,
        ]
    );
    assert_eq!(problems(json!({"message": message(), "expect": {"level": 2}})).len(), 3);
    assert_eq!(
        problems(json!({"message": message(), "expect": {"levle": 2}})),
        ["in `expect`: unknown field `levle`, expected one of `level`, `classification`, `audience`, `content_type`, \
          `sends`, `assign`, `goals`, `digest`, `labels`, `archive`, `restrict`, `refuse`"]
    );
    let breach = json!({"message": message(), "hook": "escalate", "breach": {"goal": "answer"}});
    let with = |name: &str, value| {
        let mut case = breach.clone();
        case[name] = value;
        problems(case)
    };
    let asked = json!([{"to": "answer", "remind_before": "PT90M", "asks": [{"about": "why?", "within": "PT240M"}]}]);
    assert_eq!(with("expect", json!({"notify": asked})), none);
    let asked = json!([{"to": "answer", "remind_before": "PT1H", "asks": [{"about": "who?", "within": "PT4H"}]}]);
    assert_eq!(
        with("expect", json!({"notify": asked})),
        [
            r#"/notify/0/asks/0/about: expected "who?", found "why?""#,
            r#"/notify/0/remind_before: expected "PT1H", found "PT1H30M""#,
        ]
    );
    let refused = json!({"kind": "echo", "body": {"level": 2, "refuse": "not now"}});
    let refused = |expect| problems(json!({"message": refused, "expect": expect, "compare": "subset"}));
    assert_eq!(refused(json!({"refuse": "not now"})), none);
    assert_eq!(refused(json!({"refuse": "never"})), [r#"/refuse: expected "never", found "not now""#]);
    assert_eq!(with("fails", json!("?")), ["a failure that says `?` was expected; there was a plan"]);
}

#[test]
fn tables_match_row_by_row() {
    let table = Table::read(
        "material,days,urgent,->,impact,stock\n\
         PA66-*|POM,>=10 <20,,->,high,3\n\
         ,>20,true,->,stop,\n\
         0012,,,->,part,1\n\
         ,,,->,low,2\n",
    );
    let table = table.unwrap();
    let impact = |material: &str, days: i64, urgent: bool| {
        let facts = [("material", material.into()), ("days", days.into()), ("urgent", urgent.into())];
        let facts = facts.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        let rows = table.lookup(&facts, 1).unwrap();
        match &rows[0][0].1 {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?} is no text"),
        }
    };
    for (material, days, urgent, expected) in [
        ("PA66-GF30", 10, false, "high"),
        ("POM", 19, false, "high"),
        ("POM", 20, true, "low"),
        ("ABS", 21, true, "stop"),
        ("ABS", 21, false, "low"),
        ("0012", 1, false, "part"),
        ("12", 1, false, "low"),
    ] {
        assert_eq!(impact(material, days, urgent), expected, "{material} {days} {urgent}");
    }
    let only_material = [("material".to_owned(), Value::from("POM"))];
    assert_eq!(table.lookup(&only_material, 9).unwrap().len(), 1, "a column that is not named matches empty cells");
    assert_eq!(
        table.lookup(&only_material, 9).unwrap()[0][1],
        ("stock".to_owned(), Value::Integer(2)),
        "a column of whole numbers"
    );
    assert!(table.lookup(&[("materiel".to_owned(), Value::from("POM"))], 1).is_err());
    assert!(Table::read("a,->,b\n\"\"\"x\"\"\",->,1\n").unwrap_err().contains("quotes"));
    assert!(Table::read("a,b\n1,2\n").unwrap_err().contains("->"));
}

#[test]
fn hooks_are_given_targets_and_the_directorys_tiers() {
    #[derive(Deserialize)]
    struct Asks {}
    impl Policy for Asks {
        fn escalate(&self, _: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
            for owner in &breach.owners {
                plan.notify(owner.as_str());
            }
            plan.assign(format!("role:sales/{}", tier("contact:acme")?));
            log!("declined: {}", breach.declined.as_deref().unwrap_or_default());
            Ok(())
        }
    }
    let breach = json!({"goal": "answer", "owners": ["li.lei"], "declined": "no part"});
    let plan = Harness::<Asks>::new().tier("contact:acme", "strategic").escalate(message(), breach.clone()).unwrap();
    assert_eq!(plan.notify[0].to, "person:li.lei");
    assert_eq!(plan.assign.as_deref(), Some("role:sales/strategic"));
    let unknown = Harness::<Asks>::new().escalate(message(), breach).unwrap_err();
    assert!(unknown.contains("give it with `Harness::tier`"), "{unknown}");
}
