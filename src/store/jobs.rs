//! The table of jobs, and the queue in it.
//!
//! Whatever the scheduler asks goes through a partial index, named in the query so that it cannot be missed:
//! it costs by the jobs that are alive, not by all that are remembered. A queued job that is being deleted is
//! not in the queue any more.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{QueuedJob, Reader, Stored, Tx, Window};
use crate::domain::job::{Execution, Job, Priority};
use crate::domain::name::{ExperimentKey, GroupKey, JobKey, Name};
use crate::domain::provisioning::ProvisioningState;

impl Document for Job {
    const TABLE: &'static str = "jobs";
}

pub(super) const ONE: &str = "SELECT number, generation, document FROM jobs WHERE experiment = ?1 AND name = ?2";

pub(super) const PAGE: &str = "SELECT number, generation, document FROM jobs
    WHERE experiment = ?1 AND number > ?2 ORDER BY number LIMIT ?3";

pub(super) const QUEUE: &str = "SELECT number, node_count FROM jobs INDEXED BY jobs_queued
    WHERE cluster = ?1 AND state = 'queued' AND deleting = 0 AND node_count <= ?2
    ORDER BY priority DESC, number LIMIT ?3";

pub(super) const AHEAD: &str = "SELECT
    (SELECT count(*) FROM jobs INDEXED BY jobs_queued
     WHERE cluster = ?1 AND state = 'queued' AND deleting = 0 AND node_count <= ?4 AND priority > ?2)
  + (SELECT count(*) FROM jobs INDEXED BY jobs_queued
     WHERE cluster = ?1 AND state = 'queued' AND deleting = 0 AND node_count <= ?4 AND priority = ?2 AND number < ?3)";

