//! Opening real files: new, again, twice, damaged, foreign, newer.

use std::io::{Seek, SeekFrom, Write};

use jiff::Timestamp;

use super::*;
use crate::journal::{FrameBuilder, Head, JournalReader, JournalWriter};

/// A record that cannot be packed, so that it lies in the file as it is.
fn noise() -> Vec<u8> {
    let mut noise = vec![0; 100_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    noise
}

/// A file in a directory of its own, with a store of one frame in it.
fn store() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("partition-0.redb");
    let database = Database::create(&path, &StoreSettings::default()).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut builder = FrameBuilder::new(Timestamp::UNIX_EPOCH);
    builder.push(&noise(), &[1; 16]).unwrap();
    JournalWriter::open(&transaction).unwrap().append(0, &builder.finish()).unwrap();
    transaction.commit().unwrap();
    (directory, path)
}

fn head(database: &Database) -> Head {
    JournalReader::open(&database.begin_read().unwrap()).unwrap().head().unwrap()
}

#[test]
fn a_store_is_made_once_and_opened_again() {
    let (directory, path) = store();
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "the unfinished file is gone");
    let settings = StoreSettings::default();
    let opened = head(&Database::open(&path, &settings).unwrap());
    assert_eq!(opened.sequence, 1);
    assert_eq!(head(&Database::create(&path, &settings).unwrap()), opened);
}

#[test]
fn what_a_crash_left_of_a_new_store_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("partition-0.redb");
    fs::write(path.with_added_extension("unfinished"), "half a store").unwrap();
    let database = Database::create(&path, &StoreSettings::default()).unwrap();
    assert_eq!(head(&database), Head::EMPTY);
}

#[test]
fn every_refusal_says_what_is_wrong() {
    type Prepare = fn(&Path) -> Option<Database>;
    /// What is done to the file, and the message when it is opened then.
    const CASES: &[(Prepare, &str)] = &[
        (
            |path| Some(Database::open(path, &StoreSettings::default()).unwrap()),
            "the store is in use: is another herald running on this directory?",
        ),
        (
            |path| {
                let database = Database::open(path, &StoreSettings::default()).unwrap();
                let transaction = database.begin_write().unwrap();
                transaction.open_table(META).unwrap().insert(META_FORMAT, 2).unwrap();
                transaction.commit().unwrap();
                None
            },
            "the store has format 2, and this program reads formats up to 1; use a newer herald",
        ),
        (
            |path| {
                let database = Database::open(path, &StoreSettings::default()).unwrap();
                let transaction = database.begin_write().unwrap();
                transaction.delete_table(META).unwrap();
                transaction.commit().unwrap();
                None
            },
            "the store is corrupt: it has tables but no format version: this is not a file of \
             herald's; restore it from a backup",
        ),
        (
            |path| {
                fs::write(path, "[settings]\npartitions = 1\n").unwrap();
                None
            },
            "the store is corrupt: I/O error: Not a redb database: magic number mismatch; restore \
             it from a backup",
        ),
    ];
    for (prepare, message) in CASES {
        let (_directory, path) = store();
        let held = prepare(&path);
        let refused = Database::create(&path, &StoreSettings::default()).unwrap_err();
        assert_eq!(refused.to_string(), *message);
        drop(held);
    }
    let missing = Database::open(Path::new("/nowhere/a.redb"), &StoreSettings::default());
    assert_eq!(
        missing.unwrap_err().to_string(),
        "cannot use store `/nowhere/a.redb`: No such file or directory (os error 2)"
    );
}

#[test]
fn checking_pages_finds_a_damaged_byte() {
    let (_directory, path) = store();
    let contents = fs::read(&path).unwrap();
    let noise = noise();
    let inside_the_record = contents.windows(64).position(|window| window == &noise[..64]).unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(inside_the_record as u64)).unwrap();
    file.write_all(&[!noise[0]]).unwrap();
    drop(file);
    let settings = StoreSettings { check_pages: true, ..StoreSettings::default() };
    let refused = Database::open(&path, &settings).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt(_)), "{refused}");
}
