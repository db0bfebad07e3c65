//! Signed heads and the key file. The journals here differ in one record's text only.

use redb::backends::InMemoryBackend;

use super::*;
use crate::database::{Database, StoreSettings};
use crate::journal::{FrameBuilder, JournalWriter};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn key() -> HostKey {
    HostKey::from_seed(&[7; SEED_BYTES])
}

/// A journal with a frame per text.
fn journal(texts: &[&str]) -> JournalReader {
    let database = Database::open_with_backend(InMemoryBackend::new(), &StoreSettings::default()).unwrap();
    for (last, text) in (0..).zip(texts) {
        let mut builder = FrameBuilder::new(NOW);
        builder.push(text.as_bytes(), &[9; 16]).unwrap();
        let transaction = database.begin_write().unwrap();
        JournalWriter::open(&transaction).unwrap().append(last, &builder.finish()).unwrap();
        transaction.commit().unwrap();
    }
    JournalReader::open(&database.begin_read().unwrap()).unwrap()
}

fn signed(texts: &[&str]) -> SignedHead {
    key().sign_head("partition-0", journal(texts).head().unwrap(), NOW)
}

#[test]
fn a_journal_is_held_to_its_signed_heads() {
    let rewritten = journal(&["a", "x", "c"]).head_at(2).unwrap().unwrap().hash;
    // (what was signed, what the journal holds now, whether it contains the head)
    let cases: &[(&[&str], &[&str], HeadCheck)] = &[
        (&["a", "b", "c"], &["a", "b", "c"], HeadCheck::Contained),
        (&["a", "b"], &["a", "b", "c"], HeadCheck::Contained),
        (&[], &["a"], HeadCheck::Contained),
        (&["a", "b"], &["a"], HeadCheck::Shortened { last: 1 }),
        (&["a"], &[], HeadCheck::Shortened { last: 0 }),
        (&["a", "b"], &["a", "x", "c"], HeadCheck::Rewritten { found: Some(rewritten) }),
    ];
    for (before, now, expected) in cases {
        let check = check_head(&journal(now), &signed(before)).unwrap();
        assert_eq!(check, *expected, "{before:?}, then {now:?}");
    }
    // What was rewritten before the head shows at the head, because the chain carries it on.
    let check = check_head(&journal(&["x", "b"]), &signed(&["a", "b"])).unwrap();
    assert!(matches!(check, HeadCheck::Rewritten { .. }));
}

#[test]
fn a_changed_signed_head_proves_nothing() {
    const MISMATCH: &str = "the signature does not match: the head, the key or the signature was changed";
    type Change = fn(&mut SignedHead);
    let cases: &[(Change, &str)] = &[
        (|head| head.partition.push('1'), MISMATCH),
        (|head| head.sequence += 1, MISMATCH),
        (|head| head.hash = Digest::NONE, MISMATCH),
        (|head| head.signed_at = Timestamp::MAX, MISMATCH),
        (|head| head.public_key = HostKey::from_seed(&[8; SEED_BYTES]).public_key(), MISMATCH),
        (|head| head.signature = signed(&["other"]).signature, MISMATCH),
        (
            |head| head.public_key = "ff".into(),
            "`public_key`: `ff` is not an ed25519 public key: 64 hexadecimal digits are expected",
        ),
        (
            |head| head.signature = "zz".repeat(64),
            concat!(
                "`signature`: `zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz` is not a ",
                "signature: 128 hexadecimal digits are expected"
            ),
        ),
    ];
    let good = signed(&["a", "b"]);
    good.verify().unwrap();
    for (index, (change, message)) in cases.iter().enumerate() {
        let mut head = good.clone();
        change(&mut head);
        let refused = check_head(&journal(&["a", "b"]), &head).unwrap_err();
        assert_eq!(refused.to_string(), *message, "case {index}");
    }
}

/// Heads that were given away must stay readable and good.
#[test]
fn the_form_of_a_signed_head_does_not_drift() {
    let json = r#"{"partition":"partition-0","sequence":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000","signed_at":"1970-01-01T00:00:00Z","public_key":"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c","signature":"3db580479cb2ee42cf1a80e2f43ead2f0d16ca7fbd6692260bdf5cac70ead0d7cfcbce45bd7d10d7e782b2ee50f3a07c22016c9a3a0c0a158869e6716932a20b"}"#;
    let head = key().sign_head("partition-0", Head::EMPTY, NOW);
    assert_eq!(serde_json::to_string(&head).unwrap(), json);
    let read: SignedHead = serde_json::from_str(json).unwrap();
    read.verify().unwrap();
}

#[test]
fn a_key_survives_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.key");
    let public_key = create_key_file(&path, &[7; SEED_BYTES]).unwrap().public_key();
    assert_eq!(public_key, key().public_key());
    assert_eq!(load_key_file(&path).unwrap().public_key(), public_key);
    let again = create_key_file(&path, &[8; SEED_BYTES]);
    assert!(matches!(again, Err(KeyFileError::File { .. })));
    assert_eq!(load_key_file(&path).unwrap().public_key(), public_key);
}

#[test]
fn a_key_is_never_shown() {
    let shown = format!("{:?}", key());
    assert!(shown.contains(&key().public_key()));
    assert!(!shown.contains(&hex(&[7; SEED_BYTES])), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_key_file_must_be_private_and_whole() {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    let key = hex(&[7; SEED_BYTES]);
    // (mode, contents, the end of the message)
    let cases = [
        (0o600, format!("{key}\n"), None),
        (0o400, key.clone(), None),
        (
            0o640,
            key.clone(),
            Some("is open to others (mode 640); run `chmod 600` on it, and replace the key if others may have read it"),
        ),
        (
            0o602,
            key.clone(),
            Some("is open to others (mode 602); run `chmod 600` on it, and replace the key if others may have read it"),
        ),
        (0o600, key[..63].to_owned(), Some("does not hold a key: one line of 64 hexadecimal digits")),
        (0o600, String::new(), Some("does not hold a key: one line of 64 hexadecimal digits")),
    ];
    for (mode, contents, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host.key");
        write(&path, contents).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        match (load_key_file(&path), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert_eq!(error.to_string(), format!("key file `{}` {expected}", path.display()))
            }
            (outcome, _) => panic!("mode {mode:o}: {outcome:?}"),
        }
    }
    let missing = load_key_file(std::path::Path::new("/nowhere/host.key"));
    assert!(matches!(missing, Err(KeyFileError::File { .. })));
}
