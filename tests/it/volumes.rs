//! Volumes of clusters and of jobs: emulated shares, containers and file servers, and the users' own commands.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Gate, Rest, SUBSCRIPTION, Sandbox, process, skipped, wait_until};

fn share(path: &str) -> Value {
    json!({ "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": path,
            "credentials": { "accountKey": "c2VjcmV0LWtleQ==" } })
}

fn container(path: &str) -> Value {
    json!({ "accountName": "acc", "containerName": "blobs", "credentials": { "accountKey": "c2VjcmV0LWtleQ==" },
            "relativeMountPath": path })
}

/// A file server, made if need be, as a volume.
#[track_caller]
fn file_server(sandbox: &Sandbox, path: &str) -> Value {
    let rest = Rest::new(sandbox, "2026-11-01");
    let workspace = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w");
    rest.put(&workspace, &json!({})).is(200);
    let body = json!({ "properties": {
        "sshConfiguration": { "userAccountSettings": { "adminUserName": "me" } },
        "dataDisks": { "diskSizeInGB": 1, "diskCount": 1, "storageAccountType": "Standard_LRS" },
    } });
    let made = rest.put(&format!("{workspace}/fileServers/nfs"), &body).is(200).json();
    json!({ "fileServer": { "id": made["id"] }, "relativeMountPath": path, "sourceDirectory": "exports" })
}

fn unmanaged(command: &str, path: &str) -> Value {
    json!({ "mountCommand": command, "relativeMountPath": path })
}

/// A cluster of one node with volumes.
#[track_caller]
fn cluster(sandbox: &Sandbox, name: &str, volumes: &Value) -> Value {
    let spec = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } }, "nodeSetup": { "mountVolumes": volumes }
    });
    sandbox.spec("cluster.json", &spec);
    let created = sandbox.run(&format!("cluster create -n {name} -f cluster.json")).succeeds();
    assert!(!created.stdout.contains("c2VjcmV0LWtleQ"), "a key is shown: {}", created.stdout);
    sandbox.wait_for_nodes(name, "idleNodeCount", 1);
    created.json()
}

/// A folder of the emulated storage.
fn storage(sandbox: &Sandbox, path: &str) -> PathBuf {
    sandbox.home().join("storage").join(path)
}

fn run_folders(sandbox: &Sandbox) -> usize {
    std::fs::read_dir(sandbox.home().join("runs")).map_or(0, Iterator::count)
}

#[test]
fn volumes_of_a_cluster_are_there_for_every_job_and_shared_between_them() {
    let sandbox = Sandbox::new();
    let volumes = json!({
        "azureFileShares": [share("afs")], "azureBlobFileSystems": [container("deep/bfs")], "fileServers": [file_server(&sandbox, "nfs")]
    });
    let created = cluster(&sandbox, "c", &volumes);
    let mounted = &created["nodeSetup"]["mountVolumes"];
    assert_eq!(mounted["azureFileShares"][0]["accountName"], "acc", "it is in the URL");
    assert_eq!(mounted["azureFileShares"][0]["fileMode"], "0777");
    assert_eq!(
        mounted["azureFileShares"][0]["credentials"],
        json!({ "accountKey": null, "accountKeySecretReference": null })
    );
    sandbox.job_file("cd $AZ_BATCHAI_MOUNT_ROOT; for v in afs deep/bfs nfs; do echo from $v > $v/x.txt; done");
    sandbox.run("job run -c c -f job.json").succeeds();
    sandbox.job_file("cd $AZ_BATCHAI_MOUNT_ROOT; cat afs/x.txt deep/bfs/x.txt nfs/x.txt");
    sandbox.run("job run -c c -f job.json").succeeds().prints("from afs\nfrom deep/bfs\nfrom nfs\n");
    let read = |path: &str| std::fs::read_to_string(storage(&sandbox, path)).expect("a file");
    assert_eq!(read("acc/shares/data/x.txt"), "from afs\n");
    assert_eq!(read("acc/containers/blobs/x.txt"), "from deep/bfs\n");

    sandbox.run("cluster delete -n c -y").succeeds();
    assert_eq!(read("acc/shares/data/x.txt"), "from afs\n", "what is stored outlives the cluster");
    cluster(&sandbox, "again", &json!({ "azureFileShares": [share("other-path")] }));
    sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/other-path/x.txt");
    sandbox.run("job run -c again -f job.json").succeeds().prints("from afs\n");
}

