//! Set-up tasks of clusters, as their users see them.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Sandbox, process, wait_for, wait_until};

/// A cluster of so many nodes whose output of set-up lies on its share `afs`.
#[track_caller]
fn create(sandbox: &Sandbox, nodes: u32, task: Value) -> Value {
    create_scaled(sandbox, &json!({ "manual": { "targetNodeCount": nodes } }), task)
}

#[track_caller]
fn create_scaled(sandbox: &Sandbox, scale: &Value, mut task: Value) -> Value {
    task["stdOutErrPathPrefix"] = json!("$AZ_BATCHAI_MOUNT_ROOT/afs/logs");
    let share = json!({ "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs",
                        "credentials": { "accountKey": "a2V5" } });
    let spec = json!({
        "scaleSettings": scale,
        "nodeSetup": { "setupTask": task, "mountVolumes": { "azureFileShares": [share] } }
    });
    sandbox.spec("cluster.json", &spec);
    sandbox.run("cluster create -n c -f cluster.json").succeeds().json()
}

fn command(text: &str) -> Value {
    json!({ "commandLine": text })
}

/// Where the output of a cluster's set-up task is.
fn output(sandbox: &Sandbox, cluster: &Value) -> PathBuf {
    let suffix = cluster["nodeSetup"]["setupTask"]["stdOutErrPathSuffix"].as_str().expect("a suffix");
    sandbox.home().join("storage/acc/shares/data/logs").join(suffix)
}

fn lines(sandbox: &Sandbox, name: &str) -> usize {
    fs::read_to_string(sandbox.path(name)).unwrap_or_default().lines().count()
}

#[test]
fn every_node_is_set_up_once_before_it_is_idle_and_its_output_is_where_the_cluster_says() {
    let sandbox = Sandbox::new();
    let value = format!("hunter-{}", uuid::Uuid::new_v4());
    let (ran, gate) = (sandbox.path("ran"), sandbox.gate("go"));
    let text =
        format!("echo $GREETING; printf %s \"$TOKEN\" | wc -c >&2; echo x >> '{}'; {}", ran.display(), gate.wait());
    let cluster = create(
        &sandbox,
        2,
        json!({ "commandLine": text, "environmentVariables": [{ "name": "GREETING", "value": "in $AZ_BATCHAI_MOUNT_ROOT" }],
                "secrets": [{ "name": "TOKEN", "value": value }] }),
    );
    fs::remove_file(sandbox.path("cluster.json")).expect("the only file that may hold the secret");
    assert!(!cluster.to_string().contains(&value), "{cluster}");
    wait_until("both nodes are being set up", || lines(&sandbox, "ran") == 2);
    sandbox.wait_for_nodes("c", "preparingNodeCount", 2);
    let grep = std::process::Command::new("grep").args(["-rlF", &value]).arg(sandbox.home()).output().expect("grep");
    assert_eq!(String::from_utf8_lossy(&grep.stdout), "");
    gate.open();
    sandbox.wait_for_nodes("c", "idleNodeCount", 2);

    let folder = output(&sandbox, &cluster);
    let names = fs::read_dir(&folder).expect("the folder").flatten().filter_map(|e| e.file_name().into_string().ok());
    let mut nodes: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("stdout-")?.strip_suffix(".txt")?.to_owned())).collect();
    nodes.sort_unstable();
    assert!(nodes.len() == 2 && nodes[0].contains("_0-") && nodes[1].contains("_1-"), "{nodes:?}");
    for node in &nodes {
        let read = |name: String| fs::read_to_string(folder.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(read(format!("stdout-{node}.txt")).starts_with("in /"), "variables are expanded");
        assert_eq!(read(format!("stderr-{node}.txt")).trim(), value.len().to_string());
        assert!(read(format!("execution-{node}.log")).contains("the set-up task exited with code 0"));
    }
    sandbox.run("cluster delete -n c -y").succeeds();
    assert!(folder.join(format!("stdout-{}.txt", nodes[0])).exists(), "the output is the user's");
}

