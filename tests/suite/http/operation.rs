//! Health, readiness, metrics, the API's description.

use std::collections::BTreeSet;
use std::sync::Arc;

use herald_engine::{Random, SystemClock};
use herald_policy::HostLimits;
use herald_server::host::{Host, Stores};
use herald_server::settings::Sources;
use herald_store::configuration::ConfigurationStore;
use herald_store::{Partition, StoreSettings};
use herald_tests::fault::{Fault, fault_disk};
use herald_tests::server::{Server, fault, proposal, publish};
use serde_json::{Value, json};

/// Every route, as it is registered and described.
const ROUTES: &[&str] = &[
    "delete /v1/tokens/{id}",
    "get /healthz",
    "get /metrics",
    "get /problems",
    "get /problems/{name}",
    "get /readyz",
    "get /v1/calendars",
    "get /v1/calendars/{name}",
    "get /v1/channels",
    "get /v1/channels/{name}",
    "get /v1/deliveries",
    "get /v1/inbox",
    "get /v1/directory",
    "get /v1/kinds",
    "get /v1/kinds/{name}",
    "get /v1/messages",
    "get /v1/messages/{id}",
    "get /v1/messages/{id}/decisions",
    "get /v1/messages/{id}/decisions/replay",
    "get /v1/messages/{id}/deliveries",
    "get /v1/messages/{id}/form",
    "get /v1/messages/{id}/goals",
    "get /v1/messages/{id}/tasks",
    "get /v1/openapi.json",
    "get /v1/policies",
    "get /v1/policies/{department}/{name}",
    "get /v1/tasks",
    "get /v1/tokens",
    "post /v1/apply",
    "post /v1/backups",
    "post /v1/calendars/{name}/due",
    "post /v1/calendars/{name}/elapsed",
    "post /v1/deliveries/{id}/replay",
    "post /v1/evaluate",
    "post /v1/messages",
    "post /v1/messages/{id}/goals/{name}/{verb}",
    "post /v1/messages/{id}/resubmit",
    "post /v1/messages/{id}/{verb}",
    "post /v1/policies/{department}/{name}/resume",
    "post /v1/tasks/{id}/{verb}",
    "post /v1/tokens",
];

#[test]
fn every_route_is_described_and_every_description_has_its_route() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let document = server.get("", "/v1/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert(format!("{method} {path}"));
            assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path}");
            // Whoever repeats a POST knows what it comes to.
            if ["/v1/evaluate", "/v1/calendars/{name}/due", "/v1/calendars/{name}/elapsed"].contains(&path.as_str())
                && method == "post"
            {
                let description = operation["description"].as_str().unwrap_or_default();
                assert!(description.contains("no idempotency key is needed"), "{path}: {description}");
            }
            // A path that is described is served: whoever bears no token is told so, and nothing else.
            let address = path.replace(['{', '}'], "");
            let answer = server.send("", &method.to_uppercase(), &address, &[], b"");
            let is_open = operation.get("security").is_some();
            let expected: &[u16] = if is_open { &[200, 404] } else { &[401] };
            assert!(expected.contains(&answer.status), "{method} {address}: {} {}", answer.status, answer.text());
        }
    }
    assert_eq!(described, ROUTES.iter().map(|route| (*route).to_owned()).collect());
    let mut missing = Vec::new();
    references(&document, &mut |reference| {
        let pointer = reference.strip_prefix('#').unwrap();
        if document.pointer(pointer).is_none() {
            missing.push(reference.to_owned());
        }
    });
    assert_eq!(missing, Vec::<String>::new(), "references that lead nowhere");
}

fn references(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value.as_str() {
            Some(reference) if name == "$ref" => see(reference),
            _ => references(value, see),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, see)),
        _ => {}
    }
}

#[test]
fn a_host_says_whether_it_is_ready_and_why_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let resolved = Sources::default().resolve().unwrap();
    let settings = StoreSettings::default();
    let ((configuration, _), (partition, disk)) = (fault_disk(Vec::new()), fault_disk(Vec::new()));
    let stores = Stores {
        configuration: ConfigurationStore::open_with_backend(configuration, &settings).unwrap(),
        partitions: vec![Partition::open_with_backend(partition, &settings).unwrap()],
    };
    let random = Random::from_seed([7; 32]);
    let limits = HostLimits::default();
    let host = Host::start_on(stores, limits, &resolved, Arc::new(SystemClock), random, runtime.handle()).unwrap();
    let server = Server::of(host, runtime);
    let check = |why: Option<(&str, &str)>| {
        let answer = server.get("", "/readyz");
        let Some((pointer, message)) = why else {
            assert_eq!(answer.status, 200, "{}", answer.text());
            return;
        };
        let problem = answer.json();
        assert_eq!((answer.status, &problem["type"]), (503, &json!("/problems/not-ready")), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains(message), "{problem}");
        assert_eq!(server.get("", "/healthz").status, 200, "it is alive");
    };
    check(Some(("/organisation", "herald apply")));
    publish(&server.app, &proposal());
    check(None);
    disk.inject(Fault::FailSync(disk.syncs() + 1));
    let refused = server.post("li", "/v1/messages", &fault(&json!({})));
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("/problems/unknown-outcome")));
    check(Some(("/partitions/0", "the sync has failed")));
    let refused = server.post("li", "/v1/messages", &fault(&json!({})));
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("/problems/not-ready")));
}

