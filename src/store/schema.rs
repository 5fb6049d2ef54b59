//! The tables, and how an older database gets them.
//!
//! `user_version` counts the migrations that a database has had. A released migration never changes: a new
//! schema is a new entry. Called by `connection` when the writer opens; nothing else knows this module.
//!
//! Names are `COLLATE NOCASE`, so their `UNIQUE` indexes are too. An index on a table with a number ends in
//! that number by itself, which makes `(experiment)` an index by experiment and age.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

const MIGRATIONS: &[&str] = &[V1, FILE_SERVERS, LONG_OPERATIONS, TOKENS, GROUPS, VAULTS];

const V1: &str = "
CREATE TABLE workspaces (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    deleting INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (subscription, resource_group, name)
) STRICT;
CREATE INDEX workspaces_by_subscription ON workspaces (subscription);
CREATE INDEX workspaces_by_group ON workspaces (subscription, resource_group);
CREATE INDEX workspaces_deleting ON workspaces (deleting) WHERE deleting = 1;

CREATE TABLE experiments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    name TEXT NOT NULL COLLATE NOCASE,
    deleting INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (workspace, name)
) STRICT;
CREATE INDEX experiments_by_workspace ON experiments (workspace);
CREATE INDEX experiments_deleting ON experiments (deleting) WHERE deleting = 1;

CREATE TABLE clusters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    name TEXT NOT NULL COLLATE NOCASE,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (workspace, name)
) STRICT;
CREATE INDEX clusters_by_workspace ON clusters (workspace);

CREATE TABLE nodes (
    cluster INTEGER NOT NULL REFERENCES clusters ON DELETE CASCADE,
    place INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (cluster, place)
) STRICT, WITHOUT ROWID;

-- cluster: where the job waits or runs. NULL when the cluster is gone, and as soon as the job has ended: so
-- what a cluster costs, its deletion included, depends on the jobs that are alive and not on all it ever ran.
-- state: 'queued', 'running' (being terminated is part of it), 'ended'.
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment INTEGER NOT NULL REFERENCES experiments,
    name TEXT NOT NULL COLLATE NOCASE,
    cluster INTEGER REFERENCES clusters ON DELETE SET NULL,
    priority INTEGER NOT NULL,
    node_count INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ended')),
    deleting INTEGER NOT NULL,
    snapshot TEXT,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (experiment, name)
) STRICT;
CREATE INDEX jobs_by_experiment ON jobs (experiment);
CREATE INDEX jobs_by_cluster ON jobs (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX jobs_queued ON jobs (cluster, priority DESC, number, node_count) WHERE state = 'queued' AND deleting = 0;
CREATE INDEX jobs_running ON jobs (cluster) WHERE state = 'running';
CREATE INDEX jobs_deleting ON jobs (state) WHERE deleting = 1;
CREATE INDEX jobs_by_snapshot ON jobs (snapshot) WHERE snapshot IS NOT NULL;
";

const FILE_SERVERS: &str = "
CREATE TABLE file_servers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    name TEXT NOT NULL COLLATE NOCASE,
    deleting INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (workspace, name)
) STRICT;
CREATE INDEX file_servers_by_workspace ON file_servers (workspace);
CREATE INDEX file_servers_deleting ON file_servers (deleting) WHERE deleting = 1;
";

// subject, number: the table of the thing that is worked on, and its number in it.
const LONG_OPERATIONS: &str = "
CREATE TABLE long_operations (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,
    has_ended INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX long_operations_open ON long_operations (subject, number) WHERE has_ended = 0;
";

const TOKENS: &str = "
CREATE TABLE tokens (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    digest TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL
) STRICT;
";

const GROUPS: &str = "
CREATE TABLE resource_groups (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    name TEXT NOT NULL,
    deleting INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (subscription, name)
) STRICT;
CREATE INDEX resource_groups_deleting ON resource_groups (deleting) WHERE deleting = 1;
CREATE TABLE storage_accounts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX storage_accounts_by_group ON storage_accounts (subscription, resource_group);
";

// The current version of a secret is the one with the greatest number.
const VAULTS: &str = "
CREATE TABLE secret_versions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    vault TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL COLLATE NOCASE,
    version TEXT NOT NULL COLLATE NOCASE,
    generation INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    UNIQUE (vault, name, version)
) STRICT;
CREATE INDEX secret_versions_by_age ON secret_versions (vault, name);
";

/// The newest schema of this program.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are only a few migrations")
}

/// The schema that the database has, 0 for an empty one; changes nothing.
///
/// # Errors
/// [`StoreError::Newer`] when this program does not know it, [`StoreError::Damaged`] when there is none.
pub(super) fn found(connection: &Connection, file: &Path) -> Result<i64, StoreError> {
    let found = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| StoreError::sqlite("read the schema's version", file, error))?;
    if found > known() {
        return Err(StoreError::Newer { file: file.to_path_buf(), found, known: known() });
    }
    Ok(found)
}

/// Brings the database from schema `found` to the newest one, each step in a transaction of its own.
///
/// # Errors
/// When a step cannot be made; the steps before it are kept.
pub(super) fn migrate(connection: &mut Connection, file: &Path, found: i64) -> Result<(), StoreError> {
    for (version, step) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        migrate_to(connection, version, step)
            .map_err(|error| StoreError::sqlite(format!("bring the tables to schema {version}"), file, error))?;
    }
    Ok(())
}

fn migrate_to(connection: &mut Connection, version: i64, step: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()
}
