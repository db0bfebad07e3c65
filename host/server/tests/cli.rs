//! The command line, as it is run: what it prints, where, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, in its helpers as in itself"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use herald_server::code::{Code, write};
use serde_json::{Value, json};

/// Runs `herald` with the words of `line` on the data folder `data`, in an environment without any of its variables.
fn command(data: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_herald"));
    command
        .env_clear()
        .env("XDG_CACHE_HOME", data.join("caches"))
        .args(line.split(' '))
        .arg("--data")
        .arg(data)
        .args(["--set", "store_cache_bytes=1048576"]);
    command
}

fn run(data: &Path, line: &str) -> Output {
    command(data, line).output().unwrap()
}

/// What a command that must succeed prints.
fn succeed(data: &Path, line: &str) -> String {
    let output = run(data, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail says.
fn fail(data: &Path, line: &str) -> String {
    let output = run(data, line);
    assert!(!output.status.success(), "{line} should fail");
    assert!(output.stdout.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn json_of(data: &Path, line: &str) -> Value {
    serde_json::from_str(&succeed(data, &format!("{line} --json"))).unwrap()
}

/// Writes a folder of code for a small organisation, with one policy.
fn write_rules(to: &Path) {
    let organisation = json!({
        "rules": {"catch_all": "person:chen", "calendar": "office"},
        "departments": {
            "organisation": {"title": "公司", "roles": {"director": ["chen"]}},
            "production": {"title": "生产部", "roles": {"head": ["li"]}}
        },
        "people": {
            "chen": {"title": "陈", "departments": ["organisation"]},
            "li": {"title": "李", "departments": ["production"]}
        },
        "calendars": {"office": {"time_zone": "Asia/Shanghai", "weekly": {"mon": ["09:00-18:00"]}}},
        "channels": {"inbox": {"title": "收件箱", "transport": {"type": "inbox"}}},
        "kinds": {"fault": {"title": "设备故障", "form": {"type": "object"}}}
    });
    let files = [
        ("policy.toml", "name = \"fault\"\ndepartment = \"production\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n"),
        ("policy.rhai", "fn route(message, plan) {\n    plan.send(\"role:production/head\");\n}\n"),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    let bundles = [("production/fault".parse().unwrap(), files)].into();
    let code = Code { organisation: serde_json::from_value(organisation).unwrap(), bundles };
    write(to, &code).unwrap();
}

/// A server that runs until it is dropped.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    /// Starts `herald serve` on any free port, and waits until it listens.
    fn start(data: &Path) -> Self {
        let mut serve = command(data, "serve --listen 127.0.0.1:0 --set log_format=json");
        let mut child = serve.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
        let listening = lines.find_map(|line| Some(said(&line.ok()?)).filter(|said| said["message"] == "listening"));
        let url = listening.map(|said| format!("http://{}", said["address"].as_str().unwrap()));
        Self { child, url: url.unwrap_or_default() }
    }

    /// Tells it to stop, and says whether it ended well.
    fn stop(mut self) -> bool {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        kill.success() && self.child.wait().unwrap().success()
    }
}

#[test]
fn an_installation_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, rules) = (folder.path().join("data"), folder.path().join("rules"));
    write_rules(&rules);
    let rules = rules.display();

    assert!(fail(&data, "token list").contains("begin with `herald serve`"));
    let dry = succeed(&data, &format!("apply {rules} --dry-run"));
    assert!(dry.contains("+ departments production") && dry.contains("nothing was published"), "{dry}");
    let applied = json_of(&data, &format!("apply {rules}"));
    assert_eq!((&applied["revision"], &applied["dry_run"]), (&json!(1), &json!(false)));
    assert_eq!(json_of(&data, &format!("apply {rules}"))["changes"], json!([]));

    let secret = succeed(&data, "token add --owner service:admin --admin --id root").trim().to_owned();
    assert!(secret.starts_with("hrl_"), "{secret}");
    let tokens = json_of(&data, "token list");
    assert_eq!((&tokens[0]["id"], &tokens[0]["owner"]), (&json!("root"), &json!("service:admin")));
    assert!(!tokens.to_string().contains(&secret));
    assert!(fail(&data, "token add --owner nobody").contains("`person:ID` or `service:NAME`"));

    let message = folder.path().join("message.json");
    std::fs::write(&message, r#"{"kind": "fault", "subject": "停机", "department": "production"}"#).unwrap();
    let message = message.display();
    let evaluated = json_of(&data, &format!("evaluate {message} --as li"));
    assert!(evaluated["decision"]["plan"]["recipients"]["role:production/head"].is_object(), "{evaluated}");
    assert!(succeed(&data, &format!("evaluate {message} --as li")).contains("production/fault@1 route answered"));

    let server = Serving::start(&data);
    let said = fail(&data, "verify");
    assert!(said.contains("another herald is running on this directory"), "{said}");
    let url = &server.url;
    let remote = |line: &str| {
        let output = command(&data, line).args(["--server", url]).env("HERALD_TOKEN", &secret).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert!(remote("token list").0);
    let (done, said) = remote(&format!("apply {rules} --dry-run"));
    assert!(done && said.contains("nothing changes; revision 1 is in force"), "{said}");
    let (done, said) = remote("token revoke unheard-of");
    assert!(!done && said.contains("there is no token `unheard-of`"), "{said}");
    assert!(fail(&data, &format!("token list --server {url}")).contains("HERALD_TOKEN"));
    let said = fail(&data, "backup monday");
    assert!(said.contains("another herald is running") && said.contains("--server URL"), "{said}");
    let (done, said) = remote("backup monday");
    assert!(done && said.contains("partition-0, organisation"), "{said}");
    let (done, said) = remote("backup monday");
    assert!(!done && said.contains("there is a backup `monday` already"), "{said}");
    assert!(server.stop(), "a server that is told to stop ends well");

    assert!(succeed(&data, "verify").contains("partition-0: sound"));
    assert!(succeed(&data, "rebuild").contains("rebuilt"));
    let audit = folder.path().join("audit");
    assert!(succeed(&data, &format!("export {}", audit.display())).contains("exported"));
    // What is published comes out as it went in: the organisation says the same, bundles are the same to the byte.
    let code = folder.path().join("code");
    assert!(succeed(&data, &format!("export --code {}", code.display())).contains("1 bundles"));
    let again = json_of(&data, &format!("apply {} --dry-run", code.display()));
    assert_eq!(again["changes"], json!([]), "{again}");
    assert!(fail(&data, &format!("export --code {}", code.display())).contains("is not empty"));
    let heads = audit.join("heads.json");
    let signed: Value = serde_json::from_slice(&std::fs::read(&heads).unwrap()).unwrap();
    let names: Vec<_> = signed.as_array().unwrap().iter().map(|head| &head["partition"]).collect();
    assert_eq!(names, ["organisation", "partition-0"]);
    assert!(audit.join("organisation.jsonl").exists() && audit.join("partition-0.jsonl").exists());
    // A verification that was killed has left this.
    std::fs::write(data.join("partition-0.verifying"), "half a store").unwrap();
    let with_heads = format!("verify --head {}", heads.display());
    assert!(!succeed(&data, &with_heads).contains("NOT SOUND"));
    assert!(!data.join("partition-0.verifying").exists());
    // An older configuration is missing what was signed.
    let older = folder.path().join("older");
    succeed(&older, "token add --owner service:admin --admin");
    let output = run(&older, &with_heads);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success() && said.contains("organisation: NOT SOUND"), "{said}");
    assert!(said.contains("partition-0: NOT SOUND"), "{said}");
    let backup = folder.path().join("backup");
    assert!(succeed(&data, &format!("backup {}", backup.display())).contains("organisation"));
    assert!(succeed(&backup, "verify").contains("organisation: sound"));
    assert_eq!(json_of(&backup, "token list")[0]["id"], "root");
    assert!(fail(&data, &format!("backup {}", backup.display())).contains("partition-0.redb"));
    assert!(succeed(&data.join("backups/monday"), "verify").contains("partition-0: sound"));

    // What is lost is said, and nothing begins anew in its place.
    std::fs::remove_file(data.join("partition-0.redb")).unwrap();
    let unsound = |line: &str| {
        let output = run(&data, line);
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success() && found.contains("partition-0: NOT SOUND"), "{line}: {found}");
    };
    unsound("verify");
    let elsewhere = folder.path().join("elsewhere");
    for line in ["serve", "rebuild", "export", "backup"] {
        let to = if matches!(line, "export" | "backup") { format!(" {}", elsewhere.display()) } else { String::new() };
        let said = fail(&data, &format!("{line}{to}"));
        assert!(said.contains("partition-0.redb` is missing") && said.contains("restore it"), "{line}: {said}");
        assert!(!elsewhere.exists(), "{line} leaves nothing half done");
    }
    std::fs::remove_file(data.join("partitions")).unwrap();
    assert!(succeed(&data, "verify").contains("organisation: sound"), "nobody remembers that there was another");
    unsound(&format!("verify --head {}", audit.join("heads.json").display()));
}

#[test]
fn a_plugin_is_begun_and_what_is_missing_to_build_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (data, rules) = (folder.path().join("data"), folder.path().join("rules"));
    write_rules(&rules);
    let rules = rules.display();
    // There is no compiler on an empty PATH.
    for (language, get) in [("javascript", "apt-get install nodejs npm"), ("python", "pip install -r requirements.txt")]
    {
        let dir = format!("{rules}/production/{language}");
        let new = format!("plugin new --language {language} {dir}");
        assert_eq!(json_of(&data, &new)["bundle"], format!("production/{language}"));
        assert!(fail(&data, &new).contains("is there already; name a new folder"));
        let missing = fail(&data, &format!("plugin build {dir}"));
        assert!(missing.contains("was not found; ") && missing.contains(get), "{missing}");
    }
    let new = |words: &str| fail(&data, &format!("plugin new --language rust {}/{words}", folder.path().display()));
    assert!(new("stray").contains("whose policy is `stray`? name the department"));
    assert!(new("Stray").contains("`Stray`"));
    assert!(fail(&data, &format!("plugin build {rules}/production/fault")).contains("has no source of a plugin"));
    assert!(fail(&data, &format!("plugin run {}", folder.path().display())).contains("lies in no rules folder"));
}

#[test]
fn a_bundle_is_tried_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let (data, rules) = (folder.path().join("data"), folder.path().join("rules"));
    write_rules(&rules);
    let bundle = rules.join("production/fault");
    let line = format!("plugin run {}", bundle.display());
    assert!(fail(&data, &line).contains("there are no cases"));

    std::fs::create_dir(bundle.join("cases")).unwrap();
    let case =
        |level| json!({"message": {"kind": "fault"}, "expect": {"level": level}, "compare": "subset"}).to_string();
    std::fs::write(bundle.join("cases/level.json"), case(1)).unwrap();
    let output = run(&data, &line);
    let (found, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(!output.status.success() && said.contains("1 of 1 cases failed"), "{said}");
    assert!(found.contains("level.json: FAILED") && found.contains("/level: expected 1, found nothing"), "{found}");

    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(
        elsewhere.join("head.json"),
        r#"{"message": {"kind": "fault"}, "expect": {"sends": [{"to": "role:production/head"}]}}"#,
    )
    .unwrap();
    let passed = json_of(&data, &format!("{line} --cases {}", elsewhere.display()));
    assert_eq!((&passed[0]["file"], &passed[0]["passed"]), (&json!("cases/head.json"), &json!(true)), "{passed}");
    assert_eq!(passed[0]["call"]["used"][0]["limit"], 50.0, "{passed}");

    let message = folder.path().join("message.json");
    std::fs::write(&message, r#"{"kind": "fault", "subject": "停机", "department": "production"}"#).unwrap();
    let tried = json_of(&data, &format!("{line} --message {} --as li", message.display()));
    assert_eq!(tried["calls"][0]["outcome"]["plan"]["route"]["sends"][0]["to"], "role:production/head", "{tried}");
    assert!(tried["decision"]["plan"]["recipients"]["role:production/head"].is_object(), "{tried}");
}

#[test]
fn settings_are_shown_with_their_sources_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("herald.toml");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    std::fs::write(&file, format!("partitions = 2\n[secrets]\nscreen = \"{secret}\"\n")).unwrap();
    let mut config = command(folder.path(), &format!("config --json --config {}", file.display()));
    let output = config.env("HERALD_RATE_BURST", "7").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(secret), "{text}");
    let lines: Value = serde_json::from_str(&text).unwrap();
    let source = |name: &str| {
        let line = lines.as_array().unwrap().iter().find(|line| line["name"] == name).unwrap();
        (line["value"].as_str().unwrap().to_owned(), line["source"].as_str().unwrap().to_owned())
    };
    assert_eq!(source("partitions"), ("2".into(), format!("file {}", file.display())));
    assert_eq!(source("rate_burst"), ("7".into(), "environment HERALD_RATE_BURST".into()));
    assert_eq!(source("data").1, "flag");
    assert_eq!(source("listen"), ("127.0.0.1:8420".into(), "default".into()));
    assert_eq!(source("secrets").0, "screen (hidden)");
    let wrong = fail(folder.path(), "config --set lisen=1");
    assert!(wrong.contains("did you mean `listen`?"), "{wrong}");
}