#[test]
fn a_data_folder_is_used_by_one_host_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let flags =
        vec![("data".to_owned(), data.path().display().to_string()), ("store_cache_bytes".into(), "1048576".into())];
    let resolved = Sources { flags, ..Default::default() }.resolve().unwrap();
    let start = || Host::start(&resolved, Arc::new(SystemClock), runtime.handle());
    let host = start().unwrap();
    assert_eq!(host.app().configured().organisation().revision, 0);
    let in_use = start().err().unwrap().to_string();
    assert!(in_use.contains("another herald is running on this directory"), "{in_use}");
    runtime.block_on(host.app().engine.shutdown());
    drop(host);

    let server = Server::start(data.path(), &[("store_cache_bytes", "1048576")]);
    assert_eq!((server.get("", "/healthz").status, server.get("", "/readyz").status), (200, 200));
}

#[test]
fn a_running_host_makes_backups_that_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[("partitions", "2")]);
    let case = server.submit("li", &json!({}));
    // A host that ended in the middle has left this.
    let left = data.join("backups/monday.unfinished");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("partition-0.redb"), "half a store").unwrap();

    let make = |who: &str, name: &str| server.post(who, "/v1/backups", &json!({ "name": name }));
    let made = make("admin", "monday");
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let copy = data.join("backups/monday");
    assert_eq!(made["folder"], json!(copy));
    let stores = made["stores"].as_array().unwrap();
    let names: Vec<_> = stores.iter().map(|store| store["store"].as_str().unwrap()).collect();
    assert_eq!(names, ["partition-0", "partition-1", "organisation"]);
    let heads = server.app.engine.partitions().map(|partition| partition.head());
    for (store, head) in stores.iter().zip(heads) {
        assert_eq!((&store["sequence"], &store["hash"]), (&json!(head.sequence), &json!(head.hash.to_string())));
    }
    assert!(stores.iter().all(|store| std::path::Path::new(store["path"].as_str().unwrap()).exists()), "{made}");
    assert!(!left.exists());

    for (who, name, status, says) in [
        ("admin", "monday", 409, "there is a backup `monday` already"),
        ("admin", "../monday", 422, "no name of a backup"),
        ("admin", "a.b", 422, "no name of a backup"),
        ("admin", "", 422, "no name of a backup"),
        ("li", "tuesday", 403, "administrator"),
    ] {
        let answer = make(who, name);
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(says), "{name}: {}", answer.text());
    }
    let later = server.submit("li", &json!({}));
    let restored = Server::start(&copy, &[("partitions", "2")]);
    assert_eq!(restored.get("li", &format!("/v1/messages/{case}")).status, 200);
    assert_eq!(restored.get("li", &format!("/v1/messages/{later}")).status, 404);
}

#[test]
fn metrics_count_what_happens_under_bounded_labels() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    drop(server.submit("li", &json!({})));
    drop(server.post("li", "/v1/messages", &json!({"kind": "made-up-by-a-client"})));
    drop(server.get("li", "/v1/made-up-by-a-client"));
    drop(server.send("li", "MADEUP", "/v1/messages", &[], b""));
    let metrics = server.get("", "/metrics");
    assert!(metrics.headers["content-type"].starts_with("application/openmetrics-text"));
    let metrics = metrics.text();
    for line in [
        "herald_submissions_total{kind=\"fault\",outcome=\"created\"} 1",
        "herald_submissions_total{kind=\"unknown\",outcome=\"refused\"} 1",
        "herald_http_requests_total{method=\"POST\",route=\"/v1/messages\",status=\"201\"} 1",
        "herald_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "herald_commands_total 1",
        "herald_frames_total 1",
        "herald_commit_duration_seconds_count 1",
        "herald_frame_commands_bucket{le=\"1.0\"} 1",
        "herald_hook_calls_total{bundle=\"organisation/fault\",hook=\"route\",outcome=\"answered\"} 1",
        "herald_partitions_stopped 0",
        "herald_deliveries_waiting 0",
        "herald_dead_letters 0",
        "herald_timers_running 1",
        "herald_timer_lag_seconds 0.0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in:\n{metrics}");
    }
    // An evaluation is counted when its thread is done with it, which may be after the answer.
    assert!(metrics.contains("herald_evaluation_duration_seconds_count "), "{metrics}");
    assert!(!metrics.contains("made-up") && !metrics.contains("MADEUP"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[test]
fn calendars_answer_questions() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    // Friday, 17:00 in Shanghai.
    let from = "2026-11-20T17:00:00+08:00";
    for (path, body, expected) in [
        ("due", json!({"from": from, "span": {"working_hours": 2}}), json!({"due": "2026-11-23T02:00:00Z"})),
        ("due", json!({"from": from, "span": "PT2H"}), json!({"due": "2026-11-20T11:00:00Z"})),
        ("elapsed", json!({"from": from, "to": "2026-11-23T10:00:00+08:00"}), json!({"working_minutes": 120})),
    ] {
        let answer = server.post("li", &format!("/v1/calendars/office/{path}"), &body);
        assert_eq!((answer.status, answer.json()), (200, expected), "{body}");
    }
    for (path, body, pointer) in [
        ("due", json!({"from": from, "span": "P1D"}), "/span"),
        ("due", json!({"from": "yesterday", "span": "PT2H"}), "/from"),
        ("elapsed", json!({"from": from, "to": "2126-11-23T10:00:00+08:00"}), "/to"),
    ] {
        let answer = server.post("li", &format!("/v1/calendars/office/{path}"), &body);
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            answer.text()
        );
    }
}
