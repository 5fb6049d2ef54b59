//! The run directory: the contract between an engine, which prepares a run and reads what became of it, and
//! the supervisor, which stays with it. The only file that spells the names of its files.
//!
//! ```text
//! <run id>/
//!   launch.json       engine -> supervisor: what to do; written before anything starts
//!   supervisor.lock   held (flock) by the one supervisor of this run for as long as it lives
//!   status.json       supervisor -> engine: who I am; its presence means that the run has begun
//!   exit.json         supervisor -> engine: how it ended; written (fsync, rename) after the last process is gone
//!   supervisor.log    what the supervisor itself had to say
//!   ready             of a run that holds volumes: all of them are mounted
//!   mount-<n>-<m>.log what the program of mount m of node n printed, without secrets
//!   cache-<n>-<m>/    what that program keeps for itself, such as files that it has yet to upload
//!   container-<n>.log what the container engine said last of node n
//!   login/            while an image is pulled: where the engine finds who logs in; holds no secret
//!   shared/           AZ_BATCHAI_SHARED_JOB_TEMP
//!   remote/batchai-agent
//!                     starts a command on another node, for launchers such as mpirun; a script
//!   remote/bin/<n>/   first on the PATH of node n: ssh, scp, sftp and rsync among the nodes; scripts
//!   remote/calls/     while such commands may be started: `requests`, a FIFO that tells the supervisor of each, and a
//!                     directory per command (see `supervisor/remote.rs`)
//!   remote/past/      what `calls` was, when the run ends
//!   nodes/<index>/    per node of the run: code/ (working copy), temp/, mounts/, and `container`, made inside its
//!                     container: tells who root of it is outside
//! ```
//! Every JSON file has a `version`. They are written beside and renamed; a reader takes an absent file as
//! "not yet" and a torn one as an error that names it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use super::volume::{LaunchMount, MountHow, MountProgram, VolumeKind};

/// The format of the files below. A reader refuses a larger one.
pub const VERSION: u32 = 1;

/// Bytes that are set aside for saying how a run ended; more than any `exit.json` so far needs.
const RESERVE: usize = 8192;

/// How it ended.
const EXIT: &str = "exit.json";

/// The variable that marks every process of a run; its value is the run id. What ends them when their
/// supervisor is gone.
pub const RUN_MARKER: &str = "BATCHAI_RUN_ID";

/// What to do. A pure value, made by `engine/launch`; also what a dry run prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// [`VERSION`].
    pub version: u32,
    /// The run.
    pub run: String,
    /// Directories to make, with their parents, before anything else. Absolute.
    pub directories: Vec<PathBuf>,
    /// The nodes of the run; the first is the master.
    pub nodes: Vec<LaunchNode>,
    /// The command that runs first, on every node at once.
    pub preparation: Option<Preparation>,
    /// The toolkit's processes, started together after the preparation.
    pub processes: Vec<Process>,
    /// The names of the secret variables of the preparation and the processes, in order; over all others. Their values
    /// come by [`super::secrets`].
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Seconds from the beginning of the run until it is ended with [`Cause::WallClock`].
    pub max_wall_clock_seconds: u64,
    /// Seconds between the polite and the impolite signal.
    pub grace_seconds: u64,
    /// The containers that the preparation and the processes run in, one per node; `None`: they run on the host.
    #[serde(default)]
    pub container: Option<LaunchContainer>,
    /// The most bytes that one output file takes; what follows is dropped with a note. `None`: as many as there are.
    #[serde(default)]
    pub most_output_bytes: Option<u64>,
    /// Whether output files keep what is in them: this is not the first run of its job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_output: bool,
    /// Directories to make, with their parents, when all volumes are there: they lie on them.
    #[serde(default)]
    pub mounted_directories: Vec<PathBuf>,
    /// Whether the run holds volumes for others: it says when they are mounted ([`RunDir::ready`]), and stays until it is
    /// asked to end or one of them is lost.
    #[serde(default)]
    pub holds: bool,
}

/// What the containers of a run are made of and who makes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchContainer {
    /// What the container engine understands.
    pub engine: ContainerEngine,
    /// Its program. Absolute.
    pub program: PathBuf,
    /// Options before the subcommand, such as `--runtime runc`, each word by itself.
    pub options: Vec<String>,
    /// More options of `run`, each word by itself.
    pub run_options: Vec<String>,
    /// The whole environment of the engine's program itself.
    pub environment: BTreeMap<String, String>,
    /// The image, as the engine is to pull it.
    pub image: String,
    /// Who logs in to the registry of the image; the password comes by [`super::secrets`].
    pub login: Option<ContainerLogin>,
    /// Size of /dev/shm in the words of docker.
    pub shm_size: Option<String>,
    /// Whether the machine has GPUs: then each container is told which of them are its own.
    pub has_gpus: bool,
    /// The container of each node of [`Launch::nodes`].
    pub nodes: Vec<NodeContainer>,
}

/// Whose command line a container engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerEngine {
    /// Docker, and what is compatible with it.
    Docker,
    /// Podman.
    Podman,
}

