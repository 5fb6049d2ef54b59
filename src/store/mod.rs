//! What we remember: one SQLite database.
//!
//! WAL, `synchronous=FULL`, one writer thread that groups commits: every change is a closure over a [`Tx`],
//! run inside a savepoint; the closures that are waiting at the same time share one commit, and each caller
//! gets its answer only after that commit is on disk. Readers have connections of their own and never wait
//! for the writer. No SQL and no row leaves this module: what comes out are domain values.

#![expect(unused_variables, clippy::todo, reason = "skeleton")]

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use crate::domain::cluster::Cluster;
use crate::domain::job::Job;
use crate::domain::name::{ClusterKey, ExperimentKey, JobKey, WorkspaceKey};
use crate::domain::node::Node;
use crate::domain::workspace::{Experiment, Workspace};

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

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing to see yet.
    #[error("skeleton")]
    Skeleton,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// Called after every commit. Cheap, never blocks.
pub type CommitHook = Arc<dyn Fn() + Send + Sync>;

impl Store {
    /// Opens the database at `path`, makes it (mode 0600) when it is not there, migrates an older one.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, or was written by a newer program.
    pub fn open(path: &Path, on_commit: CommitHook) -> Result<Self, StoreError> {
        todo!()
    }

    /// Runs `change` in a transaction; its `Err` rolls back what it did. Answers after the commit.
    pub fn write<T, E, F>(&self, change: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        async { todo!() }
    }

    /// The same for callers outside the async runtime, such as the scheduler's thread.
    ///
    /// # Errors
    /// Those of `change`, and those of the commit.
    pub fn write_blocking<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        todo!()
    }

    /// Runs `query` over one consistent view.
    ///
    /// # Errors
    /// Those of `query`.
    pub fn read<T, E: From<StoreError>>(&self, query: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        todo!()
    }

    /// A counter of commits, to wait upon.
    #[must_use]
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        todo!()
    }
}

/// A consistent view.
pub struct Reader<'c> {
    marker: std::marker::PhantomData<&'c ()>,
}

/// A consistent view that can be changed. Everything a [`Reader`] can, it can too.
pub struct Tx<'c> {
    reader: Reader<'c>,
}

impl<'c> std::ops::Deref for Tx<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

type Result2<T> = Result<T, StoreError>;

