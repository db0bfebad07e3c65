//! Publishing over HTTP: the organisation and bundles as a whole, tokens, and what-if.

use herald_core::target::Actor;
use herald_server::http::ApplyBody;
use herald_server::publish::Proposal;
use herald_store::configuration::{Stamp, bundle_digest};
use herald_tests::server::{Server, fault, proposal};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::publish_own;

fn body() -> Value {
    serde_json::to_value(ApplyBody::new(proposal())).unwrap()
}

#[test]
fn a_publication_is_whole_or_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let same = server.post("admin", "/v1/apply", &body());
    assert_eq!(
        (same.status, same.json()),
        (200, json!({"revision": 1, "dry_run": false, "changes": [], "warnings": []}))
    );

    let mut changed = body();
    changed["organisation"]["kinds"]["notice"] = json!({"title": "通知", "form": {"type": "object"}});
    let dry = server.post("admin", "/v1/apply?dry_run=true", &changed).json();
    assert_eq!(dry["changes"], json!([{"section": "kinds", "name": "notice", "kind": "added"}]), "{dry}");
    assert_eq!(server.get("li", "/v1/kinds/notice").status, 404, "a dry run changes nothing");
    let lines = dry["differences"][0]["lines"].as_array().unwrap();
    assert!(lines.contains(&json!("+ title: \"通知\"")), "{dry}");

    let mut broken = changed.clone();
    broken["organisation"]["departments"]["production"]["roles"] = json!({});
    broken["organisation"]["kinds"]["notice"]["form"] = json!({"type": "strnig"});
    let refused = server.post("admin", "/v1/apply", &broken);
    assert_eq!(
        (refused.status, &refused.json()["type"]),
        (422, &json!("/problems/configuration")),
        "{}",
        refused.text()
    );
    assert!(refused.json()["errors"].as_array().unwrap().len() >= 2, "{}", refused.text());
    assert_eq!(server.get("li", "/v1/kinds/notice").status, 404, "with any error, nothing is published");

    let published = server.post("admin", "/v1/apply", &changed).json();
    assert_eq!(published["revision"], 2, "{published}");
    assert_eq!(server.get("li", "/v1/kinds/notice").json()["title"], "通知");
    assert_eq!(server.get("li", "/v1/directory").json()["revision"], 2);
    let mut stale = body();
    stale["expected_revision"] = json!(1);
    assert_eq!(server.post("admin", "/v1/apply", &stale).status, 412);
}

#[test]
fn a_dry_run_says_what_differs_and_which_open_cases_it_touches() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let open = server.submit("li", &json!({}));
    let changed = {
        let mut proposal = proposal();
        let files = proposal.bundles.values_mut().next().unwrap();
        files.get_mut("policy.rhai").unwrap().extend(b"// at the end\n");
        proposal.organisation.as_mut().unwrap().kinds.get_mut("fault").unwrap().title = "故障".to_owned();
        proposal.organisation.as_mut().unwrap().people.get_mut("zhao").unwrap().substitute = None;
        serde_json::to_value(ApplyBody::new(proposal)).unwrap()
    };
    // An administrator sees how many there are, and of them only those that they may see.
    let dry = server.post("admin", "/v1/apply?dry_run=true", &changed).json();
    let found: Vec<_> = dry["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["open_cases"].as_u64().unwrap(), one["first_cases"].clone()))
        .collect();
    assert_eq!(found, [("zhao", 1, json!([])), ("fault", 1, json!([])), ("organisation/fault", 1, json!([]))], "{dry}");
    let script = dry["differences"][2]["lines"].as_array().unwrap();
    assert!(script.last().unwrap().as_str().unwrap().ends_with(": // at the end"), "{dry}");
    assert!(dry["differences"][1]["lines"][0].as_str().unwrap().starts_with("~ title: "), "{dry}");

    let own = json!({"bundles": changed["bundles"]});
    let refused = server.post("author", "/v1/apply?dry_run=true", &own);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let resolved = server.post("zhang", &format!("/v1/messages/{open}/resolve"), &json!({"reason": "done"}));
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    let closed = server.post("li", &format!("/v1/messages/{open}/close"), &json!({}));
    assert_eq!(closed.status, 200, "{}", closed.text());
    let after = server.post("admin", "/v1/apply?dry_run=true", &changed).json();
    assert!(after["differences"].as_array().unwrap().iter().all(|one| one["open_cases"] == 0), "{after}");
}