/// Who logs in to a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerLogin {
    /// The key of the registry in a docker configuration file, such as `demo.azurecr.io`.
    pub server: String,
    /// The user.
    pub username: String,
}

/// The container of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeContainer {
    /// Its name: unique on the machine, and the run can be told from it.
    pub name: String,
    /// Directories of the host that appear inside under the same absolute path, writable.
    pub binds: Vec<PathBuf>,
    /// The GPUs that appear inside, by name.
    #[serde(default)]
    pub gpus: Vec<String>,
}

/// One node of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchNode {
    /// Its id, such as `tvm-0000000001_0-20180607t091500z`.
    pub id: String,
    /// Where programs on other nodes reach it: how a process names the node on which it starts another.
    #[serde(default)]
    pub address: String,
    /// The archive of the user's code; unpacked into `working_directory`.
    pub code: Option<PathBuf>,
    /// Where commands on this node start. Exists after `directories` and `code`.
    pub working_directory: PathBuf,
    /// The job's own mounts, in order.
    pub mounts: Vec<LaunchMount>,
    /// The whole environment of commands on this node; nothing is inherited. Variables with `$` in their
    /// value are already expanded.
    pub environment: BTreeMap<String, String>,
    /// The log of what was done on this node: lines `<UTC time, seconds>Z <text>`. Appended to.
    pub execution_log: PathBuf,
}

/// The command that runs first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    /// Shell text.
    pub command: String,
    /// Files for its standard output, one per node of [`Launch::nodes`].
    pub stdout: Vec<PathBuf>,
    /// Files for its standard error, likewise.
    pub stderr: Vec<PathBuf>,
}

/// A process of the toolkit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// What it is called in logs and errors: `job`, `rank 1`, `worker 1`, or `ps 0`.
    pub name: String,
    /// Its place in [`Launch::nodes`].
    pub node: usize,
    /// Shell text, given to `bash -c` (`sh -c` where there is no bash).
    pub command: String,
    /// Variables over those of its node.
    pub environment: BTreeMap<String, String>,
    /// Whether the run goes on until it has ended. Of the others, such as parameter servers, only a failure counts:
    /// they are stopped when all that are waited for have exited with 0.
    #[serde(default = "waited_for")]
    pub is_awaited: bool,
    /// The file for its standard output; made empty.
    pub stdout: PathBuf,
    /// The file for its standard error; made empty.
    pub stderr: PathBuf,
}

const fn waited_for() -> bool {
    true
}

/// Who the supervisor is: enough to find it again after a restart of the server, and never another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`VERSION`].
    pub version: u32,
    /// Its process id.
    pub pid: i32,
    /// Its start time in clock ticks since boot: field 22 of `/proc/<pid>/stat`.
    pub start_time: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// The cgroup v2 directory that holds the run's processes, where one could be made.
    pub cgroup: Option<PathBuf>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// [`VERSION`].
    pub version: u32,
    /// Why it ended.
    pub cause: Cause,
    /// What the deciding process exited with: 128 + n when signal n ended it. `None` when nothing decided.
    pub exit_code: Option<i32>,
    /// A sentence for people where `cause` alone does not say it, such as what a failed mount printed.
    pub message: Option<String>,
    /// Microseconds since 1970, UTC.
    pub ended_at: i64,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Every process exited, or one failed and the others were stopped.
    Exited,
    /// A directory, the code or an output file could not be made.
    SetUpFailed,
    /// A volume could not be mounted.
    MountFailed,
    /// A container could not be started: no engine, no such image, or the engine refused.
    ContainerFailed,
    /// The preparation exited with another code than 0 on a node.
    PreparationFailed,
    /// The wall-clock limit.
    WallClock,
    /// Somebody asked: SIGTERM or SIGINT to the supervisor.
    Stopped,
}

/// Why a file of a run directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// `read`, `write` ...
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not what this version writes.
    #[error("{} is damaged or from another version", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("{} has format {found}, this program reads up to {VERSION}: start a newer batchai", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

