//! What is submitted and asked: once, in order, and answered when it is durable.

use herald_core::access::Requester;
use herald_core::case::Status;
use herald_core::event::Event;
use herald_core::ids::TaskNumber;
use herald_core::message::Classification;
use herald_core::step::Refusal;
use herald_engine::{Answer, Ask, Draft, Outcome, Refused, Settings};
use herald_store::{Partition, StoreSettings};
use herald_tests::house::{House, draft, hours, identity, organisation, partition, requester, settings};
use serde_json::json;

fn plain() -> Draft {
    draft(json!({}), &[])
}

fn answer_of(text: &str) -> Ask {
    Ask::Answer(TaskNumber(1), text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there() {
    let house = House::open(partition(), hours(0));
    let answer = house.submit("li", draft(json!({"hours": 8}), &[])).await.unwrap();
    assert_eq!((answer.outcome, answer.repeated), (Outcome::Created, false));
    let view = answer.view.unwrap();
    assert_eq!((view.status, view.tasks.len(), view.goals.len()), (Status::Open, 1, 2));
    assert_eq!(view.decided_by, ["organisation/fault@1"]);
    assert_eq!(house.view(answer.case).tasks, view.tasks);

    let answered = house.ask("zhao", answer.case, answer_of("换好了")).await.unwrap();
    assert_eq!((answered.outcome, answered.view.unwrap().version), (Outcome::Changed, 2));
    house.engine.shutdown().await;
    assert!(matches!(house.submit("li", plain()).await, Err(Refused::Closing)));
    assert!(!house.engine.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_request() {
    let house = House::open(partition(), hours(0));
    let li = requester("li");
    let submit = |key, digest, body| house.engine.submit(&li, Some(identity(key, digest)), draft(body, &[]));
    let first = submit("k1", "a", json!({})).await.unwrap();
    let again = submit("k1", "a", json!({})).await.unwrap();
    assert_eq!(again, Answer { repeated: true, ..first.clone() });
    assert!(matches!(submit("k1", "b", json!({"hours": 1})).await, Err(Refused::KeyReused)));
    assert_ne!(submit("k2", "a", json!({})).await.unwrap().case, first.case);

    // A refused request is judged anew: nothing is owed to its key.
    assert!(matches!(submit("k3", "a", json!({"hours": "many"})).await, Err(Refused::Form(_))));
    assert!(!submit("k3", "b", json!({})).await.unwrap().repeated);

    // The same holds for what is asked of a case, although the task is over by then.
    let zhao = requester("zhao");
    for repeated in [false, true] {
        let ask = house.engine.ask(&zhao, Some(identity("k4", "a")), first.case, None, answer_of("好"));
        assert_eq!(ask.await.unwrap().repeated, repeated);
    }
    assert_eq!(house.count(first.case, |event| matches!(event, Event::TaskDone { .. })), 1);

    // After a day a key is forgotten.
    house.turn_to(hours(25));
    assert!(!submit("k1", "b", json!({})).await.unwrap().repeated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_under_way_is_refused_and_nothing_is_lost_when_the_caller_goes() {
    let house = House::open(partition(), hours(0));
    let held = house.hold_writer().await;
    let engine = house.engine.clone();
    let first = tokio::spawn(async move { engine.submit(&requester("li"), Some(identity("k", "a")), plain()).await });
    house.until("it waits for the writer", |house| house.engine.status()[0].queued == 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());

    let li = requester("li");
    let again = || house.engine.submit(&li, Some(identity("k", "a")), plain());
    assert!(matches!(again().await, Err(Refused::KeyInFlight)));
    drop(held);
    house.until("it is carried out", |house| house.engine.stats().carried_out.get() == 1).await;
    assert!(again().await.unwrap().repeated);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_one_case_while_that_is_live() {
    let house = House::open(partition(), hours(0));
    let event = |key: &str| Draft { dedup_key: Some(key.to_owned()), ..plain() };
    let first = house.submit("li", event("im-03")).await.unwrap();
    let again = house.submit("wang", event("im-03")).await.unwrap();
    assert_eq!((again.outcome, again.case), (Outcome::Existing, first.case));
    assert_eq!(house.submit("li", event("im-04")).await.unwrap().outcome, Outcome::Created);

    // Under a key the answer stays what it was, even when the case has ended meanwhile.
    let li = requester("li");
    let keyed = || house.engine.submit(&li, Some(identity("k", "a")), event("im-03"));
    assert_eq!(keyed().await.unwrap().outcome, Outcome::Existing);
    house.ask("li", first.case, Ask::Withdraw(None)).await.unwrap();
    let repeated = keyed().await.unwrap();
    assert_eq!((repeated.outcome, repeated.case, repeated.repeated), (Outcome::Existing, first.case, true));
    let next = house.submit("li", event("im-03")).await.unwrap();
    assert_eq!(next.outcome, Outcome::Created);
    assert_ne!(next.case, first.case);

    // Two at once, evaluated side by side: the second finds the first in its frame.
    let held = house.hold_writer().await;
    let both: Vec<_> = ["li", "wang"]
        .map(|person| {
            let (engine, event) = (house.engine.clone(), event("im-05"));
            tokio::spawn(async move { engine.submit(&requester(person), None, event).await.unwrap() })
        })
        .into();
    house.until("both wait", |house| house.engine.status()[0].queued == 2).await;
    drop(held);
    let mut cases = Vec::new();
    for answer in both {
        cases.push(answer.await.unwrap().case);
    }
    assert_eq!(cases[0], cases[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_case_that_one_may_not_see_is_a_bare_receipt() {
    let house = House::open(partition(), hours(0));
    let secret =
        || Draft { dedup_key: Some("x".to_owned()), classification: Some(Classification::Confidential), ..plain() };
    let first = house.submit("li", secret()).await.unwrap();
    for (person, sees) in [("li", true), ("wang", false)] {
        let answer = house.submit(person, secret()).await.unwrap();
        assert_eq!((answer.case, answer.view.is_some()), (first.case, sees), "{person}");
    }
    let outsider = house.submit("zhao", secret()).await;
    assert!(matches!(outsider, Err(Refused::Step(Refusal::Forbidden { .. }))), "{outsider:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_the_second_is_told() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(plain()).await;
    let seen = house.view(case).version;
    let held = house.hold_writer().await;
    let asks: Vec<_> = ["a", "b"]
        .map(|text| {
            let engine = house.engine.clone();
            tokio::spawn(async move { engine.ask(&requester("zhao"), None, case, Some(seen), answer_of(text)).await })
        })
        .into();
    house.until("both wait", |house| house.engine.status()[0].queued == 2).await;
    drop(held);
    let mut results = Vec::new();
    for ask in asks {
        results.push(ask.await.unwrap());
    }
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let told = Refusal::Version { expected: seen, found: seen + 1 };
    let refused = results.into_iter().find_map(Result::err);
    assert!(matches!(&refused, Some(Refused::Step(refusal)) if *refusal == told), "{refused:?}");
    assert_eq!(house.view(case).version, seen + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_together_is_committed_together() {
    let house = House::open(partition(), hours(0));
    let mut cases = Vec::new();
    for _ in 0..20 {
        cases.push(house.fault(plain()).await);
    }
    let frames = house.engine.stats().frames.get();
    let held = house.hold_writer().await;
    let asks: Vec<_> = cases
        .iter()
        .map(|case| {
            let (engine, case) = (house.engine.clone(), *case);
            tokio::spawn(async move { engine.ask(&requester("zhao"), None, case, None, answer_of("好")).await })
        })
        .collect();
    house.until("all wait", |house| house.engine.status()[0].queued == 20).await;
    drop(held);
    for ask in asks {
        ask.await.unwrap().unwrap();
    }
    assert_eq!(house.engine.stats().frames.get() - frames, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_turns_away_and_says_when_to_come_again() {
    let small = Settings { command_queue_limit: 1, evaluation_threads: 1, evaluation_queue_limit: 1, ..settings() };
    let house = House::with(partition(), hours(0), small);
    let case = house.fault(plain()).await;
    let held = house.hold_writer().await;
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let engine = house.engine.clone();
        waiting
            .push(tokio::spawn(async move { engine.ask(&requester("zhao"), None, case, None, answer_of("好")).await }));
    }
    house.until("all but one are turned away", |house| house.engine.stats().overloaded.get() == 7).await;
    drop(held);
    let mut refused = 0;
    for ask in waiting {
        if let Err(Refused::Overloaded { retry_after }) = ask.await.unwrap() {
            assert!(!retry_after.is_zero());
            refused += 1;
        }
    }
    assert_eq!(refused, 7);
    assert!(house.submit("li", plain()).await.is_ok(), "it goes on afterwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_message_is_evaluated_again_when_it_is_released() {
    let house = House::open(partition(), hours(0));
    let answer = house.submit("li", draft(json!({}), &["fail"])).await.unwrap();
    assert_eq!(answer.view.unwrap().status, Status::Held);
    let refused = house.ask("li", answer.case, Ask::Release).await;
    assert!(matches!(refused, Err(Refused::Step(Refusal::Forbidden { .. }))), "{refused:?}");
    assert_eq!(house.engine.stats().refused.get(), 0, "no policy is asked for who may not, and the writer is spared");
    let admin = Requester { admin: true, ..requester("chen") };
    let released = house.engine.ask(&admin, None, answer.case, None, Ask::Release).await.unwrap();
    assert_eq!(released.view.unwrap().status, Status::Held, "the policy still fails");
    assert_eq!(house.count(answer.case, |event| matches!(event, Event::Decided { .. })), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_message_is_said_at_once() {
    let house = House::open(partition(), hours(0));
    let wrong = Draft {
        subject: " ".to_owned(),
        summary: Some("长".repeat(201)),
        department: "sales".parse().unwrap(),
        to: vec!["person:nobody".parse().unwrap(), "everyone".parse().unwrap()],
        dedup_key: Some(String::new()),
        ..draft(json!({"hours": "many", "colour": 1}), &[])
    };
    let Err(Refused::Form(problems)) = house.submit("li", wrong).await else { panic!("it is wrong") };
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    for pointer in ["/subject", "/summary", "/department", "/to/0", "/dedup_key", "/body", "/body/hours"] {
        assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
    }
    assert!(!pointers.contains(&"/to/1"));
    let unknown = Draft { kind: "festival".parse().unwrap(), ..plain() };
    assert!(matches!(house.submit("li", unknown).await, Err(Refused::Form(_))));
    assert_eq!(house.engine.stats().frames.get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_somebody_who_leaves_are_given_again() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(plain()).await;
    assert_eq!(house.view(case).tasks[0].row.holders, ["zhao".parse().unwrap()]);
    let mut organisation = organisation();
    organisation.revision = 2;
    organisation.people.get_mut("zhao").unwrap().active = false;
    house.engine.configure(herald_tests::house::configured(organisation));
    let zhang = ["zhang".parse().unwrap()];
    house.until("zhang has the task", |house| house.view(case).tasks[0].row.holders == zhang).await;
    assert_eq!(house.count(case, |event| matches!(event, Event::Regiven { .. })), 1);

    // What would happen, without anything happening.
    let (message, decision) = house.engine.evaluate(&requester("li"), plain()).await.unwrap();
    assert_eq!((message.subject.as_str(), decision.configuration), ("3号注塑机停机", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_answers_everybody_and_keeps_what_it_answered() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Partition::open(&directory.path().join("p0.redb"), &StoreSettings::default()).unwrap();
    let house = House::open(open(), hours(0));
    let held = house.hold_writer().await;
    let submissions: Vec<_> = (0..30)
        .map(|_| {
            let engine = house.engine.clone();
            tokio::spawn(async move { engine.submit(&requester("li"), None, plain()).await })
        })
        .collect();
    house.until("some wait", |house| house.engine.status()[0].queued > 3).await;
    let engine = house.engine.clone();
    let shutdown = tokio::spawn(async move { engine.shutdown().await });
    house.until("it is closing", |house| !house.engine.is_ready()).await;
    drop(held);
    let mut cases = Vec::new();
    for submission in submissions {
        match submission.await.unwrap() {
            Ok(answer) => cases.push(answer.case),
            Err(Refused::Closing) => {}
            Err(other) => panic!("{other}"),
        }
    }
    shutdown.await.unwrap();
    drop(house);
    assert!(cases.len() > 3);
    let kept = open().snapshot().unwrap().counts().unwrap().cases;
    assert_eq!(usize::try_from(kept).unwrap(), cases.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_spread_over_partitions_and_are_found_again() {
    let house = House::of((0..3).map(|_| partition()).collect(), hours(0), settings());
    let li = requester("li");
    let submit = |number: usize| {
        let event = Draft { dedup_key: Some(format!("event-{number}")), ..plain() };
        house.engine.submit(&li, Some(identity(&format!("k{number}"), "a")), event)
    };
    for number in 0..30 {
        let first = submit(number).await.unwrap();
        assert_eq!(submit(number).await.unwrap().case, first.case);
        let event = Draft { dedup_key: Some(format!("event-{number}")), ..plain() };
        assert_eq!(house.submit("wang", event).await.unwrap().case, first.case);
        let follows = Draft { caused_by: Some(first.case), ..plain() };
        assert_eq!(house.fault(follows).await.shard(), first.case.shard());
        house.ask("zhao", first.case, answer_of("好")).await.unwrap();
    }
    let counts: Vec<_> = house.engine.partitions().map(|p| p.snapshot().unwrap().counts().unwrap().cases).collect();
    assert_eq!(counts.iter().sum::<u64>(), 60);
    assert!(counts.iter().all(|count| *count >= 4), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_and_an_event_are_one_whatever_partition_they_lead_to() {
    let house = House::of((0..3).map(|_| partition()).collect(), hours(0), settings());
    let li = requester("li");
    let event = |key: String, caused_by| Draft { dedup_key: Some(key), caused_by, ..plain() };
    let mut count = 0;
    for number in 0..10 {
        let cause = house.fault(plain()).await;
        let (key, submit) = (format!("k{number}"), |draft, digest: &'static str, key: &str| {
            house.engine.submit(&li, Some(identity(key, digest)), draft)
        });
        let first = submit(event(format!("event-{number}"), None), "a", &key).await.unwrap();
        for other in [event(format!("other-{number}"), None), Draft { caused_by: Some(cause), ..plain() }, plain()] {
            let reused = submit(other, "b", &key).await;
            assert!(matches!(reused, Err(Refused::KeyReused)), "{number}: {reused:?}");
        }
        let caused = house.submit("li", event(format!("event-{number}"), Some(cause))).await.unwrap();
        assert_eq!((caused.case, caused.outcome), (first.case, Outcome::Existing));
        count += 2;
    }
    let counts = house.engine.partitions().map(|p| p.snapshot().unwrap().counts().unwrap().cases);
    assert_eq!(counts.sum::<u64>(), count);
}