pub(super) const ACTIVE: &str = "SELECT
    (SELECT count(*) FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND deleting = 0)
  + (SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running')
  + (SELECT count(*) FROM jobs INDEXED BY jobs_deleting WHERE deleting = 1 AND state = 'queued')";

const RUNNING: &str = "(SELECT * FROM jobs INDEXED BY jobs_running WHERE state = 'running') j";
const QUEUED: &str = "(SELECT * FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND deleting = 0) j";

pub(super) const SNAPSHOT: &str = "SELECT 1 FROM jobs INDEXED BY jobs_by_snapshot WHERE snapshot = ?1 LIMIT 1";

impl Reader<'_> {
    /// One job.
    pub fn job(&self, key: &JobKey) -> Result<Option<Stored<Job>>, StoreError> {
        let Some(experiment) = self.experiment_number(&key.experiment)? else { return Ok(None) };
        self.one(ONE, params![experiment, key.name.as_str()])
    }

    /// One job by its number.
    pub fn job_by_number(&self, number: i64) -> Result<Option<Stored<Job>>, StoreError> {
        self.one("SELECT number, generation, document FROM jobs WHERE number = ?1", [number])
    }

    /// Jobs of an experiment, oldest first; none when there is no such experiment.
    pub fn jobs(&self, experiment: &ExperimentKey, window: Window) -> Result<Vec<Stored<Job>>, StoreError> {
        let Some(experiment) = self.experiment_number(experiment)? else { return Ok(Vec::new()) };
        self.many(PAGE, params![experiment, window.after, window.limit])
    }

    /// Jobs of experiments of this name in workspaces whose names begin with `prefix`, of a subscription or of one
    /// group of it, oldest first.
    pub fn jobs_below(
        &self,
        (subscription, group): (&str, Option<&str>),
        (prefix, experiment): (&str, &str),
        window: Window,
    ) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT j.number, j.generation, j.document FROM jobs j
             JOIN experiments e ON e.number = j.experiment JOIN workspaces w ON w.number = e.workspace
             WHERE w.subscription = ?1 AND (?2 IS NULL OR w.resource_group = ?2) AND w.name LIKE ?3 || '%'
               AND e.name = ?4 AND j.number > ?5 ORDER BY j.number LIMIT ?6",
            params![subscription, group, prefix, experiment, window.after, window.limit],
        )
    }

    /// The job of that name in such an experiment of a group.
    pub fn job_below(
        &self,
        group: &GroupKey,
        (prefix, experiment): (&str, &str),
        name: &Name,
    ) -> Result<Option<Stored<Job>>, StoreError> {
        self.one(
            "SELECT j.number, j.generation, j.document FROM workspaces w
             JOIN experiments e ON e.workspace = w.number JOIN jobs j ON j.experiment = e.number
             WHERE w.subscription = ?1 AND w.resource_group = ?2 AND w.name LIKE ?3 || '%'
               AND e.name = ?4 AND j.name = ?5",
            params![group.subscription, group.group, prefix, experiment, name.as_str()],
        )
    }

    /// Jobs of all workspaces, oldest first.
    pub fn all_jobs(&self, window: Window) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM jobs WHERE number > ?1 ORDER BY number LIMIT ?2",
            params![window.after, window.limit],
        )
    }

    /// Jobs that have a run now, of all clusters, also of those that are gone; oldest first.
    pub fn running_jobs(&self) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM jobs INDEXED BY jobs_running
             WHERE state = 'running' ORDER BY number",
            [],
        )
    }

    /// Jobs that have a run now on this cluster, oldest first.
    pub fn running_jobs_of(&self, cluster: i64) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM jobs INDEXED BY jobs_running
             WHERE cluster = ?1 AND state = 'running' ORDER BY number",
            [cluster],
        )
    }

    /// Queued jobs of a cluster that need at most `most` nodes: higher priority first, then older first.
    /// Costs by `limit` and by the larger jobs passed over on the way, not by the length of the queue.
    pub fn queued_jobs(&self, cluster: i64, most: u32, limit: u32) -> Result<Vec<QueuedJob>, StoreError> {
        self.rows(Job::TABLE, QUEUE, params![cluster, most, limit], |row| {
            let failed = |error| self.failed("read the queue in table jobs", error);
            Ok(QueuedJob { number: row.get(0).map_err(failed)?, node_count: row.get(1).map_err(failed)? })
        })
    }

    /// How many jobs of the same cluster that need at most `most` nodes go before this queued job; 0 when its
    /// cluster is gone. Costs by the answer.
    pub fn queued_ahead(&self, job: &Stored<Job>, most: u32) -> Result<u64, StoreError> {
        let sql = "SELECT cluster FROM jobs WHERE number = ?1";
        let Some(cluster) = self.cell::<Option<i64>>(Job::TABLE, sql, [job.number])?.flatten() else { return Ok(0) };
        let priority = rank(job.value.spec.priority);
        self.count(AHEAD, params![cluster, priority, job.number, most])
    }

    /// Jobs that have not ended, of a subscription or of one group of it: those that run first, then the queue, at
    /// most `limit` of each.
    pub fn active_jobs(
        &self,
        (subscription, group): (&str, Option<&str>),
        limit: u32,
    ) -> Result<Vec<Stored<Job>>, StoreError> {
        let mut jobs = Vec::new();
        for state in [RUNNING, QUEUED] {
            let sql = format!(
                "SELECT j.number, j.generation, j.document FROM {state}
                 JOIN experiments e ON e.number = j.experiment JOIN workspaces w ON w.number = e.workspace
                 AND w.subscription = ?1 AND (?2 IS NULL OR w.resource_group = ?2) LIMIT ?3"
            );
            jobs.extend(self.many::<Job>(&sql, params![subscription, group, limit])?);
        }
        Ok(jobs)
    }

    /// How many jobs of this cluster that need at most `most` nodes would go before a new one of this priority.
    pub fn queued_before_new(&self, cluster: i64, priority: Priority, most: u32) -> Result<u64, StoreError> {
        self.count(AHEAD, params![cluster, rank(priority), i64::MAX, most])
    }

    /// Jobs whose record is being deleted, oldest first.
    pub fn deleting_jobs(&self) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM jobs INDEXED BY jobs_deleting
             WHERE deleting = 1 ORDER BY number",
            [],
        )
    }

    /// Queued jobs, in full, that are on this cluster, in the order of [`Reader::queued_jobs`].
    pub fn all_queued_jobs_of(&self, cluster: i64) -> Result<Vec<Stored<Job>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM jobs INDEXED BY jobs_queued
             WHERE cluster = ?1 AND state = 'queued' AND deleting = 0 ORDER BY priority DESC, number",
            [cluster],
        )
    }

    /// Queued jobs, in full, that mount a file server, of all clusters, oldest first.
    pub fn queued_jobs_with_file_servers(&self) -> Result<Vec<Stored<Job>>, StoreError> {
        // Any other job whose document has these characters costs time only.
        let sql = "SELECT number, generation, document FROM jobs INDEXED BY jobs_queued
             WHERE state = 'queued' AND deleting = 0 AND instr(document, '\"FileServer\"') > 0 ORDER BY number";
        Ok(self.many::<Job>(sql, [])?.into_iter().filter(|job| has_file_server(&job.value)).collect())
    }

    /// Jobs that have not ended.
    pub fn active_job_count(&self) -> Result<u64, StoreError> {
        self.count(ACTIVE, [])
    }

    /// Whether any job uses this code snapshot (the 64 digits of its id).
    pub fn is_snapshot_used(&self, snapshot: &str) -> Result<bool, StoreError> {
        Ok(self.cell::<i64>(Job::TABLE, SNAPSHOT, [snapshot])?.is_some())
    }

    fn count(&self, sql: &str, params: impl rusqlite::Params) -> Result<u64, StoreError> {
        Ok(self.cell::<i64>(Job::TABLE, sql, params)?.unwrap_or(0).unsigned_abs())
    }
}

