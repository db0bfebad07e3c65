//! The sample organisation reads; what is written reads back; what is wrong is said with its file and line.

use std::fs;
use std::sync::Arc;

use herald_policy::World;
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// The sample organisation of this repository.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");

fn put(dir: &Path, file: &str, content: impl AsRef<[u8]>) {
    let path = dir.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The smallest folder that is whole, with a bundle.
fn small() -> TempDir {
    let dir = TempDir::new().unwrap();
    for (file, content) in [
        ("organisation/organisation.toml", "[rules]\ncatch_all = \"person:li.lei\"\ncalendar = \"office\"\n"),
        (
            "organisation/departments.toml",
            "[organisation]\ntitle = \"华信\"\n\n[sales]\ntitle = \"销售部\"\nroles.head = [\"li.lei\"]\n",
        ),
        ("organisation/people.toml", "[\"li.lei\"]\ntitle = \"李雷\"\ndepartments = [\"sales\"]\n"),
        ("organisation/channels.toml", "[inbox]\ntitle = \"收件箱\"\ntransport = { type = \"inbox\" }\n"),
        (
            "organisation/calendars/office.toml",
            "time_zone = \"Asia/Shanghai\"\nweekly.mon = [\"09:00-17:00\"]\nholidays = [\"2026-10-01\"]\n",
        ),
        ("organisation/kinds/note.toml", "title = \"便条\"\nform = \"note.json\"\n"),
        ("organisation/kinds/note.json", "{\"type\": \"object\", \"default\": null}\n"),
        ("organisation/README.md", "for people"),
        ("sales/complaint/policy.toml", "name = \"complaint\"\n"),
        ("sales/complaint/README.md", "part of the bundle"),
        ("sales/complaint/cases/one.json", "{}"),
        ("sales/complaint/cases/source/one.json", "{}"),
        ("sales/complaint/source/policy.js", "what a component is made from"),
        ("sales/complaint/source/node_modules/1/2/3/4/5/6/7/8/9/x", "too deep, were it read"),
        ("sales/complaint/.policy.toml.swp", "hidden"),
        ("REFERENCE.md", "for people"),
        ("sales/README.md", "for people"),
        (".git/HEAD", "hidden"),
    ] {
        put(dir.path(), file, content);
    }
    dir
}

#[test]
fn the_sample_organisation_is_whole() {
    let code = read(Path::new(SAMPLE)).unwrap_or_else(|errors| panic!("{errors}"));
    let organisation = &code.organisation;
    assert!(World::new(Arc::new(organisation.clone())).is_ok(), "a form does not compile");
    assert_eq!((organisation.departments.len(), organisation.people.len(), organisation.kinds.len()), (17, 45, 19));
    for target in [
        "role:customer-service/head",
        "role:customer-service/agent",
        "role:customer-service/supervisor",
        "role:sales/director",
        "role:public-relations/lead",
        "role:legal/reviewer",
        "role:legal/compliance",
        "role:production/head",
        "role:maintenance/head",
        "role:organisation/general-manager",
        "role:organisation/duty",
        "department:procurement",
    ] {
        assert!(!organisation.members(&target.parse().unwrap()).is_empty(), "{target} comes to nobody");
    }
}

#[test]
fn what_is_written_reads_back() {
    let small = small();
    for source in [Path::new(SAMPLE), small.path()] {
        let code = read(source).unwrap_or_else(|errors| panic!("{errors}"));
        let target = TempDir::new().unwrap();
        write(target.path(), &code).unwrap();
        assert_eq!(read(target.path()).unwrap_or_else(|errors| panic!("{errors}")), code);
    }
}

/// An organisation in which every field differs from what it is without being written.
fn every_field() -> Organisation {
    serde_json::from_value(json!({
        "rules": {
            "catch_all": "role:sales/head",
            "calendar": "office",
            "superiors": ["person:han.mei"],
            "may_reach_everyone": ["sales"],
            "senior_management": ["department:sales"],
            "confidential_readers": ["person:li.lei"],
            "restricted_readers": ["person:han.mei", "role:sales/head"],
        },
        "departments": {
            "organisation": {"title": "华信 \"精密\"\n总部"},
            "sales": {
                "title": "销售部", "roles": {"head": ["li.lei"], "值班": ["han.mei", "li.lei"]}, "contacts": ["han.mei"],
                "calendar": "office", "catch_all": "person:han.mei", "leader": "han.mei",
            },
        },
        "people": {
            "han.mei": {"title": "韩梅"},
            "li.lei": {
                "title": "李雷", "departments": ["sales", "organisation"], "substitute": "han.mei",
                "absences": [{"from": "2026-10-01T00:00:00.5Z", "until": "2026-10-08T00:00:00Z"}],
                "addresses": {"screen": "https://li.example.com/x?y=1#z"},
            },
            "wu.fang": {"title": "吴芳", "active": false},
        },
        "contacts": {"顶点": {
            "title": "顶点", "tier": "strategic", "owner": "li.lei", "addresses": {"screen": "http://a.example.com"},
        }},
        "calendars": {"office": {
            "time_zone": "Asia/Shanghai", "weekly": {"mon": ["09:00-12:00", "13:00-18:00"], "sun": ["00:00-24:00"]},
            "holidays": ["2026-10-05"], "extra_working_days": ["2026-10-10"], "extra_hours": ["09:00-12:00"],
        }},
        "channels": {
            "inbox": {"title": "收件箱", "transport": {"type": "inbox"}},
            "screen": {
                "title": "大屏", "purpose": "x", "owner": "role:sales/head", "external": true, "per": "person",
                "transport": {
                    "type": "webhook", "url": "https://s.example.com", "secret": "s", "retry_after_seconds": [0, 5],
                },
                "approval": {
                    "name": "screen", "phase": "leadership", "mode": {"quorum": 2}, "at_deadline": "reject",
                    "approvers": ["person:li.lei", "person:han.mei"], "within": {"working_hours": 4},
                },
                "open_to": ["sales"], "respond_within": "PT1H30M",
            },
        },
        "kinds": {"note": {
            "title": "便条", "purpose": "x", "naming": "{urgent}{subject}", "urgency": "urgent", "audience": "external",
            "classification": "restricted", "content_type": "decision", "deferrable": true, "archive": "permanent",
            "close_after_working_days": 9, "reopen_within_working_days": 0,
            "form": {
                "type": "object", "default": null, "required": [],
                "properties": {"": {"maximum": 1.5}, "a.b": {"enum": [null, true, -1, 18_446_744_073_709_551_615_u64]}},
            },
        }},
    }))
    .unwrap()
}

#[test]
fn every_field_reads_back() {
    let code = Code { organisation: every_field(), bundles: BTreeMap::new() };
    let dir = TempDir::new().unwrap();
    write(dir.path(), &code).unwrap();
    assert_eq!(read(dir.path()).unwrap_or_else(|errors| panic!("{errors}")), code);
}

#[test]
fn a_bundle_is_every_file_of_its_folder_but_its_source_and_hidden_ones() {
    let dir = small();
    let code = read(dir.path()).unwrap();
    let bundles: Vec<_> = code.bundles.iter().map(|(id, files)| (id.to_string(), files.keys().collect())).collect();
    let files = ["README.md", "cases/one.json", "cases/source/one.json", "policy.toml"].map(String::from).to_vec();
    assert_eq!(bundles, [("sales/complaint".to_owned(), files.iter().collect::<Vec<_>>())]);
    let alone = read_bundle(&dir.path().join("sales/complaint")).unwrap();
    assert_eq!(Some(&alone), code.bundles.values().next());
    let none = read_bundle(&dir.path().join("organisation/calendars")).unwrap_err().to_string();
    assert!(none.contains("is no bundle: it has no `policy.toml`"), "{none}");
}

#[test]
fn texts_from_other_systems_read_alike() {
    let code = read(small().path()).unwrap();
    for change in [|text: String| format!("\u{feff}{text}"), |text: String| text.replace('\n', "\r\n")] {
        let dir = small();
        for file in ["people.toml", "kinds/note.toml", "kinds/note.json"] {
            let file = format!("organisation/{file}");
            let text = fs::read_to_string(dir.path().join(&file)).unwrap();
            put(dir.path(), &file, change(text));
        }
        assert_eq!(read(dir.path()).unwrap_or_else(|errors| panic!("{errors}")), code);
    }
}

/// Compares what is said about [`small`] after `content` was written to `file`, line by line.
fn check(file: &str, content: &str, expected: &[&str]) -> Result<(), String> {
    let dir = small();
    put(dir.path(), file, content);
    let found = read(dir.path()).map_or_else(|errors| errors.to_string(), |_| String::new());
    let found: Vec<_> = found.lines().collect();
    let agrees = found.len() == expected.len() && found.iter().zip(expected).all(|(line, says)| line.contains(says));
    if agrees { Ok(()) } else { Err(format!("{file}: {content}\nexpected: {expected:#?}\nfound: {found:#?}")) }
}

#[test]
fn each_error_is_said_with_its_file_and_line() {
    let people = "organisation/people.toml";
    let lei = "[\"li.lei\"]\ntitle = \"李雷\"\ndepartments = [\"sales\"]\n";
    let with_lei = |rest: &str| format!("{lei}{rest}");
    let channels = "organisation/channels.toml";
    let inbox = "[inbox]\ntitle = \"收件箱\"\ntransport = { type = \"inbox\" }\n";
    let office = "organisation/calendars/office.toml";
    let zone = "time_zone = \"Asia/Shanghai\"\nweekly.mon = [\"09:00-17:00\"]\n";
    let kind = "organisation/kinds/note.toml";
    let cases: Vec<(&str, String, &[&str])> = vec![
        // No TOML, or no text.
        (people, with_lei("[x\n"), &["organisation/people.toml:4:3: "]),
        (people, with_lei("[\"li.lei\"]\n"), &["organisation/people.toml:4:2: duplicate key"]),
        (people, with_lei("a = \n[x]\ntitel = 1\nb ="), &["people.toml:4:5: ", "people.toml:7:4: "]),
        // Not the fields there are.
        (people, with_lei("titel = \"x\"\n"), &["people.toml:4:1: there is no field `titel`; did you mean `title`?"]),
        (
            people,
            with_lei("[x]\n[y]\ntitle = 1\n"),
            &["people.toml:4:2: `title` is missing", "people.toml:6:9: invalid type: integer `1`, expected a string"],
        ),
        (
            people,
            with_lei("x = 3\n").replace("x = 3", "[x]\ntitle = \"x\"\nabsences = [{ from = 3 }]"),
            &["people.toml:6:22: invalid type: integer `3`, expected "],
        ),
        (people, format!("x = 3\n{lei}"), &["people.toml:1:1: `x` is to be a person: write `[x]` above its fields"]),
        (
            people,
            with_lei("[wu.fang]\ntitle = \"吴芳\"\n"),
            &["`addresses`; a name with a dot is quoted: `[\"wu.fang\"]`"],
        ),
        (people, with_lei("[\"a b\"]\ntitle = \"x\"\n"), &["people.toml:4:2: the person `a b` contains ` `"]),
        (
            people,
            with_lei("[x]\ntitle = \"x\"\nabsences = [{ from = 2026-10-01, until = 2026-10-02 }]\n"),
            &[
                "people.toml:6:22: dates are texts: write `\"2026-10-01\"`, in quotes",
                "people.toml:6:42: dates are texts",
            ],
        ),
        (
            channels,
            format!("{inbox}[x]\ntitle = \"x\"\ntransport = {{ type = \"webhok\" }}\n"),
            &["channels.toml:6:22: `webhok` cannot be here; did you mean `webhook`?"],
        ),
        (
            channels,
            format!("{inbox}[x]\ntitle = \"x\"\ntransport = \"inbox\"\n"),
            &["channels.toml:6:13: invalid type: string \"inbox\", expected a table"],
        ),
        (channels, format!("{inbox}respond_within = \"P2D\"\n"), &["channels.toml:4:18: `P2D`: days are ambiguous"]),
        (
            "organisation/organisation.toml",
            "[rule]\n".into(),
            &["toml:1:2: there is no field `rule`; did you mean `rules`?"],
        ),
        // Not a calendar, not a form.
        (
            office,
            format!("{zone}weekly.tue = [\"09:00-12:00\", \"11:00-13:00\"]\n"),
            &["calendars/office.toml:3:30: `weekly.tue[1]`: `11:00-13:00` begins before"],
        ),
        (
            office,
            format!("{zone}holidays = [2026-10-01]\n"),
            &["office.toml:3:13: dates are texts: write `\"2026-10-01\"`"],
        ),
        (
            office,
            zone.replace("Shanghai", "Shangai"),
            &["office.toml:1:13: `time_zone`: `Asia/Shangai` is not a known"],
        ),
        (
            kind,
            "title = \"x\"\nform = \"not.json\"\n".into(),
            &[
                "note.json: no kind uses it",
                "kinds/note.toml:2:8: there is no file `not.json` in `kinds` that ends with `.json`; did you mean `note.json`?",
            ],
        ),
        (kind, "title = \"x\"\nform = \"../note.json\"\n".into(), &["no kind uses it", "no file `../note.json` in"]),
        (
            kind,
            "title = \"x\"\nform = { type = \"object\" }\nx = 1\n".into(),
            &["no kind uses it", "toml:3:1: there is no"],
        ),
        (
            "organisation/kinds/note.json",
            "{\n  \"type\": object\n}".into(),
            &["note.json:2:11: is not JSON: expected value"],
        ),
        (
            "organisation/kinds/x y.toml",
            "title = \"x\"\nform = {}\n".into(),
            &["kinds/x y.toml: the kind `x y` contains"],
        ),
        // Each file can be read, but together they are not whole.
        (
            people,
            with_lei("substitute = \"li.le\"\n"),
            &["people.toml:4:14: people.\"li.lei\".substitute: there is no person `li.le`; did you mean `li.lei`?"],
        ),
        (
            people,
            String::new(),
            &[
                "organisation/departments.toml:6:15: departments.sales.roles.head[0]: there is no person `li.lei`",
                "organisation/organisation.toml:2:13: rules.catch_all: there is no person `li.lei`",
                "organisation/people.toml: people: nobody works here",
            ],
        ),
        (
            "organisation/departments.toml",
            "[organisation]\ntitle = \"x\"\n[sale]\ntitle = \"x\"\n".into(),
            &[
                "organisation/departments.toml:3:2: departments.sale.roles.head: missing",
                "people.toml:3:16: people.\"li.lei\".departments[0]: there is no department `sales`; did you mean `sale`?",
                "sales: there is no department `sales` in the directory; did you mean `sale`?",
            ],
        ),
        (
            channels,
            format!("{inbox}[x]\ntitle = \"x\"\n[x.transport]\ntype = \"webhook\"\nurl = \"x\"\n"),
            &["channels.toml:8:7: channels.x.transport.url: is no web address"],
        ),
        (
            "organisation/kinds/note.json",
            "{\"type\": \"string\"}".into(),
            &["organisation/kinds/note.json: kinds.note.form.type: must be `object`"],
        ),
        (
            "organisation/kinds/x.toml",
            "title = \"x\"\nform.type = \"object\"\nform.required = [\"a\"]\nform.properties.b = {}".into(),
            &["organisation/kinds/x.toml:3:18: kinds.x.form.required[0]: there is no field `a`"],
        ),
        // Files without a place.
        (
            "organisation/peopel.toml",
            String::new(),
            &["organisation/peopel.toml: has no place here; did you mean `people.toml`?"],
        ),
        (
            "organisation/calendars/x.txt",
            String::new(),
            &["calendars/x.txt: has no place here: names end with `.toml`"],
        ),
        (
            "organisation/kinds/x/y.toml",
            String::new(),
            &["kinds/x: has no place here: there are no folders in `kinds`"],
        ),
        (
            "organisation/kind/x.toml",
            String::new(),
            &["organisation/kind: is no bundle: it has no `policy.toml`; did you mean `kinds`?"],
        ),
        ("sales/policy.toml", String::new(), &["sales/policy.toml: has no place here: a bundle is a folder"]),
        ("policy.toml", String::new(), &["policy.toml: has no place here: there are only folders of departments"]),
        ("marketing/x/policy.toml", String::new(), &["marketing: there is no department `marketing` in the directory"]),
        ("sales/x/policy.tml", String::new(), &["sales/x: is no bundle: it has no `policy.toml`"]),
        ("sales/x y/policy.toml", String::new(), &["sales/x y: the bundle `x y` contains ` `"]),
        ("sales/x/policy.toml:2", String::new(), &["sales/x: is no bundle"]),
        ("sales/complaint/a:b", String::new(), &["sales/complaint: `a:b` is no path of a file in a bundle"]),
        ("sales/complaint/1/2/3/4/5/6/7/8/9/x", String::new(), &["has folders more than 8 deep"]),
    ];
    let check = |(file, content, expected): (&str, String, &[&str])| check(file, &content, expected).err();
    let failures: Vec<_> = cases.into_iter().filter_map(check).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn folders_that_cannot_be_read_are_said() {
    let found = read(Path::new("/nonexistent")).unwrap_err().to_string();
    assert!(found.contains(".: the folder cannot be read") && found.contains("organisation: the folder"), "{found}");

    let dir = small();
    put(dir.path(), "organisation/people.toml", b"\xff");
    let found = read(dir.path()).unwrap_err().to_string();
    assert!(found.contains("organisation/people.toml: is not UTF-8 text: byte 0"), "{found}");
}

#[test]
fn too_many_and_too_large_files_are_refused() {
    let dir = small();
    put(dir.path(), "organisation/people.toml", " ".repeat(TEXT_LIMIT_BYTES + 1));
    for file in 0..=1_024 {
        put(dir.path(), &format!("sales/many/{file}"), "");
    }
    let found = read(dir.path()).unwrap_err().to_string();
    assert!(found.contains("organisation/people.toml: has more than 16777216 bytes"), "{found}");
    assert!(found.contains("sales/many: has more than 1024 files"), "{found}");
}

#[cfg(unix)]
#[test]
fn links_are_refused_not_followed() {
    let dir = small();
    put(dir.path(), ".outside", "secret");
    std::os::unix::fs::symlink("../../.outside", dir.path().join("sales/complaint/table.csv")).unwrap();
    std::os::unix::fs::symlink("complaint", dir.path().join("sales/copy")).unwrap();
    let found = read(dir.path()).unwrap_err().to_string();
    let lines: Vec<_> = found.lines().collect();
    assert_eq!(lines.len(), 2, "{found}");
    assert!(lines[0].starts_with("sales/complaint/table.csv: is a symbolic link"), "{found}");
    assert!(lines[1].starts_with("sales/copy: is a symbolic link"), "{found}");
}

#[test]
fn what_would_not_read_back_is_not_written() {
    let code = read(small().path()).unwrap();
    let with = |id: &str, path: &str| {
        let files = BundleFiles::from([(MANIFEST.to_owned(), Vec::new()), (path.to_owned(), Vec::new())]);
        Code { bundles: BTreeMap::from([(id.parse().unwrap(), files)]), ..code.clone() }
    };
    let bare = BundleFiles::from([("policy.rhai".to_owned(), Vec::new())]);
    let no_manifest = Code { bundles: BTreeMap::from([("sales/x".parse().unwrap(), bare)]), ..code.clone() };
    for (code, says) in [
        (with("../x", "a"), "`..` cannot be the name of a file or folder"),
        (with("sales/..", "a"), "`..` cannot be the name of a file or folder"),
        (with("organisation/kinds", "a"), "`kinds` cannot be the name of a file or folder"),
        (with("sales/x", "../a"), "bundle `sales/x`: `../a` is no path of a file"),
        (no_manifest, "bundle `sales/x` has no `policy.toml`"),
    ] {
        let dir = TempDir::new().unwrap();
        let error = write(dir.path(), &code).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{error}: something was written");
    }
    let full = small();
    assert!(matches!(write(full.path(), &code), Err(WriteError::NotEmpty(_))));
}
