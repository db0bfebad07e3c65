//! Policies that fail in the field: shown, told of, resumed, and no reason for a host not to start.

use std::collections::BTreeMap;

use herald_core::target::Actor;
use herald_server::publish::random;
use herald_store::StoreSettings;
use herald_store::configuration::{ConfigurationStore, FILE_NAME, Publication, Stamp};
use herald_tests::server::{Answer, Server};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{publish_own, wait};

const OWN: &str = "/v1/policies/production/own";

fn own(server: &Server, who: &str) -> Value {
    server.get(who, OWN).json()["active"].take()
}

#[test]
fn a_failing_policy_is_shown_told_of_and_resumed() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    assert_eq!(own(&server, "li")["status"], "active");
    let fail = json!({"labels": {"own": "fail"}});
    let cases: Vec<_> = (0..3).map(|_| server.submit("li", &fail)).collect();

    let shown = own(&server, "li");
    assert_eq!(shown["status"], "failing", "{shown}");
    let trouble = &shown["trouble"];
    assert_eq!(
        (&trouble["hook"], &trouble["cause"], &trouble["failures"]),
        (&json!("route"), &json!("error"), &json!(3))
    );
    assert_eq!((&trouble["reason"], &trouble["last_message"]), (&json!("it raised an error"), &json!(cases[2])));
    assert!(trouble["since"].is_string(), "{shown}");
    assert!(own(&server, "chen")["trouble"]["last_message"].is_null(), "what one may not see is not named");
    let listed = server.get("chen", "/v1/policies").json();
    assert!(listed[1]["trouble"]["last_message"].is_null(), "{listed}");
    assert_eq!((&listed[0]["status"], &listed[1]["status"]), (&json!("active"), &json!("failing")), "{listed}");
    let metrics = server.get("", "/metrics").text();
    for line in [
        "herald_policies_in_trouble{bundle=\"production/own\",status=\"failing\"} 1",
        "herald_hook_calls_total{bundle=\"production/own\",hook=\"route\",outcome=\"error\"} 3",
        "herald_hook_time_seconds_total{bundle=\"production/own\",hook=\"route\"} ",
        "herald_hook_memory_peak_bytes{bundle=\"production/own\",hook=\"route\"} ",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    // The head of production, who has no policy author.
    let tasks = || server.get("wang", "/v1/tasks");
    let named = |answer: &Answer| answer.text().contains("policy production/own revision 1 keeps failing");
    wait("wang has a task", tasks, named);

    for (who, path, status) in [("li", OWN, 403), ("admin", "/v1/policies/production/none", 404), ("author", OWN, 200)]
    {
        let answer = server.post(who, &format!("{path}/resume"), &json!(null));
        assert_eq!(answer.status, status, "{who}: {}", answer.text());
    }
    let shown = own(&server, "li");
    assert_eq!((&shown["revision"], &shown["status"]), (&json!(2), &json!("active")), "{shown}");
    assert!(shown.get("trouble").is_none());
    wait("the task is gone", tasks, |answer| !named(answer));
    let again = server.post("author", &format!("{OWN}/resume"), &json!(null)).json();
    assert_eq!(again["revision"], 2, "there is nothing to resume");
}

#[test]
fn a_host_starts_although_a_bundle_does_not_load() {
    let data = tempfile::tempdir().unwrap();
    drop(Server::start(data.path(), &[]));
    let store = ConfigurationStore::open(&data.path().join(FILE_NAME), &StoreSettings::default()).unwrap();
    // As an earlier program may have taken it.
    let manifest = "name = \"own\"\ndepartment = \"production\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n\
                    [applies_to]\nkinds = [\"fault\"]\nlabels = { own = \"yes\" }\n[on_failure]\nroute = \"hold\"\n";
    let files: BTreeMap<_, _> = [("policy.toml", manifest), ("policy.rhai", "fn route(")]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into();
    let id = "production/own".parse().unwrap();
    let publication = Publication { bundles: vec![(&id, &files)], ..Publication::default() };
    let stamp = Stamp { at: Timestamp::now(), by: &Actor::Host, seed: random().unwrap() };
    store.publish(&publication, &stamp).unwrap();
    drop(store);

    let server = Server::start(data.path(), &[]);
    let shown = own(&server, "li");
    assert_eq!((&shown["status"], &shown["trouble"]["cause"]), (&json!("not-loaded"), &json!("not-loaded")), "{shown}");
    assert!(shown["trouble"]["reason"].as_str().unwrap().contains("policy.rhai:1:"), "{shown}");
    let status = |labels: Value| {
        let case = server.submit("li", &json!({ "labels": labels }));
        server.get("li", &format!("/v1/messages/{case}")).json()["status"].clone()
    };
    assert_eq!(status(json!({"own": "yes"})), "held", "its own messages wait");
    assert_eq!(status(json!({})), "open", "nobody else's do");
    let named = |answer: &Answer| answer.text().contains("policy production/own revision 1 does not load");
    wait("wang has a task", || server.get("wang", "/v1/tasks"), named);
    publish_own(&server);
    assert_eq!(own(&server, "li")["status"], "active");
}
