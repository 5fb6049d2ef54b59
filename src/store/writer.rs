//! The one thread that writes.
//!
//! ```text
//! write() --> queue --> BEGIN IMMEDIATE
//!                         SAVEPOINT  change 1  RELEASE, or ROLLBACK TO when it fails or panics
//!                         SAVEPOINT  change 2  ...
//!                       COMMIT --> announce --> answer everyone
//! ```
//! Changes that wait at the same time share a commit, and so one wait for the disk. Nobody is answered before
//! it: even a refusal may rest on what another change of the same commit did. Called by `Store` only.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, Sender, channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::error::StoreError;
use super::{Reader, Tx};

/// The most changes that share a commit; bounds how long the first of them waits.
const MAX_BATCH: usize = 256;

/// The thread and its queue.
pub(super) struct Writer {
    queue: Option<Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on this connection to `file`; `announce` is called after every commit that changed
    /// something.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(
        connection: Connection,
        file: PathBuf,
        announce: impl Fn() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, changes) = channel();
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(&connection, &file, &changes, &announce))
            .map_err(|error| StoreError::NoThread { source: Arc::new(error) })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a change. `reply` gets its result after the commit, or [`StoreError::Closed`] at once.
    pub(super) fn queue<T, E, F, R>(&self, change: F, reply: R)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        R: FnOnce(Result<T, E>) + Send + 'static,
    {
        let change: Box<dyn Change> = Box::new(Waiting { change: Some(change), outcome: None, reply });
        let refused = match &self.queue {
            Some(queue) => queue.send(change).err(),
            None => Some(SendError(change)),
        };
        if let Some(SendError(change)) = refused {
            change.answer(Some(&StoreError::Closed));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        // A change may own the last handle of the store: then this is the thread itself, which cannot wait
        // for its own end.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            // Its panics are caught one by one; there is nothing left to hear from it.
            let _ended = thread.join();
        }
    }
}

/// A change in the queue, whatever its types are.
trait Change: Send {
    /// Runs it, once. `true`: keep what it did.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Tells the caller its result, or instead of it the failure of the commit.
    fn answer(self: Box<Self>, failure: Option<&StoreError>);
}

struct Waiting<T, E, F, R> {
    change: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: R,
}

impl<T, E, F, R> Change for Waiting<T, E, F, R>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&Tx<'_>) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(change) = self.change.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| change(tx)))
            .unwrap_or_else(|payload| Err(StoreError::panicked(&*payload).into()));
        self.outcome.insert(outcome).is_ok()
    }

    fn answer(self: Box<Self>, failure: Option<&StoreError>) {
        let result = match failure {
            Some(failure) => Err(failure.clone().into()),
            None => self.outcome.unwrap_or_else(|| Err(StoreError::Closed.into())),
        };
        (self.reply)(result);
    }
}

fn serve(connection: &Connection, file: &Path, changes: &Receiver<Box<dyn Change>>, announce: &dyn Fn()) {
    while let Ok(first) = changes.recv() {
        let mut waiting = std::iter::once(first).chain(changes.try_iter()).take(MAX_BATCH);
        // A second round only when SQLite gave up the transaction half-way.
        while let Some(next) = waiting.next() {
            commit_together(connection, file, next, &mut waiting, announce);
        }
    }
}

/// Runs `first` and what else waits in one transaction, and answers all that it has run.
fn commit_together(
    connection: &Connection,
    file: &Path,
    first: Box<dyn Change>,
    others: &mut dyn Iterator<Item = Box<dyn Change>>,
    announce: &dyn Fn(),
) {
    let mut ran = vec![first];
    let committed = run_together(connection, file, &mut ran, others);
    if committed.is_err() && !connection.is_autocommit() {
        // When even this fails, the next BEGIN does too, and says so to its callers.
        let _undone = connection.execute_batch("ROLLBACK");
    }
    if matches!(committed, Ok(true)) {
        announce();
    }
    let failure = committed.err();
    for change in ran {
        change.answer(failure.as_ref());
    }
}

/// `Ok` after the commit: whether something changed. Every change that may have been run is in `ran`.
fn run_together(
    connection: &Connection,
    file: &Path,
    ran: &mut Vec<Box<dyn Change>>,
    others: &mut dyn Iterator<Item = Box<dyn Change>>,
) -> Result<bool, StoreError> {
    step(connection, file, "BEGIN IMMEDIATE")?;
    let mut has_changed = false;
    for change in ran.iter_mut() {
        has_changed |= run_one(connection, file, change.as_mut())?;
    }
    for mut change in others {
        let result = run_one(connection, file, change.as_mut());
        ran.push(change);
        has_changed |= result?;
    }
    step(connection, file, "COMMIT")?;
    Ok(has_changed)
}

/// Runs one change and keeps or undoes what it did. `Err` means that the whole transaction is lost.
fn run_one(connection: &Connection, file: &Path, change: &mut dyn Change) -> Result<bool, StoreError> {
    step(connection, file, "SAVEPOINT change")?;
    let before = connection.total_changes();
    let tx = Tx { reader: Reader::new(connection, file) };
    let is_kept = change.run(&tx);
    // After some errors (disk full, I/O, no memory) SQLite may undo the whole transaction by itself.
    if connection.is_autocommit() {
        let seen = tx.reader.last_failure.into_inner();
        return Err(seen.unwrap_or_else(|| StoreError::Undone { file: file.to_path_buf() }));
    }
    if !is_kept {
        step(connection, file, "ROLLBACK TO change")?;
    }
    step(connection, file, "RELEASE change")?;
    Ok(is_kept && connection.total_changes() != before)
}

fn step(connection: &Connection, file: &Path, sql: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(|error| StoreError::sqlite("save changes", file, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_is_gone_says_closed() {
        let (queue, changes) = channel();
        drop(changes);
        let (reply, answer) = channel();
        let writer = Writer { queue: Some(queue), thread: None };
        writer.queue(|_: &Tx<'_>| Ok::<(), StoreError>(()), move |result| reply.send(result).expect("a listener"));
        assert!(matches!(answer.recv(), Ok(Err(StoreError::Closed))));
    }
}
