//! What we remember: one SQLite database.
//!
//! WAL, `synchronous=FULL`, one writer thread that groups commits: every change is a closure over a [`Tx`],
//! run inside a savepoint; the closures that are waiting at the same time share one commit, and each caller
//! gets its answer only after that commit is on disk. Readers have connections of their own and never wait
//! for the writer. No SQL and no row leaves this module: what comes out are domain values.
//!
//! ```text
//! mod         Store, Reader, Tx                      connection   opening, pragmas, the pool of readers
//! writer      the thread, group commit               schema       tables, indexes, migrations
//! document    values <-> rows                        error        what can go wrong, in sentences
//! workspaces experiments clusters file_servers   one table each: all its queries and changes
//! nodes jobs long_operations tokens groups storage_accounts vaults
//! ```
//! Operations and the scheduler call it. It knows nothing of the wire, of engines or of rules: whether a
//! change is allowed is decided before it comes here. One process has the database open, which its caller
//! sees to.

mod clusters;
mod connection;
mod document;
mod error;
mod experiments;
mod file_servers;
mod groups;
mod jobs;
mod long_operations;
mod nodes;
mod schema;
mod storage_accounts;
#[cfg(test)]
mod tests;
mod tokens;
mod vaults;
mod workspaces;
mod writer;

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use connection::Readers;
pub use error::{Cause, StoreError};
use writer::Writer;

/// A value with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// Unique for ever in its table and growing: the order of creation, also after deletions.
    pub number: i64,
    /// Grows with every change of this value, from 1.
    pub generation: u64,
    /// The value.
    pub value: T,
}

/// A queued job, as little as the planner needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuedJob {
    /// The job's number.
    pub number: i64,
    /// Nodes it needs.
    pub node_count: u32,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Only numbers above this one; 0 for the first page.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

/// The database. Cheap to clone. It closes when the last clone is dropped and all queued changes are done.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

// Readers go first, so that the writer's connection is the last one to close and tidies up the log.
struct Shared {
    readers: Readers,
    changes: watch::Sender<u64>,
    writer: Writer,
}

/// Called after every commit that changed something, before its callers are answered. Cheap, never blocks.
pub type CommitHook = Arc<dyn Fn() + Send + Sync>;

impl Store {
    /// Opens the database at `path`, makes it (mode 0600) when it is not there, migrates an older one.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, or was written by a newer program.
    pub fn open(path: &Path, on_commit: CommitHook) -> Result<Self, StoreError> {
        let connection = connection::open_writer(path)?;
        let changes = watch::Sender::new(0);
        let counter = changes.clone();
        let announce = move || {
            counter.send_modify(|count| *count += 1);
            if catch_unwind(AssertUnwindSafe(|| on_commit())).is_err() {
                tracing::error!("what was to be called after a commit panicked; the commit stands");
            }
        };
        let writer = Writer::start(connection, path.to_path_buf(), announce)?;
        let readers = Readers::new(path.to_path_buf());
        Ok(Self { shared: Arc::new(Shared { readers, changes, writer }) })
    }

    /// Runs `change` in a transaction; its `Err` rolls back what it did. Answers after the commit.
    ///
    /// The change is queued by the call itself, before the future is first polled, and is made even when
    /// the future is dropped. Changes are made in the order of the calls. An error of the commit reaches
    /// every change that shared it.
    pub fn write<T, E, F>(&self, change: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // A caller that has gone away does not undo its change.
        self.shared.writer.queue(change, move |result| drop(reply.send(result)));
        async move { answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into())) }
    }

    /// The same for callers outside the async runtime, such as the scheduler's thread. Never from inside a
    /// change, which would wait for itself.
    ///
    /// # Errors
    /// Those of `change`, and those of the commit.
    pub fn write_blocking<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.shared.writer.queue(change, move |result| drop(reply.send(result)));
        answer.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Runs `query` over one consistent view. Blocks for as long as SQLite reads; never for a write.
    ///
    /// # Errors
    /// Those of `query`, and those of opening a connection.
    pub fn read<T, E: From<StoreError>>(&self, query: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let readers = &self.shared.readers;
        let connection = readers.take()?;
        let result = read_consistently(&connection, readers.file(), query);
        // A connection that is still inside a transaction would show the next reader an old view.
        if connection.is_autocommit() {
            readers.give_back(connection);
        }
        result
    }

    /// Refuses when the disk is so full that a new resource would only find out later. What ends or frees
    /// something is not asked: for that some blocks are set aside.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`].
    pub fn ensure_room(&self) -> Result<(), StoreError> {
        connection::ensure_room(self.shared.readers.file())
    }

    /// A counter of commits, to wait upon.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }
}

fn read_consistently<T, E: From<StoreError>>(
    connection: &Connection,
    file: &Path,
    query: impl FnOnce(&Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let view = connection.unchecked_transaction().map_err(|error| StoreError::sqlite("begin to read", file, error))?;
    let result = query(&Reader::new(&view, file));
    view.rollback().map_err(|error| StoreError::sqlite("end reading", file, error))?;
    result
}

/// A consistent view. Names are compared without regard to ASCII case, and come out as first written.
///
/// Every question can fail with what SQLite says of the file ([`StoreError::Damaged`] and the like), and with
/// [`StoreError::Document`] when a stored value cannot be understood.
pub struct Reader<'c> {
    connection: &'c Connection,
    file: &'c Path,
    /// What SQLite said last: why it gave up a transaction, should it do so.
    last_failure: RefCell<Option<StoreError>>,
}

impl<'c> Reader<'c> {
    fn new(connection: &'c Connection, file: &'c Path) -> Self {
        Self { connection, file, last_failure: RefCell::new(None) }
    }

    fn failed(&self, action: impl Into<String>, error: rusqlite::Error) -> StoreError {
        let error = StoreError::sqlite(action, self.file, error);
        self.last_failure.replace(Some(error.clone()));
        error
    }
}

/// A consistent view that can be changed. Everything a [`Reader`] can, it can too.
///
/// Beside the errors of a [`Reader`]: adding gives [`StoreError::Taken`] when there is one of that name and
/// [`StoreError::Missing`] when there is nothing to put it into, replacing gives [`StoreError::Missing`],
/// deleting gives [`StoreError::ForeignKey`] when something is still in it. Deleting what is not there is no
/// error.
pub struct Tx<'c> {
    reader: Reader<'c>,
}

impl<'c> std::ops::Deref for Tx<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}