#[test]
fn an_organisation_is_refused_that_bundles_in_force_do_not_fit() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    publish_own(&server);
    let mut alone = body();
    alone["bundles"] = json!({});
    assert_eq!(server.post("admin", "/v1/apply", &alone).status, 200);
    // The kind that both bundles are for is gone.
    let kind = alone["organisation"]["kinds"]["fault"].take();
    alone["organisation"]["kinds"] = json!({ "stoppage": kind });
    for dry_run in [true, false] {
        let refused = server.post("admin", &format!("/v1/apply?dry_run={dry_run}"), &alone);
        assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/configuration")));
        for bundle in ["organisation/fault", "production/own"] {
            let errors = refused.json()["errors"].as_array().unwrap().clone();
            let named = errors.iter().any(|error| error["pointer"].as_str().unwrap().starts_with(bundle));
            assert!(named, "{bundle}: {}", refused.text());
        }
    }
    assert_eq!(server.get("li", "/v1/kinds/fault").status, 200);
    alone["prune"] = json!(true);
    assert_eq!(server.post("admin", "/v1/apply", &alone).status, 200, "what is retired need not fit");
    assert_eq!(server.get("li", "/v1/policies").json(), json!([]));
}

/// A bundle takes seconds to check, and names a channel. Meanwhile a token is revoked, and an organisation without that
/// channel published: neither waits for the check, and the bundle no longer fits.
#[test]
fn nobody_waits_for_a_check_and_it_is_made_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let without = {
        let organisation = body()["organisation"].take();
        json!({ "organisation": organisation })
    };
    let mut with = without.clone();
    with["organisation"]["channels"]["siren"] = json!({"title": "警报", "transport": {"type": "inbox"}});
    assert_eq!(server.post("admin", "/v1/apply", &with).status, 200);

    let manifest = "name = \"slow\"\ndepartment = \"production\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n\
                    limits = { time_limit_ms = 1000 }\n";
    let script = "fn route(message, plan) {\n  let n = 0;\n  while n < 40000 { n += 1; }\n  \
                  plan.send(\"person:zhao\").by([\"siren\"]);\n}\n";
    let case = json!({"message": fault(&json!({})), "expect": {}, "compare": "subset"}).to_string();
    let cases = (0..100).map(|number| (format!("cases/{number}.json"), case.clone().into_bytes()));
    let files = [("policy.toml", manifest), ("policy.rhai", script)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into_iter().chain(cases);
    let bundles = [("production/slow".parse().unwrap(), files.collect())].into();
    let slow = serde_json::to_value(ApplyBody::new(Proposal { bundles, ..Proposal::default() })).unwrap();

    let (slow, fast) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| server.post("admin", "/v1/apply", &slow));
        std::thread::sleep(std::time::Duration::from_millis(100));
        let stamp = Stamp { at: Timestamp::now(), by: &Actor::Host, seed: [7; 32] };
        assert!(!server.app.publisher.revoke_token("nobody's", &stamp).unwrap());
        let fast = server.post("admin", "/v1/apply", &without);
        assert!(!slow.is_finished(), "the check is over too soon to show anything");
        (slow.join().unwrap(), fast)
    });
    assert_eq!((fast.status, slow.status), (200, 422), "{} {}", fast.text(), slow.text());
    assert!(slow.text().contains("there is no channel `siren`"), "{}", slow.text());
}

#[test]
fn a_broken_policy_is_refused_with_its_line() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut broken = body();
    // "fn route(message, plan) {\n  plan.sned(…);\n}"
    broken["bundles"]["organisation/fault"]["policy.rhai"] =
        json!("Zm4gcm91dGUobWVzc2FnZSwgcGxhbikgewogIHBsYW4uc25lZCgicGVyc29uOmxpIik7Cn0K");
    let refused = server.post("admin", "/v1/apply", &broken).json();
    let pointer = refused["errors"][0]["pointer"].as_str().unwrap();
    assert!(pointer.starts_with("organisation/fault/policy."), "{refused}");
    let mut misnamed = body();
    misnamed["bundles"] = json!({"production/fault": misnamed["bundles"]["organisation/fault"]});
    let refused = server.post("admin", "/v1/apply", &misnamed);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("its manifest says that it is `organisation/fault`"), "{}", refused.text());
    let mut garbled = body();
    garbled["bundles"]["organisation/fault"]["policy.rhai"] = json!("%%%");
    let refused = server.post("admin", "/v1/apply", &garbled).json();
    assert_eq!(refused["errors"][0]["pointer"], "/bundles/organisation~1fault/policy.rhai", "{refused}");
    assert_eq!(server.get("li", "/v1/policies").json()[0]["revision"], 1);
}

#[test]
fn a_decision_names_the_files_that_made_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let case = server.submit("li", &json!({}));
    let files = &proposal().bundles[&"organisation/fault".parse().unwrap()];
    let digest = json!(bundle_digest(files));
    for (path, pointer) in [
        ("/v1/policies".to_owned(), "/0/digest"),
        ("/v1/policies/organisation/fault".to_owned(), "/active/digest"),
        ("/v1/policies/organisation/fault".to_owned(), "/revisions/0/digest"),
        (format!("/v1/messages/{case}/decisions"), "/items/0/ruling/contributions/0/digest"),
    ] {
        let answer = server.get("li", &path).json();
        assert_eq!(answer.pointer(pointer), Some(&digest), "{path}{pointer}: {answer}");
    }
}