#[test]
fn volumes_of_a_job_go_with_it_and_what_was_written_stays_and_is_listed() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    let gate = Gate::new(&sandbox, "end");
    let volumes = json!({
        "azureFileShares": [share("afs")], "azureBlobFileSystems": [container("bfs")], "fileServers": [file_server(&sandbox, "nfs")]
    });
    let command = format!(
        "cd $AZ_BATCHAI_JOB_MOUNT_ROOT && pwd && ls && echo weights > $AZ_BATCHAI_OUTPUT_MODEL/model.bin && echo x > nfs/y && {}",
        gate.wait()
    );
    let job = json!({
        "mountVolumes": volumes, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/logs",
        "outputDirectories": [{ "id": "MODEL", "pathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs", "pathSuffix": "models" }],
        "customToolkitSettings": { "commandLine": command }
    });
    sandbox.spec("job.json", &job);
    let created = sandbox.run("job create -c c -f job.json -n train").succeeds();
    assert!(!created.stdout.contains("c2VjcmV0LWtleQ"), "a key is shown: {}", created.stdout);
    let mut stream = sandbox.spawn("job file stream -j train -f stdout.txt");
    gate.open();
    let streamed = {
        use std::io::Read;
        let mut text = String::new();
        stream.stdout.take().expect("its output").read_to_string(&mut text).expect("text");
        text
    };
    assert_eq!(stream.wait().expect("it ends").code(), Some(0));
    let (root, volumes) = streamed.split_once('\n').expect("lines");
    assert_eq!(volumes, "afs\nbfs\nnfs\n");
    sandbox.run("job wait -n train").succeeds();
    for volume in ["afs", "bfs", "nfs"] {
        assert!(!PathBuf::from(root).join(volume).exists(), "{volume} is still mounted at {root}");
    }
    assert!(!process::has_mounts_below(sandbox.home()), "a mount is left");

    let segment = sandbox.job("train")["jobOutputDirectoryPathSegment"].as_str().expect("a segment").to_owned();
    let logs = storage(&sandbox, "acc/shares/data/logs").join(&segment).join("stdouterr");
    for name in ["stdout.txt", "stderr.txt", "execution.log"] {
        assert!(logs.join(name).is_file(), "{name} is not at the documented path {}", logs.display());
    }
    let log = std::fs::read_to_string(logs.join("execution.log")).expect("a log");
    assert!(log.lines().any(|line| line.contains("afs mounted")), "{log}");
    assert!(log.lines().all(|line| line.as_bytes()[19] == b'Z' && line.as_bytes()[10] == b'T'), "{log}");
    let model = storage(&sandbox, "acc/containers/blobs").join(&segment).join("outputs/models/model.bin");
    assert_eq!(std::fs::read_to_string(model).expect("the model"), "weights\n");
    let listed = sandbox.run("job file list -j train -d MODEL").succeeds().json();
    assert_eq!((&listed[0]["name"], &listed[0]["contentLength"]), (&json!("model.bin"), &json!(8)));
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    sandbox.run("job delete -n train -y").succeeds();
    assert!(logs.join("stdout.txt").is_file(), "the user's storage is the user's");
    assert_eq!(run_folders(&sandbox), 0, "the run is left");
}

