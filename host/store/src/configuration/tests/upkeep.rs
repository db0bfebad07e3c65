//! Export and backup of the configuration.

use std::collections::BTreeSet;

use redb::TableHandle;

use super::*;
use crate::upkeep::tests::check_export;
use crate::upkeep::{Part, Progress};

/// The names of all tables in a store's file.
fn tables(store: &ConfigurationStore) -> BTreeSet<String> {
    store.read().unwrap().list_tables().unwrap().map(|table| table.name().to_owned()).collect()
}

#[test]
fn a_backup_is_the_configuration_at_one_moment() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join(FILE_NAME);
    for store in [busy(), store()] {
        let (loaded, head) = (store.load().unwrap(), store.head().unwrap());
        let mut told: Option<Progress> = None;
        let copied = store
            .backup(&to, |progress| {
                // What is written while the copy is being made is not in it.
                if told.is_none() {
                    store.add_token(&token("late", 9), &stamp(&admin(), 9)).unwrap();
                }
                told = Some(progress);
            })
            .unwrap();
        assert_eq!(copied, head);
        let is_empty = head == Head::EMPTY;
        assert_eq!(told.map(|last| (last.part, last.done == last.total)), (!is_empty).then_some((Part::Copy, true)));

        let copy = ConfigurationStore::open(&to, &StoreSettings::default()).unwrap();
        assert_eq!((copy.load().unwrap(), copy.head().unwrap()), (loaded, head));
        assert_eq!(tables(&copy), tables(&store), "every table is copied");
        assert!(copy.verify(|_| {}).unwrap().is_whole());
        copy.add_token(&token("more", 8), &stamp(&admin(), 8)).unwrap();

        let again = store.backup(&to, |_| {});
        assert!(matches!(again, Err(StoreError::File { .. })), "{again:?}");
        drop(copy);
        std::fs::remove_file(&to).unwrap();
    }
}

#[test]
fn an_export_can_be_checked_without_herald() {
    let store = busy();
    let head = store.head().unwrap();
    let mut bytes = Vec::new();
    assert_eq!(store.export(&mut bytes, 1, |_| {}).unwrap(), head.sequence);
    let text = String::from_utf8(bytes).unwrap();
    let found = check_export(&text);
    assert_eq!((found.head, found.records, found.erased), (head.hash.to_string(), 6, 0));

    let mut rest = Vec::new();
    assert_eq!(store.export(&mut rest, head.sequence, |_| {}).unwrap(), head.sequence);
    assert!(text.ends_with(std::str::from_utf8(&rest).unwrap()) && !rest.is_empty());
}

#[test]
fn a_partition_is_not_taken_for_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p");
    let database = Database::create(&path, &StoreSettings::default()).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut frame = FrameBuilder::new(at(0));
    frame.push(b"{}", &[0; 16]).unwrap();
    JournalWriter::open(&transaction).unwrap().append(0, &frame.finish()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = ConfigurationStore::open(&path, &StoreSettings::default()).unwrap_err();
    assert!(error.to_string().contains("it is no organisation's configuration"), "{error}");
}
