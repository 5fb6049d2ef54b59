//! A job and its nodes -> what the supervisor is to do.
//!
//! Pure: directories, environment, volumes and the toolkit's processes put together. Called by engines that start
//! supervisors, and by whoever wants to see the plan of a run without running it.

use std::path::PathBuf;

use super::directories::{Layout, STD_OUT_ERR};
use super::environment::{self, Host, NodeView, Variables};
use super::gpus;
use super::mpi;
use super::secrets;
use super::toolkit::{self, Site, ToolkitProcess};
use super::volumes;
use super::{EngineError, LaunchRequest};
use crate::domain::job::JobDirectory;
use crate::domain::vm_size;
use crate::supervisor::run_dir::{Launch, LaunchNode, Preparation, Process, RunDir, VERSION};

/// Seconds between the polite and the impolite signal. The service never said how long it waits.
pub const GRACE_SECONDS: u64 = 10;

/// What the supervisor of this run is to do.
///
/// # Errors
/// [`EngineError::NotStarted`] when the request has no nodes, too many processes, or directories that nobody made.
pub fn plan(request: &LaunchRequest, layout: &Layout, host: &Host) -> Result<Launch, EngineError> {
    check(request)?;
    let planner = Planner { request, run_dir: layout.run(&request.run), layout, host };
    planner.check_variables()?;
    let nodes = planner.nodes();
    let prepared = planner.preparation(&nodes)?;
    let processes = planner.processes(&nodes);
    let directories = planner.directories(&nodes)?;
    let mounted_directories = planner.mounted_directories(&nodes)?;
    Ok(Launch {
        version: VERSION,
        run: request.run.0.clone(),
        directories,
        nodes: nodes.into_iter().map(|node| node.launch).collect(),
        preparation: prepared,
        processes,
        secrets: secrets::names(&request.job.spec.secrets),
        max_wall_clock_seconds: request.job.spec.max_wall_clock_seconds,
        grace_seconds: GRACE_SECONDS,
        container: None,
        most_output_bytes: None,
        keeps_output: request.job.attempts().last.is_some(),
        mounted_directories,
        holds: false,
    })
}

/// The Open MPI host file of a run (azure-docs `batch-ai`: written for every job).
fn host_file(run_dir: &RunDir) -> PathBuf {
    run_dir.shared().join("hostfile")
}

/// The same for launchers of the Hydra family (Intel MPI, MPICH), beside it.
fn machine_file(run_dir: &RunDir) -> PathBuf {
    run_dir.shared().join("machinefile")
}

/// What stands in the host file: the nodes that take processes, and how many (azure-docs `batch-ai`; lines as in issue
/// 24 of Azure/BatchAI). `cores`: those of this machine.
#[must_use]
pub fn host_file_text(request: &LaunchRequest, cores: u32) -> String {
    let line = |(address, slots): (&str, u32)| format!("{address} slots={slots} max_slots={slots}\n");
    slots(request, cores).map(line).collect()
}

/// The files by which launchers of MPI find the nodes of a run, with what stands in them. Users know the host file; the
/// machine file is for the launches of toolkits alone.
#[must_use]
pub fn launcher_files(request: &LaunchRequest, run_dir: &RunDir, cores: u32) -> Vec<(PathBuf, String)> {
    let mut files = vec![(host_file(run_dir), host_file_text(request, cores))];
    if toolkit::ranks_under_mpi(&request.job.spec.toolkit).is_some() {
        files.push((machine_file(run_dir), machine_file_text(request, cores)));
    }
    files
}

/// What stands in the machine file.
fn machine_file_text(request: &LaunchRequest, cores: u32) -> String {
    slots(request, cores).map(|(address, slots)| format!("{address}:{slots}\n")).collect()
}

/// The ranks of a toolkit that has some; else as many as a node has GPUs, or cores; a node of a size that nobody knows
/// is this machine. Nodes without any rank are left out: launchers take them amiss.
fn slots(request: &LaunchRequest, cores: u32) -> impl Iterator<Item = (&str, u32)> {
    let cores = vm_size::find(&request.cluster.spec.vm_size).map_or(cores, |size| size.cores);
    let of_node = |place| match counted_gpus(request, place) {
        0 => cores.max(1),
        gpus => gpus,
    };
    let of_nodes: Vec<u32> = (0..request.nodes.len()).map(of_node).collect();
    let all = toolkit::slots(&request.job.spec.toolkit, &of_nodes);
    request.nodes.iter().map(|node| node.address.as_str()).zip(all).filter(|(_, slots)| *slots > 0)
}

