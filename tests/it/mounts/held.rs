//! Volumes of nodes that users' commands mount: a supervisor holds them.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{cluster, nothing_is_left};
use crate::support::{Sandbox, process, wait_until};

fn unmanaged(command: &str) -> Value {
    json!({ "unmanagedFileSystems": [{ "mountCommand": command, "relativeMountPath": "vol" }] })
}

#[test]
fn a_command_that_fails_makes_the_node_unusable_and_says_what_it_said() {
    let sandbox = Sandbox::new();
    cluster(&sandbox, "c", &unmanaged("echo no such host >&2; false"));
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let errors = sandbox.run("cluster show -n c").succeeds().json()["errors"].clone();
    assert_eq!(errors[0]["code"], "NodePreparationFailed");
    let message = errors[0]["message"].as_str().expect("a message");
    assert!(message.ends_with("/mounts/vol: the mount command exited with code 1: no such host"), "{message}");
    nothing_is_left(&sandbox);
}

#[test]
fn a_node_with_nothing_but_directories_has_no_process() {
    let sandbox = Sandbox::new();
    let share = json!({ "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs" });
    cluster(&sandbox, "c", &json!({ "azureFileShares": [share] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    assert!(sandbox.job_processes().is_empty());
}

#[test]
fn a_server_that_dies_while_a_command_mounts_leaves_it_to_the_next_one() {
    let sandbox = Sandbox::new();
    let gate = sandbox.gate("mounted");
    let count = sandbox.path("count");
    let command = format!("echo x >> '{}'; {}; test -d", count.display(), gate.wait());
    cluster(&sandbox, "c", &unmanaged(&command));
    sandbox.wait_for_file("count");
    sandbox.kill_server();
    sandbox.wait_for_nodes("c", "preparingNodeCount", 1);
    gate.open();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    assert_eq!(std::fs::read_to_string(&count).expect("a file"), "x\n", "it ran once");
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
}

#[test]
fn a_cluster_goes_although_its_command_hangs() {
    let sandbox = Sandbox::new();
    cluster(&sandbox, "c", &unmanaged("echo x > begun; exec sleep 600; true"));
    wait_until("the command runs", || sandbox.job_processes().len() > 1);
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
}

#[test]
fn the_set_up_task_runs_again_when_the_volumes_are_back() {
    let sandbox = Sandbox::new();
    let task = json!({ "commandLine": format!("echo x >> '{}'", sandbox.path("ran").display()),
                       "stdOutErrPathPrefix": sandbox.work().join("logs") });
    let spec = json!({ "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "nodeSetup": { "mountVolumes": unmanaged("test -d"), "setupTask": task } });
    sandbox.spec("cluster.json", &spec);
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let holder = process::supervisors(sandbox.home())[0];
    process::signal(holder, Signal::KILL);
    let ran = || std::fs::read_to_string(sandbox.path("ran")).unwrap_or_default().lines().count();
    wait_until("the task runs again", || ran() == 2);
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
}
