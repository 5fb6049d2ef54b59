//! paramiko, which is what Python programs log in with, drives a node: `tests/python/ssh.py`.

use std::process::{Command, Stdio};

use super::{Login, port};
use crate::support::python::environment;
use crate::support::{Done, is_left_out};

#[test]
fn paramiko_runs_commands_copies_files_and_notices_another_host() {
    if is_left_out("paramiko") {
        return;
    }
    let python = environment("paramiko", "paramiko", "paramiko").join("bin/python");
    let Some(login) = Login::new(1) else { return };
    let node = login.nodes().into_iter().next().expect("a node");
    let mut command = Command::new(python);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/ssh.py"))
        .arg(node["ipAddress"].as_str().expect("an address"))
        .arg(port(&node).to_string())
        .arg(node["hostKey"].as_str().expect("a key"))
        .arg(login.path("key"))
        .arg(login.sandbox.work())
        // Some key that is not that of the host.
        .arg(login.path("key"))
        .env_clear()
        .env("HOME", login.sandbox.work())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(login.sandbox.work())
        .stdin(Stdio::null());
    Done::of(&command.output().expect("python")).succeeds().prints("all is well\n");
}