#[test]
fn who_publishes_what_is_settled_by_the_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut bundles_only = body();
    bundles_only.as_object_mut().unwrap().remove("organisation");
    let text = |base64: &str| json!(base64);
    // `name = "own"`, `department = "production"`, hook `route` for `fault`; and a script that does nothing.
    let own = json!({
        "policy.toml": text("bmFtZSA9ICJvd24iCmRlcGFydG1lbnQgPSAicHJvZHVjdGlvbiIKbGFuZ3VhZ2UgPSAicmhhaSIKaG9va3MgPSBbInJvdXRlIl0KCi\
                             BbYXBwbGllc190b10Ka2luZHMgPSBbImZhdWx0Il0K"),
        "policy.rhai": text("Zm4gcm91dGUobWVzc2FnZSwgcGxhbikgewogICAgcGxhbi5zZW5kKCJyb2xlOnByb2R1Y3Rpb24vaGVhZCIpOwp9Cg==")
    });
    let own = json!({"bundles": {"production/own": own}});
    for (who, body, status) in [
        ("li", &own, 403),
        ("wang", &own, 403),
        ("author", &body(), 403),
        ("author", &bundles_only, 403),
        ("author", &own, 200),
        ("admin", &bundles_only, 200),
    ] {
        let answer = server.post(who, "/v1/apply", body);
        assert_eq!(answer.status, status, "{who}: {}", answer.text());
    }
    let policies = server.get("li", "/v1/policies").json();
    let ids: Vec<_> = policies.as_array().unwrap().iter().map(|bundle| bundle["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["organisation/fault", "production/own"]);
    let shown = server.get("li", "/v1/policies/production/own").json();
    assert!(shown["files"]["policy.rhai"].as_str().unwrap().contains("production/head"), "{shown}");
    // What is published is in force for the next message, and what is not named is retired when asked.
    let id = server.submit("li", &json!({}));
    let decided = server.get("li", &format!("/v1/messages/{id}/decisions")).text();
    assert!(decided.contains("production/own"), "{decided}");
    let mut pruned = body();
    pruned["prune"] = json!(true);
    let answer = server.post("admin", "/v1/apply", &pruned).json();
    assert_eq!(answer["changes"][0]["kind"], "removed", "{answer}");
    assert_eq!(server.get("li", "/v1/policies").json().as_array().unwrap().len(), 1);
}

#[test]
fn evaluation_stores_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let answer = server.post("li", "/v1/evaluate", &fault(&json!({"urgency": "urgent"})));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["decision"]["plan"]["accountable"], "role:maintenance/head");
    assert_eq!(answer["message"]["classification"], "internal", "the kind's defaults are filled in");
    assert_eq!(server.get("li", "/v1/messages").json()["items"], json!([]));
    assert_eq!(server.post("li", "/v1/evaluate", &fault(&json!({"body": {}}))).status, 422);
    // What another department's policies would do with a message is for who may send it.
    for who in ["zhao", "admin"] {
        let refused = server.post(who, "/v1/evaluate", &fault(&json!({})));
        assert_eq!((refused.status, &refused.json()["type"]), (403, &json!("/problems/forbidden")), "{who}");
    }
}

#[test]
fn a_token_works_from_its_making_until_it_is_revoked() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let made = server.post("admin", "/v1/tokens", &json!({"owner": "person:zhang", "id": "laptop", "name": "laptop"}));
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let header = format!("Bearer {secret}");
    let ask = || server.send("", "GET", "/v1/tasks", &[("authorization", &header)], b"").status;
    assert_eq!(ask(), 200);
    let listed = server.get("admin", "/v1/tokens").text();
    assert!(listed.contains("laptop") && !listed.contains(&secret), "{listed}");
    assert_eq!(server.post("admin", "/v1/tokens", &json!({"owner": "person:zhang", "id": "laptop"})).status, 422);
    assert_eq!(server.post("li", "/v1/tokens", &json!({"owner": "person:li", "admin": true})).status, 403);
    assert_eq!(server.send("admin", "DELETE", "/v1/tokens/laptop", &[], b"").status, 204);
    assert_eq!(ask(), 401);
    assert_eq!(server.send("admin", "DELETE", "/v1/tokens/laptop", &[], b"").status, 404);
}

#[test]
fn who_has_left_is_not_let_in() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.get("zhao", "/v1/tasks").status, 200);
    let mut without = body();
    without["organisation"]["people"]["zhao"]["active"] = json!(false);
    assert_eq!(server.post("admin", "/v1/apply", &without).status, 200);
    assert_eq!(server.get("zhao", "/v1/tasks").status, 401);
}
