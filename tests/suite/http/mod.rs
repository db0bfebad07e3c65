//! The HTTP API over a real socket.

mod batches;
mod failing;
mod inbox;
mod life;
mod limits;
mod operation;
mod passing;
mod problems;
mod publishing;
mod replay;
mod sight;
mod views;

use herald_server::publish::Proposal;
use herald_tests::server::{Answer, Server, proposal, publish};

const OWN_MANIFEST: &str = r#"
name = "own"
department = "production"
language = "rhai"
hooks = ["route"]

[applies_to]
kinds = ["fault"]

[on_failure]
route = "hold"
"#;

const OWN_SCRIPT: &str = r#"
fn route(message, plan) {
    if message.label("own") == "fail" {
        throw "this policy was told to fail";
    }
    if message.label("own") == "haste" {
        plan.goal("look").owner("person:li").within("PT1S");
    }
}
"#;

/// Publishes a policy of production's own beside that of the house. The label `own` says what it does: `fail`, or
/// give Li a second to look, in `haste`.
fn publish_own(server: &Server) {
    let files = [("policy.toml", OWN_MANIFEST), ("policy.rhai", OWN_SCRIPT)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    publish(&server.app, &Proposal { bundles: [("production/own".parse().unwrap(), files)].into(), ..proposal() });
}

/// Asks until `is` holds of the answer, which is bound to happen.
fn wait(what: &str, ask: impl Fn() -> Answer, is: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..1_000 {
        let answer = ask();
        if is(&answer) {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("waited in vain until {what}");
}
