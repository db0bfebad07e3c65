//! The configuration on a store in memory: what is published is what is read, and the journal is enough.

use std::collections::BTreeSet;

use redb::backends::InMemoryBackend;
use serde_json::json;

use super::record::{Change, DecodeError, decode, encode};
use super::tables::Tables;
use super::*;
use crate::journal::{FrameBuilder, JournalWriter};

mod upkeep;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn admin() -> Actor {
    Actor::Person("li.lei".parse().unwrap())
}

fn store() -> ConfigurationStore {
    ConfigurationStore::open_with_backend(InMemoryBackend::new(), &StoreSettings::default()).unwrap()
}

fn stamp(by: &Actor, second: i64) -> Stamp<'_> {
    Stamp { at: at(second), by, seed: [second.to_le_bytes()[0]; 32] }
}

fn publish(store: &ConfigurationStore, second: i64, publication: &Publication<'_>) -> Result<Published, PublishError> {
    store.publish(publication, &stamp(&admin(), second))
}

/// An organisation with an entry in each section, and as many people as asked for.
fn organisation(people: usize) -> Organisation {
    let people: serde_json::Map<_, _> =
        (0..people).map(|n| (format!("p{n}"), json!({"title": format!("人{n}"), "departments": ["sales"]}))).collect();
    serde_json::from_value(json!({
        "rules": {"catch_all": "department:sales", "calendar": "office"},
        "departments": {"sales": {"title": "销售部", "roles": {"head": ["p0"]}}},
        "people": people,
        "contacts": {"acme": {"title": "Acme", "tier": "strategic"}},
        "calendars": {"office": {"time_zone": "Asia/Shanghai", "weekly": {"mon": ["09:00-17:00"]}}},
        "channels": {"inbox": {"title": "收件箱", "transport": {"type": "inbox"}, "respond_within": {"working_days": 2}}},
        "kinds": {"notice": {"title": "通知", "form": {"type": "object", "properties": {"n": {"maximum": 1.5}}}}},
    }))
    .unwrap()
}

fn files(entries: &[(&str, &[u8])]) -> BundleFiles {
    entries.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())).collect()
}

fn id(text: &str) -> BundleId {
    text.parse().unwrap()
}

fn listed(changes: &[ConfigChange]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}/{}", change.kind, change.section, change.name)).collect()
}

/// The records of the frames after `sequence`.
fn records_after(store: &ConfigurationStore, sequence: u64) -> Vec<Vec<u8>> {
    let reader = JournalReader::open(&store.read().unwrap()).unwrap();
    reader.read(sequence + 1).unwrap().into_iter().flat_map(|frame| frame.records).map(Option::unwrap).collect()
}

