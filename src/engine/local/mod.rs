//! The engine of this machine: virtual nodes and detached supervisors.
//!
//! A node is a directory with a loopback address of its own; a run is a supervisor that outlives us. Everything
//! that must survive us is on disk ([`super::directories`]); what is kept here can be found again. The composition
//! root opens it; the scheduler calls it through [`Engine`].

mod address;
mod command;
mod containers;
mod devices;
mod far;
mod fetching;
mod files;
mod holding;
mod host;
mod inspect;
mod nodes;
mod record;
mod runs;
mod setting_up;
mod ssh;
mod wanted;
mod watch;

pub use ssh::SshPlace;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::container::ContainerSettings;
use super::directories::{self, Layout};
use super::drivers::Drivers;
use super::far::{FarBytes, FarEntry};
use super::preview::Preview;
use super::secrets::Safe;
use super::storage::{self, VolumePlace};
use super::volumes;
use super::{ClusterPlace, Engine, EngineError, LaunchRequest, NodeFact, NodeName, Observation, Waker};
use crate::domain::job::{FarDirectory, Job, JobDirectory};
use crate::domain::login::Logins;
use crate::domain::name::{FileServerKey, RunId};
use crate::domain::volume::VolumeKey;
use devices::Devices;
use far::Far;
use nodes::Nodes;
use runs::Runs;
use ssh::{Common, Ssh};

/// What the composition root decides for this engine.
#[derive(Debug, Clone)]
pub struct LocalSettings {
    /// This program, for starting supervisors.
    pub executable: PathBuf,
    /// Opens the secrets of jobs and set-up tasks.
    pub safe: Safe,
    /// Container engines.
    pub containers: ContainerSettings,
    /// The most bytes that one output file of a job takes; `None`: as many as there are.
    pub most_output_bytes: Option<u64>,
    /// The GPUs that nodes may have, by name; `None`: all that the machine has.
    pub gpus: Option<Vec<String>>,
    /// What makes volumes appear.
    pub drivers: Drivers,
    /// Where nodes offer SSH.
    pub ssh: SshPlace,
}

impl LocalSettings {
    /// Nothing decided but what there is no default for.
    #[must_use]
    pub fn new(executable: PathBuf, safe: Safe) -> Self {
        Self {
            executable,
            safe,
            containers: ContainerSettings::default(),
            most_output_bytes: None,
            drivers: Drivers::default(),
            gpus: None,
            ssh: SshPlace::default(),
        }
    }
}

/// Runs jobs on this machine.
pub struct LocalEngine {
    layout: Layout,
    nodes: Nodes,
    runs: Arc<Runs>,
    devices: Devices,
    far: Box<Far>,
}

impl LocalEngine {
    /// Opens the data directory `root`, and makes it when it is not there. `waker` is called from threads of the
    /// engine.
    ///
    /// # Errors
    /// When the directory cannot be made or read, or its path is not UTF-8.
    pub fn open(root: PathBuf, settings: LocalSettings, waker: Waker) -> Result<Self, EngineError> {
        let shown = root.display().to_string();
        // The kernel reports mount points by their real paths.
        let root = std::fs::create_dir_all(&root)
            .and_then(|()| std::fs::canonicalize(root))
            .map_err(failed(|| format!("open the data directory {shown}")))?;
        if root.to_str().is_none() {
            return Err(EngineError::NotStarted(format!("the path of the data directory {shown} is not UTF-8")));
        }
        let layout = Layout::at(root).with_drivers(settings.drivers.clone());
        let boot_id = host::boot_id().map_err(failed(|| "read the id of this boot".into()))?;
        let devices = Devices::new(settings.gpus.clone());
        let host = host::current(devices.count());
        let ssh = Ssh::new(Common {
            layout: layout.clone(),
            host: host.clone(),
            executable: settings.executable.clone(),
            safe: settings.safe.clone(),
            place: settings.ssh.clone(),
        });
        let far = Box::new(Far::new(layout.clone(), host.clone(), settings.safe.clone()));
        let runs = Runs::open(layout.clone(), host.clone(), boot_id.clone(), settings, devices.clone(), waker)?;
        let runs = Arc::new(runs);
        let nodes = Nodes::open(layout.clone(), host, boot_id, Arc::clone(&runs), devices.clone(), ssh)?;
        Ok(Self { layout, nodes, runs, devices, far })
    }

    fn remove_own_output(&self, job: &Job) -> io::Result<()> {
        let segment = job.path_segment();
        for root in self.layout.own_outputs() {
            files::remove_tree(&directories::below(&root, &segment))?;
            files::remove_empty_parents(&directories::below(&root, &segment), &root);
        }
        Ok(())
    }
}