/// How many GPUs the programs of a node reckon with.
fn counted_gpus(request: &LaunchRequest, place: usize) -> u32 {
    gpus::counted(&request.nodes[place].gpus, &request.cluster.spec.vm_size)
}

/// The file, in the standard output directory of its job, that tells what was done on the node of this id (recordings
/// of azure-sdk-for-python, June 2018). `nodes`: how many the job has.
#[must_use]
pub fn execution_log(id: &str, nodes: usize) -> String {
    if nodes == 1 { "execution.log".into() } else { format!("execution-{id}.log") }
}

fn check(request: &LaunchRequest) -> Result<(), EngineError> {
    if request.nodes.is_empty() {
        return Err(EngineError::NotStarted("the run has no nodes to start on".into()));
    }
    match toolkit::too_many(&request.job.spec.toolkit) {
        Some(why) => Err(EngineError::NotStarted(why)),
        None => Ok(()),
    }
}

struct Planner<'a> {
    request: &'a LaunchRequest,
    run_dir: RunDir,
    layout: &'a Layout,
    host: &'a Host,
}

/// A node, and what its environment is before the user's variables.
struct PlannedNode {
    launch: LaunchNode,
    ours: Variables,
}

impl Planner<'_> {
    /// On all nodes alike, but for a few digits.
    fn check_variables(&self) -> Result<(), EngineError> {
        environment::check_user_variables(&self.variables(&self.view(0)), &self.request.job.spec.environment)
    }

    fn nodes(&self) -> Vec<PlannedNode> {
        (0..self.request.nodes.len()).map(|place| self.node(place)).collect()
    }

    fn node(&self, place: usize) -> PlannedNode {
        let spec = &self.request.job.spec;
        let view = self.view(place);
        let ours = self.variables(&view);
        let code = spec.code.as_ref().map(|snapshot| self.layout.snapshot(snapshot));
        let mount = |(number, mount)| {
            let of = volumes::Of { root: &view.job_mount_root, run_dir: &self.run_dir, place, number };
            volumes::launch_mount(self.layout, of, mount)
        };
        let mounts = spec.mounts.iter().enumerate().map(mount).collect();
        let id = self.request.nodes[place].id.clone();
        let log = execution_log(&id, self.request.nodes.len());
        let launch = LaunchNode {
            id,
            address: self.request.nodes[place].address.clone(),
            code,
            working_directory: view.working_directory,
            mounts,
            environment: self.with_user_variables(place, &ours),
            execution_log: self.std_out_err(&ours).join(log),
        };
        PlannedNode { launch, ours }
    }

    fn view(&self, place: usize) -> NodeView {
        let below = self.run_dir.node(place);
        let folder = if self.request.job.spec.code.is_some() { "code" } else { "temp" };
        NodeView {
            mount_root: self.layout.node_mounts(self.request.cluster.number, self.request.nodes[place].index),
            job_mount_root: below.join("mounts"),
            job_temp: below.join("temp"),
            shared_job_temp: self.run_dir.shared(),
            working_directory: below.join(folder),
            host_file: host_file(&self.run_dir),
            agent: self.run_dir.agent(),
            addresses: self.request.nodes.iter().map(|node| node.address.clone()).collect(),
            gpus: self.request.nodes[place].gpus.clone(),
            counted_gpus: counted_gpus(self.request, place),
        }
    }

    /// Everything but the user's own variables. Directories of the job may refer to mount roots.
    fn variables(&self, view: &NodeView) -> Variables {
        let spec = &self.request.job.spec;
        let mut all = environment::base(self.host, spec, &self.request.run, view);
        let inputs = spec
            .inputs
            .iter()
            .map(|input| (format!("AZ_BATCHAI_INPUT_{}", input.id), environment::expand(&input.path, &all)));
        let outputs = self
            .request
            .job
            .directories
            .iter()
            .map(|directory| (variable_of(directory), environment::expand(&directory.path, &all)));
        let more: Vec<(String, String)> = inputs.chain(outputs).collect();
        all.extend(more);
        all
    }

    fn with_user_variables(&self, place: usize, ours: &Variables) -> Variables {
        let mut all = environment::with_user_variables(ours, &self.request.job.spec.environment);
        environment::put_first_on_search_path(&self.run_dir.shims_of(place), &mut all);
        mpi::add_to_search_path(&self.run_dir.agent(), &mut all);
        all
    }

    fn is_single(&self) -> bool {
        self.request.nodes.len() == 1
    }

    fn std_out_err(&self, ours: &Variables) -> PathBuf {
        let directories = &self.request.job.directories;
        let path = directories.iter().find(|d| d.id == STD_OUT_ERR).map_or("", |d| d.path.as_str());
        PathBuf::from(environment::expand(path, ours))
    }

    fn preparation(&self, nodes: &[PlannedNode]) -> Result<Option<Preparation>, EngineError> {
        let Some(command) = &self.request.job.spec.preparation else { return Ok(None) };
        let files = |stream: &str| -> Vec<PathBuf> {
            nodes
                .iter()
                .map(|node| {
                    let suffix = toolkit::preparation_suffix((!self.is_single()).then_some(node.launch.id.as_str()));
                    self.std_out_err(&node.ours).join(format!("{stream}{suffix}.txt"))
                })
                .collect()
        };
        let command = command.clone();
        Ok(Some(Preparation { command, stdout: files("stdout"), stderr: files("stderr") }))
    }

    fn processes(&self, nodes: &[PlannedNode]) -> Vec<Process> {
        let spec = &self.request.job.spec;
        let process = |process: ToolkitProcess| {
            let node = &nodes[process.node];
            let mut ours = node.ours.clone();
            ours.extend(process.environment);
            let all = self.with_user_variables(process.node, &ours);
            let folder = self.std_out_err(&node.ours);
            Process {
                name: process.name,
                node: process.node,
                command: process.command,
                environment: environment::difference(&all, &node.launch.environment),
                is_awaited: process.is_awaited,
                stdout: folder.join(format!("stdout{}.txt", process.file_suffix)),
                stderr: folder.join(format!("stderr{}.txt", process.file_suffix)),
            }
        };
        let addresses: Vec<String> = self.request.nodes.iter().map(|node| node.address.clone()).collect();
        let (shared, machine_file) = (self.run_dir.shared(), machine_file(&self.run_dir));
        let site = Site {
            addresses: &addresses,
            shared: &shared,
            machine_file: &machine_file,
            is_contained: spec.container.is_some(),
        };
        toolkit::processes(&spec.toolkit, &site).into_iter().map(process).collect()
    }

    fn directories(&self, nodes: &[PlannedNode]) -> Result<Vec<PathBuf>, EngineError> {
        let mut all = vec![self.run_dir.shared()];
        for (place, node) in nodes.iter().enumerate() {
            let view = self.view(place);
            all.extend([view.job_temp, view.job_mount_root, node.launch.working_directory.clone()]);
            for directory in self.early_directories()? {
                all.push(PathBuf::from(environment::expand(&directory.path, &node.ours)));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|path| seen.insert(path.clone()));
        Ok(all)
    }

    /// Directories on volumes of the job that programs or its user's commands mount.
    fn mounted_directories(&self, nodes: &[PlannedNode]) -> Result<Vec<PathBuf>, EngineError> {
        let late: Vec<&JobDirectory> = self.known_directories()?.into_iter().filter(|found| is_late(found)).collect();
        let of_node = |node: &PlannedNode| -> Vec<PathBuf> {
            late.iter().map(|directory| PathBuf::from(environment::expand(&directory.path, &node.ours))).collect()
        };
        Ok(nodes.iter().flat_map(of_node).collect())
    }

    /// Directories that can be made before anything is mounted.
    fn early_directories(&self) -> Result<Vec<&JobDirectory>, EngineError> {
        Ok(self.known_directories()?.into_iter().filter(|directory| !is_late(directory)).collect())
    }

    fn known_directories(&self) -> Result<Vec<&JobDirectory>, EngineError> {
        let directories = &self.request.job.directories;
        let wanted = std::iter::once(STD_OUT_ERR).chain(self.request.job.spec.outputs.iter().map(|o| o.id.as_str()));
        let find = |id: &str| {
            let unknown = || EngineError::NotStarted(format!("nobody knows where directory `{id}` of the job is"));
            directories.iter().find(|directory| directory.id == id).ok_or_else(unknown)
        };
        wanted.map(find).collect()
    }
}

fn variable_of(directory: &JobDirectory) -> String {
    if directory.id == STD_OUT_ERR {
        "AZ_BATCHAI_STDOUTERR_DIR".into()
    } else {
        format!("AZ_BATCHAI_OUTPUT_{}", directory.id)
    }
}

/// [`super::directories::directories`] leaves the variable in the path of what only a node can tell.
fn is_late(directory: &JobDirectory) -> bool {
    directory.path.starts_with(&format!("${}/", super::directories::JOB_MOUNT_ROOT))
}

#[cfg(test)]
#[path = "launch_tests.rs"]
pub(super) mod tests;
