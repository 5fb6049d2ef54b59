//! An engine that pretends, on a clock that only moves when it is told to.
//!
//! For tests of everything above an engine, and for trying out clusters larger than this machine. Nodes take
//! a set time to prepare; a run takes the time and ends in the way that its job's name is scripted to. It can
//! be told to fail. It keeps the promises of [`Engine`], and nothing on disk.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::directories::Layout;
use super::preview::Preview;
use super::storage::{self, VolumePlace};
use super::{ClusterPlace, Engine, EngineError, LaunchRequest, NodeCondition, NodeFact, NodeName, Observation, Waker};
use crate::domain::job::{FarDirectory, Job, JobDirectory, JobError, Outcome};
use crate::domain::name::{FileServerKey, RunId};
use crate::domain::volume::VolumeKey;
use crate::engine::far::{FarBytes, FarEntry};

/// What runs of a job do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// How long they take when nobody stops them.
    pub takes: Duration,
    /// How they end then.
    pub outcome: Outcome,
    /// Whether they go on after the polite signal, until the grace is over.
    pub is_stubborn: bool,
}

impl Default for Script {
    /// A second, then success.
    fn default() -> Self {
        Self { takes: Duration::from_secs(1), outcome: Outcome::Succeeded, is_stubborn: false }
    }
}

/// What goes wrong with a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchFault {
    /// [`EngineError::NotStarted`] with this sentence.
    NotStarted(String),
    /// [`EngineError::Failed`], and nothing runs.
    FailedBefore,
    /// [`EngineError::Failed`], although it runs.
    FailedAfter,
    /// No error, but nothing runs: as if the server had ended just before.
    NeverReached,
}

/// The engine. Shared between a test and the scheduler by `Arc`.
pub struct Simulated {
    waker: Waker,
    preparation: Duration,
    gpus: u32,
    archives: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    now: Duration,
    nodes: HashMap<i64, BTreeMap<u32, SimulatedNode>>,
    runs: HashMap<RunId, SimulatedRun>,
    scripts: HashMap<String, Script>,
    launches: HashMap<RunId, u32>,
    launch_faults: VecDeque<LaunchFault>,
    refused_directories: HashMap<String, String>,
    is_deaf: bool,
    removed_outputs: Vec<String>,
    removed_exports: Vec<String>,
}

struct SimulatedNode {
    id: String,
    ready_at: Duration,
    broken: Option<String>,
}

struct SimulatedRun {
    job: String,
    ends_at: Duration,
    outcome: Outcome,
    is_stubborn: bool,
    lost: Option<String>,
}

impl Simulated {
    /// An engine at time zero, without nodes, whose nodes are ready at once. It calls `waker` whenever there
    /// may be something new to observe.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        let archives = PathBuf::from("/simulated/snapshots");
        Self { waker, preparation: Duration::ZERO, gpus: 0, archives, state: Mutex::default() }
    }

    /// The same, with nodes that take this long to prepare.
    #[must_use]
    pub fn with_preparation(mut self, preparation: Duration) -> Self {
        self.preparation = preparation;
        self
    }

    /// The same, with so many GPUs, which it deals to no node.
    #[must_use]
    pub fn with_gpus(mut self, gpus: u32) -> Self {
        self.gpus = gpus;
        self
    }

    /// The same, with the archives of code snapshots in this directory.
    #[must_use]
    pub fn with_archives(mut self, archives: impl Into<PathBuf>) -> Self {
        self.archives = archives.into();
        self
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.change(|state| state.now += by);
    }

    /// What later runs of jobs of this name do.
    pub fn script(&self, job: &str, script: Script) {
        self.state().scripts.insert(job.to_owned(), script);
    }

    /// The next launch fails so; several are used up in order.
    pub fn fail_launch(&self, fault: LaunchFault) {
        self.state().launch_faults.push_back(fault);
    }

    /// The paths of jobs of this name lead nowhere, says this sentence.
    pub fn refuse_directories(&self, job: &str, why: &str) {
        self.state().refused_directories.insert(job.to_owned(), why.to_owned());
    }

    /// Whether every question about runs and nodes, and every resize, fails from now on.
    pub fn set_deaf(&self, is_deaf: bool) {
        self.change(|state| state.is_deaf = is_deaf);
    }

    /// Breaks a node.
    pub fn break_node(&self, cluster: i64, place: u32, why: &str) {
        self.change(|state| {
            if let Some(node) = state.nodes.get_mut(&cluster).and_then(|nodes| nodes.get_mut(&place)) {
                node.broken = Some(why.to_owned());
            }
        });
    }

    /// Restarts the machine of a node, which is prepared again.
    pub fn restart_node(&self, cluster: i64, place: u32) {
        let preparation = self.preparation;
        self.change(|state| {
            let ready_at = state.now + preparation;
            if let Some(node) = state.nodes.get_mut(&cluster).and_then(|nodes| nodes.get_mut(&place)) {
                node.ready_at = ready_at;
            }
        });
    }

    /// Makes a node vanish.
    pub fn remove_node(&self, cluster: i64, place: u32) {
        self.change(|state| {
            state.nodes.entry(cluster).or_default().remove(&place);
        });
    }

    /// Loses all runs of jobs of this name.
    pub fn lose(&self, job: &str, what_is_known: &str) {
        self.change(|state| {
            for run in state.runs.values_mut().filter(|run| run.job == job) {
                run.lost = Some(what_is_known.to_owned());
            }
        });
    }

    /// How often a run was asked to be launched.
    #[must_use]
    pub fn launches(&self, run: &RunId) -> u32 {
        self.state().launches.get(run).copied().unwrap_or(0)
    }

    /// Runs that have begun and were not forgotten.
    #[must_use]
    pub fn remembered_runs(&self) -> usize {
        self.state().runs.len()
    }

    /// The names of jobs whose output was removed, in order.
    #[must_use]
    pub fn removed_outputs(&self) -> Vec<String> {
        self.state().removed_outputs.clone()
    }

    /// The names of file servers whose directory was removed, in order.
    #[must_use]
    pub fn removed_exports(&self) -> Vec<String> {
        self.state().removed_exports.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        (self.waker)();
    }
}

