//! Where things run.
//!
//! An engine says what it sees; it never decides what state a job is in. The scheduler calls it from one
//! thread, operations ask it where files are. Engines know supervision and the domain; never the store, the
//! wire or each other.

pub mod container;
pub mod directories;
pub mod drivers;
pub mod environment;
pub mod far;
pub mod gpus;
pub mod holder;
pub mod launch;
pub mod local;
pub mod mpi;
pub mod outcome;
pub mod preview;
pub mod secrets;
pub mod setup_task;
pub mod simulated;
pub mod storage;
pub mod toolkit;
pub mod volumes;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::far::{FarBytes, FarEntry};
use self::preview::Preview;
use self::storage::VolumePlace;
use crate::domain::cluster::{Cluster, ClusterSpec};
use crate::domain::job::{FarDirectory, Job, JobDirectory, Outcome};
use crate::domain::login::Logins;
use crate::domain::name::{FileServerKey, RunId};
use crate::domain::node::Node;
use crate::domain::snapshot::SnapshotId;
use crate::domain::volume::VolumeKey;

/// Called by an engine when there may be something new to observe. Cheap, never blocks.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// A cluster as an engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPlace {
    /// The store's number of the cluster: unique for ever, also after a deletion.
    pub number: i64,
    /// What was asked for.
    pub spec: ClusterSpec,
    /// What keeps the output of its set-up task apart: [`crate::domain::cluster::Cluster::path_segment`].
    pub path_segment: String,
}

impl ClusterPlace {
    /// The place of the cluster that the store knows by this number.
    #[must_use]
    pub fn of(number: i64, cluster: &Cluster) -> Self {
        Self { number, spec: cluster.spec.clone(), path_segment: cluster.path_segment() }
    }
}

/// A node, by its place and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName {
    /// Its place in the cluster.
    pub index: u32,
    /// Its id on the wire, such as `tvm-0000000001_0-20180607t091500z`.
    pub id: String,
}

/// What an engine says of a node that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFact {
    /// Its place in the cluster.
    pub index: u32,
    /// The id under which it was made.
    pub id: String,
    /// Where programs on other nodes reach it.
    pub address: String,
    /// The port of its SSH server; `None`: it offers none.
    pub ssh_port: Option<u16>,
    /// The GPUs that are its own, as the driver names them.
    pub gpus: Vec<String>,
    /// Whether it is ready.
    pub condition: NodeCondition,
}

/// Whether a node is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCondition {
    /// Not yet.
    Preparing,
    /// Takes jobs.
    Ready,
    /// Never will be, and why.
    Broken(String),
}

/// What to launch: a job, on nodes, under a run id that was written down before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRequest {
    /// The run.
    pub run: RunId,
    /// The job; its `directories` are those that [`Engine::directories`] gave.
    pub job: Job,
    /// Its cluster.
    pub cluster: ClusterPlace,
    /// Its nodes; the first is the master.
    pub nodes: Vec<Node>,
}

/// What an engine sees of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// It goes on.
    Running,
    /// It is over.
    Ended(Outcome),
    /// It was never begun, so launching it is safe.
    NotBegun,
    /// It was begun, its supervisor is gone, it left no word. Whatever it had started has been ended. The
    /// sentence says what is known.
    Lost(String),
}

