//! `herald demo`, as a newcomer runs it: the program itself, over a real socket, with the commands that it prints.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use herald_tests::program::program;
use serde_json::Value;

/// What no line that is told is wider than; commands are copied, and may be.
const COLUMNS: usize = 100;

/// The samples: their names, and what they say.
fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/server/src/demo/samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
    };
    files.map(read).collect()
}

/// `herald demo` with these words, in an environment that would lead another command astray.
fn demo(words: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.arg("demo").args(words).env("HERALD_DATA", "/nowhere").env("HERALD_LISTEN", "not an address");
    command
}

fn width(line: &str) -> usize {
    let is_wide = |c: char| ('\u{2e80}'..='\u{a4cf}').contains(&c) || ('\u{ff00}'..='\u{ff60}').contains(&c);
    line.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// A demo that goes on, and what it has said until it told what to do next.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    said: String,
}

impl Running {
    fn start() -> Self {
        let mut child = demo(&["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut running = Self { child, out, said: String::new() };
        while !running.said.contains(" apply ") {
            assert_ne!(running.out.read_line(&mut running.said).unwrap(), 0, "it ended: {}", running.said);
        }
        running.out.read_line(&mut running.said).unwrap();
        running
    }

    /// The commands, each with what it is said to do.
    fn commands(&self) -> Vec<(String, String)> {
        let blocks = self.said.split("\n\n").filter_map(|block| block.strip_prefix("# "));
        blocks.map(|block| block.split_once('\n').map(|(what, shell)| (what.into(), shell.into())).unwrap()).collect()
    }

    /// Presses Ctrl-C, and waits for the end.
    fn interrupt(mut self) -> (bool, String) {
        let told = Command::new("bash").arg("-c").arg(format!("kill -INT {}", self.child.id())).status().unwrap();
        assert!(told.success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().success(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is none that could be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_tells_every_sample_and_prints_commands_that_work() {
    let running = Running::start();
    for (name, sample) in samples() {
        assert!(running.said.contains(sample["title"]["en"].as_str().unwrap()), "{name}: {}", running.said);
    }
    for line in running.said.split("\n# ").next().unwrap().lines() {
        assert!(width(line) <= COLUMNS, "{line}");
        assert!(!line.contains(['{', '}', '\u{1b}']), "{line}");
    }
    let folder = running.said.split_once("Everything lies in ").unwrap().1.split_once(',').unwrap().0.to_owned();
    let mut answers = Vec::new();
    let commands = running.commands();
    for (what, shell) in &commands {
        let Output { status, stdout, stderr } = Command::new("bash").arg("-c").arg(shell).output().unwrap();
        let stdout = String::from_utf8(stdout).unwrap();
        assert!(status.success(), "{what}: {shell}: {}", String::from_utf8_lossy(&stderr));
        answers.push((what.split([',', ' ']).next().unwrap().to_owned(), stdout));
    }
    let answer = |what: &str| {
        let (_, text) = answers.iter().find(|(command, _)| command == what).unwrap();
        serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::String(text.clone()))
    };
    assert_eq!(answer("report")["status"], "open");
    let entries = answers.iter().filter(|(_, text)| text.contains(r#""items":[{"#)).count();
    assert_eq!(entries, 3, "an inbox, tasks and decisions: {answers:?}");
    assert_eq!(answer("approve")["version"], 2);
    assert!(answer("which")["items"][0]["ruling"]["contributions"].is_array(), "{answers:?}");
    assert_eq!(answer("change"), "nothing changes; revision 1 is in force\n");
    // An administrator changes a policy of the running demo, as it says.
    let script = Path::new(&folder).join("rules/production/equipment-fault/policy.rhai");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, format!("{text}\n// 复核过。\n")).unwrap();
    let (_, apply) = commands.last().unwrap();
    let applied = Command::new("bash").arg("-c").arg(apply).output().unwrap();
    let said = String::from_utf8(applied.stdout).unwrap();
    assert!(said.contains("production/equipment-fault") && said.contains("revision 2"), "{said}");
    assert!(Path::new(&folder).exists());
    let (ended_well, _) = running.interrupt();
    assert!(ended_well && !Path::new(&folder).exists(), "it leaves {folder} behind");
}

#[test]
fn what_it_tells_in_chinese_is_told_by_policies() {
    let output = demo(&["--listen", "127.0.0.1:0", "--lang", "zh", "--exit", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let stories = report["stories"].as_array().unwrap();
    let told: BTreeSet<_> = stories.iter().map(|story| story["sample"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, samples().into_iter().map(|(name, _)| name).collect());
    assert_eq!(report["missed"], serde_json::json!([]), "samples and rules agree");
    let mut tags = BTreeSet::new();
    for story in stories {
        let (name, lines) = (story["sample"].as_str().unwrap(), story["lines"].as_array().unwrap());
        // A message that has a case already is not decided about.
        let is_decided = story["policies"].as_array().is_some_and(|policies| !policies.is_empty());
        assert_eq!(is_decided, name != "same-fault", "{name} is told without a policy: {lines:#?}");
        for line in lines {
            let text = line["text"].as_str().unwrap();
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{name}: {text}");
            tags.insert(line["tag"].as_str().unwrap().to_owned());
        }
    }
    // Nothing that a story may be about is missing in all of them.
    let all = ["arrived", "asked", "case", "chased", "done", "overdue", "policy", "promise", "sent", "told", "warned"];
    assert_eq!(tags, all.map(|tag| format!("tag-{tag}")).into());
    let said = String::from_utf8(output.stdout).unwrap();
    for component in ["customer-service/complaint-triage（组件）", "procurement/supplier-risk（组件）"] {
        assert!(said.contains(component), "{component}");
    }
}

#[test]
fn it_says_what_keeps_it_from_beginning() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kept"), "by somebody").unwrap();
    let full = folder.path().to_str().unwrap();
    for (words, says) in [
        (vec!["--listen", &address], "name another address with `--listen`"),
        (vec!["--listen", "127.0.0.1:0", "--data", full], "is not empty"),
        (vec!["--listen", "127.0.0.1:0", "--data", "/dev/null/demo"], "name a folder that you may write"),
        (vec!["--listen", "127.0.0.1:0", "--rules", full, "--exit"], "kept"),
    ] {
        let output = demo(&words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(says), "{words:?}: {said}");
    }
}

#[test]
fn where_addresses_are_short_components_decide_without_a_pool() {
    let mut command = Command::new("bash");
    let line = "ulimit -v 16000000 && exec \"$0\" demo --exit --listen 127.0.0.1:0";
    let output = command.args(["-c", line]).arg(program()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("components run slower"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("customer-service/complaint-triage (component)"));
}