impl Engine for Simulated {
    fn nodes(&self, cluster: &ClusterPlace) -> Result<Vec<NodeFact>, EngineError> {
        let state = self.state();
        state.hear("list the nodes of a cluster")?;
        let nodes = state.nodes.get(&cluster.number).into_iter().flatten();
        Ok(nodes.map(|(index, node)| node.fact(*index, state.now)).collect())
    }

    fn resize(&self, cluster: &ClusterPlace, wanted: &[NodeName]) -> Result<(), EngineError> {
        let mut state = self.state();
        state.hear("resize a cluster")?;
        let ready_at = state.now + self.preparation;
        let nodes = state.nodes.entry(cluster.number).or_default();
        nodes.retain(|index, _| wanted.iter().any(|node| node.index == *index));
        for NodeName { index, id } in wanted {
            nodes.entry(*index).or_insert_with(|| SimulatedNode { id: id.clone(), ready_at, broken: None });
        }
        Ok(())
    }

    fn cores(&self) -> u32 {
        u32::MAX
    }

    fn gpus(&self) -> u32 {
        self.gpus
    }

    fn memory(&self) -> u64 {
        0
    }

    fn directories(&self, job: &Job, _cluster: &ClusterPlace) -> Result<Vec<JobDirectory>, EngineError> {
        if let Some(why) = self.state().refused_directories.get(job.key.name.as_str()) {
            return Err(EngineError::NotStarted(why.clone()));
        }
        let directory = |id: &str| JobDirectory {
            id: id.to_owned(),
            path: format!("/simulated/{}/{id}", job.path_segment()),
            is_listable: true,
            far: None,
        };
        let outputs = job.spec.outputs.iter().map(|output| directory(&output.id));
        Ok(std::iter::once(directory("stdouterr")).chain(outputs).collect())
    }

    fn set_up_output(&self, cluster: &ClusterPlace) -> Result<Option<JobDirectory>, EngineError> {
        Ok(cluster.spec.setup.as_ref().map(|_| JobDirectory {
            id: "stdouterr".into(),
            path: format!("/simulated/{}", cluster.path_segment),
            is_listable: true,
            far: None,
        }))
    }

    fn launch(&self, request: &LaunchRequest) -> Result<(), EngineError> {
        let mut state = self.state();
        *state.launches.entry(request.run.clone()).or_default() += 1;
        let fault = state.launch_faults.pop_front();
        match &fault {
            Some(LaunchFault::NotStarted(why)) => return Err(EngineError::NotStarted(why.clone())),
            Some(LaunchFault::FailedBefore) => return Err(refused("launch a run")),
            Some(LaunchFault::NeverReached) => return Ok(()),
            Some(LaunchFault::FailedAfter) | None => {}
        }
        state.begin(request);
        if fault.is_some() { Err(refused("launch a run")) } else { Ok(()) }
    }

    /// Runs have a length here, and no commands.
    fn preview(&self, request: &LaunchRequest) -> Result<Preview, EngineError> {
        self.directories(&request.job, &request.cluster)?;
        Ok(Preview {
            directories: Vec::new(),
            nodes: Vec::new(),
            preparation: None,
            processes: Vec::new(),
            host_file: String::new(),
            max_wall_clock_seconds: request.job.spec.max_wall_clock_seconds,
            grace_seconds: 0,
            obstacle: None,
        })
    }

