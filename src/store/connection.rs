//! Opening the database: one connection that writes, a few that read.
//!
//! Called by `Store` only. Caches are small on purpose: an idle server should be hardly noticed.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::schema;

/// How long a connection waits for another program that has the database locked, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Reading connections that are kept when nobody reads.
const KEPT_READERS: usize = 4;

/// Prepared statements each connection keeps; the tables need fewer.
const KEPT_STATEMENTS: usize = 64;

/// Page caches in KiB, as negative numbers: that is how `PRAGMA cache_size` takes them.
const WRITER_CACHE: i64 = -2048;
const READER_CACHE: i64 = -1024;

/// Bytes to which the write-ahead log is cut when an unusually large transaction has blown it up.
const LOG_SIZE: i64 = 16 << 20;

/// Opens the connection that writes; makes the database (mode 0600) when it is not there, migrates an older one.
///
/// # Errors
/// When it cannot be opened, is damaged, or was written by a newer program; it is then as it was.
pub(super) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    create_private(file).map_err(|error| StoreError::system("open the database", file, error))?;
    let mut connection = open(file, WRITER_CACHE)?;
    let found = schema::found(&connection, file)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(|error| StoreError::sqlite("turn on the write-ahead log", file, error))?;
    if mode != "wal" {
        return Err(StoreError::NoWriteAheadLog { file: file.to_path_buf(), mode });
    }
    for (name, value) in [("journal_size_limit", LOG_SIZE), ("foreign_keys", 1)] {
        set(&connection, file, name, value)?;
    }
    // Not the default of a write-ahead log: with it, a commit is on disk when it returns, power loss included.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(|e| StoreError::sqlite("set synchronous", file, e))?;
    schema::migrate(&mut connection, file, found)?;
    reserve_log(file);
    Ok(connection)
}

/// Blocks for the write-ahead log beyond what it needs between two checkpoints: on a full disk the end of
/// jobs, and what frees space, can still be written down.
const LOG_RESERVE: u64 = 8 << 20;

/// The part of the free space that the reserve may take at most, as a divisor: small disks keep room for jobs.
const LOG_SHARE: u64 = 8;

/// Free space below which nothing new is taken on, in bytes.
const LEAST_ROOM: u64 = 512 << 10;

/// Sets blocks aside for the log. A luxury: file systems without the means to do so go without.
fn reserve_log(file: &Path) {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let reserve = LOG_RESERVE.min(room(file).unwrap_or(0) / LOG_SHARE);
    if let Ok(log) = OpenOptions::new().write(true).open(log)
        && reserve > 0
    {
        let _ = rustix::fs::fallocate(&log, rustix::fs::FallocateFlags::KEEP_SIZE, 0, reserve);
    }
}

/// Bytes that are free for this user on the disk of `file`.
fn room(file: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Refuses when the disk is so full that a new job would only find out later.
///
/// # Errors
/// [`StoreError::DiskFull`]. A disk that does not tell is taken to have room.
pub(super) fn ensure_room(file: &Path) -> Result<(), StoreError> {
    match room(file) {
        Ok(free) if free < LEAST_ROOM => {
            let left = format!("{} KiB are left, {} KiB are needed", free >> 10, LEAST_ROOM >> 10);
            let full = std::io::Error::new(std::io::ErrorKind::StorageFull, left);
            Err(StoreError::system("take on anything new", file, full))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes an empty file that only this user can read. SQLite gives its other files the mode of this one.
fn create_private(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn open(file: &Path, cache: i64) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)
        .map_err(|error| StoreError::sqlite("open the database", file, error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| StoreError::sqlite("set busy_timeout", file, error))?;
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    set(&connection, file, "cache_size", cache)?;
    // 2 is memory: a full or read-only directory for temporary files is one trouble less.
    set(&connection, file, "temp_store", 2)?;
    Ok(connection)
}

fn set(connection: &Connection, file: &Path, name: &str, value: i64) -> Result<(), StoreError> {
    connection.pragma_update(None, name, value).map_err(|error| StoreError::sqlite(format!("set {name}"), file, error))
}

/// Connections that read. Opened on demand, as many as there are reads at the same time; a few are kept.
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of this database, none open so far.
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, idle: Mutex::new(Vec::new()) }
    }

    /// The database.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// A connection that nobody else has.
    ///
    /// # Errors
    /// When one has to be opened and cannot be.
    pub(super) fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = open(&self.file, READER_CACHE)?;
        set(&connection, &self.file, "query_only", 1)?;
        Ok(connection)
    }

    /// Keeps a connection for the next read, or closes it when there are enough.
    pub(super) fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT_READERS {
            idle.push(connection);
        }
    }
}