impl Engine for LocalEngine {
    fn nodes(&self, cluster: &ClusterPlace) -> Result<Vec<NodeFact>, EngineError> {
        self.nodes.facts(cluster)
    }

    fn resize(&self, cluster: &ClusterPlace, nodes: &[NodeName]) -> Result<(), EngineError> {
        self.nodes.resize(cluster, nodes)
    }

    fn logins(&self) -> Logins {
        self.nodes.logins()
    }

    fn cores(&self) -> u32 {
        host::cores()
    }

    fn gpus(&self) -> u32 {
        self.devices.count()
    }

    fn memory(&self) -> u64 {
        host::memory()
    }

    fn directories(&self, job: &Job, cluster: &ClusterPlace) -> Result<Vec<JobDirectory>, EngineError> {
        directories::directories(&self.layout, job, &cluster.spec)
    }

    fn set_up_output(&self, cluster: &ClusterPlace) -> Result<Option<JobDirectory>, EngineError> {
        let task = cluster.spec.setup.as_ref();
        task.map(|task| directories::set_up_output(&self.layout, cluster, &task.std_out_err_prefix)).transpose()
    }

    fn launch(&self, request: &LaunchRequest) -> Result<(), EngineError> {
        self.runs.launch(request)
    }

    fn preview(&self, request: &LaunchRequest) -> Result<Preview, EngineError> {
        let mut request = request.clone();
        request.job.directories = directories::directories(&self.layout, &request.job, &request.cluster.spec)?;
        self.nodes.foresee(&request.cluster, &mut request.nodes);
        self.runs.preview(&request)
    }

    fn observe(&self, runs: &[RunId]) -> Result<Vec<Observation>, EngineError> {
        self.runs.observe(runs)
    }

    /// The grace is that of the plan ([`super::launch::GRACE_SECONDS`]): the supervisor keeps it, also when the
    /// server is gone.
    fn stop(&self, run: &RunId, _grace: Duration) -> Result<(), EngineError> {
        self.runs.stop(run)
    }

    fn runs(&self) -> Result<Vec<RunId>, EngineError> {
        self.runs.kept()
    }

    fn forget(&self, run: &RunId) -> Result<(), EngineError> {
        self.runs.forget(run)
    }

    fn remove_output(&self, job: &Job) -> Result<(), EngineError> {
        // A job that starts at this moment must not lose the folders that it shares with this one.
        let _starts_wait = self.runs.hold_starts();
        self.remove_own_output(job).map_err(failed(|| format!("remove the output of job `{}`", job.key.name)))
    }

    fn list_far(&self, directory: &FarDirectory, folder: &str) -> Result<Vec<FarEntry>, EngineError> {
        self.far.list(directory, folder)
    }

    fn read_far(&self, directory: &FarDirectory, path: &str, range: Range<u64>) -> Result<FarBytes, EngineError> {
        self.far.read(directory, path, range)
    }

    fn make_export(&self, server: &FileServerKey) -> Result<PathBuf, EngineError> {
        let path = volumes::export(&self.layout, server);
        std::fs::create_dir_all(&path).map_err(failed(|| format!("make the directory {}", path.display())))?;
        Ok(path)
    }

    fn remove_export(&self, server: &FileServerKey) -> Result<(), EngineError> {
        let path = volumes::export(&self.layout, server);
        files::remove_tree(&path).map_err(failed(|| format!("remove the directory {}", path.display())))
    }

    fn volume_place(&self, volume: &VolumeKey) -> VolumePlace {
        storage::place(&self.layout, volume)
    }

    fn volumes(&self, account: &str) -> Result<Vec<VolumeKey>, EngineError> {
        storage::names(&self.layout, account).map_err(failed(|| format!("list the volumes of account {account}")))
    }

    fn remove_stored(&self, path: &Path) -> Result<(), EngineError> {
        let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        let removed = if is_folder { files::remove_folder(path) } else { std::fs::remove_file(path) };
        removed.map_err(failed(|| format!("remove {}", path.display())))
    }

    fn incoming(&self) -> PathBuf {
        storage::incoming(&self.layout)
    }

    fn snapshot_folder(&self) -> PathBuf {
        self.layout.snapshots()
    }
}

/// Names what was being done when the machine refused.
fn failed<F: FnOnce() -> String>(action: F) -> impl FnOnce(io::Error) -> EngineError {
    move |source| EngineError::Failed { action: action(), source }
}

#[cfg(test)]
mod tests;