#[test]
fn another_job_does_not_see_the_volumes_of_a_job() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    let job = json!({
        "mountVolumes": { "azureFileShares": [share("afs")] },
        "customToolkitSettings": { "commandLine": "[ -d $AZ_BATCHAI_JOB_MOUNT_ROOT/afs ]" }
    });
    sandbox.spec("mounts.json", &job);
    sandbox.run("job run -c c -f mounts.json").succeeds();
    sandbox.job_file("[ -d $AZ_BATCHAI_JOB_MOUNT_ROOT/afs ]");
    sandbox.run("job run -c c -f job.json").fails_with(1);
}

#[test]
fn standard_output_may_lie_on_a_volume_of_the_cluster() {
    let sandbox = Sandbox::new();
    cluster(&sandbox, "c", &json!({ "azureFileShares": [share("afs")] }));
    let job = json!({
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/afs/", "inputDirectories": [{ "id": "IN", "path": "$AZ_BATCHAI_MOUNT_ROOT/afs/in" }],
        "customToolkitSettings": { "commandLine": "cat $AZ_BATCHAI_INPUT_IN/data.txt" }
    });
    sandbox.spec("job.json", &job);
    std::fs::create_dir_all(storage(&sandbox, "acc/shares/data/in")).expect("a folder");
    std::fs::write(storage(&sandbox, "acc/shares/data/in/data.txt"), "input\n").expect("a file");
    sandbox.run("job run -c c -f job.json -n train").succeeds().prints("input\n");
    let job = sandbox.job("train");
    assert_eq!(job["stdOutErrPathPrefix"], "$AZ_BATCHAI_MOUNT_ROOT/afs/", "echoed as given");
    let segment = job["jobOutputDirectoryPathSegment"].as_str().expect("a segment");
    let stdout = storage(&sandbox, "acc/shares/data").join(segment).join("stdouterr/stdout.txt");
    assert_eq!(std::fs::read_to_string(stdout).expect("the output"), "input\n");
    assert_eq!(sandbox.run("job file list -j train").succeeds().json().as_array().map(Vec::len), Some(3));
}

