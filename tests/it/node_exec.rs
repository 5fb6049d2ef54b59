//! `cluster node` and `job node`: lists, and what `ssh` is called with. Nodes that are really there: `ssh/node_exec.rs`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Done, Gate, Sandbox};

const WORKSPACE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/default";

#[test]
fn the_nodes_of_a_cluster_and_of_a_job_are_listed() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    let nodes = sandbox.run("cluster node list c").succeeds().json();
    assert_eq!(nodes.as_array().expect("a list").len(), 2);
    assert_eq!(sandbox.run("cluster node list -c c").succeeds().json(), nodes);
    let table = sandbox.run("cluster node list c -o table").succeeds().stdout;
    assert_eq!(table.lines().next().expect("titles").split("  ").filter(|w| !w.is_empty()).count(), 3, "{table}");

    let gate = Gate::new(&sandbox, "end");
    sandbox.job_file(&gate.wait());
    sandbox.run("job create -c c -n j -f job.json").succeeds();
    sandbox.wait_for_state("j", "running");
    let of_job = sandbox.run("job node list j").succeeds().json();
    assert!(nodes.as_array().expect("a list").contains(&of_job[0]), "{of_job} in {nodes}");
    sandbox.run("job node exec j --exec ls").fails_with(1).says("the cluster c: it has no user account");
    gate.open();
    sandbox.run("job wait -n j").succeeds();
    assert_eq!(sandbox.run("job node list -j j").succeeds().json(), json!([]));
    sandbox.run("job node exec -j j --exec ls").fails_with(1).says("the job j is succeeded, and runs on none");
    sandbox.run("job node list gone").fails_with(3);
}

#[test]
fn nodes_without_a_user_account_offer_no_ssh_and_say_so() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create none -t 0").succeeds();
    sandbox
        .run("cluster node exec none --exec ls")
        .fails_with(1)
        .says("No nodes available in the cluster none")
        .prints("");
    sandbox.cluster("c", 1);
    sandbox
        .run("cluster node exec c --exec ls")
        .fails_with(1)
        .says("the cluster c: it has no user account")
        .says("--generate-ssh-keys")
        .prints("");
    sandbox.run("cluster node exec c -L 1:h:1").fails_with(1).says("it has no user account");
    sandbox
        .run("cluster node exec c -n x --exec ls")
        .fails_with(1)
        .says("Cannot find a node with id=x in the cluster c");
    for group in ["cluster node exec c", "job node exec j"] {
        sandbox.run(group).fails_with(2).says("there is nothing to do on the node: neither --exec nor -L is given");
    }
    sandbox.run("cluster node exec --exec ls").fails_with(2).says("no cluster is named");
    sandbox.run("cluster node list a -c b").fails_with(2).says("two names are given for one cluster");
    sandbox.run("cluster node list gone").fails_with(3);
}

/// A Batch AI service whose cluster `c` has two nodes on which the job `j` runs: on the second one. Answers until the
/// test ends. Returns its address.
fn service(admin: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &admin)));
    url
}

fn answer(stream: TcpStream, admin: &Value) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    let _ = reader.read_line(&mut first);
    let mut length = 0;
    loop {
        let mut line = String::new();
        let read = reader.read_line(&mut line).unwrap_or_default();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if read == 0 || line == "\r\n" {
            break;
        }
    }
    let _ = reader.by_ref().take(length).read_to_end(&mut Vec::new());
    let node = |id: &str, port: u16| json!({ "nodeId": id, "ipAddress": "203.0.113.7", "port": port });
    let path = first.split_whitespace().nth(1).unwrap_or_default();
    let body = match path.split('?').next().unwrap_or_default().trim_start_matches(WORKSPACE) {
        "/clusters/c/listRemoteLoginInformation" => json!({ "value": [node("first", 50000), node("second", 50001)] }),
        "/experiments/default/jobs/j/listRemoteLoginInformation" => json!({ "value": [node("second", 50001)] }),
        "/clusters/c" => cluster(admin),
        "/experiments/default/jobs/j" => job(),
        other => json!({ "error": { "code": "NotFound", "message": other } }),
    };
    let text = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", text.len());
    let _ = reader.get_mut().write_all(format!("{head}Connection: close\r\n\r\n{text}").as_bytes());
}

const TIME: &str = "2018-06-12T21:50:02Z";

fn cluster(admin: &Value) -> Value {
    json!({ "id": format!("{WORKSPACE}/clusters/c"), "name": "c", "type": "t", "properties": {
        "provisioningState": "succeeded", "provisioningStateTransitionTime": TIME, "creationTime": TIME,
        "allocationState": "steady", "allocationStateTransitionTime": TIME, "currentNodeCount": 2,
        "nodeStateCounts": { "idleNodeCount": 1, "runningNodeCount": 1, "preparingNodeCount": 0,
            "unusableNodeCount": 0, "leavingNodeCount": 0 },
        "userAccountSettings": admin,
    } })
}

