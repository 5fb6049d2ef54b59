//! PyTorch: one process per rank (Swagger 2018-05-01; the published PyTorch recipes).
//!
//! The rank is `AZ_BATCHAI_TASK_INDEX`; ranks meet through a file of the shared job directory, whose URL is
//! `AZ_BATCHAI_PYTORCH_INIT_METHOD`. World size, backend and the rest are the user's arguments.

use std::path::Path;

use super::ToolkitProcess;
use crate::engine::environment::Variables;

/// What every rank runs. All three are shell text: variables and quotes work in them.
pub(super) struct Script<'a> {
    pub script: &'a str,
    pub interpreter: Option<&'a str>,
    pub arguments: Option<&'a str>,
}

/// Ranks fill the nodes in blocks, as MPI launchers deal them by default.
pub(super) fn processes(script: &Script<'_>, count: u32, nodes: usize, shared: &Path) -> Vec<ToolkitProcess> {
    let command = command(script);
    let node_of = |rank: u32| {
        let node = u128::from(rank) * (nodes as u128) / u128::from(count.max(1));
        usize::try_from(node).expect("a rank is below the count, so its node is below the number of nodes")
    };
    let process = |rank: u32| ToolkitProcess {
        name: format!("rank {rank}"),
        node: node_of(rank),
        command: command.clone(),
        environment: Variables::from([
            ("AZ_BATCHAI_TASK_INDEX".into(), rank.to_string()),
            ("AZ_BATCHAI_PYTORCH_INIT_METHOD".into(), format!("file://{}/pytorch-rendezvous", shared.display())),
        ]),
        is_awaited: true,
        file_suffix: suffix(rank),
    };
    (0..count).map(process).collect()
}

pub(super) fn suffix(rank: u32) -> String {
    format!("-{rank}")
}

fn command(script: &Script<'_>) -> String {
    let arguments = script.arguments.map(|text| format!(" {text}")).unwrap_or_default();
    let program = script.script;
    match script.interpreter {
        Some(interpreter) => format!("exec {interpreter} {program}{arguments}"),
        None => format!("{FIND_PYTHON}\nexec \"$python\" {program}{arguments}"),
    }
}

const FIND_PYTHON: &str = r#"python=$(command -v python3 || command -v python) || {
  echo 'Python 3 is needed to run this job, and there is neither python3 nor python on its PATH: install it, or set pyTorchSettings.pythonInterpreterPath' >&2
  exit 127
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn places(count: u32, nodes: usize) -> Vec<usize> {
        let script = Script { script: "t.py", interpreter: Some("python3"), arguments: None };
        processes(&script, count, nodes, Path::new("/s")).iter().map(|p| p.node).collect()
    }

    #[test]
    fn ranks_fill_the_nodes_in_blocks() {
        assert_eq!(places(4, 2), [0, 0, 1, 1]);
        assert_eq!(places(5, 2), [0, 0, 0, 1, 1]);
        assert_eq!(places(2, 2), [0, 1]);
        assert_eq!(places(1, 3), [0]);
        assert_eq!(places(3, 1), [0, 0, 0]);
    }

    #[test]
    fn a_given_interpreter_runs_the_script_with_the_arguments() {
        let script = Script { script: "$DIR/t.py", interpreter: Some("/opt/python"), arguments: Some("--epochs 2") };
        assert_eq!(command(&script), "exec /opt/python $DIR/t.py --epochs 2");
    }

    #[test]
    fn without_any_python_the_job_says_what_to_do() {
        let script = Script { script: "t.py", interpreter: None, arguments: None };
        let mut shell = std::process::Command::new("/bin/sh");
        let ran = shell.arg("-c").arg(command(&script)).env_clear().env("PATH", "/nonexistent").output().expect("sh");
        assert_eq!(ran.status.code(), Some(127));
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(said.starts_with("Python 3 is needed to run this job"), "{said}");
    }

    #[test]
    fn without_an_interpreter_the_first_python_on_the_path_runs_the_script() {
        let folder = tempfile::tempdir().expect("a directory");
        let python = folder.path().join("python");
        std::fs::write(&python, "#!/bin/sh\necho \"ran $*\"\n").expect("a script");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&python, mode).expect("permissions");
        let script = Script { script: "t.py", interpreter: None, arguments: Some("-x 'a  b'") };
        let mut shell = std::process::Command::new("/bin/sh");
        let ran = shell.arg("-c").arg(command(&script)).env_clear().env("PATH", folder.path()).output().expect("sh");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "ran t.py -x a  b\n");
    }
}
