//! `cluster file list`: what set-up tasks wrote.

use serde_json::{Value, json};

use crate::support::{Network, Sandbox};

const TASK: [&str; 4] =
    ["--setup-task", "echo set up; echo oh >&2", "--setup-task-output", "$AZ_BATCHAI_MOUNT_ROOT/afs/logs"];

#[track_caller]
fn create(sandbox: &Sandbox, more: &[&str]) {
    let words = ["cluster", "create", "c", "-t", "2"].iter().chain(TASK.iter()).chain(more);
    sandbox.run_with(words).succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 2);
}

fn names(files: &Value) -> Vec<String> {
    let files = files.as_array().expect("a list");
    files.iter().map(|file| file["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_output_of_every_node_is_listed_and_can_be_read() {
    let sandbox = Sandbox::new();
    create(&sandbox, &["--afs-name", "data", "--storage-account-name", "acc"]);
    let files = sandbox.run("cluster file list c").succeeds().json();
    let found = names(&files);
    assert_eq!(found.iter().filter(|name| name.starts_with("stdout-")).count(), 2, "{found:?}");
    assert_eq!(found.iter().filter(|name| name.starts_with("stderr-")).count(), 2, "{found:?}");
    let files = files.as_array().expect("a list");
    let stdout = files.iter().find(|file| file["name"].as_str().is_some_and(|name| name.starts_with("stdout-")));
    let stdout = stdout.expect("one");
    assert_eq!((&stdout["is_directory"], &stdout["size"]), (&json!(false), &json!(7)));
    let path = stdout["download_url"].as_str().and_then(|url| url.strip_prefix("file://")).expect("a path");
    assert_eq!(std::fs::read_to_string(path).expect("the file"), "set up\n");

    let table = sandbox.run("cluster file list -c c -o table").succeeds().stdout;
    assert!(table.starts_with("Name "), "{table}");
    assert!(table.lines().nth(2).expect("a row").contains("no"), "{table}");
    assert_eq!(sandbox.run("cluster file list c -p nothing").succeeds().json(), json!([]));
    sandbox.run("cluster file list c -p ../..").fails_with(1).says("must be a relative path that stays inside");
    sandbox.run("cluster file list c --expiry 4").fails_with(2);
    sandbox.run("cluster file list gone").fails_with(3);
    sandbox.run("cluster file list").fails_with(2).says("no cluster is named: give its name as an argument or with -c");
}

#[test]
fn a_cluster_without_a_set_up_task_has_no_files_and_one_that_only_its_nodes_see_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create none -t 0").succeeds();
    assert_eq!(sandbox.run("cluster file list none").succeeds().json(), json!([]));
    let volume = json!({ "mountCommand": "true", "relativeMountPath": "own" });
    let task = json!({ "commandLine": "true", "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/own" });
    let setup = json!({ "setupTask": task, "mountVolumes": { "unmanagedFileSystems": [volume] } });
    sandbox.spec("c.json", &json!({ "scaleSettings": { "manual": { "targetNodeCount": 0 } }, "nodeSetup": setup }));
    sandbox.run("cluster create own -f c.json").succeeds();
    sandbox
        .run("cluster file list own")
        .fails_with(1)
        .says("List files is supported only for clusters with startup task");
}

#[test]
fn over_the_network_the_files_have_signed_addresses() {
    let sandbox = Sandbox::new();
    let server = Network::start(&sandbox, "");
    create(&sandbox, &["--afs-name", "data", "--storage-account-name", "acc"]);
    let token = server.token("reader", "--role reader");
    let files = server.run(&sandbox, "cluster file list c", Some(&token)).succeeds().json();
    let files = files.as_array().expect("a list");
    let file = files.iter().find(|file| file["name"].as_str().is_some_and(|name| name.starts_with("stdout-")));
    let url = file.expect("one")["download_url"].as_str().expect("an address").to_owned();
    let path = url.strip_prefix(&server.url).expect("an address of this server");
    assert!(path.starts_with("/downloads/cluster-"), "{path}");
    assert_eq!(server.send(None, "GET", path, "").is(200).text(), "set up\n");
    server.send(None, "GET", &path.replace("/downloads/cluster-", "/downloads/"), "").is(403);
    sandbox.run("cluster delete c -y").succeeds();
    server.send(None, "GET", path, "").is(404);
}