#[test]
fn a_set_up_that_fails_makes_the_node_unusable_and_the_cluster_says_why() {
    let sandbox = Sandbox::new();
    let cluster = create(&sandbox, 1, command("echo 'E: no such package' >&2; exit 100"));
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let shown = sandbox.run("cluster show -n c").succeeds().json();
    let error = &shown["errors"][0];
    assert_eq!(error["message"], "the set-up task failed with exit code 100: E: no such package");
    let node = error["details"][0]["value"].as_str().expect("the node");
    assert!(output(&sandbox, &cluster).join(format!("stderr-{node}.txt")).is_file(), "{node}");
    sandbox.job_file("true");
    sandbox.run("job create -c c -n a -f job.json").succeeds();
    assert_eq!(sandbox.job("a")["executionState"], "queued");
}

#[test]
fn a_cluster_that_grows_for_a_job_sets_the_new_node_up_first() {
    let sandbox = Sandbox::new();
    let (ran, flag) = (sandbox.path("ran"), sandbox.path("flag"));
    let scale = json!({ "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 2, "initialNodeCount": 1 } });
    create_scaled(&sandbox, &scale, command(&format!("echo x >> '{}'", ran.display())));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let spec = json!({ "nodeCount": 2, "customToolkitSettings": {
        "commandLine": format!("wc -l < '{}' > '{}'", ran.display(), flag.display()) } });
    sandbox.spec("job.json", &spec);
    sandbox.run("job run -c c -f job.json").succeeds();
    assert_eq!(fs::read_to_string(flag).expect("a file").trim(), "2", "the job ran on nodes that were set up");
}

#[test]
fn a_set_up_does_not_notice_that_its_server_is_killed() {
    let sandbox = Sandbox::new();
    let text = format!(
        "echo $$ > '{}'; echo x >> '{}'; {}",
        sandbox.path("id").display(),
        sandbox.path("ran").display(),
        sandbox.gate("go").wait()
    );
    create(&sandbox, 1, command(&text));
    let task = sandbox.wait_for_id("id");
    sandbox.kill_server();
    assert!(process::is_running(task));
    sandbox.wait_for_nodes("c", "preparingNodeCount", 1);
    sandbox.gate("go").open();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    assert_eq!(lines(&sandbox, "ran"), 1);
}

#[test]
fn a_set_up_that_was_killed_together_with_its_server_is_run_again_without_leftovers() {
    let sandbox = Sandbox::new();
    let (left, ran, gate) = (sandbox.path("left"), sandbox.path("ran"), sandbox.gate("go").wait());
    let text = format!(
        "setsid sleep 600 & [ -e '{0}' ] || echo $! > '{0}'; echo x >> '{1}'; {gate}",
        left.display(),
        ran.display()
    );
    create(&sandbox, 1, command(&text));
    let leftover = sandbox.wait_for_id("left");
    let supervisor = wait_for("a supervisor", || process::supervisors(sandbox.home()).first().copied());
    sandbox.kill_server();
    process::signal(supervisor, Signal::KILL);
    assert!(process::is_running(leftover));
    sandbox.run("server start").succeeds();
    wait_until("it runs again", || lines(&sandbox, "ran") == 2);
    assert!(!process::is_running(leftover));
    sandbox.gate("go").open();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    wait_until("nothing of it is left", || sandbox.job_processes().is_empty());
}

#[test]
fn a_cluster_that_is_deleted_while_it_is_set_up_leaves_nothing_running() {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.path("one"), sandbox.path("two"));
    let text = format!(
        "setsid sleep 600 & echo $! > '{}'; (setsid env -i /bin/sh -c 'echo $$ > {}; exec /bin/sleep 600' &); sleep 600",
        one.display(),
        two.display()
    );
    create(&sandbox, 1, command(&text));
    let daemons = ["one", "two"].map(|name| sandbox.wait_for_id(name));
    sandbox.run("cluster delete -n c -y").succeeds();
    assert!(!daemons.iter().any(|id| process::is_running(*id)));
    assert!(sandbox.job_processes().is_empty());
    assert!(!sandbox.home().join("nodes").read_dir().is_ok_and(|mut nodes| nodes.next().is_some()));
}
