//! A cluster's set-up task on one node -> what a supervisor is to do, and what its end means for the node.
//!
//! Pure. Called by engines that prepare nodes. A set-up task runs in the way that a job does: by a supervisor of its
//! own, which outlives the server and leaves no process behind.

use std::path::{Path, PathBuf};

use super::directories::{self, Layout};
use super::environment::{self, Host, Variables};
use super::{ClusterPlace, EngineError, NodeName, secrets};
use crate::domain::cluster::SetupTask;
use crate::domain::name::RunId;
use crate::supervisor::run_dir::{Cause, Exit, Launch, LaunchNode, Process, RunDir, VERSION};

/// How long it may take. The service had no limit of its own; ours only ends what hangs.
pub const LIMIT_SECONDS: u64 = 2 * 60 * 60;

/// Between the polite and the impolite signal: whoever removes a node waits for it.
const GRACE_SECONDS: u64 = 2;

/// What the supervisor of the set-up task of this node, which has these GPUs, is to do. Files are `stdout-<node id>.txt`,
/// `stderr-<node id>.txt` and `execution-<node id>.log` (azure-docs `batch-ai`; tests of azure-sdk-for-python).
///
/// # Errors
/// [`EngineError::NotStarted`] when the prefix of its output leads nowhere.
pub fn plan(
    layout: &Layout,
    host: &Host,
    cluster: &ClusterPlace,
    task: &SetupTask,
    (node, gpus): (&NodeName, &[String]),
    run: &RunId,
) -> Result<Launch, EngineError> {
    let run_dir = layout.set_up(cluster.number, node.index);
    let mut ours = environment::of_node(host, &layout.node_mounts(cluster.number, node.index), gpus);
    let output = directories::set_up_directory(layout, cluster, &task.std_out_err_prefix)?;
    let output = PathBuf::from(environment::expand(&output, &ours));
    let working_directory = run_dir.temp(0);
    ours.insert("TMPDIR".into(), text(&working_directory));
    ours.insert("AZ_BATCHAI_STDOUTERR_DIR".into(), text(&output));
    environment::check_user_variables(&ours, &task.environment)?;
    Ok(Launch {
        version: VERSION,
        run: run.0.clone(),
        directories: vec![run_dir.shared(), working_directory.clone(), output.clone()],
        nodes: vec![LaunchNode {
            id: node.id.clone(),
            address: String::new(),
            code: None,
            working_directory,
            mounts: Vec::new(),
            environment: environment::with_user_variables(&ours, &task.environment),
            execution_log: output.join(format!("execution-{}.log", node.id)),
        }],
        preparation: None,
        processes: vec![Process {
            name: "the set-up task".into(),
            node: 0,
            command: task.command_line.clone(),
            environment: Variables::new(),
            is_awaited: true,
            stdout: output.join(format!("stdout-{}.txt", node.id)),
            stderr: output.join(format!("stderr-{}.txt", node.id)),
        }],
        secrets: secrets::names(&task.secrets),
        max_wall_clock_seconds: LIMIT_SECONDS,
        grace_seconds: GRACE_SECONDS,
        container: None,
        most_output_bytes: None,
        keeps_output: false,
        mounted_directories: Vec::new(),
        holds: false,
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Where the errors of a set-up task went, by its run directory.
#[must_use]
pub fn stderr(run_dir: &RunDir) -> Option<PathBuf> {
    run_dir.read_launch().ok()??.processes.into_iter().next().map(|process| process.stderr)
}

/// What the end of a set-up task means for its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It takes jobs.
    Ready,
    /// Somebody stopped the task, who did not mean the node: it runs again.
    Again,
    /// The node is unusable, and why.
    Failed(String),
}

/// See [`Verdict`]. `said` is the last line of its standard error.
#[must_use]
pub fn verdict(exit: &Exit, said: Option<&str>) -> Verdict {
    let failed = |how: &str| {
        let said = said.map(|line| format!(": {line}")).unwrap_or_default();
        Verdict::Failed(format!("the set-up task {how}{said}"))
    };
    match (exit.cause, exit.exit_code) {
        (Cause::Exited, Some(0)) => Verdict::Ready,
        (Cause::Exited, Some(code)) => failed(&format!("failed with exit code {code}")),
        (Cause::WallClock, _) => failed(&format!("did not end within {} hours", LIMIT_SECONDS / 3600)),
        (Cause::Stopped, _) => Verdict::Again,
        (
            Cause::Exited | Cause::SetUpFailed | Cause::MountFailed | Cause::ContainerFailed | Cause::PreparationFailed,
            _,
        ) => {
            let why = exit.message.as_deref().unwrap_or("it left no word of why");
            Verdict::Failed(format!("the set-up task could not be run: {why}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mount::{Mount, MountSource};
    use crate::domain::secret::{MasterKey, Seal, SecretValue, SecretVariable};
    use crate::engine::launch::tests::{cluster_spec, host, share};

    fn planned(prefix: &str) -> Result<Launch, String> {
        let secret = SecretValue::Sealed(Seal::new(&MasterKey::new([1; 32])).seal("hunter2"));
        let task = SetupTask {
            command_line: "apt-get install -y x".into(),
            environment: vec![("DATA".into(), "$AZ_BATCHAI_MOUNT_ROOT/afs".into())],
            secrets: vec![SecretVariable { name: "TOKEN".into(), value: secret }],
            std_out_err_prefix: prefix.into(),
        };
        let mut spec = cluster_spec();
        spec.mounts = vec![
            Mount::new("afs", share("acc", "data")),
            Mount::new("gfs", MountSource::Unmanaged { command: "mount -t x".into() }),
        ];
        let cluster = ClusterPlace { number: 7, spec, path_segment: "s/rg/workspaces/w/clusters/c/u".into() };
        let node = NodeName { index: 3, id: "tvm-7_3".into() };
        plan(&Layout::at("/d"), &host(), &cluster, &task, (&node, &["GPU-1".to_owned()]), &RunId("r".into()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn the_output_lies_below_the_prefix_and_secrets_are_names_only() {
        let launch = planned("$AZ_BATCHAI_MOUNT_ROOT/afs/logs").expect("a plan");
        let output = Path::new("/d/storage/acc/shares/data/logs/s/rg/workspaces/w/clusters/c/u");
        let process = &launch.processes[0];
        assert_eq!(process.stdout, output.join("stdout-tvm-7_3.txt"));
        assert_eq!(process.stderr, output.join("stderr-tvm-7_3.txt"));
        assert_eq!(launch.nodes[0].execution_log, output.join("execution-tvm-7_3.log"));
        assert!(launch.directories.iter().any(|made| made == output));
        assert_eq!(launch.secrets, ["TOKEN"]);
        let variables: Vec<String> = launch.nodes[0].environment.iter().map(|(n, v)| format!("{n}={v}")).collect();
        insta::assert_snapshot!(variables.join("\n"), @r"
        AZ_BATCHAI_MOUNT_ROOT=/d/nodes/7/3/mounts
        AZ_BATCHAI_STDOUTERR_DIR=/d/storage/acc/shares/data/logs/s/rg/workspaces/w/clusters/c/u
        CUDA_VISIBLE_DEVICES=GPU-1
        DATA=/d/nodes/7/3/mounts/afs
        HOME=/home/me
        LANG=C.UTF-8
        LOGNAME=me
        NVIDIA_VISIBLE_DEVICES=GPU-1
        PATH=/usr/bin
        SHELL=/bin/bash
        TMPDIR=/d/nodes/7/3/setup/nodes/0/temp
        USER=me
        ");
    }

    #[test]
    fn a_prefix_below_an_unmanaged_volume_is_the_nodes_own_and_others_are_refused() {
        let launch = planned("$AZ_BATCHAI_MOUNT_ROOT/gfs").expect("a plan");
        let mounted = Path::new("/d/nodes/7/3/mounts/gfs/s/rg/workspaces/w/clusters/c/u");
        assert!(launch.processes[0].stdout.starts_with(mounted), "{}", launch.processes[0].stdout.display());
        for (prefix, why) in [
            ("$AZ_BATCHAI_MOUNT_ROOT/afz", "the cluster mounts no volume `afz`; it mounts `afs`, `gfs`"),
            ("$AZ_BATCHAI_JOB_TEMP", "it belongs to no job; use $AZ_BATCHAI_MOUNT_ROOT or an absolute path"),
            ("${AZ_BATCHAI_JOB_MOUNT_ROOT}/x", "it belongs to no job; use $AZ_BATCHAI_MOUNT_ROOT or an absolute path"),
        ] {
            let expected = format!("stdOutErrPathPrefix of the set-up task `{prefix}` leads nowhere: {why}");
            assert_eq!(planned(prefix), Err(expected));
        }
    }

    #[test]
    fn every_end_has_its_verdict() {
        let exit = |cause, exit_code, message: Option<&str>| Exit {
            version: VERSION,
            cause,
            exit_code,
            message: message.map(str::to_owned),
            ended_at: 0,
        };
        let failed = |why: &str| Verdict::Failed(why.into());
        for (exit, said, expected) in [
            (exit(Cause::Exited, Some(0), Some("cannot unmount")), Some("a warning"), Verdict::Ready),
            (
                exit(Cause::Exited, Some(100), None),
                Some("E: no such package"),
                failed("the set-up task failed with exit code 100: E: no such package"),
            ),
            (exit(Cause::Exited, Some(137), None), None, failed("the set-up task failed with exit code 137")),
            (exit(Cause::WallClock, None, None), None, failed("the set-up task did not end within 2 hours")),
            (exit(Cause::Stopped, None, None), None, Verdict::Again),
            (
                exit(Cause::SetUpFailed, None, Some("cannot make directory /x: no")),
                None,
                failed("the set-up task could not be run: cannot make directory /x: no"),
            ),
        ] {
            assert_eq!(verdict(&exit, said), expected, "{exit:?}");
        }
    }
}
