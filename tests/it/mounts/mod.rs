//! Volumes that programs mount: on jobs and on nodes, whoever dies meanwhile.

mod containers;
mod held;
mod native;

use serde_json::{Value, json};

use crate::support::{Sandbox, process, wait_until};

/// A container of the account `acc`, as a volume.
fn container(name: &str, path: &str) -> Value {
    json!({ "accountName": "acc", "containerName": name, "relativeMountPath": path })
}

/// A cluster of one node with volumes, which is not waited for.
#[track_caller]
fn cluster(sandbox: &Sandbox, name: &str, volumes: &Value) {
    let spec = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } }, "nodeSetup": { "mountVolumes": volumes }
    });
    sandbox.spec("cluster.json", &spec);
    sandbox.run(&format!("cluster create -n {name} -f cluster.json")).succeeds();
}

/// Nothing is mounted, and no process but the server is there.
#[track_caller]
fn nothing_is_left(sandbox: &Sandbox) {
    wait_until("nothing is mounted", || !process::has_mounts_below(sandbox.home()));
    wait_until("no process is left", || sandbox.job_processes().is_empty());
}

/// Processes of this program that belong to a sandbox.
fn running(sandbox: &Sandbox, program: &str) -> Vec<i32> {
    let is_it = |id: &i32| {
        let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let first = command.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(first).rsplit('/').next() == Some(program)
    };
    sandbox.processes().into_iter().filter(is_it).collect()
}
