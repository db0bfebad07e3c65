//! What can go wrong with a store, sorted by what the operator has to do about it.
//!
//! The storage engine has dozens of errors; whoever runs Herald has four situations. Nothing here
//! decides whether a change became durable: after [`StoreError::Disk`] only opening again tells.

use std::path::PathBuf;

/// A store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the storage engine because of it, refused an operation.
    ///
    /// During a write transaction the outcome is unknown: the change is either wholly there or
    /// wholly absent. The writer must stop; opening the store again settles which of the two it is.
    #[error("the disk failed: {0}; check its space and health, then start again")]
    Disk(#[source] Box<redb::Error>),

    /// What is stored is not what was written: a damaged disk, a restored half of a backup, or a
    /// file changed by something else. Retrying does not help; restore a backup.
    #[error("the store is corrupt: {0}; restore it from a backup")]
    Corrupt(String),

    /// Somebody else has the file open. Nothing is wrong with it.
    #[error("the store is in use: is another herald running on this directory?")]
    Locked,

    /// A newer program wrote this store. This one leaves it untouched.
    #[error(
        "{what} has format {found}, and this program reads formats up to {supported}; \
         use a newer herald"
    )]
    NewerFormat {
        /// What bears the format: the store as a whole, or one frame.
        what: String,
        /// The format found.
        found: u64,
        /// The newest format that this program reads.
        supported: u64,
    },

    /// The file could not be made, or does not exist.
    #[error("cannot use store `{}`: {source}", path.display())]
    File {
        /// The file, as it was named by the caller.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        use redb::Error;
        match error {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => Self::Locked,
            // redb reports a file that it did not write as invalid data.
            Error::Io(ref io) if io.kind() == std::io::ErrorKind::InvalidData => Self::Corrupt(error.to_string()),
            Error::Corrupted(_)
            | Error::UpgradeRequired(_)
            | Error::TableTypeMismatch { .. }
            | Error::TableIsMultimap(_)
            | Error::TableIsNotMultimap(_)
            | Error::TypeDefinitionChanged { .. }
            | Error::TableDoesNotExist(_) => Self::Corrupt(error.to_string()),
            _ => Self::Disk(Box::new(error)),
        }
    }
}

/// One error type per operation in redb, one in here: the operation does not change what to do.
macro_rules! from_redb {
    ($($error:ident),+ $(,)?) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        })+
    };
}

from_redb!(CommitError, DatabaseError, SetDurabilityError, StorageError, TableError, TransactionError,);