fn job() -> Value {
    json!({ "id": format!("{WORKSPACE}/experiments/default/jobs/j"), "name": "j", "type": "t", "properties": {
        "provisioningState": "succeeded", "provisioningStateTransitionTime": TIME, "creationTime": TIME,
        "executionState": "running", "executionStateTransitionTime": TIME, "toolType": "custom",
        "jobOutputDirectoryPathSegment": "s", "cluster": { "id": format!("{WORKSPACE}/clusters/c") }, "nodeCount": 1, "schedulingPriority": "normal",
        "customToolkitSettings": { "commandLine": "sleep 1" },
    } })
}

/// Runs the program where `ssh` is a program of ours, which writes down its words and what it is told as the password.
fn with_ssh(sandbox: &Sandbox, script: &str, words: &[&str], url: &str) -> Done {
    let ssh = sandbox.file("bin/ssh", &format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > words\n{script}\n"));
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let mut command = sandbox.command(words);
    let path = format!("{}:{}", ssh.parent().expect("a folder").display(), std::env::var("PATH").expect("a PATH"));
    command.env("PATH", path).env("BATCHAI_ENDPOINT", url).env("BATCHAI_TOKEN", "x");
    Done::of(&command.output().expect("the program"))
}

fn words(sandbox: &Sandbox) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.path("words")).expect("the words");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_command_runs_on_the_node_and_its_exit_code_is_ours() {
    let sandbox = Sandbox::new();
    let url = service(json!({ "adminUserName": "me" }));
    let exec = ["cluster", "node", "exec", "c", "--exec", "nvidia-smi 'x'"];
    with_ssh(&sandbox, "echo out; echo err >&2; exit 7", &exec, &url).fails_with(7).prints("out\n").says("err\n");
    let said = words(&sandbox);
    assert_eq!(said[..2], ["-p", "50000"]);
    assert_eq!(said[said.len() - 5..], ["-l", "me", "--", "203.0.113.7", r"bash -lc 'nvidia-smi '\''x'\'''"]);
    assert!(said.contains(&"StrictHostKeyChecking=accept-new".to_owned()), "{said:?}");

    let node = ["cluster", "node", "exec", "c", "--exec", "ls", "-n", "second", "-k", "/key"];
    with_ssh(&sandbox, "", &node, &url).succeeds();
    let said = words(&sandbox);
    assert!(said[1] == "50001" && said.windows(2).any(|pair| pair == ["-i", "/key"]), "{said:?}");
    let missing = ["cluster", "node", "exec", "c", "--exec", "ls", "-n", "third"];
    with_ssh(&sandbox, "", &missing, &url).fails_with(1).says("Cannot find a node with id=third in the cluster c");

    with_ssh(&sandbox, "", &["job", "node", "exec", "j", "--exec", "ls"], &url).succeeds();
    assert_eq!(words(&sandbox)[1], "50001", "the node of the job");
    with_ssh(&sandbox, "", &["job", "node", "exec", "j", "-n", "first", "--exec", "ls"], &url).succeeds();
    assert_eq!(words(&sandbox)[1], "50000");
    with_ssh(&sandbox, "echo 'Permission denied' >&2; exit 255", &exec, &url)
        .fails_with(255)
        .says("Permission denied")
        .says("Connection to remote host failed. Please check provided credentials.");
}

#[test]
fn ports_are_forwarded_for_this_machine() {
    let sandbox = Sandbox::new();
    let url = service(json!({ "adminUserName": "me" }));
    let ports = ["cluster", "node", "exec", "c", "-L", "8080:localhost:80", "-L", "9:h:9"];
    with_ssh(&sandbox, "", &ports, &url).succeeds();
    let said = words(&sandbox);
    let tail = ["-L", "127.0.0.1:8080:localhost:80", "-L", "127.0.0.1:9:h:9", "-N", "-l", "me", "--", "203.0.113.7"];
    assert_eq!(said[said.len() - tail.len()..], tail);
}

#[test]
fn a_password_reaches_ssh_and_no_argument() {
    let sandbox = Sandbox::new();
    let url = service(json!({ "adminUserName": "me" }));
    let exec = ["cluster", "node", "exec", "c", "--exec", "ls", "-p", "hunter 2", "--debug"];
    let done = with_ssh(
        &sandbox,
        "echo \"$SSH_ASKPASS_REQUIRE\"; \"$SSH_ASKPASS\" prompt; dirname \"$SSH_ASKPASS\"",
        &exec,
        &url,
    );
    let done = done.succeeds();
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines[..2], ["force", "hunter 2"]);
    assert!(!std::path::Path::new(lines[2]).exists(), "{} is left", lines[2]);
    assert!(!words(&sandbox).join(" ").contains("hunter") && !done.stderr.contains("hunter"));
}

#[test]
fn without_an_administrator_or_ssh_nobody_logs_in() {
    let sandbox = Sandbox::new();
    let exec = ["cluster", "node", "exec", "c", "--exec", "ls"];
    with_ssh(&sandbox, "", &exec, &service(Value::Null)).fails_with(1).says("it has no user account");
    let url = service(json!({ "adminUserName": "me" }));
    let mut command = sandbox.command(exec);
    command.env("PATH", "/nonexistent").env("BATCHAI_ENDPOINT", &url).env("BATCHAI_TOKEN", "x");
    let done = Done::of(&command.output().expect("the program"));
    done.fails_with(1).says("cannot run ssh to log in to the node first").says("hint: install it");
}
