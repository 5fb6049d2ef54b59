//! Blob containers that rclone mounts, in a blob service of the test's own.

use std::io::Write;

use rustix::process::Signal;
use serde_json::json;

use super::{cluster, container, nothing_is_left, running};
use crate::support::network::received;
use crate::support::{Azurite, Network, Sandbox, leaks, process, wait_for, wait_until};

/// A sandbox whose server has the container `models`, which holds `in.txt`.
#[track_caller]
fn with_models() -> Option<(Azurite, Sandbox)> {
    let azurite = Azurite::start()?;
    azurite.container("models");
    azurite.write("models", "in.txt", "data\n");
    let sandbox = Sandbox::new();
    azurite.settle(&sandbox, &[("models", true)]);
    Some((azurite, sandbox))
}

/// The job `j`, which has a volume of its own and waits for ever.
#[track_caller]
fn begin_to_wait(sandbox: &Sandbox) {
    let gate = sandbox.gate("never");
    let job = json!({
        "mountVolumes": { "azureBlobFileSystems": [container("models", "bfs")] },
        "customToolkitSettings": { "commandLine": format!("echo $$ > '{}'; {}", sandbox.path("id").display(), gate.wait()) }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job create -f job.json -n j").succeeds();
    sandbox.wait_for_id("id");
}

#[test]
fn what_one_job_writes_is_in_the_container_and_another_reads_it() {
    let Some((azurite, sandbox)) = with_models() else { return };
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    sandbox.job_file("cd $AZ_BATCHAI_MOUNT_ROOT/bfs && cat in.txt && echo one > out.txt && echo two >> out.txt");
    sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
    wait_until("the file is in the container", || azurite.read("models", "out.txt").as_deref() == Some("one\ntwo\n"));
    let job = json!({
        "mountVolumes": { "azureBlobFileSystems": [container("models", "own")] },
        "customToolkitSettings": { "commandLine":
            "cd $AZ_BATCHAI_JOB_MOUNT_ROOT/own && cat out.txt && stat -f -c %T . && echo three > $AZ_BATCHAI_JOB_MOUNT_ROOT/own/sub.txt" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").succeeds().prints("one\ntwo\nfuseblk\n");
    assert_eq!(azurite.read("models", "sub.txt").as_deref(), Some("three\n"), "it is there when the job has ended");
    assert_eq!(process::mounts_below(sandbox.home()).len(), 1, "only the cluster's volume is mounted");
    sandbox.job_file("ls $AZ_BATCHAI_JOB_MOUNT_ROOT/own");
    assert_ne!(sandbox.run("job run -c c -f job.json").code, 0, "the job's volume went with it");
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
    let signature = azurite.sas_url("models").split_once("&sig=").expect("a signature").1.to_owned();
    assert_eq!(leaks::holders(sandbox.home(), &signature), Vec::<String>::new());
}

#[test]
fn a_container_that_cannot_be_opened_fails_the_job_with_the_recorded_code_and_the_tools_words() {
    let Some((azurite, sandbox)) = with_models() else { return };
    azurite.settle(&sandbox, &[("models", false)]);
    let job = json!({
        "mountVolumes": { "azureBlobFileSystems": [container("models", "bfs")] },
        "customToolkitSettings": { "commandLine": "echo begun" }
    });
    sandbox.spec("job.json", &job);
    assert_ne!(sandbox.run("job run -f job.json -n fails").prints("").code, 0);
    let info = &sandbox.job("fails")["executionInfo"];
    assert_eq!((&info["exitCode"], &info["errors"][0]["code"]), (&json!(-1), &json!("BFSMountError")), "{info}");
    let detail = &info["errors"][0]["details"][0];
    assert_eq!(detail["name"], "Info");
    assert!(detail["value"].as_str().is_some_and(|text| text.contains("AuthorizationFailure: 403")), "{detail}");
    nothing_is_left(&sandbox);
}

#[test]
fn a_container_that_cannot_be_opened_makes_the_node_unusable_with_the_same_code() {
    let Some((azurite, sandbox)) = with_models() else { return };
    azurite.settle(&sandbox, &[("models", false)]);
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let errors = sandbox.run("cluster show -n c").succeeds().json()["errors"].clone();
    assert_eq!(errors[0]["code"], "BFSMountError", "{errors}");
    let message = errors[0]["message"].as_str().expect("a message");
    assert!(message.starts_with("Unable to mount Azure Blob container: ") && message.contains("403"), "{message}");
    nothing_is_left(&sandbox);
    sandbox.run("cluster delete -n c -y").succeeds();
}

#[test]
fn logs_and_outputs_may_lie_on_a_container_of_the_job() {
    let Some((azurite, sandbox)) = with_models() else { return };
    let job = json!({
        "mountVolumes": { "azureBlobFileSystems": [container("models", "bfs")] },
        "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs/logs",
        "outputDirectories": [{ "id": "MODEL", "pathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs" }],
        "customToolkitSettings": { "commandLine": "echo hello; echo weights > $AZ_BATCHAI_OUTPUT_MODEL/model.bin" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job create -f job.json -n train").succeeds();
    sandbox.run("job wait -n train").succeeds();
    let segment = sandbox.job("train")["jobOutputDirectoryPathSegment"].as_str().expect("a segment").to_owned();
    let read = |path: String| azurite.read("models", &path);
    assert_eq!(read(format!("logs/{segment}/stdouterr/stdout.txt")).as_deref(), Some("hello\n"));
    assert_eq!(read(format!("{segment}/outputs/model.bin")).as_deref(), Some("weights\n"));
    let log = read(format!("logs/{segment}/stdouterr/execution.log")).expect("a log");
    assert!(log.contains("bfs mounted"), "{log}");
    nothing_is_left(&sandbox);

    let listed = sandbox.run("job file list -j train -d MODEL").succeeds().json();
    assert_eq!((&listed[0]["name"], &listed[0]["contentLength"]), (&json!("model.bin"), &json!(8)), "{listed}");
    assert_eq!(sandbox.run("job file list -j train").succeeds().json().as_array().map(Vec::len), Some(3));
    assert_eq!(sandbox.run("job file list -j train -p nowhere").succeeds().json(), json!([]));
    sandbox.run("job file stream -j train -f stdout.txt").succeeds().prints("hello\n");
    sandbox.run("job file stream -j train -f nowhere.txt").says("nowhere.txt");
    sandbox.run("job file list -j train -d MODEL -p ../..").says("must be a relative path that stays inside");
}

#[test]
fn output_on_a_container_of_a_cluster_is_found_when_the_cluster_is_gone() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    let server = Network::start(&sandbox, "");
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    let job = json!({
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/bfs",
        "customToolkitSettings": { "commandLine": "seq 100000" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job create -c c -f job.json -n j").succeeds();
    let expected: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    sandbox.run("job wait -n j").succeeds();
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
    sandbox.run("job file stream -j j -f stdout.txt").succeeds().prints(&expected);
    let user = Sandbox::new();
    let token = server.token("reader", "--role reader");
    let listed = server.run(&user, "job file list -j j", Some(&token)).succeeds().json();
    let stdout =
        listed.as_array().and_then(|all| all.iter().find(|file| file["name"] == "stdout.txt")).expect("a file");
    let address = stdout["downloadUrl"].as_str().expect("an address");
    let path = address.strip_prefix(&server.url).expect("an address of the server");
    let get = |range: &str| {
        let mut stream = server.connect();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{range}\r\n", server.host());
        stream.write_all(head.as_bytes()).expect("sent");
        received(stream)
    };
    assert_eq!(get("").is(200).text(), expected);
    assert_eq!(get("Range: bytes=2-5\r\n").is(206).text(), expected[2..6]);
}

#[test]
fn what_a_set_up_task_wrote_to_a_container_is_listed_without_nodes() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    let server = Network::start(&sandbox, "");
    let spec = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "nodeSetup": {
            "mountVolumes": { "azureBlobFileSystems": [container("models", "bfs")] },
            "setupTask": { "commandLine": "echo set up", "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/bfs/logs" }
        }
    });
    sandbox.spec("cluster.json", &spec);
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let node = sandbox.run("cluster node list -c c").succeeds().json()[0]["nodeId"].as_str().expect("an id").to_owned();
    sandbox.run("cluster resize -n c --target 0").succeeds();
    nothing_is_left(&sandbox);
    let user = Sandbox::new();
    let token = server.token("reader", "--role reader");
    let listed = server.run(&user, "cluster file list -c c", Some(&token)).succeeds().json();
    let all = listed.as_array().expect("files");
    assert_eq!(all.len(), 3, "{listed}");
    let is_stdout = |file: &&serde_json::Value| file["name"] == format!("stdout-{node}.txt").as_str();
    let address = all.iter().find(is_stdout).and_then(|file| file["download_url"].as_str()).expect("an address");
    let path = address.strip_prefix(&server.url).expect("an address of the server");
    let mut stream = server.connect();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.host());
    stream.write_all(head.as_bytes()).expect("sent");
    assert_eq!(received(stream).is(200).text(), "set up\n");
}

#[test]
fn a_node_whose_volumes_are_lost_is_made_ready_again_whoever_was_killed() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/bfs/in.txt");
    let lost = |kill: &dyn Fn(i32, i32)| {
        let rclone = wait_for("rclone runs", || running(&sandbox, "rclone").first().copied());
        let holder = process::supervisors(sandbox.home())[0];
        kill(holder, rclone);
        wait_until("another rclone runs", || running(&sandbox, "rclone").iter().any(|id| *id != rclone));
        sandbox.wait_for_nodes("c", "idleNodeCount", 1);
        sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
    };
    lost(&|holder, _| process::signal(holder, Signal::KILL));
    lost(&|_, rclone| process::signal(rclone, Signal::KILL));
    let rclone = running(&sandbox, "rclone")[0];
    process::signal(rclone, Signal::KILL);
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let errors = sandbox.run("cluster show -n c").succeeds().json()["errors"].to_string();
    assert!(errors.contains("its volumes were lost 3 times within 5 minutes"), "{errors}");
    nothing_is_left(&sandbox);
}

#[test]
fn a_holder_outlives_the_server_and_the_next_one_adopts_it() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let rclone = running(&sandbox, "rclone");
    let gate = sandbox.gate("go");
    sandbox.job_file(&format!(
        "{}; cat $AZ_BATCHAI_MOUNT_ROOT/bfs/in.txt > seen; cp seen '{}'",
        gate.wait(),
        sandbox.path("seen").display()
    ));
    sandbox.run("job create -c c -f job.json -n j").succeeds();
    sandbox.wait_for_state("j", "running");
    sandbox.kill_server();
    gate.open();
    sandbox.wait_for_file("seen");
    sandbox.run("job wait -n j").succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.path("seen")).expect("a file"), "data\n");
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    assert_eq!(running(&sandbox, "rclone"), rclone, "the same one serves it");
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
}

#[test]
fn everybody_killed_at_once_leaves_nothing_behind_the_next_server() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    begin_to_wait(&sandbox);
    sandbox.kill_server();
    for id in process::supervisors(sandbox.home()).into_iter().chain(running(&sandbox, "rclone")) {
        process::signal(id, Signal::KILL);
    }
    sandbox.wait_for_state("j", "failed");
    nothing_is_left(&sandbox);
}

#[test]
fn a_job_whose_volume_is_lost_fails_and_says_so() {
    let Some((_azurite, sandbox)) = with_models() else { return };
    begin_to_wait(&sandbox);
    process::signal(running(&sandbox, "rclone")[0], Signal::KILL);
    sandbox.wait_for_state("j", "failed");
    let info = sandbox.job("j")["executionInfo"].to_string();
    assert!(info.contains("BFSMountError") && info.contains("was ended by signal 9"), "{info}");
    nothing_is_left(&sandbox);
}

#[test]
fn what_did_not_reach_the_container_fails_the_job() {
    let Some((mut azurite, sandbox)) = with_models() else { return };
    let (begun, gate) = (sandbox.path("begun"), sandbox.gate("go"));
    let command = format!(
        "cd $AZ_BATCHAI_JOB_MOUNT_ROOT/bfs && {{ echo weights; touch '{}'; {}; }} > model.bin",
        begun.display(),
        gate.wait()
    );
    let job = json!({
        "mountVolumes": { "azureBlobFileSystems": [container("models", "bfs")] },
        "customToolkitSettings": { "commandLine": command }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job create -f job.json -n j").succeeds();
    sandbox.wait_for_file("begun");
    azurite.stop();
    gate.open();
    // Nobody waits for long for the uploads of a job that is asked to end, so that rclone need not give up before.
    sandbox.run("job terminate -n j -y --no-wait").succeeds();
    assert_ne!(sandbox.run("job wait -n j").code, 0);
    assert_eq!(sandbox.job("j")["executionState"], "failed");
    nothing_is_left(&sandbox);
    assert_eq!(unsaved(&sandbox, "model.bin"), Some("weights\n".into()), "the only copy is not thrown away");
}

#[test]
fn what_did_not_reach_the_container_outlives_whoever_should_have_brought_it_there() {
    let Some((mut azurite, sandbox)) = with_models() else { return };
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container("models", "bfs")] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let holder = process::supervisors(sandbox.home())[0];
    let (begun, gate) = (sandbox.path("begun"), sandbox.gate("go"));
    let file = "$AZ_BATCHAI_MOUNT_ROOT/bfs/model.bin";
    sandbox.job_file(&format!("{{ echo weights; touch '{}'; {}; }} > {file}", begun.display(), gate.wait()));
    sandbox.run("job create -c c -f job.json -n j").succeeds();
    sandbox.wait_for_file("begun");
    azurite.stop();
    process::signal(holder, Signal::KILL);
    let kept = wait_for("what was written is kept", || unsaved(&sandbox, "model.bin"));
    assert_eq!(kept, "weights\n");
    gate.open();
}

/// What a file of this name says that was written to a volume and has not reached it.
fn unsaved(sandbox: &Sandbox, name: &str) -> Option<String> {
    let mut folders = vec![sandbox.home().join("unsaved")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_it =
                entry.file_name() == name && !entry.path().components().any(|part| part.as_os_str() == "vfsMeta");
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if is_it => return std::fs::read_to_string(path).ok(),
                _ => {}
            }
        }
    }
    None
}