    fn observe(&self, runs: &[RunId]) -> Result<Vec<Observation>, EngineError> {
        let state = self.state();
        state.hear("observe runs")?;
        let see = |run| state.runs.get(run).map_or(Observation::NotBegun, |run| run.seen(state.now));
        Ok(runs.iter().map(see).collect())
    }

    fn stop(&self, run: &RunId, grace: Duration) -> Result<(), EngineError> {
        self.change(|state| {
            let now = state.now;
            if let Some(run) = state.runs.get_mut(run).filter(|run| run.ends_at > now) {
                let gone_at = if run.is_stubborn { now + grace } else { now };
                if gone_at < run.ends_at {
                    run.ends_at = gone_at;
                    run.outcome = Outcome::Failed { exit_code: None, error: JobError::terminated() };
                }
            }
        });
        Ok(())
    }

    fn runs(&self) -> Result<Vec<RunId>, EngineError> {
        Ok(self.state().runs.keys().cloned().collect())
    }

    fn forget(&self, run: &RunId) -> Result<(), EngineError> {
        self.state().runs.remove(run);
        Ok(())
    }

    fn remove_output(&self, job: &Job) -> Result<(), EngineError> {
        self.state().removed_outputs.push(job.key.name.to_string());
        Ok(())
    }

    fn list_far(&self, _: &FarDirectory, _: &str) -> Result<Vec<FarEntry>, EngineError> {
        Ok(Vec::new())
    }

    fn read_far(&self, _: &FarDirectory, _: &str, _: std::ops::Range<u64>) -> Result<FarBytes, EngineError> {
        Ok(Box::new(std::io::empty()))
    }

    fn make_export(&self, server: &FileServerKey) -> Result<PathBuf, EngineError> {
        Ok(PathBuf::from(format!("/simulated/exports/{}", server.name)))
    }

    fn remove_export(&self, server: &FileServerKey) -> Result<(), EngineError> {
        self.state().removed_exports.push(server.name.to_string());
        Ok(())
    }

    fn volume_place(&self, volume: &VolumeKey) -> VolumePlace {
        storage::place(&Layout::at(&self.archives), volume)
    }

    fn volumes(&self, account: &str) -> Result<Vec<VolumeKey>, EngineError> {
        storage::names(&Layout::at(&self.archives), account)
            .map_err(|source| EngineError::Failed { action: format!("list the volumes of account {account}"), source })
    }

    fn remove_stored(&self, path: &Path) -> Result<(), EngineError> {
        Err(EngineError::NotStarted(format!("{} is simulated, and stays", path.display())))
    }

    fn incoming(&self) -> PathBuf {
        storage::incoming(&Layout::at(&self.archives))
    }

    fn snapshot_folder(&self) -> PathBuf {
        self.archives.clone()
    }
}

impl State {
    fn hear(&self, action: &str) -> Result<(), EngineError> {
        if self.is_deaf { Err(refused(action)) } else { Ok(()) }
    }

    fn begin(&mut self, request: &LaunchRequest) {
        let job = request.job.key.name.to_string();
        let Script { takes, outcome, is_stubborn } = self.scripts.get(&job).cloned().unwrap_or_default();
        let run = SimulatedRun { job, ends_at: self.now + takes, outcome, is_stubborn, lost: None };
        self.runs.entry(request.run.clone()).or_insert(run);
    }
}

impl SimulatedNode {
    fn fact(&self, index: u32, now: Duration) -> NodeFact {
        let condition = match &self.broken {
            Some(why) => NodeCondition::Broken(why.clone()),
            None if now < self.ready_at => NodeCondition::Preparing,
            None => NodeCondition::Ready,
        };
        // The service numbered the private addresses of nodes from 10.0.0.4 on.
        NodeFact {
            index,
            id: self.id.clone(),
            address: format!("10.0.0.{}", index.saturating_add(4)),
            ssh_port: None,
            gpus: Vec::new(),
            condition,
        }
    }
}

impl SimulatedRun {
    fn seen(&self, now: Duration) -> Observation {
        match &self.lost {
            _ if now >= self.ends_at => Observation::Ended(self.outcome.clone()),
            Some(what_is_known) => Observation::Lost(what_is_known.clone()),
            None => Observation::Running,
        }
    }
}

fn refused(action: &str) -> EngineError {
    EngineError::Failed { action: action.to_owned(), source: io::Error::other("told to fail") }
}

#[cfg(test)]
#[path = "simulated_tests.rs"]
mod tests;
