//! Why the store could not do what it was asked: what was being done, to what, and what to do now.
//!
//! SQLite's own error is always the source, never part of the sentence. Every error can be cloned, because
//! all changes that share a failed commit get the same one.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ffi;

/// What another library said; shared, so that it can be handed to several callers.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// No room. The change, and every change that shared its commit, is undone.
    #[error("cannot {action}: the disk that holds {} is full; nothing of it was saved", file.display())]
    DiskFull {
        /// What was being done.
        action: String,
        /// The database.
        file: PathBuf,
        /// What SQLite or the system said.
        source: Cause,
    },
    /// The file is not what the store wrote.
    #[error(
        "cannot {action}: {} is damaged, or not a database; restore a backup of it, or move it away to begin \
         with an empty one",
        file.display()
    )]
    Damaged {
        /// What was being done.
        action: String,
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
    /// The file, or the directory it is in, does not let us in.
    #[error(
        "cannot {action}: {} cannot be opened for writing; see that its directory exists, and that both are \
         writable for this user",
        file.display()
    )]
    NotWritable {
        /// What was being done.
        action: String,
        /// The database.
        file: PathBuf,
        /// What SQLite or the system said.
        source: Cause,
    },
    /// The database has a schema from the future.
    #[error(
        "{} was written by a newer batchai: it has schema {found}, this program knows schemas up to {known}; use \
         the newer program, or give this one another data directory",
        file.display()
    )]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// The file system cannot do what durable commits need.
    #[error(
        "{} cannot have a write-ahead log (its journal mode stays `{mode}`); keep it on a local file system",
        file.display()
    )]
    NoWriteAheadLog {
        /// The database.
        file: PathBuf,
        /// The journal mode it has instead.
        mode: String,
    },
    /// A stored value cannot be understood.
    #[error("the document of {record} cannot be understood")]
    Document {
        /// Which one: its table and number.
        record: String,
        /// What the parser said.
        source: Cause,
    },
    /// A stored value is of a version from the future.
    #[error("the document of {record} has version {found}, this program knows versions up to {known}")]
    DocumentVersion {
        /// Which one: its table and number.
        record: String,
        /// Its version.
        found: u32,
        /// The newest version of this program.
        known: u32,
    },
    /// There is no such value.
    #[error("cannot {action}: there is no {record}")]
    Missing {
        /// What was being done.
        action: String,
        /// What is not there.
        record: String,
    },
    /// The key is in use.
    #[error("cannot {action}: there is one of that name already")]
    Taken {
        /// What was being done.
        action: String,
        /// What SQLite said.
        source: Cause,
    },
    /// A value would be left without the one that it belongs to.
    #[error("cannot {action}: something still belongs to it, or what it belongs to is not there")]
    ForeignKey {
        /// What was being done.
        action: String,
        /// What SQLite said.
        source: Cause,
    },
    /// The change itself is wrong; the message is its panic's.
    #[error("a change of the database panicked and was undone: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// SQLite gave up the transaction without a reason that we have seen.
    #[error("a transaction on {} was undone before it could be saved", file.display())]
    Undone {
        /// The database.
        file: PathBuf,
    },
    /// The writer is gone.
    #[error("the database is closed")]
    Closed,
    /// The system refused a thread.
    #[error("cannot start the thread that writes the database")]
    NoThread {
        /// What the system said.
        source: Cause,
    },
    /// Anything else that SQLite says.
    #[error("cannot {action} in {}", file.display())]
    Failed {
        /// What was being done.
        action: String,
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
}

impl StoreError {
    /// Sorts an error of SQLite that came while doing `action` with the database `file`.
    pub(super) fn sqlite(action: impl Into<String>, file: &Path, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly};
        let (action, file) = (action.into(), file.to_path_buf());
        let code = error.sqlite_error_code();
        let extended = error.sqlite_extended_error_code();
        let source: Cause = Arc::new(error);
        match (code, extended) {
            // The shared-memory file is grown by writing to it; SQLite has no other word for a full disk there.
            (_, Some(ffi::SQLITE_IOERR_SHMSIZE)) | (Some(DiskFull), _) => Self::DiskFull { action, file, source },
            (_, Some(ffi::SQLITE_CONSTRAINT_UNIQUE)) => Self::Taken { action, source },
            (_, Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)) => Self::ForeignKey { action, source },
            (Some(DatabaseCorrupt | NotADatabase), _) => Self::Damaged { action, file, source },
            (Some(ReadOnly | CannotOpen | PermissionDenied), _) => Self::NotWritable { action, file, source },
            (_, _) => Self::Failed { action, file, source },
        }
    }

    /// Sorts an error of the system that came while doing `action` with the database `file`.
    pub(super) fn system(action: impl Into<String>, file: &Path, error: io::Error) -> Self {
        let (action, file) = (action.into(), file.to_path_buf());
        let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let source: Cause = Arc::new(error);
        if is_full { Self::DiskFull { action, file, source } } else { Self::NotWritable { action, file, source } }
    }

    /// The error of a change that panicked with this payload.
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        Self::Panicked { message: text.unwrap_or("no message").to_owned() }
    }
}
