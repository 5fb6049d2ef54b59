//! Toolkit settings and nodes -> the processes of a job. Pure.
//!
//! One file per toolkit, or per family where they are equal. Called by [`super::launch`]; operations ask
//! [`output_streams`] which files a job's output goes to, so that clients need not know any toolkit.

mod blocks;
mod caffe;
mod cntk;
mod custom;
mod mpi;
mod mpi_script;
mod pytorch;
mod script;
mod streams;
mod tensorflow;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::script::{OF_HOST, OF_IMAGE, Pythons, Script};
pub use self::streams::{OutputStream, output_streams, preparation_suffix};
use self::tensorflow::Arguments;
use super::environment::Variables;
use crate::domain::job::Toolkit;

/// The most processes one job may have: far above what one machine runs, far below what would hurt it.
pub const MOST_PROCESSES: u32 = 4096;

/// What a toolkit is told of the run.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Addresses of the nodes, the master first; at least one.
    pub addresses: &'a [String],
    /// The temporary directory that the nodes share.
    pub shared: &'a Path,
    /// Which hosts take how many ranks, in the words of MPI launchers of the Hydra family.
    pub machine_file: &'a Path,
    /// Whether the processes run in a container.
    pub is_contained: bool,
}

/// A process before its directories are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolkitProcess {
    /// `job`, `rank 1`, `worker 1`, or `ps 0`.
    pub name: String,
    /// The place of its node among the job's nodes.
    pub node: usize,
    /// Shell text.
    pub command: String,
    /// Variables of this process only.
    pub environment: Variables,
    /// See [`crate::supervisor::run_dir::Process::is_awaited`].
    pub is_awaited: bool,
    /// What stands between `stdout` and `.txt` in its file name.
    pub file_suffix: String,
}

impl ToolkitProcess {
    /// The one process of a job, on the first node.
    fn job(command: String) -> Self {
        Self {
            name: JOB.into(),
            node: 0,
            command,
            environment: Variables::new(),
            is_awaited: true,
            file_suffix: String::new(),
        }
    }
}

/// What a process is called that is the only one of its job.
const JOB: &str = "job";

/// Why there are too many processes, as a sentence that names the property; `None` when there are not.
#[must_use]
pub fn too_many(toolkit: &Toolkit) -> Option<String> {
    let (property, count) = match toolkit {
        Toolkit::PyTorch { process_count, .. } => ("pyTorchSettings.processCount", *process_count),
        Toolkit::Cntk { process_count, .. } => ("cntkSettings.processCount", *process_count),
        Toolkit::Caffe { process_count, .. } => ("caffeSettings.processCount", *process_count),
        Toolkit::Chainer(script) => ("chainerSettings.processCount", script.process_count),
        Toolkit::Horovod(script) => ("horovodSettings.processCount", script.process_count),
        Toolkit::CustomMpi { process_count, .. } => ("customMpiSettings.processCount", *process_count),
        Toolkit::TensorFlow { worker_count, .. } => ("tensorFlowSettings.workerCount", worker_count.unwrap_or(1)),
        // Never more than there are nodes.
        Toolkit::Custom { .. } | Toolkit::Caffe2 { .. } => return None,
    };
    (count > MOST_PROCESSES).then(|| format!("{property} is {count}; this server runs at most {MOST_PROCESSES}"))
}

/// How many ranks an MPI launcher starts; `None` when the toolkit needs none.
#[must_use]
pub fn ranks_under_mpi(toolkit: &Toolkit) -> Option<u32> {
    match toolkit {
        Toolkit::PyTorch { process_count, backend, .. } => {
            pytorch::is_under_mpi(backend.as_deref()).then_some(*process_count)
        }
        Toolkit::Cntk { process_count, .. } | Toolkit::Caffe { process_count, .. } => {
            (*process_count > 1).then_some(*process_count)
        }
        Toolkit::Chainer(script) | Toolkit::Horovod(script) => Some(script.process_count),
        Toolkit::CustomMpi { process_count, .. } => Some(*process_count),
        Toolkit::Custom { .. } | Toolkit::TensorFlow { .. } | Toolkit::Caffe2 { .. } => None,
    }
}

/// How many ranks a launcher may start on each node, by place: those that the toolkit starts itself, else `otherwise`.
#[must_use]
pub fn slots(toolkit: &Toolkit, otherwise: &[u32]) -> Vec<u32> {
    let nodes = otherwise.len();
    match ranks_under_mpi(toolkit) {
        Some(ranks) => (0..nodes).map(|place| blocks::on_node(place, ranks, nodes)).collect(),
        None => otherwise.to_vec(),
    }
}

/// The processes of a job.
///
/// The exit rule is the supervisor's for every toolkit: the first process that fails decides, and when all that are
/// waited for exit with 0 it is 0.
#[must_use]
pub fn processes(toolkit: &Toolkit, site: &Site<'_>) -> Vec<ToolkitProcess> {
    match toolkit {
        Toolkit::Custom { command_line } => vec![custom::process(command_line)],
        Toolkit::CustomMpi { command_line, process_count } => {
            vec![custom::under_mpi(command_line, *process_count, site)]
        }
        Toolkit::PyTorch { script, interpreter, arguments, process_count, backend } => {
            let script = script_of(site, "pyTorchSettings", script, interpreter.as_ref(), arguments.as_ref());
            pytorch::processes(&script, *process_count, backend.as_deref(), site)
        }
        Toolkit::Caffe2 { script, interpreter, arguments } => {
            let script = script_of(site, "caffe2Settings", script, interpreter.as_ref(), arguments.as_ref());
            caffe::shards(&script, site.addresses.len())
        }
        Toolkit::TensorFlow {
            script,
            interpreter,
            master_arguments,
            worker_arguments,
            parameter_server_arguments,
            worker_count,
            parameter_server_count,
        } => {
            let script = script_of(site, "tensorFlowSettings", script, interpreter.as_ref(), None);
            let arguments = Arguments {
                of_master: master_arguments.as_deref(),
                of_workers: worker_arguments.as_deref(),
                of_parameter_servers: parameter_server_arguments.as_deref(),
            };
            let tasks = worker_count.map(|workers| (workers, parameter_server_count.unwrap_or(0)));
            tensorflow::processes(&script, &arguments, tasks, site)
        }
        Toolkit::Cntk { program, arguments, process_count } => {
            vec![cntk::process(program, arguments.as_deref(), *process_count, site)]
        }
        Toolkit::Caffe { program, arguments, process_count } => {
            vec![caffe::process(program, arguments.as_deref(), *process_count, site)]
        }
        Toolkit::Chainer(script) => vec![mpi_script::process("chainerSettings", script, site)],
        Toolkit::Horovod(script) => vec![mpi_script::process("horovodSettings", script, site)],
    }
}

impl Site<'_> {
    fn pythons(&self) -> Pythons {
        if self.is_contained { OF_IMAGE } else { OF_HOST }
    }
}

fn script_of<'a>(
    site: &Site<'_>,
    settings: &'static str,
    script: &'a str,
    interpreter: Option<&'a String>,
    arguments: Option<&'a String>,
) -> Script<'a> {
    let text = |given: Option<&'a String>| given.map(String::as_str);
    Script { settings, pythons: site.pythons(), script, interpreter: text(interpreter), arguments: text(arguments) }
}