/// Why an engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing runs, and trying again would not help: the job cannot run here.
    #[error("{0}")]
    NotStarted(String),
    /// The machine refused; whether something runs is unknown, so observe before trying again.
    #[error("cannot {action}")]
    Failed {
        /// What was being done to what.
        action: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Runs jobs somewhere. All calls may block for a short time; none waits for a job.
pub trait Engine: Send + Sync {
    /// The nodes of a cluster as they are.
    ///
    /// # Errors
    /// When they cannot be known now.
    fn nodes(&self, cluster: &ClusterPlace) -> Result<Vec<NodeFact>, EngineError>;

    /// Makes exactly the nodes of these places exist; the others go. Idempotent: a node that exists keeps the id under
    /// which it was made. The caller sees to it that no job runs on those that go; a set-up task is ended.
    ///
    /// # Errors
    /// When not all of them could be made or removed; [`Engine::nodes`] tells which are there.
    fn resize(&self, cluster: &ClusterPlace, nodes: &[NodeName]) -> Result<(), EngineError>;

    /// How users log in to nodes.
    fn logins(&self) -> Logins {
        Logins::default()
    }

    /// How many processor cores there are for all nodes together.
    fn cores(&self) -> u32;

    /// How many GPUs there are for all nodes together; a node whose VM size has more than are free is not made, unless
    /// there are none at all.
    fn gpus(&self) -> u32;

    /// How much memory there is for all nodes together, in bytes; 0: nobody knows.
    fn memory(&self) -> u64;

    /// Where the files of a job will be, by directory id; the same answer for the same job and cluster.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when a path of the job leads nowhere this engine knows.
    fn directories(&self, job: &Job, cluster: &ClusterPlace) -> Result<Vec<JobDirectory>, EngineError>;

    /// Where the output of the set-up task of a cluster is, or will be: a directory of which every node has its files.
    /// `None` when there is no such task.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when its prefix leads nowhere this engine knows.
    fn set_up_output(&self, cluster: &ClusterPlace) -> Result<Option<JobDirectory>, EngineError>;

    /// Starts a run. A second launch of a run that has begun re-attaches to it.
    ///
    /// # Errors
    /// See [`EngineError`].
    fn launch(&self, request: &LaunchRequest) -> Result<(), EngineError>;

    /// What [`Engine::launch`] would do with this request, without doing it. The job needs no directories yet, and
    /// nodes that are not there need no address.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when the launch would end so.
    fn preview(&self, request: &LaunchRequest) -> Result<Preview, EngineError>;

    /// What became of these runs, in this order. Many at once.
    ///
    /// # Errors
    /// When it cannot be known now.
    fn observe(&self, runs: &[RunId]) -> Result<Vec<Observation>, EngineError>;

    /// Begins to stop a run: polite first, impolite after `grace`. The end is seen by [`Engine::observe`].
    ///
    /// # Errors
    /// When the run could not be told.
    fn stop(&self, run: &RunId, grace: Duration) -> Result<(), EngineError>;

    /// Runs that this engine still keeps something of; asked at start, to find what a killed server left.
    ///
    /// # Errors
    /// When it cannot be known now.
    fn runs(&self) -> Result<Vec<RunId>, EngineError>;

    /// Removes what a run that is over left behind; not its output.
    ///
    /// # Errors
    /// When something could not be removed.
    fn forget(&self, run: &RunId) -> Result<(), EngineError>;

    /// Removes the output that the server itself keeps of a job that is being deleted.
    ///
    /// # Errors
    /// When something could not be removed.
    fn remove_output(&self, job: &Job) -> Result<(), EngineError>;

    /// What is in a folder of a directory that no directory of this machine is behind, by name; one level. One that is
    /// not there is empty. Blocks for as long as the far end takes.
    ///
    /// # Errors
    /// Why it cannot be known.
    fn list_far(&self, directory: &FarDirectory, folder: &str) -> Result<Vec<FarEntry>, EngineError>;

    /// These bytes of a file of such a directory; fewer where it has fewer. Reading blocks likewise.
    ///
    /// # Errors
    /// Why nothing can be read.
    fn read_far(&self, directory: &FarDirectory, path: &str, range: Range<u64>) -> Result<FarBytes, EngineError>;

    /// Makes the directory that a file server exports, unless it is there. Returns its absolute path.
    ///
    /// # Errors
    /// When it could not be made.
    fn make_export(&self, server: &FileServerKey) -> Result<PathBuf, EngineError>;

    /// Removes the directory that a file server exported, with all that is in it.
    ///
    /// # Errors
    /// When something could not be removed.
    fn remove_export(&self, server: &FileServerKey) -> Result<(), EngineError>;

    /// Where the server finds what lies in a file share or container.
    fn volume_place(&self, volume: &VolumeKey) -> VolumePlace;

    /// The file shares and containers of an account that have been made.
    ///
    /// # Errors
    /// When they cannot be known now.
    fn volumes(&self, account: &str) -> Result<Vec<VolumeKey>, EngineError>;

    /// Removes a file, or a folder with all that is in it, which lies in a volume or is one. Links are removed, never
    /// followed; what is mounted below is unmounted.
    ///
    /// # Errors
    /// When something could not be removed.
    fn remove_stored(&self, path: &Path) -> Result<(), EngineError>;

    /// Where files wait that are on their way into volumes: nobody else puts anything there.
    fn incoming(&self) -> PathBuf;

    /// Where the archives of code snapshots are, or would be.
    fn snapshot_folder(&self) -> PathBuf;

    /// Where the archive of one code snapshot is, or would be.
    fn snapshot_archive(&self, snapshot: &SnapshotId) -> PathBuf {
        self.snapshot_folder().join(format!("{}.tar", snapshot.hex()))
    }
}