impl Tx<'_> {
    /// Adds one on the cluster of this number; its experiment and cluster must be there, its key free.
    pub fn insert_job(&self, cluster: i64, value: &Job) -> Result<i64, StoreError> {
        let JobKey { experiment, name } = &value.key;
        let experiment = self.experiment_number(experiment)?.ok_or_else(|| StoreError::Missing {
            action: format!("add `{name}` to table jobs"),
            record: format!("experiment `{}` in workspace `{}`", experiment.name, experiment.workspace.name),
        })?;
        let Columns { priority, node_count, state, deleting, snapshot } = columns(value);
        self.insert::<Job>(
            "INSERT INTO jobs
                (experiment, name, cluster, priority, node_count, state, deleting, snapshot, document)
             VALUES (?1, ?2, iif(?6 = 'ended', NULL, ?3), ?4, ?5, ?6, ?7, ?8, ?9)",
            params![experiment, name.as_str(), cluster, priority, node_count, state, deleting, snapshot, encode(value)],
            name.as_str(),
        )
    }

    /// Replaces one; its key and its cluster stay.
    pub fn update_job(&self, number: i64, value: &Job) -> Result<(), StoreError> {
        let Columns { priority, node_count, state, deleting, snapshot } = columns(value);
        self.update::<Job>(
            "UPDATE jobs SET cluster = iif(?4 = 'ended', NULL, cluster), priority = ?2, node_count = ?3, state = ?4,
                deleting = ?5, snapshot = ?6, document = ?7, generation = generation + 1
             WHERE number = ?1",
            params![number, priority, node_count, state, deleting, snapshot, encode(value)],
            number,
        )
    }

    /// Removes one.
    pub fn delete_job(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Job>("DELETE FROM jobs WHERE number = ?1", number)
    }
}

fn has_file_server(job: &Job) -> bool {
    job.spec.mounts.iter().any(|mount| mount.source.file_server().is_some())
}

/// What queries need of a job.
struct Columns<'j> {
    priority: i64,
    node_count: u32,
    state: &'static str,
    deleting: bool,
    snapshot: Option<&'j str>,
}

fn columns(job: &Job) -> Columns<'_> {
    Columns {
        priority: rank(job.spec.priority),
        node_count: job.spec.node_count,
        state: match job.execution() {
            Execution::Queued { .. } => "queued",
            Execution::Running { .. } | Execution::Interrupting { .. } | Execution::Terminating { .. } => "running",
            Execution::Ended { .. } => "ended",
        },
        deleting: job.provisioning.state == ProvisioningState::Deleting,
        snapshot: job.spec.code.as_ref().map(crate::domain::snapshot::SnapshotId::hex),
    }
}

fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Low => -1,
        Priority::Normal => 0,
        Priority::High => 1,
    }
}
