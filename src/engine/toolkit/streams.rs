//! Which files the output of a job goes to, and who writes each (recordings of azure-cli and azure-sdk-for-python,
//! June 2018). Says the same as [`super::processes`], before there is a run.

use super::{JOB, MOST_PROCESSES, pytorch, tensorflow};
use crate::domain::job::{JobSpec, Toolkit};

/// A file that output of a job goes to, in its standard output directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputStream {
    /// Such as `stdout-0.txt`.
    pub file_name: String,
    /// Who writes it: `job`, `preparation`, a rank, or `wk-0` and `ps-0` of TensorFlow.
    pub source: String,
    /// The name of the process that writes it, as messages have it; under MPI a rank has one too.
    pub process: String,
    /// `stdout` or `stderr`.
    pub stream: &'static str,
}

/// Who writes a pair of files.
struct Writer {
    source: String,
    process: String,
    suffix: String,
}

/// The files that will exist in a job's standard output directory, preparation first. The names of a preparation on
/// several nodes contain their ids: give those of the run, or nothing while they are unknown, and such files are
/// left out (recordings of azure-sdk-for-python, June 2018).
#[must_use]
pub fn output_streams(spec: &JobSpec, node_ids: &[String]) -> Vec<OutputStream> {
    let prepared = match (&spec.preparation, spec.node_count) {
        (None, _) => Vec::new(),
        (Some(_), 0 | 1) => vec![preparation_suffix(None)],
        (Some(_), _) => node_ids.iter().map(|id| preparation_suffix(Some(id))).collect(),
    };
    let prepared = prepared.into_iter().map(|suffix| Writer {
        source: "preparation".into(),
        process: "the preparation".into(),
        suffix,
    });
    let pair = |Writer { source, process, suffix }: Writer| {
        ["stdout", "stderr"].map(|stream| OutputStream {
            file_name: format!("{stream}{suffix}.txt"),
            source: source.clone(),
            process: process.clone(),
            stream,
        })
    };
    prepared.chain(writers(&spec.toolkit, spec.node_count)).flat_map(pair).collect()
}

/// What stands between `stdout` and `.txt` for the preparation: the node's id when there are several nodes.
#[must_use]
pub fn preparation_suffix(node_id: Option<&str>) -> String {
    match node_id {
        None => "-job_prep".into(),
        Some(id) => format!("-job_prep-{id}"),
    }
}

fn writers(toolkit: &Toolkit, nodes: u32) -> Vec<Writer> {
    match toolkit {
        Toolkit::Custom { .. }
        | Toolkit::Cntk { .. }
        | Toolkit::Caffe { .. }
        | Toolkit::Chainer(_)
        | Toolkit::Horovod(_)
        | Toolkit::CustomMpi { .. } => vec![job()],
        Toolkit::Caffe2 { .. } => ranks(nodes),
        Toolkit::PyTorch { process_count, backend, .. } => {
            let mut all = ranks(*process_count);
            // Last, because it says less than the ranks do.
            all.extend(pytorch::is_under_mpi(backend.as_deref()).then(job));
            all
        }
        Toolkit::TensorFlow { worker_count, parameter_server_count, .. } => {
            let workers = tasks("wk", "worker", worker_count.unwrap_or(1));
            workers.chain(tasks("ps", "ps", parameter_server_count.unwrap_or(0))).collect()
        }
    }
}

fn job() -> Writer {
    Writer { source: JOB.into(), process: JOB.into(), suffix: String::new() }
}

fn ranks(count: u32) -> Vec<Writer> {
    let rank =
        |rank: u32| Writer { source: rank.to_string(), process: format!("rank {rank}"), suffix: pytorch::suffix(rank) };
    (0..count.min(MOST_PROCESSES)).map(rank).collect()
}

fn tasks(kind: &'static str, called: &'static str, count: u32) -> impl Iterator<Item = Writer> {
    (0..count.min(MOST_PROCESSES) as usize).map(move |index| Writer {
        source: format!("{kind}-{index}"),
        process: format!("{called} {index}"),
        suffix: tensorflow::suffix(kind, index),
    })
}