// Names are compared without regard to ASCII case (COLLATE NOCASE) and kept as first written.
impl Reader<'_> {
    /// One workspace.
    pub fn workspace(&self, key: &WorkspaceKey) -> Result2<Option<Stored<Workspace>>> {
        todo!()
    }
    /// Workspaces of a subscription, or of one group of it, oldest first.
    pub fn workspaces(
        &self,
        subscription: &str,
        group: Option<&str>,
        window: Window,
    ) -> Result2<Vec<Stored<Workspace>>> {
        todo!()
    }
    /// One experiment.
    pub fn experiment(&self, key: &ExperimentKey) -> Result2<Option<Stored<Experiment>>> {
        todo!()
    }
    /// Experiments of a workspace, oldest first.
    pub fn experiments(&self, workspace: &WorkspaceKey, window: Window) -> Result2<Vec<Stored<Experiment>>> {
        todo!()
    }
    /// One cluster.
    pub fn cluster(&self, key: &ClusterKey) -> Result2<Option<Stored<Cluster>>> {
        todo!()
    }
    /// Clusters of a workspace, oldest first.
    pub fn clusters(&self, workspace: &WorkspaceKey, window: Window) -> Result2<Vec<Stored<Cluster>>> {
        todo!()
    }
    /// All clusters, for the scheduler.
    pub fn all_clusters(&self) -> Result2<Vec<Stored<Cluster>>> {
        todo!()
    }
    /// Nodes of a cluster, by place.
    pub fn nodes(&self, cluster: i64) -> Result2<Vec<Node>> {
        todo!()
    }
    /// One job.
    pub fn job(&self, key: &JobKey) -> Result2<Option<Stored<Job>>> {
        todo!()
    }
    /// One job by its number.
    pub fn job_by_number(&self, number: i64) -> Result2<Option<Stored<Job>>> {
        todo!()
    }
    /// Jobs of an experiment, oldest first.
    pub fn jobs(&self, experiment: &ExperimentKey, window: Window) -> Result2<Vec<Stored<Job>>> {
        todo!()
    }
    /// Jobs that have a run now, of all clusters.
    pub fn running_jobs(&self) -> Result2<Vec<Stored<Job>>> {
        todo!()
    }
    /// Jobs that have a run now on this cluster.
    pub fn running_jobs_of(&self, cluster: i64) -> Result2<Vec<Stored<Job>>> {
        todo!()
    }
    /// Queued jobs of a cluster that need at most `most` nodes: higher priority first, then older first.
    /// Costs by `limit`, not by the length of the queue.
    pub fn queued_jobs(&self, cluster: i64, most: u32, limit: u32) -> Result2<Vec<QueuedJob>> {
        todo!()
    }
    /// How many of those go before this queued job.
    pub fn queued_ahead(&self, job: &Stored<Job>, most: u32) -> Result2<u64> {
        todo!()
    }
    /// Jobs whose record is being deleted.
    pub fn deleting_jobs(&self) -> Result2<Vec<Stored<Job>>> {
        todo!()
    }
    /// Queued jobs, in full, that are on this cluster.
    pub fn all_queued_jobs_of(&self, cluster: i64) -> Result2<Vec<Stored<Job>>> {
        todo!()
    }
    /// Experiments whose record is being deleted and that have no job left.
    pub fn empty_deleting_experiments(&self) -> Result2<Vec<Stored<Experiment>>> {
        todo!()
    }
    /// Workspaces whose record is being deleted and that have neither experiment nor cluster left.
    pub fn empty_deleting_workspaces(&self) -> Result2<Vec<Stored<Workspace>>> {
        todo!()
    }
    /// Jobs that have not ended.
    pub fn active_job_count(&self) -> Result2<u64> {
        todo!()
    }
    /// Whether any job uses this code snapshot.
    pub fn is_snapshot_used(&self, snapshot: &str) -> Result2<bool> {
        todo!()
    }
}

impl Tx<'_> {
    /// Adds one; its key must be free.
    pub fn insert_workspace(&self, value: &Workspace) -> Result2<i64> {
        todo!()
    }
    /// Replaces one.
    pub fn update_workspace(&self, number: i64, value: &Workspace) -> Result2<()> {
        todo!()
    }
    /// Removes one; nothing may be in it.
    pub fn delete_workspace(&self, number: i64) -> Result2<()> {
        todo!()
    }
    /// Adds one; its workspace must be there, its key free.
    pub fn insert_experiment(&self, value: &Experiment) -> Result2<i64> {
        todo!()
    }
    /// Replaces one.
    pub fn update_experiment(&self, number: i64, value: &Experiment) -> Result2<()> {
        todo!()
    }
    /// Removes one; nothing may be in it.
    pub fn delete_experiment(&self, number: i64) -> Result2<()> {
        todo!()
    }
    /// Adds one; its workspace must be there, its key free.
    pub fn insert_cluster(&self, value: &Cluster) -> Result2<i64> {
        todo!()
    }
    /// Replaces one.
    pub fn update_cluster(&self, number: i64, value: &Cluster) -> Result2<()> {
        todo!()
    }
    /// Removes one and its nodes; its jobs stay, without a cluster.
    pub fn delete_cluster(&self, number: i64) -> Result2<()> {
        todo!()
    }
    /// Adds or replaces the node at its place.
    pub fn put_node(&self, cluster: i64, node: &Node) -> Result2<()> {
        todo!()
    }
    /// Removes the node at this place.
    pub fn delete_node(&self, cluster: i64, index: u32) -> Result2<()> {
        todo!()
    }
    /// Adds one on the cluster of this number; its experiment must be there, its key free.
    pub fn insert_job(&self, cluster: i64, value: &Job) -> Result2<i64> {
        todo!()
    }
    /// Replaces one.
    pub fn update_job(&self, number: i64, value: &Job) -> Result2<()> {
        todo!()
    }
    /// Removes one.
    pub fn delete_job(&self, number: i64) -> Result2<()> {
        todo!()
    }
}
