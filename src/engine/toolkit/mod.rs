//! Toolkit settings and nodes -> the processes of a job. Pure.
//!
//! One file per toolkit. Called by [`super::launch`]; operations ask [`output_streams`] which files a job's output
//! goes to, so that clients need not know any toolkit.

mod custom;
mod pytorch;

use std::path::Path;

use super::environment::Variables;
use crate::domain::job::{JobSpec, Toolkit};

/// The most processes one job may have: far above what one machine runs, far below what would hurt it.
pub const MOST_PROCESSES: u32 = 4096;

/// A process before its directories are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolkitProcess {
    /// `job`, or `rank 1`.
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

/// A file that output of a job goes to, in its standard output directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputStream {
    /// Such as `stdout-0.txt`.
    pub file_name: String,
    /// Who writes it: `job`, `preparation`, or a rank.
    pub source: String,
    /// `stdout` or `stderr`.
    pub stream: &'static str,
}

/// Why a job cannot be run here, as a sentence that names the property, what runs, and what to do; `None` when it can.
#[must_use]
pub fn unsupported(spec: &JobSpec) -> Option<String> {
    let property = match &spec.toolkit {
        Toolkit::Custom { .. } => return None,
        Toolkit::PyTorch { backend, .. } => {
            let is_mpi = backend.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("mpi"));
            let why = "pyTorchSettings.communicationBackend: this server does not run MPI yet: use TCP or Gloo";
            return is_mpi.then(|| why.into());
        }
        Toolkit::Cntk { .. } => "cntkSettings",
        Toolkit::TensorFlow { .. } => "tensorFlowSettings",
        Toolkit::Caffe { .. } => "caffeSettings",
        Toolkit::Caffe2 { .. } => "caffe2Settings",
        Toolkit::Chainer(_) => "chainerSettings",
        Toolkit::Horovod(_) => "horovodSettings",
        Toolkit::CustomMpi { .. } => "customMpiSettings",
    };
    Some(format!(
        "{property}: this server does not run this toolkit yet; it runs customToolkitSettings and pyTorchSettings: \
         start the program from the commandLine of customToolkitSettings"
    ))
}

/// The processes of a job on `nodes` nodes, at least 1. `shared` is its shared temporary directory.
///
/// The exit rule is the supervisor's for every toolkit: the first process that fails decides, and all zeros are 0.
#[must_use]
pub fn processes(toolkit: &Toolkit, nodes: usize, shared: &Path) -> Vec<ToolkitProcess> {
    match toolkit {
        Toolkit::Custom { command_line } => vec![custom::process(command_line)],
        Toolkit::PyTorch { script, interpreter, arguments, process_count, backend: _ } => {
            let script =
                pytorch::Script { script, interpreter: interpreter.as_deref(), arguments: arguments.as_deref() };
            pytorch::processes(&script, *process_count, nodes, shared)
        }
        // [`unsupported`] keeps them away from here.
        _ => Vec::new(),
    }
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
    let prepared = prepared.into_iter().map(|suffix| ("preparation".to_owned(), suffix));
    let run = match &spec.toolkit {
        Toolkit::Custom { .. } => vec![("job".to_owned(), String::new())],
        Toolkit::PyTorch { process_count, .. } => {
            (0..(*process_count).min(MOST_PROCESSES)).map(|rank| (rank.to_string(), pytorch::suffix(rank))).collect()
        }
        _ => Vec::new(),
    };
    let pair = |(source, suffix): (String, String)| {
        ["stdout", "stderr"].map(|stream| OutputStream {
            file_name: format!("{stream}{suffix}.txt"),
            source: source.clone(),
            stream,
        })
    };
    prepared.chain(run).flat_map(pair).collect()
}

/// What stands between `stdout` and `.txt` for the preparation: the node's id when there are several nodes.
#[must_use]
pub fn preparation_suffix(node_id: Option<&str>) -> String {
    match node_id {
        None => "-job_prep".into(),
        Some(id) => format!("-job_prep-{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::Container;
    use crate::engine::launch::tests::job_spec;

    fn names(spec: &JobSpec, node_ids: &[&str]) -> Vec<String> {
        let ids: Vec<String> = node_ids.iter().map(|id| (*id).to_owned()).collect();
        output_streams(spec, &ids).iter().map(|s| format!("{} {} {}", s.file_name, s.source, s.stream)).collect()
    }

    #[test]
    fn a_custom_job_has_one_pair_of_files_and_one_for_its_preparation() {
        let spec = JobSpec { preparation: Some("true".into()), ..job_spec() };
        let expected = [
            "stdout-job_prep.txt preparation stdout",
            "stderr-job_prep.txt preparation stderr",
            "stdout.txt job stdout",
            "stderr.txt job stderr",
        ];
        assert_eq!(names(&spec, &[]), expected);
    }

    #[test]
    fn what_cannot_run_here_is_named_with_what_to_do() {
        let torch = |backend: Option<&str>| JobSpec {
            toolkit: Toolkit::PyTorch {
                script: "t.py".into(),
                interpreter: None,
                arguments: None,
                process_count: 1,
                backend: backend.map(str::to_owned),
            },
            ..job_spec()
        };
        let caffe2 = Toolkit::Caffe2 { script: "t.py".into(), interpreter: None, arguments: None };
        let container = Container { image: "ubuntu".into(), registry: None, login: None, shm_size: None };
        let inside = JobSpec { container: Some(container), ..job_spec() };
        for spec in [job_spec(), torch(None), torch(Some("GLOO")), torch(Some("tcp")), inside] {
            assert_eq!(unsupported(&spec), None);
        }
        let why = [torch(Some("Mpi")), JobSpec { toolkit: caffe2, ..job_spec() }]
            .map(|spec| unsupported(&spec).unwrap_or_default());
        insta::assert_snapshot!(why.join("\n"), @r"
        pyTorchSettings.communicationBackend: this server does not run MPI yet: use TCP or Gloo
        caffe2Settings: this server does not run this toolkit yet; it runs customToolkitSettings and pyTorchSettings: start the program from the commandLine of customToolkitSettings
        ");
    }

    #[test]
    fn files_of_a_preparation_on_several_nodes_are_known_with_the_nodes() {
        let spec = JobSpec { preparation: Some("true".into()), node_count: 2, ..job_spec() };
        assert_eq!(names(&spec, &[]), ["stdout.txt job stdout", "stderr.txt job stderr"]);
        assert_eq!(
            names(&spec, &["a", "b"])[..3],
            [
                "stdout-job_prep-a.txt preparation stdout",
                "stderr-job_prep-a.txt preparation stderr",
                "stdout-job_prep-b.txt preparation stdout",
            ]
        );
    }

    #[test]
    fn every_rank_has_its_own_files() {
        let toolkit = Toolkit::PyTorch {
            script: "t.py".into(),
            interpreter: None,
            arguments: None,
            process_count: 2,
            backend: None,
        };
        let expected =
            ["stdout-0.txt 0 stdout", "stderr-0.txt 0 stderr", "stdout-1.txt 1 stdout", "stderr-1.txt 1 stderr"];
        assert_eq!(names(&JobSpec { toolkit, ..job_spec() }, &[]), expected);
    }
}