#[test]
fn files_of_a_file_server_cannot_be_listed_as_in_the_service() {
    let sandbox = Sandbox::new();
    cluster(&sandbox, "c", &json!({ "fileServers": [file_server(&sandbox, "nfs")] }));
    let job = json!({
        "outputDirectories": [{ "id": "OUT", "pathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/nfs" }, { "id": "TEMP", "pathPrefix": "$AZ_BATCHAI_JOB_TEMP" }],
        "customToolkitSettings": { "commandLine": "echo x > $AZ_BATCHAI_OUTPUT_OUT/x; echo x > $AZ_BATCHAI_OUTPUT_TEMP/x" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json -n train").succeeds();
    for id in ["OUT", "TEMP"] {
        sandbox
            .run(&format!("job file list -j train -d {id}"))
            .fails_with(1)
            .says(&format!("The specified outputDirectoryId {id} is not present on a mount root: "))
            .says("which is neither an Azure file share nor a blob container, and cannot be listed");
    }
}

#[test]
fn an_unmanaged_volume_is_what_its_command_makes_of_the_path() {
    let sandbox = Sandbox::new();
    sandbox.file("source/data.txt", "data\n");
    let copy = format!("cp -rT '{}'", sandbox.work().join("source").display());
    cluster(&sandbox, "c", &json!({ "unmanagedFileSystems": [unmanaged(&copy, "gfs")] }));
    let job = json!({
        "mountVolumes": { "unmanagedFileSystems": [unmanaged(&copy, "mine")] },
        "customToolkitSettings": {
            "commandLine": "cat $AZ_BATCHAI_MOUNT_ROOT/gfs/data.txt $AZ_BATCHAI_JOB_MOUNT_ROOT/mine/data.txt; echo $AZ_BATCHAI_JOB_MOUNT_ROOT/mine" }
    });
    sandbox.spec("job.json", &job);
    let run = sandbox.run("job run -c c -f job.json").succeeds();
    let path = run.stdout.strip_prefix("data\ndata\n").expect("both volumes").trim_end();
    wait_until(&format!("{path} goes with the run"), || !PathBuf::from(path).exists());
    sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/gfs/data.txt");
    sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
}

#[test]
fn a_job_whose_volume_cannot_be_mounted_fails_and_says_what_the_command_said() {
    let sandbox = Sandbox::new();
    let job = json!({
        "mountVolumes": { "unmanagedFileSystems": [unmanaged("echo no such server >&2; exit 32 #", "gfs")] },
        "customToolkitSettings": { "commandLine": "echo begun" }
    });
    sandbox.spec("job.json", &job);
    let run = sandbox.run("job run -f job.json -n fails").says("no such server").prints("");
    assert_ne!(run.code, 0);
    let info = &sandbox.job("fails")["executionInfo"];
    assert_eq!(sandbox.job("fails")["executionState"], "failed");
    assert!(info["errors"][0]["message"].as_str().expect("a message").contains("mount"), "{info}");
}

#[test]
fn a_real_mount_is_unmounted_after_the_job_and_with_the_cluster() {
    let sandbox = Sandbox::new();
    let probe = sandbox.work().join("probe");
    std::fs::create_dir(&probe).expect("a folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&probe).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        skipped("this user may not mount a tmpfs");
        return;
    }
    let gone = Command::new("umount").arg(&probe).status().expect("umount");
    assert!(gone.success(), "the probe stays mounted");
    cluster(&sandbox, "c", &json!({ "unmanagedFileSystems": [unmanaged("mount -t tmpfs tmpfs", "ram")] }));
    let job = json!({
        "mountVolumes": { "unmanagedFileSystems": [unmanaged("mount -t tmpfs tmpfs", "ram")] },
        "customToolkitSettings": { "commandLine": "for v in $AZ_BATCHAI_MOUNT_ROOT $AZ_BATCHAI_JOB_MOUNT_ROOT; do stat -f -c %T $v/ram; echo x >> $v/ram/x; cat $v/ram/x; done" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").succeeds().prints("tmpfs\nx\ntmpfs\nx\n");
    // The cluster's is still there with what was written, the job's is another one.
    sandbox.run("job run -c c -f job.json").succeeds().prints("tmpfs\nx\nx\ntmpfs\nx\n");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
    let home = sandbox.home().display().to_string();
    assert_eq!(mounts.lines().filter(|line| line.contains(&home)).count(), 1, "only the cluster's is mounted");
    sandbox.run("cluster delete -n c -y").succeeds();
    assert!(!process::has_mounts_below(sandbox.home()), "a mount is left");
}

#[test]
fn a_prefix_that_leads_nowhere_names_the_volumes_there_are() {
    let sandbox = Sandbox::new();
    cluster(&sandbox, "c", &json!({ "azureFileShares": [share("afs")] }));
    let job = json!({
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/bfs", "customToolkitSettings": { "commandLine": "true" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").fails_with(255).says(
        "Error message: stdOutErrPathPrefix `$AZ_BATCHAI_MOUNT_ROOT/bfs` leads nowhere: the cluster mounts no volume `bfs`; \
         it mounts `afs`\n",
    );
}

#[test]
fn two_volumes_at_one_path_are_refused() {
    let sandbox = Sandbox::new();
    let volumes = json!({ "azureFileShares": [share("data")], "azureBlobFileSystems": [container("data/sub")] });
    let job = json!({ "mountVolumes": volumes, "customToolkitSettings": { "commandLine": "true" } });
    sandbox.spec("job.json", &job);
    sandbox
        .run("job create -f job.json")
        .fails_with(1)
        .says("properties.mountVolumes.azureBlobFileSystems[0].relativeMountPath: `data/sub` overlaps the mount path `data` of another volume");
}