/// One run directory, by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// The run directory at `path`; nothing is read or made.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The lock that the one supervisor holds.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.0.join("supervisor.lock")
    }

    /// Where the supervisor's own words go.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("supervisor.log")
    }

    /// Sets the room aside that `exit.json` will take, under the name it is written beside: saying how a run
    /// ended needs no room on the disk any more. A luxury: where there is no room, there is none.
    pub fn reserve_exit(&self) {
        let _ = std::fs::write(self.0.join(beside(EXIT)), [0; RESERVE]);
    }

    /// Shared by all nodes of the run.
    #[must_use]
    pub fn shared(&self) -> PathBuf {
        self.0.join("shared")
    }

    /// The nodes' parts of the run.
    #[must_use]
    pub fn nodes(&self) -> PathBuf {
        self.0.join("nodes")
    }

    /// One node's part of the run: `code/`, `temp/`, `mounts/` are below.
    #[must_use]
    pub fn node(&self, place: usize) -> PathBuf {
        self.nodes().join(place.to_string())
    }

    /// A node's working copy of the user's code.
    #[must_use]
    pub fn code(&self, place: usize) -> PathBuf {
        self.node(place).join("code")
    }

    /// A node's temporary directory of the run.
    #[must_use]
    pub fn temp(&self, place: usize) -> PathBuf {
        self.node(place).join("temp")
    }

    /// What has to do with commands that one node starts on another; for the user of the run alone.
    #[must_use]
    pub fn remote(&self) -> PathBuf {
        self.0.join("remote")
    }

    /// The program that starts a command on another node.
    #[must_use]
    pub fn agent(&self) -> PathBuf {
        self.remote().join("batchai-agent")
    }

    /// The programs by which people and their scripts reach other nodes; a folder for each node is below.
    #[must_use]
    pub fn shims(&self) -> PathBuf {
        self.remote().join("bin")
    }

    /// Those of one node.
    #[must_use]
    pub fn shims_of(&self, place: usize) -> PathBuf {
        self.shims().join(place.to_string())
    }

    /// The commands that are asked for. Not there when none may be.
    #[must_use]
    pub fn calls(&self) -> PathBuf {
        self.remote().join("calls")
    }

    /// What becomes of [`RunDir::calls`] when no more may be asked for.
    #[must_use]
    pub fn past_calls(&self) -> PathBuf {
        self.remote().join("past")
    }

    /// What the command of a node's mount printed; the mounts of a node are counted from 0.
    #[must_use]
    pub fn mount_output(&self, place: usize, mount: usize) -> PathBuf {
        self.0.join(format!("mount-{place}-{mount}.log"))
    }

    /// What the program of a node's mount keeps for itself.
    #[must_use]
    pub fn mount_cache(&self, place: usize, mount: usize) -> PathBuf {
        self.0.join(format!("cache-{place}-{mount}"))
    }

    /// Made when the volumes of a run that holds them are mounted.
    #[must_use]
    pub fn ready(&self) -> PathBuf {
        self.0.join("ready")
    }

    /// What the container engine said last of a node.
    #[must_use]
    pub fn container_output(&self, place: usize) -> PathBuf {
        self.0.join(format!("container-{place}.log"))
    }

    /// A file that is made inside the container of a node.
    #[must_use]
    pub fn container_owned(&self, place: usize) -> PathBuf {
        self.node(place).join("container")
    }

    /// The folder that tells a container engine who logs in.
    #[must_use]
    pub fn login(&self) -> PathBuf {
        self.0.join("login")
    }

    /// Writes what to do. Not synced: a run does not outlive the machine that it would run on.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_launch(&self, launch: &Launch) -> Result<(), RunDirError> {
        self.write("launch.json", launch, false)
    }

    /// What to do.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or newer than this program.
    pub fn read_launch(&self) -> Result<Option<Launch>, RunDirError> {
        self.read("launch.json")
    }

    /// Says who supervises.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_status(&self, status: &Status) -> Result<(), RunDirError> {
        self.write("status.json", status, false)
    }

    /// Who supervises; `None` when nobody has begun.
    ///
    /// # Errors
    /// As [`RunDir::read_launch`].
    pub fn read_status(&self) -> Result<Option<Status>, RunDirError> {
        self.read("status.json")
    }

    /// Says how it ended, so that it is still said after a power loss.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_exit(&self, exit: &Exit) -> Result<(), RunDirError> {
        self.write(EXIT, exit, true)
    }

    /// How it ended; `None` when it has not.
    ///
    /// # Errors
    /// As [`RunDir::read_launch`].
    pub fn read_exit(&self) -> Result<Option<Exit>, RunDirError> {
        self.read(EXIT)
    }

    fn write<T: Serialize>(&self, name: &str, value: &T, durably: bool) -> Result<(), RunDirError> {
        let path = self.0.join(name);
        let beside = self.0.join(beside(name));
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| RunDirError::Io { action, path, source }
        };
        // Not truncated before it is written: what is reserved stays ours.
        let open = File::options().create(true).truncate(false).write(true).open(&beside);
        let mut file = open.map_err(failed("make", &beside))?;
        let text = serde_json::to_vec(value).map_err(|source| RunDirError::Damaged { path: path.clone(), source })?;
        file.write_all(&text).map_err(failed("write", &beside))?;
        file.set_len(text.len() as u64).map_err(failed("write", &beside))?;
        if durably {
            file.sync_all().map_err(failed("sync", &beside))?;
        }
        std::fs::rename(&beside, &path).map_err(failed("rename into", &path))?;
        if durably {
            File::open(&self.0).and_then(|d| d.sync_all()).map_err(failed("sync", &self.0))?;
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, RunDirError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let path = self.0.join(name);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(RunDirError::Io { action: "read", path, source }),
        };
        let damaged = |source| RunDirError::Damaged { path: path.clone(), source };
        let Versioned { version } = serde_json::from_slice(&text).map_err(damaged)?;
        if version > VERSION {
            return Err(RunDirError::Newer { path, found: version });
        }
        serde_json::from_slice(&text).map(Some).map_err(damaged)
    }
}

/// The name under which a file is written before it is renamed.
fn beside(name: &str) -> String {
    format!("{name}.new")
}
