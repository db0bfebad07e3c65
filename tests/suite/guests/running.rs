//! A plugin in a host that runs: published over HTTP, and asked about a message.

use std::path::Path;
use std::process::{Command, Output};

use herald_tests::load::{self, Answer, Connection};
use herald_tests::program::{Process, program};
use herald_tests::sample;
use serde_json::{Value, json};

use super::tools::{self, COMPONENT_LIMIT, Plugin, succeed};

/// How often a component is published that takes longer to compile, without optimisation, than a request may.
const TRIES: usize = 8;

/// Publishes `plugin` beside the sample's policies to a host that runs; it has a part in a decision there.
pub(super) fn decides(plugin: &Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let (rules, data) = (folder.path().join("rules"), folder.path().join("data"));
    tools::copy(&sample::rules(), &rules);
    let here = |line: &[&str]| {
        let mut command = Command::new(program());
        command.args(line).arg("--data").arg(&data);
        command
    };
    succeed(&mut here(&["apply", rules.to_str().unwrap()]));
    let token = |more: &[&str]| {
        let printed = succeed(&mut here(&[&["token", "add"], more].concat()));
        String::from_utf8(printed).unwrap().trim().to_owned()
    };
    let admin = token(&["--owner", "service:admin", "--admin"]);
    let li = token(&["--owner", "person:li.lei"]);

    tools::copy(&plugin.dir(), &rules.join("sales/tried"));
    let limit = (COMPONENT_LIMIT.0.trim_start_matches("HERALD_").to_lowercase(), COMPONENT_LIMIT.1);
    let process = Process::start(&data, &[(limit.0.as_str(), limit.1)]);
    let address = process.address();
    publish(&rules, &format!("http://{address}"), &admin);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let decisions = runtime.block_on(async {
        let mut connection = Connection::open(address).await.unwrap();
        let notice = json!({"kind": "notice", "subject": "盘点", "department": "sales", "body": {
            "reason": "盘点", "content": "周五盘点，暂停领料。", "requirement": "提前领料", "contact": "李雷"}});
        let request = load::post("/v1/messages", &li, Some("tried"), &notice.to_string());
        let submitted = json(&connection.send(&request).await.unwrap());
        let path = format!("/v1/messages/{}/decisions", submitted["id"].as_str().unwrap());
        json(&connection.send(&load::bodiless("GET", &path, &li)).await.unwrap())
    });
    let own = |contribution: &&Value| contribution["bundle"] == "sales/tried";
    let contributions = decisions["items"][0]["ruling"]["contributions"].as_array().unwrap();
    let contribution = contributions.iter().find(own).unwrap_or_else(|| panic!("{decisions:#}"));
    assert!(contribution["outcome"]["plan"]["route"]["sends"].is_array(), "{contribution:#}");
    process.kill();
}

/// Publishes the folder, once more as long as the host says to.
fn publish(rules: &Path, server: &str, token: &str) {
    let apply = || -> Output {
        let mut command = Command::new(program());
        command.arg("apply").arg(rules).env("HERALD_SERVER", server).env("HERALD_TOKEN", token);
        command.output().unwrap()
    };
    for _ in 0..TRIES {
        let output = apply();
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            return;
        }
        assert!(said.contains("publish it again in a while"), "{said}");
    }
    panic!("it is not compiled after {TRIES} tries");
}

/// What was answered, which is well.
fn json(answer: &Answer) -> Value {
    let body = String::from_utf8_lossy(&answer.body);
    assert!((200..300).contains(&answer.status), "{body}");
    serde_json::from_str(&body).unwrap()
}