/// Changes the tables behind the journal's back.
fn tamper(store: &ConfigurationStore, change: impl FnOnce(&mut Tables<'_>)) {
    let transaction = store.database.begin_write().unwrap();
    change(&mut Tables::open(&transaction).unwrap());
    transaction.commit().unwrap();
}

#[test]
fn an_earlier_publication_is_what_it_was() {
    let store = store();
    let mut versions = Vec::new();
    for (revision, people) in (1..).zip([2, 5, 3]) {
        let mut organisation = organisation(people);
        let publication = Publication { organisation: Some(&organisation), ..Publication::default() };
        assert_eq!(publish(&store, revision, &publication).unwrap().revision, u64::try_from(revision).unwrap());
        organisation.revision = u64::try_from(revision).unwrap();
        versions.push(organisation);
    }
    for organisation in versions {
        assert_eq!(store.organisation_at(organisation.revision).unwrap(), Some(organisation));
    }
    assert_eq!(store.organisation_at(4).unwrap(), None);
    assert_eq!(store.organisation_at(0).unwrap(), None);
}

#[test]
fn what_is_published_is_what_is_loaded() {
    let store = store();
    assert_eq!(store.load().unwrap().organisation, Organisation::default());
    assert!(store.verify(|_| {}).unwrap().is_whole());
    let mut organisation = organisation(3);
    let complaint = files(&[("policy.toml", b"name"), ("cases/a.json", b"{}"), ("empty", b"")]);
    let bundle = id("sales/complaint");
    let publication = Publication {
        organisation: Some(&organisation),
        bundles: vec![(&bundle, &complaint)],
        ..Publication::default()
    };
    let dry = store.diff(&publication).unwrap();
    let published = publish(&store, 1, &publication).unwrap();
    assert_eq!((published.revision, published.at), (1, Some(at(1))));
    assert_eq!(published.changes, dry);
    let added = listed(&dry);
    assert_eq!(added.len(), 10);
    assert!(
        added.contains(&"Added people/p2".to_owned()) && added.contains(&"Added bundles/sales/complaint".to_owned())
    );

    organisation.revision = 1;
    let loaded = store.load().unwrap();
    assert_eq!(loaded.organisation, organisation);
    let stored = StoredBundle {
        id: id("sales/complaint"),
        revision: 1,
        digest: bundle_digest(&complaint),
        files: complaint,
        published_at: at(1),
        published_by: admin(),
    };
    assert_eq!(loaded.bundles, [stored]);
    let rows = store.publications(None, 10).unwrap();
    assert_eq!((rows.len(), rows[0].revision, rows[0].counts.added), (1, 1, 10));
}

#[test]
fn a_publication_without_a_difference_writes_nothing() {
    let store = store();
    let organisation = organisation(3);
    let (bundle, content) = (id("sales/a"), files(&[("policy.toml", b"x")]));
    let publication =
        Publication { organisation: Some(&organisation), bundles: vec![(&bundle, &content)], ..Publication::default() };
    publish(&store, 1, &publication).unwrap();
    let head = store.head().unwrap();
    let again = publish(&store, 2, &publication).unwrap();
    assert_eq!(again, Published { revision: 1, changes: Vec::new(), at: None });
    assert_eq!(store.head().unwrap(), head);
}

#[test]
fn moving_one_of_many_people_is_one_small_record() {
    let store = store();
    let mut organisation = organisation(20_000);
    publish(&store, 1, &Publication { organisation: Some(&organisation), ..Publication::default() }).unwrap();
    let head = store.head().unwrap();
    organisation.people.get_mut("p77").unwrap().active = false;
    organisation.people.remove("p78");
    let publication = Publication { organisation: Some(&organisation), ..Publication::default() };
    let published = publish(&store, 2, &publication).unwrap();
    assert_eq!(listed(&published.changes), ["Changed people/p77", "Removed people/p78"]);
    let records = records_after(&store, head.sequence);
    assert_eq!(records.len(), 1);
    assert!(records[0].len() < 500, "{} bytes", records[0].len());
    organisation.revision = 2;
    assert_eq!(store.load().unwrap().organisation, organisation);
}

#[test]
fn bundles_have_revisions_of_their_own() {
    let store = store();
    let bundle = id("sales/a");
    let (one, two) = (files(&[("policy.toml", b"1")]), files(&[("policy.toml", b"2")]));
    let new = |content| Publication { bundles: vec![(&bundle, content)], ..Publication::default() };
    let activate = |revision| Publication { activate: vec![(&bundle, revision)], ..Publication::default() };
    let retire = Publication { retire: vec![&bundle], ..Publication::default() };
    let renew = Publication { renew: vec![&bundle], ..Publication::default() };
    let steps: [(&Publication<'_>, &[&str], Option<u32>); 9] = [
        (&new(&one), &["Added bundles/sales/a"], Some(1)),
        (&new(&two), &["Changed bundles/sales/a"], Some(2)),
        (&activate(1), &["Changed bundles/sales/a"], Some(1)),
        (&activate(1), &[], Some(1)),
        (&new(&one), &[], Some(1)),
        (&retire, &["Removed bundles/sales/a"], None),
        (&retire, &[], None),
        (&new(&one), &["Added bundles/sales/a"], Some(3)),
        (&renew, &["Changed bundles/sales/a"], Some(4)),
    ];
    for (step, (publication, changes, active)) in steps.into_iter().enumerate() {
        let published = publish(&store, step as i64, publication).unwrap();
        assert_eq!(listed(&published.changes), changes, "step {step}");
        let loaded = store.load().unwrap().bundles;
        assert_eq!(loaded.first().map(|bundle| bundle.revision), active, "step {step}");
    }
    assert_eq!(store.bundle(&bundle, 4).unwrap().unwrap().files, one, "the same files under another number");
    let revisions: Vec<_> = store.bundle_revisions(&bundle).unwrap();
    assert_eq!(revisions.iter().map(|row| row.revision).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((&revisions[0].digest, revisions[2].published_at), (&revisions[2].digest, at(7)));
    assert_eq!(store.bundle(&bundle, 2).unwrap().unwrap().files, two);
    assert_eq!(store.bundle(&bundle, 5).unwrap(), None);
}

#[test]
fn a_large_file_spans_frames_and_lies_in_the_store_once() {
    let store = store();
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1] ^ n.to_le_bytes()[0]).collect();
    let large = files(&[("policy.wasm", &content), ("copy.wasm", &content)]);
    publish(&store, 1, &Publication { bundles: vec![(&id("sales/a"), &large)], ..Publication::default() }).unwrap();
    let head = store.head().unwrap();
    assert!(head.sequence > 5, "{} frames", head.sequence);
    let other = files(&[("policy.wasm", &content)]);
    publish(&store, 2, &Publication { bundles: vec![(&id("sales/b"), &other)], ..Publication::default() }).unwrap();
    let bytes: usize = records_after(&store, head.sequence).iter().map(Vec::len).sum();
    assert!(bytes < 1_000, "known content was journalled again: {bytes} bytes");
    let loaded = store.load().unwrap().bundles;
    assert_eq!(loaded.iter().map(|bundle| &bundle.files).collect::<Vec<_>>(), [&large, &other]);
    assert!(store.verify(|_| {}).unwrap().is_whole());
}

#[test]
fn what_cannot_be_kept_is_refused_and_changes_nothing() {
    let store = store();
    let (known, unknown) = (id("sales/a"), id("sales/b"));
    let good = files(&[("policy.toml", b"1")]);
    publish(&store, 1, &Publication { bundles: vec![(&known, &good)], ..Publication::default() }).unwrap();
    let before = (store.head().unwrap(), store.load().unwrap());

    let mut large = organisation(1);
    large.kinds.get_mut("notice").unwrap().purpose = "x".repeat(ITEM_LIMIT_BYTES);
    let many: BundleFiles = (0..=BUNDLE_FILES_LIMIT).map(|n| (n.to_string(), Vec::new())).collect();
    let long = "x".repeat(PATH_LIMIT_BYTES + 1);
    let bad: Vec<(BundleFiles, &str)> = vec![
        (BundleFiles::new(), "bundle `sales/b`: there is no file in it"),
        (many, "bundle `sales/b`: it has 1025 files, more than 1024"),
        (files(&[("../policy.toml", b"")]), "`../policy.toml` is no path of a file in a bundle"),
        (files(&[("/etc/passwd", b"")]), "`/etc/passwd` is no path"),
        (files(&[("a//b", b"")]), "`a//b` is no path"),
        (files(&[(".git", b"")]), "`.git` is no path"),
        (files(&[("a\\b", b"")]), "`a\\b` is no path"),
        (files(&[("a\nb", b"")]), "is no path"),
        (files(&[(&long, b"")]), "is no path"),
        (files(&[("a", b""), ("a.b", b""), ("a/b", b"")]), "`a` is a file and a folder at once"),
    ];
    let mut cases: Vec<(Publication<'_>, &str)> = vec![
        (Publication { organisation: Some(&large), ..Publication::default() }, "`notice` of `kinds` has 262"),
        (Publication { retire: vec![&unknown], ..Publication::default() }, "there is no bundle `sales/b`"),
        (Publication { renew: vec![&unknown], ..Publication::default() }, "there is no bundle `sales/b`"),
        (Publication { activate: vec![(&unknown, 1)], ..Publication::default() }, "there is no bundle `sales/b`"),
        (Publication { activate: vec![(&known, 2)], ..Publication::default() }, "bundle `sales/a` has no revision 2"),
        (
            Publication { bundles: vec![(&known, &good)], retire: vec![&known], ..Publication::default() },
            "bundle `sales/a` is named twice",
        ),
        (
            Publication { expected_revision: Some(0), retire: vec![&known], ..Publication::default() },
            "the configuration is at revision 1, not at 0",
        ),
    ];
    cases.extend(
        bad.iter()
            .map(|(files, says)| (Publication { bundles: vec![(&unknown, files)], ..Publication::default() }, *says)),
    );
    for (publication, says) in cases {
        for error in [publish(&store, 2, &publication).unwrap_err(), store.diff(&publication).unwrap_err()] {
            assert!(error.to_string().contains(says), "expected: {says}\nfound: {error}");
        }
        assert_eq!((store.head().unwrap(), store.load().unwrap()), before);
    }
}

#[test]
fn the_seen_revision_publishes() {
    let store = store();
    for revision in 0..3 {
        let organisation = organisation(revision + 1);
        let publication = Publication {
            organisation: Some(&organisation),
            expected_revision: Some(revision as u64),
            ..Publication::default()
        };
        assert_eq!(publish(&store, 1, &publication).unwrap().revision, revision as u64 + 1);
    }
    let revisions = |before, limit| -> Vec<u64> {
        store.publications(before, limit).unwrap().iter().map(|row| row.revision).collect()
    };
    assert_eq!(revisions(None, 2), [3, 2]);
    assert_eq!(revisions(Some(2), 2), [1]);
}

#[test]
fn time_does_not_go_back() {
    let store = store();
    let (one, two) = (organisation(1), organisation(2));
    publish(&store, 100, &Publication { organisation: Some(&one), ..Publication::default() }).unwrap();
    let published = publish(&store, 5, &Publication { organisation: Some(&two), ..Publication::default() }).unwrap();
    assert_eq!(published.at, Some(at(100)));
}

fn token(id: &str, secret: u8) -> Token {
    Token {
        id: id.to_owned(),
        name: "MES 接口".to_owned(),
        hash: TokenHash::of(&[secret; SECRET_BYTES]),
        owner: TokenOwner::Service {
            name: "mes".parse().unwrap(),
            departments: BTreeSet::from(["production".parse().unwrap()]),
        },
        admin: false,
        author_of: BTreeSet::new(),
        created_at: at(1),
        expires_at: Some(at(10)),
    }
}

#[test]
fn tokens_are_kept_without_their_secret_and_revoked_for_good() {
    let store = store();
    let (by, one, two) = (admin(), token("mes", 1), token("mes-2", 2));
    store.add_token(&one, &stamp(&by, 1)).unwrap();
    store.add_token(&two, &stamp(&by, 2)).unwrap();
    assert_eq!(store.tokens().unwrap(), [one.clone(), two.clone()]);
    assert!(!two.is_expired(at(9)) && two.is_expired(at(10)));
    for (refused, says) in [
        (token("mes", 3), "there is a token `mes` already"),
        (token("mes-3", 2), "there is a token `mes-2` already"),
        (token("", 3), "`` is not the id of a token"),
        (token("a b", 3), "`a b` is not the id of a token"),
        (Token { name: "x".repeat(65), ..token("x", 3) }, "at most 64 characters"),
    ] {
        let error = store.add_token(&refused, &stamp(&by, 3)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(store.revoke_token("mes", &stamp(&by, 4)).unwrap());
    let head = store.head().unwrap();
    assert!(!store.revoke_token("mes", &stamp(&by, 5)).unwrap());
    assert_eq!((store.head().unwrap(), store.tokens().unwrap()), (head, vec![two]));
    assert_eq!(store.revision().unwrap(), 0, "tokens are no publication");
    let journal = records_after(&store, 0).concat();
    let secret = [1; SECRET_BYTES];
    assert!(!journal.windows(SECRET_BYTES).any(|bytes| bytes == secret));
}

/// Every sort of change, so that a replay has met them all.
fn busy() -> ConfigurationStore {
    let store = store();
    let (one, two, by) = (organisation(4), organisation(2), admin());
    let (a, b, content) = (id("sales/a"), id("sales/b"), files(&[("policy.toml", b"1"), ("x/y.csv", b"2")]));
    let other = files(&[("policy.toml", b"3")]);
    let bundles = vec![(&a, &content), (&b, &content)];
    publish(&store, 1, &Publication { organisation: Some(&one), bundles, ..Publication::default() }).unwrap();
    let bundles = vec![(&a, &other)];
    publish(&store, 2, &Publication { organisation: Some(&two), bundles, ..Publication::default() }).unwrap();
    let publication = Publication { activate: vec![(&a, 1)], retire: vec![&b], ..Publication::default() };
    publish(&store, 3, &publication).unwrap();
    store.add_token(&token("one", 1), &stamp(&by, 4)).unwrap();
    store.add_token(&token("two", 2), &stamp(&by, 5)).unwrap();
    store.revoke_token("one", &stamp(&by, 6)).unwrap();
    store
}

#[test]
fn the_journal_alone_makes_every_table_again() {
    let store = busy();
    let loaded = store.load().unwrap();
    assert!(store.verify(|_| {}).unwrap().is_whole());
    let transaction = store.database.begin_write().unwrap();
    drop(Tables::open_empty(&transaction).unwrap());
    transaction.commit().unwrap();
    assert_ne!(store.load().unwrap(), loaded);
    let mut frames = 0;
    store.rebuild(|progress| frames = progress.frames_done).unwrap();
    assert_eq!(frames, store.head().unwrap().sequence);
    assert_eq!(store.load().unwrap(), loaded);
    assert!(store.verify(|_| {}).unwrap().is_whole());
}

#[test]
fn tampering_is_found_and_mended() {
    let store = busy();
    let loaded = store.load().unwrap();
    let digest = blake3::hash(b"1").to_hex();
    type Tamper<'a> = &'a dyn Fn(&mut Tables<'_>);
    let tampers: [(&str, Tamper<'_>); 6] = [
        ("configuration", &|t| drop(t.items.insert(("people", "p0"), br#"{"title":"x"}"#.as_slice()).unwrap())),
        ("bundle_revisions", &|t| drop(t.bundle_revisions.remove(("sales/a", 2)).unwrap())),
        ("bundles", &|t| drop(t.bundles.insert("sales/a", 2).unwrap())),
        ("blobs", &|t| drop(t.blobs.insert((digest.as_str(), 0), b"evil".as_slice()).unwrap())),
        ("tokens", &|t| drop(t.tokens.remove("two").unwrap())),
        ("publications", &|t| drop(t.publications.remove(2).unwrap())),
    ];
    for (name, change) in tampers {
        tamper(&store, change);
        let found = store.verify(|_| {}).unwrap();
        assert_eq!(found.findings, [Finding::Table { name }]);
        if name == "blobs" {
            let error = store.load().unwrap_err().to_string();
            assert!(error.contains("is not what was published"), "{error}");
        }
        store.rebuild(|_| {}).unwrap();
        assert_eq!(store.load().unwrap(), loaded, "{name}");
    }
}

#[test]
fn content_that_was_wrong_when_published_is_found() {
    let store = store();
    let by = admin();
    let digest = blake3::hash(b"right").to_string();
    let file = StoredFile { path: "policy.toml".to_owned(), digest: digest.clone(), bytes: 5 };
    let changes = vec![
        Change::Blob { digest, part: 0, content: record::Content(b"wrong".to_vec()) },
        Change::Bundle { id: id("sales/a"), revision: 1, digest: String::new(), files: vec![file] },
    ];
    store.begin_change().unwrap().commit(changes, &stamp(&by, 1)).unwrap();
    let found = store.verify(|_| {}).unwrap();
    let finding = Finding::Content { bundle: "sales/a 1".to_owned(), path: "policy.toml".to_owned() };
    assert_eq!(found.findings, [finding]);
}

/// A record of format 1, as it lies in journals. It must stay readable; never change this text.
const FORMAT_1: &str = r#"{"format":1,"by":{"person":"li.lei"},"changes":[
{"item":{"section":"people","name":"li.lei","value":{"title":"李雷"}}},
{"item-removed":{"section":"kinds","name":"notice"}},
{"blob":{"digest":"d0","part":0,"content":"aGVyYWxk"}},
{"bundle":{"id":"sales/a","revision":1,"digest":"d1","files":[{"path":"policy.toml","digest":"d0","bytes":6}]}},
{"bundle-activated":{"id":"sales/a","revision":1}},
{"bundle-retired":{"id":"sales/a"}},
{"published":{"revision":7,"counts":{"added":1,"changed":0,"removed":1}}},
{"token":{"id":"mes","hash":"0000000000000000000000000000000000000000000000000000000000000000",
"owner":{"service":{"name":"mes","departments":["sales"]}},"admin":true,"author_of":["sales"],
"created_at":"2026-11-21T00:00:00Z","expires_at":"2027-11-21T00:00:00Z"}},
{"token":{"id":"li","hash":"0000000000000000000000000000000000000000000000000000000000000000",
"owner":{"person":"li.lei"},"created_at":"2026-11-21T00:00:00Z"}},
{"token-revoked":{"id":"mes"}}]}"#;

#[test]
fn records_of_format_1_stay_readable() {
    let record = decode(FORMAT_1.as_bytes()).unwrap();
    assert_eq!(record.changes.len(), 10);
    let written = encode(&record.by, &record.changes).unwrap();
    assert_eq!(written, [FORMAT_1.replace('\n', "").into_bytes()]);
    let of_format = |format| decode(format!(r#"{{"format":{format},"by":"host","changes":[]}}"#).as_bytes());
    assert_eq!(of_format(2), Err(DecodeError::NewerFormat(2)));
    assert!(matches!(of_format(0), Err(DecodeError::Unreadable(_))));
}
