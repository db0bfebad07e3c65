//! The projections' tables: their names, and a write transaction's hold on all of them.
//!
//! Every table maps bytes to bytes, so that copying, comparing and checking treat them alike. What the keys
//! mean is in [`keys`](super::keys); rows are JSON, and an index has keys only. All of them together are a
//! function of the journal: a change of what a table holds raises [`STORE_FORMAT`](crate::database::STORE_FORMAT). A
//! table that is new is missed when the partition is opened, and made then if it can be: see [`upgrade`](super::upgrade).

use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::error::StoreError;

pub(super) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
pub(super) type WriteTable<'txn> = Table<'txn, &'static [u8], &'static [u8]>;
pub(super) type ReadTable = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A table that can be read, in a write transaction or in a snapshot.
pub(super) trait Readable: ReadableTable<&'static [u8], &'static [u8]> {}
impl<T: ReadableTable<&'static [u8], &'static [u8]>> Readable for T {}

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident $field:ident;)*) => {
        /// A table of the projections.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TableName {
            $($(#[$doc])* $table,)*
        }

        impl TableName {
            /// Every table.
            pub const ALL: &[Self] = &[$(Self::$table),*];

            /// Its name in the file.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$table => stringify!($field),)*
                }
            }
        }

        /// Every table, open in one write transaction. Opened once per frame: it takes longer than most writes.
        pub(super) struct Tables<'txn> {
            $($field: WriteTable<'txn>,)*
        }

        impl<'txn> Tables<'txn> {
            pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
                Ok(Self { $($field: transaction.open_table(TableName::$table.definition())?,)* })
            }

            pub(super) fn get(&self, table: TableName) -> &WriteTable<'txn> {
                match table {
                    $(TableName::$table => &self.$field,)*
                }
            }

            pub(super) fn get_mut(&mut self, table: TableName) -> &mut WriteTable<'txn> {
                match table {
                    $(TableName::$table => &mut self.$field,)*
                }
            }
        }
    };
}

tables! {
    /// Case → the case.
    Cases cases;
    /// Case, number → a task.
    Tasks tasks;
    /// Case, number → a goal.
    Goals goals;
    /// Case, number → a delivery.
    Deliveries deliveries;
    /// Case, position in the journal: the records of a case.
    CaseLog case_log;
    /// Case, version → position of the record that holds that version of the message.
    Messages messages;
    /// Case, position: the records that hold a decision or an escalation.
    Decisions decisions;
    /// Moment, case, goal: running goals.
    Timers timers;
    /// Moment, case, delivery: pending deliveries by their next attempt.
    Outbox outbox;
    /// Person, due time (those without one last), case, task: open tasks by holder.
    InboxTasks inbox_tasks;
    /// Person, moment (newest first), case, delivery: what arrived in somebody's inbox.
    InboxDeliveries inbox_deliveries;
    /// Person, case: who has ever taken part in what.
    Participants participants;
    /// Status, case.
    ByStatus by_status;
    /// Kind, case.
    ByKind by_kind;
    /// Department, case: what a department sent or received.
    ByDepartment by_department;
    /// Moment (newest first), case, delivery: deliveries that were given up.
    DeadLetters dead_letters;
    /// Digest of kind, department and dedup key, case: live cases.
    Dedup dedup;
    /// Digest of principal, path and key → moment and position of the record that holds the answer.
    Requests requests;
    /// Moment, digest: requests by age.
    RequestsByTime requests_by_time;
    /// Bundle, revision → how its hooks fail; no row where none does.
    Failures failures;
    /// Series of documents → the last number that was given in it, big-endian.
    Numbers numbers;
}

impl TableName {
    pub(super) fn definition(self) -> Definition {
        TableDefinition::new(self.as_str())
    }

    pub(super) fn open(self, transaction: &ReadTransaction) -> Result<ReadTable, StoreError> {
        Ok(transaction.open_table(self.definition())?)
    }
}
