//! Volumes as Azure's own nodes mounted them: what the programs are given, by programs in their place that only write
//! it down.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{cluster, nothing_is_left};
use crate::support::azurite::has_rclone;
use crate::support::{Rest, SUBSCRIPTION, Sandbox, leaks, wait_until};

const KEY: &str = "c2VjcmV0LWtleQ==";

/// A sandbox whose server has these settings of storage, and programs that write down what they are given.
#[track_caller]
fn with_programs(storage: &Value, programs: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    let settings = json!({ "storage": storage });
    std::fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
    for (name, rest) in programs {
        let said = sandbox.path(&format!("said-{name}"));
        let text = format!(
            "#!/bin/sh\n{{ echo \"${{0##*/}} $*\"; env | cut -d= -f1 | sort | grep -vE '^(_|PWD|SHLVL)$'; }} >> \
             '{}'\n{rest}\n",
            said.display()
        );
        let program = sandbox.file(&format!("bin/{name}"), &text);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let path = format!("{}:{}", sandbox.work().join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let started = sandbox.command(["server", "start"]).env("PATH", path).output().expect("the program");
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    sandbox
}

fn said(sandbox: &Sandbox, program: &str) -> String {
    let text = std::fs::read_to_string(sandbox.path(&format!("said-{program}"))).unwrap_or_default();
    let home = std::fs::canonicalize(sandbox.home()).expect("a home");
    text.replace(&home.display().to_string(), "HOME")
}

fn share() -> Value {
    json!({ "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs", "fileMode": "0640",
            "credentials": { "accountKey": KEY } })
}

#[track_caller]
fn file_server(sandbox: &Sandbox) -> Value {
    let rest = Rest::new(sandbox, "2026-11-01");
    let workspace = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w");
    rest.put(&workspace, &json!({})).is(200);
    let body = json!({ "properties": {
        "sshConfiguration": { "userAccountSettings": { "adminUserName": "me" } },
        "dataDisks": { "diskSizeInGB": 1, "diskCount": 1, "storageAccountType": "Standard_LRS" },
    } });
    let made = rest.put(&format!("{workspace}/fileServers/Nfs"), &body).is(200).json();
    json!({ "fileServer": { "id": made["id"] }, "relativeMountPath": "nfs", "sourceDirectory": "a", "mountOptions": "ro" })
}

#[test]
fn shares_and_file_servers_are_mounted_on_nodes_with_their_keys_in_no_argument() {
    let storage = json!({
        "accounts": { "acc": { "shares": { "*": { "native": true } } } },
        "fileServers": { "nfs": { "address": "10.0.0.4", "path": "/export" } }
    });
    let opens = format!("[ \"$PASSWD\" = '{KEY}' ] || {{ echo wrong key >&2; exit 1; }}");
    let sandbox = with_programs(&storage, &[("mount.cifs", &opens), ("mount.nfs", "")]);
    let server = file_server(&sandbox);
    cluster(&sandbox, "c", &json!({ "azureFileShares": [share()], "fileServers": [server] }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    insta::assert_snapshot!(said(&sandbox, "mount.cifs"), @r"
    mount.cifs //acc.file.core.windows.net/data HOME/nodes/1/0/mounts/afs -o vers=3.0,username=acc,file_mode=0640,dir_mode=0777,serverino
    BATCHAI_RUN_ID
    HOME
    PASSWD
    PATH
    ");
    assert!(said(&sandbox, "mount.nfs").starts_with("mount.nfs 10.0.0.4:/export/a HOME/nodes/1/0/mounts/nfs -o ro\n"));
    assert_eq!(leaks::holders(sandbox.home(), KEY), Vec::<String>::new());
    for id in sandbox.processes() {
        for file in ["cmdline", "environ"] {
            assert!(!leaks::shows(id, file, KEY), "the key is in {file} of process {id}");
        }
    }
    sandbox.run("cluster delete -n c -y").succeeds();
    nothing_is_left(&sandbox);
}

#[test]
fn a_share_that_cannot_be_mounted_fails_the_job_with_the_recorded_code() {
    let storage = json!({ "accounts": { "acc": { "shares": { "data": { "native": true } } } } });
    let fails =
        "echo 'mount error(13): Permission denied' >&2; echo 'Refer to the mount.cifs(8) manual page' >&2; exit 32";
    let sandbox = with_programs(&storage, &[("mount.cifs", fails)]);
    let job = json!({ "mountVolumes": { "azureFileShares": [share()] },
                      "customToolkitSettings": { "commandLine": "echo begun" } });
    sandbox.spec("job.json", &job);
    assert_ne!(sandbox.run("job run -f job.json -n fails").prints("").code, 0);
    let info = &sandbox.job("fails")["executionInfo"];
    let error = &info["errors"][0];
    assert_eq!((&info["exitCode"], &error["code"]), (&json!(-1), &json!("AZFMountError")), "{info}");
    assert_eq!(error["message"], "Unable to mount Azure File");
    let detail = error["details"][0]["value"].as_str().expect("a detail");
    assert!(detail.ends_with("mount.cifs exited with code 32: mount error(13): Permission denied"), "{detail}");
    nothing_is_left(&sandbox);
}

#[test]
fn a_container_is_mounted_by_blobfuse_with_the_options_of_the_request() {
    if !has_rclone() {
        return;
    }
    let storage = json!({ "accounts": { "acc": { "containers": { "models": { "native": "blobfuse" } } } } });
    let sandbox = with_programs(&storage, &[("blobfuse", "")]);
    let container = json!({ "accountName": "acc", "containerName": "models", "relativeMountPath": "bfs",
                            "credentials": { "accountKey": KEY }, "mountOptions": "-o ro" });
    let job = json!({ "mountVolumes": { "azureBlobFileSystems": [container] },
                      "customToolkitSettings": { "commandLine": "true" } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n j").succeeds();
    let text = said(&sandbox, "blobfuse");
    let (line, names) = text.split_once('\n').expect("lines");
    let run: PathBuf = line.split_once("HOME/").expect("a path").1.split(' ').next().expect("a word").into();
    assert!(run.starts_with("runs") && run.ends_with("nodes/0/mounts/bfs"), "{line}");
    assert!(line.contains(" --container-name=models --tmp-path=HOME/runs/") && line.ends_with(" -o ro"), "{line}");
    assert_eq!(names, "AZURE_STORAGE_ACCESS_KEY\nAZURE_STORAGE_ACCOUNT\nBATCHAI_RUN_ID\nHOME\nPATH\n");
    nothing_is_left(&sandbox);
}

#[test]
fn a_program_that_is_missing_is_named_with_what_to_install() {
    let storage = json!({ "accounts": { "acc": { "shares": { "data": { "native": true } } } },
                          "fileServers": { "nfs": { "address": "h", "path": "/export" } } });
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    std::fs::write(sandbox.home().join("server.yaml"), json!({ "storage": storage }).to_string()).expect("settings");
    let missing = |program: &str| {
        ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
            .iter()
            .all(|folder| !std::path::Path::new(folder).join(program).exists())
    };
    let server = file_server(&sandbox);
    for (program, volumes, package) in [
        ("mount.cifs", json!({ "azureFileShares": [share()] }), "cifs-utils"),
        ("mount.nfs", json!({ "fileServers": [server] }), "nfs-common"),
    ] {
        if !missing(program) {
            continue;
        }
        let job = json!({ "mountVolumes": volumes, "customToolkitSettings": { "commandLine": "true" } });
        sandbox.spec("job.json", &job);
        sandbox.run("job run -f job.json").says(&format!("{program} is not there: install the package {package}"));
    }
}

#[test]
fn a_volume_that_does_not_appear_is_given_up() {
    if !has_rclone() {
        return;
    }
    let storage = json!({ "mountSeconds": 1,
                          "accounts": { "acc": { "containers": { "models": { "rclone": true } } } } });
    let sandbox = with_programs(&storage, &[("rclone", "echo waiting for the far end; exec sleep 600")]);
    let container = json!({ "accountName": "acc", "containerName": "models", "relativeMountPath": "bfs",
                            "credentials": { "accountKey": KEY } });
    let job = json!({ "mountVolumes": { "azureBlobFileSystems": [container] },
                      "customToolkitSettings": { "commandLine": "true" } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n j").says("rclone did not mount it within 1 s: waiting for the far end");
    nothing_is_left(&sandbox);
}

#[test]
fn a_container_without_a_key_says_what_is_missing() {
    let storage = json!({ "accounts": { "acc": { "containers": { "models": { "rclone": true } } } } });
    let sandbox = with_programs(&storage, &[]);
    let container = json!({ "accountName": "acc", "containerName": "models", "relativeMountPath": "bfs" });
    cluster(&sandbox, "c", &json!({ "azureBlobFileSystems": [container] }));
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let errors = sandbox.run("cluster show -n c").succeeds().json()["errors"].to_string();
    assert!(
        errors.contains("the key of the storage account `acc` for the volume `bfs` is missing: give it in"),
        "{errors}"
    );
    wait_until("no process is there", || sandbox.job_processes().is_empty());
}

#[test]
fn a_mistake_in_the_settings_is_named_by_its_key() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    let storage = json!({ "accounts": { "acc": { "containers": { "c": { "rclone": true, "path": "/x" } } } } });
    std::fs::write(sandbox.home().join("server.yaml"), json!({ "storage": storage }).to_string()).expect("settings");
    sandbox
        .run("server start")
        .says("server.yaml cannot be used: storage.accounts.acc.containers.c: `path`, `rclone` and `native` exclude each other");
}
